//! SMI handlers: those of one GUID, and root handlers, which see every SMI. PI 1.8 Vol. 4,
//! MmiManage(), MmiHandlerRegister(), MmiHandlerUnRegister().

use crate::words::{DEFER_REMOVAL, PCD};
use alloc::vec::Vec;
use base::smm::{INTERRUPT_PENDING, SmiHandler, WARN_SOURCE_PENDING, WARN_SOURCE_QUIESCED};
use base::{Global, Guid, Handle, Status, record};
use core::ffi::c_void;

#[derive(Clone, Copy)]
struct Handler {
    /// Its handle; never used again.
    id: usize,
    guid: Option<Guid>,
    function: SmiHandler,
    /// Unregistered while handlers run; goes when none does.
    to_remove: bool,
}

struct Handlers {
    all: Vec<Handler>,
    last: usize,
    /// Calls of SmiManage() that haven't returned.
    depth: usize,
}

static HANDLERS: Global<Handlers> = Global::new(Handlers { all: Vec::new(), last: 0, depth: 0 });

/// Nobody runs: the last SMI may have ended in a sleep, with the machine's reset.
pub fn begin() {
    HANDLERS.get().depth = 0;
}

/// Calls the handlers of a GUID until one is done with it; `None`: all root handlers.
pub fn manage(guid: Option<&Guid>, context: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status {
    HANDLERS.get().depth += 1;
    let mut result = if guid.is_some() { Status::NOT_FOUND } else { WARN_SOURCE_PENDING };
    let mut nth = 0;
    while let Some(handler) = HANDLERS.get().all.get(nth).copied() {
        nth += 1;
        if handler.guid.as_ref() != guid || handler.to_remove {
            continue;
        }
        let status = (handler.function)(handler.id as Handle, context, buffer, size);
        match status {
            INTERRUPT_PENDING if guid.is_some() => {
                result = INTERRUPT_PENDING;
                break;
            }
            INTERRUPT_PENDING => result = INTERRUPT_PENDING,
            Status::SUCCESS => {
                result = Status::SUCCESS;
                if guid.is_some() {
                    break;
                }
            }
            WARN_SOURCE_QUIESCED if result != Status::SUCCESS => result = WARN_SOURCE_QUIESCED,
            WARN_SOURCE_QUIESCED | WARN_SOURCE_PENDING => {}
            other => {
                base::debug!("an SMI handler returned {}", base::names::Text(other));
                base::debug_assert!(false, "a status that SMI handlers don't have");
            }
        }
    }
    let handlers = HANDLERS.get();
    handlers.depth -= 1;
    if handlers.depth == 0 {
        handlers.all.retain(|h| !h.to_remove);
    }
    result
}

/// GUIDs and functions of all that are registered, in that order; no GUID: root handlers.
pub fn all() -> impl Iterator<Item = (Option<Guid>, SmiHandler)> {
    HANDLERS.get().all.iter().filter(|h| !h.to_remove).map(|h| (h.guid, h.function))
}

fn optional(guid: *const Guid) -> Option<Guid> {
    // SAFETY: null or the caller's GUID.
    (!guid.is_null()).then(|| unsafe { *guid })
}

pub extern "efiapi" fn smi_manage(
    guid: *const Guid,
    context: *const c_void,
    buffer: *mut c_void,
    size: *mut usize,
) -> Status {
    manage(optional(guid).as_ref(), context, buffer, size)
}

pub extern "efiapi" fn register(function: SmiHandler, guid: *const Guid, handle: *mut Handle) -> Status {
    if handle.is_null() {
        return Status::INVALID_PARAMETER;
    }
    let guid = optional(guid);
    let handlers = HANDLERS.get();
    handlers.last += 1;
    handlers.all.push(Handler { id: handlers.last, guid, function, to_remove: false });
    let (kind, function) = (guid.unwrap_or(Guid::ZERO), function as usize as u64);
    record::write(&record::HandlerRegistered { kind, value: 0.into(), function: function.into() });
    // SAFETY: the caller's variable.
    unsafe { *handle = handlers.last as Handle };
    Status::SUCCESS
}

pub extern "efiapi" fn unregister(handle: Handle) -> Status {
    let handlers = HANDLERS.get();
    let Some(handler) = handlers.all.iter_mut().find(|h| h.id == handle as usize && !h.to_remove) else {
        return Status::INVALID_PARAMETER;
    };
    handler.to_remove = true;
    if handlers.depth == 0 || PCD.get(DEFER_REMOVAL) == 0 {
        handlers.all.retain(|h| !h.to_remove);
    }
    Status::SUCCESS
}
