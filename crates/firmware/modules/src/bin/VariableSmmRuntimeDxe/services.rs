//! The runtime services: UEFI 2.10, 8.2 "Variable Services".

use crate::{cache, call, events};
use base::names::Name as StatusName;
use base::variable::{Access, Info, Name, Named, PAYLOAD, VariableLock, function, name_at};
use base::{Guid, Status, debug, dxe, efi};
use core::ffi::c_void;

pub fn install() {
    // SAFETY: the core's table, in runtime memory.
    let services = unsafe { &mut *dxe::system_table().runtime_services };
    services.get_variable = get_variable;
    services.get_next_variable_name = get_next_variable_name;
    services.set_variable = set_variable;
    services.query_variable_info = query_variable_info;
}

/// # Safety
/// The payload has room for it.
unsafe fn put<T>(payload: &mut [u8], value: T) {
    // SAFETY: the caller's promise.
    unsafe { payload.as_mut_ptr().cast::<T>().write_unaligned(value) }
}

/// # Safety
/// The payload is as long.
unsafe fn read<T: Copy>(payload: &[u8]) -> T {
    // SAFETY: the caller's promise; the structures are plain numbers.
    unsafe { payload.as_ptr().cast::<T>().read_unaligned() }
}

unsafe extern "efiapi" fn get_variable(
    name: *mut u16,
    vendor: *mut efi::Guid,
    attributes: *mut u32,
    size: *mut usize,
    data: *mut c_void,
) -> Status {
    if let Some(stores) = cache::stores(*events::AT_RUNTIME.get()) {
        // SAFETY: the caller's pointers.
        return unsafe { stores.get_variable(name, vendor, attributes, size, data) };
    }
    if name.is_null() || vendor.is_null() || size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: as above.
    let (name, guid, asked) = unsafe { (name_at(name), *vendor.cast::<Guid>(), *size) };
    let Some(room) = PAYLOAD.checked_sub(Access::NAME + name.len()) else { return Status::INVALID_PARAMETER };
    let data_size = asked.min(room);
    // SAFETY: null or the caller's variable. EDK II passes it on.
    let asked_attributes = if attributes.is_null() { 0 } else { unsafe { *attributes } };
    let message = call::message(function::GET_VARIABLE);
    let start = Access::NAME + name.len();
    // SAFETY: the payload has room for all of it.
    unsafe { put(message, Access { guid, data_size, name_size: name.len(), attributes: asked_attributes }) };
    message[Access::NAME..start].copy_from_slice(name);
    let status = call::send(start + data_size);
    // SAFETY: the message, and the caller's pointers.
    unsafe {
        let Access { data_size, attributes: found, .. } = read(message);
        if status == Status::SUCCESS || status == Status::BUFFER_TOO_SMALL {
            *size = data_size;
            if !attributes.is_null() {
                *attributes = found;
            }
        }
        if status != Status::SUCCESS {
            return status;
        }
        if data.is_null() {
            return Status::INVALID_PARAMETER;
        }
        data.cast::<u8>().copy_from(message[start..].as_ptr(), data_size.min(asked));
    }
    Status::SUCCESS
}

unsafe extern "efiapi" fn get_next_variable_name(size: *mut usize, name: *mut u16, vendor: *mut efi::Guid) -> Status {
    if let Some(stores) = cache::stores(*events::AT_RUNTIME.get()) {
        // SAFETY: the caller's pointers.
        return unsafe { stores.get_next_variable_name(size, name, vendor) };
    }
    if name.is_null() || vendor.is_null() || size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: as above.
    let (old, guid, asked) = unsafe { (name_at(name), *vendor.cast::<Guid>(), *size) };
    let name_size = asked.max(old.len()).min(PAYLOAD - Named::NAME);
    if old.len() > name_size {
        return Status::INVALID_PARAMETER;
    }
    let message = call::message(function::GET_NEXT_VARIABLE_NAME);
    // SAFETY: the payload has room for all of it.
    unsafe { put(message, Named { guid, name_size }) };
    message[Named::NAME..Named::NAME + old.len()].copy_from_slice(old);
    let mut status = call::send(Named::NAME + name_size);
    // SAFETY: the message, and the caller's pointers.
    unsafe {
        let Named { guid, name_size } = read(message);
        if status == Status::SUCCESS && name_size > asked {
            status = Status::BUFFER_TOO_SMALL;
        }
        if status == Status::SUCCESS || status == Status::BUFFER_TOO_SMALL {
            *size = name_size;
        }
        if status == Status::SUCCESS {
            *vendor.cast::<Guid>() = guid;
            name.cast::<u8>().copy_from(message[Named::NAME..].as_ptr(), name_size);
        }
    }
    status
}

unsafe extern "efiapi" fn set_variable(
    name: *mut u16,
    vendor: *mut efi::Guid,
    attributes: u32,
    data_size: usize,
    data: *mut c_void,
) -> Status {
    if name.is_null() || vendor.is_null() || data_size != 0 && data.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's pointers.
    let (name, guid) = unsafe { (name_at(name), *vendor.cast::<Guid>()) };
    let start = Access::NAME.saturating_add(name.len());
    if name.len() <= 2 || start.checked_add(data_size).is_none_or(|end| end > PAYLOAD) {
        return Status::INVALID_PARAMETER;
    }
    let message = call::message(function::SET_VARIABLE);
    // SAFETY: the payload has room for all of it.
    unsafe { put(message, Access { guid, data_size, name_size: name.len(), attributes }) };
    message[Access::NAME..start].copy_from_slice(name);
    if data_size != 0 {
        // SAFETY: as above.
        unsafe { message[start..].as_mut_ptr().copy_from(data.cast(), data_size) };
    }
    let status = call::send(start + data_size);
    match status {
        Status::SUCCESS => debug!("VariableSmm: SetVariable success"),
        status => debug!("VariableSmm: SetVariable '{}' = {}", Name(name), StatusName(status)),
    }
    status
}

unsafe extern "efiapi" fn query_variable_info(
    attributes: u32,
    maximum: *mut u64,
    remaining: *mut u64,
    most: *mut u64,
) -> Status {
    if maximum.is_null() || remaining.is_null() || most.is_null() || attributes == 0 {
        return Status::INVALID_PARAMETER;
    }
    let message = call::message(function::QUERY_VARIABLE_INFO);
    // SAFETY: the payload has room for it; the caller's pointers.
    unsafe {
        put(message, Info { attributes, ..Info::default() });
        let status = call::send(size_of::<Info>());
        if status == Status::SUCCESS {
            let info: Info = read(message);
            *maximum = info.maximum_storage;
            *remaining = info.remaining_storage;
            *most = info.maximum_variable;
        }
        status
    }
}

pub extern "efiapi" fn request_to_lock(_: *const VariableLock, name: *const u16, vendor: *const Guid) -> Status {
    if name.is_null() || vendor.is_null() {
        return Status::INVALID_PARAMETER;
    }
    if call::CALL.get().buffer.is_null() {
        return Status::NOT_READY;
    }
    // SAFETY: the caller's pointers.
    let (name, guid) = unsafe { (name_at(name), *vendor) };
    if name.len() <= 2 || Named::NAME + name.len() > PAYLOAD {
        return Status::INVALID_PARAMETER;
    }
    let message = call::message(function::LOCK_VARIABLE);
    // SAFETY: the payload has room for it.
    unsafe { put(message, Named { guid, name_size: name.len() }) };
    message[Named::NAME..Named::NAME + name.len()].copy_from_slice(name);
    call::send(Named::NAME + name.len())
}
