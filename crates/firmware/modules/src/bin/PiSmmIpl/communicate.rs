//! SmmCommunication: a message for a handler in SMM.

use crate::{CONTROL, PRIVATE, access, events};
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader, SmmCommunication};
use base::{Global, Status};
use core::ffi::c_void;
use core::ptr::null;

pub static PROTOCOL: Global<SmmCommunication> = Global::new(SmmCommunication { communicate });

pub extern "efiapi" fn communicate(_: *const SmmCommunication, buffer: *mut c_void, size: *mut usize) -> Status {
    if buffer.is_null() {
        return Status::INVALID_PARAMETER;
    }
    let header = buffer.cast::<CommunicateHeader>();
    // SAFETY: null or the caller's variable.
    let given = if size.is_null() { None } else { Some(unsafe { *size }) };
    // SAFETY: the caller's buffer, in physical memory as long as no virtual addresses are set.
    let length = given.unwrap_or_else(|| COMMUNICATE_HEADER.saturating_add(unsafe { header.read_unaligned() }.length));
    if length < COMMUNICATE_HEADER {
        return Status::INVALID_PARAMETER;
    }
    let private = PRIVATE.as_ptr();
    // SAFETY: SMM writes to this structure, which is in RAM of our own: volatile, field by field.
    unsafe {
        if (*private).smm_entry_point_registered {
            (*private).communication_buffer = buffer as u64;
            (*private).buffer_size = length as u64;
            let control = *CONTROL.get();
            if ((*control).trigger)(control, null(), null(), false, 0) != Status::SUCCESS {
                return Status::UNSUPPORTED;
            }
            if !size.is_null() {
                *size = (&raw const (*private).buffer_size).read_volatile() as usize;
            }
            let status = (&raw const (*private).return_status).read_volatile();
            return Status::from_usize(status as usize);
        }
    }
    direct(header, size, length)
}

/// As long as SMRAM is open and no CPU driver there: the core is called like any other code.
fn direct(header: *mut CommunicateHeader, size: *mut usize, length: usize) -> Status {
    let private = PRIVATE.get();
    if events::gone_virtual() {
        return Status::INVALID_PARAMETER;
    }
    if !private.in_smm && (!access().open_state || access().lock_state) {
        return Status::INVALID_PARAMETER;
    }
    let mut data_size = length - COMMUNICATE_HEADER;
    let was_in_smm = core::mem::replace(&mut private.in_smm, true);
    // SAFETY: the caller's buffer; the SMM core's table.
    let status = unsafe {
        let data = header.add(1).cast();
        ((*private.smst).smi_manage)(&raw const (*header).guid, null(), data, &mut data_size)
    };
    PRIVATE.get().in_smm = was_in_smm;
    if !size.is_null() {
        // SAFETY: the caller's variable.
        unsafe { *size = data_size + COMMUNICATE_HEADER };
    }
    if status == Status::SUCCESS { Status::SUCCESS } else { Status::NOT_FOUND }
}
