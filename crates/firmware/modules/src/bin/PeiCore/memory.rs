//! The HOB list and PEI's memory: HOBs grow up from the bottom, pages come from the top.

use crate::{Core, core as core_of};
use base::hob::{self, Header};
use base::pei::{HEADER, Services};
use base::{Guid, Status, debug};

const PAGE: u64 = 4096;
/// Pages that the HOB list may take in permanent memory.
const HOB_LIST_SIZE: u64 = 16 * PAGE;

fn end_hob() -> Header {
    Header { kind: hob::END, length: size_of::<Header>() as u16, reserved: 0 }
}

/// Starts the list with its hand-off block.
pub fn begin(core: &mut Core) {
    let handoff = hob::Handoff {
        header: HEADER,
        version: 9,
        boot_mode: 0,
        memory_top: 0,
        memory_bottom: 0,
        free_memory_top: 0,
        free_memory_bottom: 0,
        end_of_hob_list: 0,
    };
    core.services.add_hob(hob::HANDOFF, handoff).expect("an empty list has room");
}

fn handoff(core: &mut Core) -> &mut hob::Handoff {
    // SAFETY: it is the first HOB.
    unsafe { &mut *(core.hobs as *mut hob::Handoff) }
}

fn update_handoff(core: &mut Core) {
    let (next, top) = (core.next_hob, core.free_top);
    let handoff = handoff(core);
    handoff.end_of_hob_list = next;
    handoff.free_memory_bottom = next;
    handoff.free_memory_top = top;
}

pub extern "efiapi" fn hob_list(services: *mut Services) -> u64 {
    // SAFETY: a PEIM passes the table that it got.
    unsafe { core_of(services) }.hobs
}

pub extern "efiapi" fn create_hob(services: *mut Services, kind: u16, length: u16, out: *mut *mut Header) -> Status {
    // SAFETY: as above.
    let core = unsafe { core_of(services) };
    let length = length.next_multiple_of(8);
    let end = core.next_hob + u64::from(length);
    if end + size_of::<Header>() as u64 > core.hobs_end {
        debug!("PEI: the HOB list is full");
        return Status::OUT_OF_RESOURCES;
    }
    // SAFETY: there is room for the HOB and for the end of the list.
    unsafe {
        let hob = core.next_hob as *mut Header;
        hob.write(Header { kind, length, reserved: 0 });
        (end as *mut Header).write(end_hob());
        *out = hob;
    }
    core.next_hob = end;
    if core.free_top != 0 {
        update_handoff(core);
    }
    Status::SUCCESS
}

pub extern "efiapi" fn install(services: *mut Services, start: u64, length: u64) -> Status {
    debug!("PeiInstallPeiMemory MemoryBegin 0x{:X}, MemoryLength 0x{:X}", start, length);
    // SAFETY: as above.
    let core = unsafe { core_of(services) };
    if !start.is_multiple_of(PAGE) || length < 2 * HOB_LIST_SIZE {
        return Status::INVALID_PARAMETER;
    }
    let size = core.next_hob - core.hobs + size_of::<Header>() as u64;
    // SAFETY: from temporary to permanent memory, which nobody else uses yet.
    unsafe { core::ptr::copy_nonoverlapping(core.hobs as *const u8, start as *mut u8, size as usize) };
    core.next_hob += start.wrapping_sub(core.hobs);
    core.hobs = start;
    core.hobs_end = start + HOB_LIST_SIZE;
    core.free_top = start + length & !(PAGE - 1);
    let top = core.free_top;
    let handoff = handoff(core);
    handoff.memory_bottom = start;
    handoff.memory_top = top;
    update_handoff(core);
    debug!("Temp Stack stays; Hob list moved to 0x{:X}", start);
    Status::SUCCESS
}

pub extern "efiapi" fn allocate_pages(services: *mut Services, kind: u32, pages: usize, out: *mut u64) -> Status {
    // SAFETY: as above.
    let core = unsafe { core_of(services) };
    let length = pages as u64 * PAGE;
    let Some(base) = core.free_top.checked_sub(length).filter(|&base| base >= core.hobs_end) else {
        return Status::OUT_OF_RESOURCES;
    };
    core.free_top = base;
    let hob = hob::MemoryAllocation { header: HEADER, name: Guid::ZERO, base, length, kind, reserved: 0 };
    if let Err(status) = core.services.add_hob(hob::MEMORY_ALLOCATION, hob) {
        return status;
    }
    // SAFETY: the caller's variable.
    unsafe { *out = base };
    Status::SUCCESS
}
