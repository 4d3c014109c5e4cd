//! QueryVariableInfo(), and the reading services for SMM drivers.

use crate::VARIABLES;
use crate::store::FORMAT;
use base::nvram::STORE_SIZE as SIZE;
use base::variable::{Info, MAX_AUTH_VARIABLE_SIZE, MAX_VARIABLE_SIZE, MAX_VOLATILE_VARIABLE_SIZE};
use base::{Status, efi};
use core::ffi::c_void;
use pi::layout::variable::STORE_HEADER_SIZE;
use pi::layout::variable::attribute::{
    BOOTSERVICE_ACCESS, NON_VOLATILE, RUNTIME_ACCESS, TIME_BASED_AUTHENTICATED_WRITE_ACCESS,
};

pub fn query(attributes: u32) -> Result<Info, Status> {
    let variables = VARIABLES.get();
    let has = |bit| attributes & bit != 0;
    if attributes == 0 || has(RUNTIME_ACCESS) && !has(BOOTSERVICE_ACCESS) {
        return Err(Status::INVALID_PARAMETER);
    }
    if variables.at_runtime && !has(RUNTIME_ACCESS) {
        return Err(Status::INVALID_PARAMETER);
    }
    let volatile = !has(NON_VOLATILE);
    let size = if volatile { base::variable::VOLATILE_STORE_SIZE } else { SIZE };
    let most = match () {
        () if volatile => MAX_VOLATILE_VARIABLE_SIZE,
        () if has(TIME_BASED_AUTHENTICATED_WRITE_ACCESS) => MAX_AUTH_VARIABLE_SIZE,
        () => MAX_VARIABLE_SIZE,
    };
    // Before the OS runs, what is deleted can be reclaimed.
    let used = match variables.free_of(volatile) {
        Some((end, _)) if variables.at_runtime => end - STORE_HEADER_SIZE,
        None if variables.at_runtime => size - STORE_HEADER_SIZE,
        _ => {
            let stores = variables.stores();
            let live = stores.all[usize::from(!volatile)].iter().flat_map(pi::variable::Store::live);
            live.map(|one| FORMAT.step(&one.contents)).sum()
        }
    };
    let whole = size - STORE_HEADER_SIZE;
    Ok(Info {
        maximum_storage: whole as u64,
        remaining_storage: whole.saturating_sub(used) as u64,
        maximum_variable: (most - FORMAT.header_size()) as u64,
        attributes,
    })
}

/// # Safety
/// The pointers are null or the caller's, `data` with `size` bytes.
pub unsafe extern "efiapi" fn smm_get_variable(
    name: *mut u16,
    vendor: *mut efi::Guid,
    attributes: *mut u32,
    size: *mut usize,
    data: *mut c_void,
) -> Status {
    // SAFETY: as above.
    unsafe { VARIABLES.get().stores().get_variable(name, vendor, attributes, size, data) }
}

/// # Safety
/// As above; `name` has `size` bytes.
pub unsafe extern "efiapi" fn smm_get_next_variable_name(
    size: *mut usize,
    name: *mut u16,
    vendor: *mut efi::Guid,
) -> Status {
    // SAFETY: as above.
    unsafe { VARIABLES.get().stores().get_next_variable_name(size, name, vendor) }
}

/// # Safety
/// The pointers are null or the caller's.
pub unsafe extern "efiapi" fn smm_query_variable_info(
    attributes: u32,
    maximum: *mut u64,
    remaining: *mut u64,
    most: *mut u64,
) -> Status {
    if maximum.is_null() || remaining.is_null() || most.is_null() {
        return Status::INVALID_PARAMETER;
    }
    match query(attributes) {
        Ok(info) => {
            // SAFETY: as above.
            unsafe {
                *maximum = info.maximum_storage;
                *remaining = info.remaining_storage;
                *most = info.maximum_variable;
            }
            Status::SUCCESS
        }
        Err(status) => status,
    }
}
