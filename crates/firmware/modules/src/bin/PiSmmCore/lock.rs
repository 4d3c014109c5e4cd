//! EndOfDxe and SmmReadyToLock as SMM hears of them.

use crate::{dispatcher, hand, handlers, profile};
use alloc::vec::Vec;
use base::pages::PAGE;
use base::record::{self, lock};
use base::{Global, Guid, Handle, Status, debug, dxe, efi, protocol};
use core::ffi::c_void;
use core::ops::Range;
use core::ptr::null_mut;

/// Where communication buffers may lie, once the memory map is final; before, anywhere in RAM.
static REGIONS: Global<Option<Vec<Range<u64>>>> = Global::new(None);
/// Handlers of messages that only the boot may send.
static BOOT_HANDLES: Global<[Handle; 2]> = Global::new([null_mut(); 2]);

pub fn register() -> Result<(), Status> {
    let [end_of_dxe, ready_to_lock] = BOOT_HANDLES.get();
    base::check(handlers::register(on_end_of_dxe, &protocol::END_OF_DXE_EVENT, end_of_dxe))?;
    base::check(handlers::register(on_ready_to_lock, &protocol::DXE_SMM_READY_TO_LOCK, ready_to_lock))
}

pub fn is_communication_region(start: u64, size: u64) -> bool {
    let Some(end) = start.checked_add(size) else { return false };
    let inside = |region: &Range<u64>| region.start <= start && end <= region.end;
    REGIONS.get().as_ref().is_none_or(|regions| regions.iter().any(inside))
}

/// Types that neither the OS uses nor boot services: EDK II's SmmMemLib has the same list.
fn is_region(kind: u32) -> bool {
    matches!(
        kind,
        efi::RESERVED_MEMORY_TYPE | efi::RUNTIME_SERVICES_CODE | efi::RUNTIME_SERVICES_DATA | efi::ACPI_MEMORY_NVS
    )
}

fn read_regions() -> Result<Vec<Range<u64>>, Status> {
    let (mut size, mut key, mut stride, mut version) = (0, 0, 0, 0);
    let get = dxe::boot_services().get_memory_map;
    // SAFETY: the service's types; a null buffer with size 0 asks for the size.
    let _ = unsafe { get(&mut size, null_mut(), &mut key, &mut stride, &mut version) };
    let mut map: Vec<u8> = alloc::vec![0; size];
    // SAFETY: as above, with a buffer of this size.
    base::check(unsafe { get(&mut size, map.as_mut_ptr().cast(), &mut key, &mut stride, &mut version) })?;
    let mut regions: Vec<Range<u64>> = Vec::new();
    for bytes in map[..size].chunks_exact(stride) {
        // SAFETY: the core filled the map with descriptors.
        let d = unsafe { bytes.as_ptr().cast::<efi::MemoryDescriptor>().read_unaligned() };
        let range = d.physical_start..d.physical_start + d.number_of_pages * PAGE;
        match regions.last_mut() {
            _ if !is_region(d.r#type) => {}
            Some(last) if last.end == range.start => last.end = range.end,
            _ => regions.push(range),
        }
    }
    Ok(regions)
}

fn tell(guid: &Guid) {
    let installed = hand::add(null_mut(), guid, null_mut());
    base::debug_assert!(installed.is_ok(), "a protocol on a new handle");
}

extern "efiapi" fn on_end_of_dxe(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("SmmEndOfDxeHandler");
    tell(&protocol::SMM_END_OF_DXE);
    Status::SUCCESS
}

/// The point of no return: nothing is dispatched any more, boot services are forgotten.
extern "efiapi" fn on_ready_to_lock(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    debug!("SmmReadyToLockHandler");
    dispatcher::stop();
    match read_regions() {
        Ok(regions) => *REGIONS.get() = Some(regions),
        Err(_) => *REGIONS.get() = Some(Vec::new()),
    }
    record::write(&record::ReadyToLock { step: lock::SMM_READY_TO_LOCK });
    tell(&protocol::SMM_READY_TO_LOCK);
    dispatcher::tell_not_dispatched();
    dxe::forget();
    for handle in *BOOT_HANDLES.get() {
        let _ = handlers::unregister(handle);
    }
    if base::DEBUG {
        profile::tell();
    }
    Status::SUCCESS
}
