//! Memory services: pages, pools, and the memory map.

use base::hob::{self, List};
use base::pages::{PAGE, PageMap, Place};
use base::pool::Pool;
use base::{Global, Status, debug, efi, heap, status};
use core::ffi::c_void;

static PAGES: Global<PageMap> = Global::new(PageMap::new());
static POOL: Global<Pool> = Global::new(Pool::new());
/// Changes with the map: ExitBootServices() wants to know that its caller has seen the last one.
static MAP_KEY: Global<usize> = Global::new(0);

/// The HOB list is as long as PEI may make it.
const HOB_LIST_SIZE: u64 = 16 * PAGE;

/// Takes over PEI's memory, and what PEI has allocated.
pub fn init(hobs: List) {
    let pages = PAGES.get();
    for memory in hobs.all::<hob::Resource>(hob::RESOURCE).filter(|r| r.kind == hob::SYSTEM_MEMORY) {
        pages.add(memory.start, memory.start + memory.length, efi::CONVENTIONAL_MEMORY);
    }
    pages.convert(hobs.0, hobs.0 + HOB_LIST_SIZE, efi::BOOT_SERVICES_DATA);
    for used in hobs.all::<hob::MemoryAllocation>(hob::MEMORY_ALLOCATION) {
        debug!("Memory Allocation 0x{:08X} 0x{:X} - 0x{:X}", used.kind, used.base, used.base + used.length - 1);
        pages.convert(used.base, used.base + used.length, used.kind);
    }
    heap::use_pool(heap::Pool { allocate: allocate_heap, free: free_heap });
}

fn allocate_heap(size: usize) -> *mut u8 {
    POOL.get().allocate(PAGES.get(), efi::BOOT_SERVICES_DATA, size).unwrap_or(core::ptr::null_mut())
}

fn free_heap(block: *mut u8) {
    POOL.get().free(PAGES.get(), block).expect("the block came from this pool");
}

/// Pages for an image.
pub fn pages_for(kind: u32, size: usize) -> Result<u64, Status> {
    changed();
    PAGES.get().allocate(Place::Any, kind, (size as u64).div_ceil(PAGE))
}

pub fn free_image(base: u64, size: usize) {
    changed();
    PAGES.get().free(base, (size as u64).div_ceil(PAGE)).expect("the pages were allocated");
}

fn changed() {
    *MAP_KEY.get() += 1;
}

pub fn map_key() -> usize {
    *MAP_KEY.get()
}

/// Types that a caller may allocate.
fn allocatable(kind: u32) -> bool {
    kind < efi::PERSISTENT_MEMORY && kind != efi::CONVENTIONAL_MEMORY
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
    changed();
    status(PAGES.get().allocate(place, kind, pages as u64).map(|start| *memory = start))
}

pub extern "efiapi" fn free_pages(memory: u64, pages: usize) -> Status {
    changed();
    status(PAGES.get().free(memory, pages as u64))
}

pub extern "efiapi" fn allocate_pool(kind: u32, size: usize, buffer: *mut *mut c_void) -> Status {
    if buffer.is_null() || !allocatable(kind) {
        return Status::INVALID_PARAMETER;
    }
    changed();
    // SAFETY: the caller's variable.
    status(POOL.get().allocate(PAGES.get(), kind, size).map(|block| unsafe { *buffer = block.cast() }))
}

pub extern "efiapi" fn free_pool(buffer: *mut c_void) -> Status {
    changed();
    status(POOL.get().free(PAGES.get(), buffer.cast()))
}

pub extern "efiapi" fn get_memory_map(
    size: *mut usize,
    map: *mut efi::MemoryDescriptor,
    key: *mut usize,
    descriptor_size: *mut usize,
    descriptor_version: *mut u32,
) -> Status {
    if size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    let ranges = PAGES.get().ranges();
    let needed = size_of_val(ranges) / size_of::<base::pages::Range>() * size_of::<efi::MemoryDescriptor>();
    // SAFETY: the caller's variables, of which `map` has `size` bytes.
    unsafe {
        if !descriptor_size.is_null() {
            *descriptor_size = size_of::<efi::MemoryDescriptor>();
        }
        if !descriptor_version.is_null() {
            *descriptor_version = efi::MEMORY_DESCRIPTOR_VERSION;
        }
        let given = core::mem::replace(&mut *size, needed);
        if given < needed {
            return Status::BUFFER_TOO_SMALL;
        }
        if map.is_null() {
            return Status::INVALID_PARAMETER;
        }
        for (i, range) in ranges.iter().enumerate() {
            map.add(i).write(descriptor(range));
        }
        if !key.is_null() {
            *key = map_key();
        }
    }
    Status::SUCCESS
}

fn descriptor(range: &base::pages::Range) -> efi::MemoryDescriptor {
    let runtime = matches!(range.kind, efi::RUNTIME_SERVICES_CODE | efi::RUNTIME_SERVICES_DATA);
    efi::MemoryDescriptor {
        r#type: range.kind,
        physical_start: range.start,
        virtual_start: 0,
        number_of_pages: (range.end - range.start) / PAGE,
        attribute: efi::MEMORY_WB | if runtime { efi::MEMORY_RUNTIME } else { 0 },
    }
}
