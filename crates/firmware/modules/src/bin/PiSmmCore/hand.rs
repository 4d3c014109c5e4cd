//! SMM's own protocol database.

use alloc::vec::Vec;
use base::protocols::Database;
use base::smm::SmmNotify;
use base::{Global, Guid, Handle, Status, debug, efi, record, status};
use core::ffi::c_void;
use core::ptr::null_mut;

static DATABASE: Global<Database> = Global::new(Database::new());
static NOTIFIES: Global<Vec<(Guid, SmmNotify)>> = Global::new(Vec::new());

pub fn find(guid: &Guid) -> Option<*mut c_void> {
    DATABASE.get().locate(guid)
}

pub fn add(handle: Handle, guid: &Guid, interface: *mut c_void) -> Result<Handle, Status> {
    let handle = DATABASE.get().install(handle, guid, interface)?;
    debug!("SmmInstallProtocolInterface: {} {:X}", guid, interface as u64);
    record::protocol(*guid, handle, record::database::SMM);
    let functions: Vec<_> = NOTIFIES.get().iter().filter(|(known, _)| known == guid).map(|(_, f)| *f).collect();
    for notify in functions {
        // What it returns is nobody's business (PI 1.8 Vol. 4, MmRegisterProtocolNotify()).
        let _ = notify(guid, interface, handle);
    }
    Ok(handle)
}

/// The GUID behind a parameter.
fn guid_at(guid: *const Guid) -> Result<Guid, Status> {
    // SAFETY: null or the caller's GUID.
    if guid.is_null() { Err(Status::INVALID_PARAMETER) } else { Ok(unsafe { *guid }) }
}

pub extern "efiapi" fn install(handle: *mut Handle, guid: *const Guid, kind: u32, interface: *mut c_void) -> Status {
    if handle.is_null() || kind != efi::NATIVE_INTERFACE {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    let handle = unsafe { &mut *handle };
    status(guid_at(guid).and_then(|guid| add(*handle, &guid, interface)).map(|new| *handle = new))
}

pub extern "efiapi" fn uninstall(handle: Handle, guid: *const Guid, interface: *mut c_void) -> Status {
    status(guid_at(guid).and_then(|guid| DATABASE.get().uninstall(handle, &guid, interface)))
}

fn answer(out: *mut *mut c_void, found: Option<*mut c_void>, otherwise: Status) -> Status {
    if out.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    unsafe { *out = found.unwrap_or(null_mut()) };
    if found.is_some() { Status::SUCCESS } else { otherwise }
}

pub extern "efiapi" fn handle_protocol(handle: Handle, guid: *const Guid, out: *mut *mut c_void) -> Status {
    match guid_at(guid) {
        Ok(guid) => answer(out, DATABASE.get().on_handle(handle, &guid), Status::UNSUPPORTED),
        Err(status) => status,
    }
}

pub extern "efiapi" fn locate(guid: *const Guid, _: *mut c_void, out: *mut *mut c_void) -> Status {
    match guid_at(guid) {
        Ok(guid) => answer(out, find(&guid), Status::NOT_FOUND),
        Err(status) => status,
    }
}

pub extern "efiapi" fn locate_handle(
    search: u32,
    guid: *const Guid,
    _: *mut c_void,
    size: *mut usize,
    buffer: *mut Handle,
) -> Status {
    let guid = match (search, guid_at(guid)) {
        (efi::ALL_HANDLES, _) => None,
        (efi::BY_PROTOCOL, Ok(guid)) => Some(guid),
        (efi::BY_PROTOCOL, Err(status)) => return status,
        _ => return Status::UNSUPPORTED,
    };
    let found: Vec<Handle> = DATABASE.get().handles(guid.as_ref()).collect();
    if found.is_empty() {
        return Status::NOT_FOUND;
    }
    if size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    let needed = size_of_val(&found[..]);
    // SAFETY: the caller's variables; `buffer` has `size` bytes.
    unsafe {
        let given = core::mem::replace(&mut *size, needed);
        if given < needed || buffer.is_null() {
            return Status::BUFFER_TOO_SMALL;
        }
        core::ptr::copy_nonoverlapping(found.as_ptr(), buffer, found.len());
    }
    Status::SUCCESS
}

/// Without a function: removes the registration.
pub extern "efiapi" fn register_notify(guid: *const Guid, notify: Option<SmmNotify>, key: *mut *mut c_void) -> Status {
    if key.is_null() {
        return Status::INVALID_PARAMETER;
    }
    let Ok(guid) = guid_at(guid) else { return Status::INVALID_PARAMETER };
    // SAFETY: the caller's variable. A key is the function's address.
    let key = unsafe { &mut *key };
    match notify {
        Some(function) => {
            NOTIFIES.get().push((guid, function));
            *key = function as *mut c_void;
            Status::SUCCESS
        }
        None => {
            let before = NOTIFIES.get().len();
            NOTIFIES.get().retain(|(known, function)| *known != guid || *function as *mut c_void != *key);
            if NOTIFIES.get().len() < before { Status::SUCCESS } else { Status::NOT_FOUND }
        }
    }
}
