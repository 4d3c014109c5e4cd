//! Protocol services, and notifications of new protocols.

use crate::event;
use alloc::vec::Vec;
use base::dxe::guid_at;
use base::protocols::Database;
use base::{Global, Guid, Handle, Status, debug, efi, record, status};
use core::ffi::c_void;

static DATABASE: Global<Database> = Global::new(Database::new());
static NOTIFIES: Global<Vec<(Guid, efi::Event)>> = Global::new(Vec::new());

pub fn find(guid: &Guid) -> Option<*mut c_void> {
    DATABASE.get().locate(guid)
}

/// Installs an interface; on a new handle if `handle` is null.
pub fn add(handle: Handle, guid: &Guid, interface: *mut c_void) -> Result<Handle, Status> {
    let handle = DATABASE.get().install(handle, guid, interface)?;
    debug!("InstallProtocolInterface: {} {:X}", guid, interface as u64);
    record::protocol(*guid, handle, record::database::UEFI);
    let events: Vec<_> = NOTIFIES.get().iter().filter(|(known, _)| known == guid).map(|(_, event)| *event).collect();
    for event in events {
        event::signal(event)?;
    }
    Ok(handle)
}

pub fn remove(handle: Handle, guid: &Guid, interface: *mut c_void) -> Result<(), Status> {
    DATABASE.get().uninstall(handle, guid, interface)
}

pub extern "efiapi" fn install(handle: *mut Handle, guid: *mut efi::Guid, kind: u32, interface: *mut c_void) -> Status {
    if handle.is_null() || kind != efi::NATIVE_INTERFACE {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    let handle = unsafe { &mut *handle };
    status(guid_at(guid).and_then(|guid| add(*handle, &guid, interface)).map(|new| *handle = new))
}

pub extern "efiapi" fn uninstall(handle: Handle, guid: *mut efi::Guid, interface: *mut c_void) -> Status {
    status(guid_at(guid).and_then(|guid| remove(handle, &guid, interface)))
}

/// The same as new, for those who wait for it.
pub extern "efiapi" fn reinstall(handle: Handle, guid: *mut efi::Guid, old: *mut c_void, new: *mut c_void) -> Status {
    let swap = |guid: Guid| {
        let kept = DATABASE.get().on_handle(handle, &guid);
        if kept != Some(old) {
            return Err(Status::NOT_FOUND);
        }
        // The handle would be gone with its last protocol.
        let place = DATABASE.get().install(handle, &Guid::ONES, core::ptr::null_mut())?;
        remove(handle, &guid, old)?;
        add(place, &guid, new)?;
        remove(handle, &Guid::ONES, core::ptr::null_mut())
    };
    status(guid_at(guid).and_then(swap))
}

fn answer(interface: *mut *mut c_void, found: Option<*mut c_void>, otherwise: Status) -> Status {
    if interface.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    unsafe { *interface = found.unwrap_or(core::ptr::null_mut()) };
    if found.is_some() { Status::SUCCESS } else { otherwise }
}

pub extern "efiapi" fn handle_protocol(handle: Handle, guid: *mut efi::Guid, interface: *mut *mut c_void) -> Status {
    match guid_at(guid) {
        Ok(guid) => answer(interface, DATABASE.get().on_handle(handle, &guid), Status::UNSUPPORTED),
        Err(status) => status,
    }
}

pub extern "efiapi" fn locate(guid: *mut efi::Guid, _: *mut c_void, interface: *mut *mut c_void) -> Status {
    match guid_at(guid) {
        Ok(guid) => answer(interface, find(&guid), Status::NOT_FOUND),
        Err(status) => status,
    }
}

pub extern "efiapi" fn locate_handle(
    search: u32,
    guid: *mut efi::Guid,
    _: *mut c_void,
    size: *mut usize,
    buffer: *mut Handle,
) -> Status {
    let guid = match search {
        efi::ALL_HANDLES => None,
        efi::BY_PROTOCOL => match guid_at(guid) {
            Ok(guid) => Some(guid),
            Err(status) => return status,
        },
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

pub extern "efiapi" fn register_notify(guid: *mut efi::Guid, event: efi::Event, key: *mut *mut c_void) -> Status {
    if key.is_null() || !event::exists(event) {
        return Status::INVALID_PARAMETER;
    }
    let register = |guid| {
        NOTIFIES.get().push((guid, event));
        // SAFETY: the caller's variable.
        unsafe { *key = NOTIFIES.get().len() as *mut c_void };
    };
    status(guid_at(guid).map(register))
}
