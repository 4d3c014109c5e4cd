//! Pages and pools of SMRAM.

use base::pages::{PageMap, Place};
use base::pool::Pool;
use base::{Global, Status, efi, heap, status};
use core::ffi::c_void;
use core::ops::Range;

static PAGES: Global<PageMap> = Global::new(PageMap::new());
static POOL: Global<Pool> = Global::new(Pool::new());
static SMRAM: Global<Range<u64>> = Global::new(0..0);

/// The region without the core's own image at its top.
pub fn init() {
    let private = crate::private();
    // SAFETY: the IPL's descriptor.
    let region = unsafe { *private.smram };
    *SMRAM.get() = region.cpu_start..region.cpu_start + region.physical_size;
    PAGES.get().add(region.cpu_start, private.core_image, efi::CONVENTIONAL_MEMORY);
    heap::use_pool(heap::Pool { allocate: allocate_heap, free: free_heap });
}

/// Does the buffer touch SMRAM, or go round the end of the address space?
pub fn overlaps_smram(start: u64, size: u64) -> bool {
    let smram = SMRAM.get();
    start.checked_add(size).is_none_or(|end| start < smram.end && end > smram.start)
}

fn allocate_heap(size: usize) -> *mut u8 {
    POOL.get().allocate(PAGES.get(), efi::RUNTIME_SERVICES_DATA, size).unwrap_or(core::ptr::null_mut())
}

fn free_heap(block: *mut u8) {
    POOL.get().free(PAGES.get(), block).expect("the block came from this pool");
}

fn allocatable(kind: u32) -> bool {
    matches!(kind, efi::RUNTIME_SERVICES_CODE | efi::RUNTIME_SERVICES_DATA)
}

pub fn allocate_image(pages: u64) -> Result<u64, Status> {
    PAGES.get().allocate(Place::Any, efi::RUNTIME_SERVICES_CODE, pages)
}

pub extern "efiapi" fn allocate_pages(place: u32, kind: u32, pages: usize, memory: *mut u64) -> Status {
    if memory.is_null() || !allocatable(kind) {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    let memory = unsafe { &mut *memory };
    let place = match place {
        efi::ALLOCATE_ANY_PAGES => Place::Any,
        efi::ALLOCATE_MAX_ADDRESS => Place::Below(*memory),
        efi::ALLOCATE_ADDRESS => Place::At(*memory),
        _ => return Status::INVALID_PARAMETER,
    };
    status(PAGES.get().allocate(place, kind, pages as u64).map(|start| *memory = start))
}

pub extern "efiapi" fn free_pages(memory: u64, pages: usize) -> Status {
    status(PAGES.get().free(memory, pages as u64))
}

pub extern "efiapi" fn allocate_pool(kind: u32, size: usize, buffer: *mut *mut c_void) -> Status {
    if buffer.is_null() || !allocatable(kind) {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    status(POOL.get().allocate(PAGES.get(), kind, size).map(|block| unsafe { *buffer = block.cast() }))
}

pub extern "efiapi" fn free_pool(buffer: *mut c_void) -> Status {
    if !overlaps_smram(buffer as u64, 1) {
        return Status::INVALID_PARAMETER;
    }
    status(POOL.get().free(PAGES.get(), buffer.cast()))
}
