//! What runs at every SMI, called by the CPU driver.

use crate::words::{COMM_BUFFER, COMM_HEADER, PCD};
use crate::{handlers, memory, private, table};
use base::record;
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader, CorePrivate, EntryContext};
use base::{Guid, Status, debug};
use core::ptr::{null, null_mut};

pub extern "efiapi" fn smm_entry_point(context: *const EntryContext) {
    // SAFETY: the CPU driver's structure.
    table::set_context(unsafe { &*context });
    private().in_smm = true;
    handlers::begin();
    let buffer = core::mem::take(&mut private().communication_buffer);
    if buffer != 0 {
        private().return_status = communicated(buffer).as_usize() as u64;
    }
    // Sources that the chipset tells of by itself. Nobody may handle them: that is no error here.
    let _ = handlers::manage(None, null(), null_mut(), null_mut());
    private().in_smm = false;
}

/// A message from outside. Where it lies and how long it is says whoever raised the SMI.
fn communicated(buffer: u64) -> Status {
    let size = private().buffer_size;
    if !is_outside(buffer, size) {
        debug!("SMM Core: communication buffer 0x{:X} + 0x{:X} refused", buffer, size);
        // Its header isn't read.
        tell(Guid([0; 16]), buffer, size, Status::ACCESS_DENIED);
        return Status::ACCESS_DENIED;
    }
    // SAFETY: checked above: RAM outside SMRAM. A copy: what is outside may change while we look.
    let header = unsafe { (buffer as *const CommunicateHeader).read_unaligned() };
    let mut length = (size as usize).wrapping_sub(COMMUNICATE_HEADER);
    let data = (buffer + COMMUNICATE_HEADER as u64) as *mut _;
    let status = handlers::manage(Some(&header.guid), null(), data, &mut length);
    private().buffer_size = length.wrapping_add(COMMUNICATE_HEADER) as u64;
    let answer = if status == Status::SUCCESS { Status::SUCCESS } else { Status::NOT_FOUND };
    tell(header.guid, buffer, size, answer);
    answer
}

fn tell(handler: Guid, buffer: u64, size: u64, status: Status) {
    record::write(&record::Communicate {
        handler,
        buffer: buffer.into(),
        size: size.into(),
        status: (status.as_usize() as u64).into(),
    });
}

/// Large enough for a header, not in SMRAM, in a region for communication, and not the structure that
/// the IPL and we share.
fn is_outside(buffer: u64, size: u64) -> bool {
    let shared = private() as *mut CorePrivate as u64;
    let touches_shared = buffer < shared + size_of::<CorePrivate>() as u64 && buffer.saturating_add(size) > shared;
    if size < COMMUNICATE_HEADER as u64 && PCD.get(COMM_HEADER) != 0 {
        return false;
    }
    match PCD.get(COMM_BUFFER) {
        0 => return true,
        2 => return !memory::overlaps_smram(buffer, 1),
        _ => {}
    }
    !memory::overlaps_smram(buffer, size) && crate::lock::is_communication_region(buffer, size) && !touches_shared
}
