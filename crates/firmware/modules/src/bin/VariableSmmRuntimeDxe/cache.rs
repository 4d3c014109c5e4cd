//! The copies of the stores, in runtime memory, which VariableSmm keeps up to date. Anybody can change
//! them, which deceives readers, but not SMM.

use crate::{PCD, RUNTIME_CACHE, call};
use base::lookup::Stores;
use base::nvram::STORE_SIZE;
use base::pages::PAGE;
use base::variable::{RuntimeCache, VOLATILE_STORE_SIZE, function};
use base::{Global, Status, check, dxe, efi};
use core::ptr::null_mut;

/// Non-volatile, volatile.
pub static COPIES: Global<[*mut u8; 2]> = Global::new([null_mut(); 2]);

pub fn init() -> Result<(), Status> {
    if PCD.get(RUNTIME_CACHE) == 0 {
        return Ok(());
    }
    let pages = |size: usize| {
        dxe::allocate_pages(efi::RUNTIME_SERVICES_DATA, size.div_ceil(PAGE as usize)).map(|at| at as *mut u8)
    };
    let copies = [pages(STORE_SIZE)?, pages(VOLATILE_STORE_SIZE)?];
    let [non_volatile, volatile] = copies.map(|copy| copy as u64);
    let cache =
        RuntimeCache { non_volatile, non_volatile_size: STORE_SIZE, volatile, volatile_size: VOLATILE_STORE_SIZE };
    // SAFETY: a message has room for it.
    unsafe { call::message(function::INIT_RUNTIME_CACHE).as_mut_ptr().cast::<RuntimeCache>().write_unaligned(cache) };
    check(call::send(size_of::<RuntimeCache>()))?;
    *COPIES.get() = copies;
    Ok(())
}

/// None: SMM is to be asked.
pub fn stores(runtime: bool) -> Option<Stores<'static>> {
    let [non_volatile, volatile] = *COPIES.get();
    if non_volatile.is_null() {
        return None;
    }
    // SAFETY: memory of these sizes, which changes in SMM only.
    let bytes = |at: *mut u8, size| unsafe { core::slice::from_raw_parts(at, size) };
    Some(Stores::new(bytes(volatile, VOLATILE_STORE_SIZE), bytes(non_volatile, STORE_SIZE), runtime))
}
