//! SMM core: the SMM system table, and the dispatchers of SMM drivers and of SMIs. It lives in SMRAM.
//! PI 1.8 Vol. 4; order and words as in EDK II's PiSmmCore.
#![no_std]
#![no_main]

extern crate alloc;

mod dispatcher;
mod entry;
mod hand;
mod handlers;
mod lock;
mod memory;
mod profile;
mod table;
mod words;

use base::smm::CorePrivate;
use base::{Global, Status, debug, dxe, efi, record, status};

static PRIVATE: Global<*mut CorePrivate> = Global::new(core::ptr::null_mut());

/// Shared with the IPL, outside SMRAM: nothing in it may be believed after the lock.
pub fn private() -> &'static mut CorePrivate {
    // SAFETY: the IPL passed it; it lies in runtime memory.
    unsafe { &mut **PRIVATE.get() }
}

#[unsafe(no_mangle)]
extern "efiapi" fn efi_main(private: *mut CorePrivate, system_table: *mut efi::SystemTable) -> Status {
    record::phase(record::phase::SMM);
    *PRIVATE.get() = private;
    status(start(system_table))
}

fn start(system_table: *mut efi::SystemTable) -> Result<(), Status> {
    if private().signature != base::smm::CORE_PRIVATE_SIGNATURE || private().smram_count == 0 {
        debug!("SMM Core: SMRAM not found");
        return Err(Status::NOT_FOUND);
    }
    // Boot services are used until SmmReadyToLock; Rust's allocator gives SMRAM.
    dxe::init(system_table);
    memory::init();
    table::init();
    private().smst = table::get();
    private().smm_entry_point = Some(entry::smm_entry_point);
    if base::DEBUG {
        profile::init()?;
    }
    dispatcher::register()?;
    lock::register()
}
