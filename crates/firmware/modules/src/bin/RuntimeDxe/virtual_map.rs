//! SetVirtualAddressMap(): the OS says where it will see runtime memory; images and pointers move.

use base::pages::PAGE;
use base::post::{self, post};
use base::protocol::Runtime;
use base::{Global, Status, efi, pe, record};
use core::ffi::c_void;

const IMAGES: usize = 16;
const EVENTS: usize = 16;

#[derive(Clone, Copy)]
struct Image {
    base: u64,
    size: u64,
}

type Event = (efi::EventNotify, *mut c_void);

/// The map that SetVirtualAddressMap() was called with, while it runs.
struct Map {
    first: *const u8,
    count: usize,
    stride: usize,
}

static IMAGES_LIST: Global<[Option<Image>; IMAGES]> = Global::new([None; IMAGES]);
static EVENTS_LIST: Global<[Option<Event>; EVENTS]> = Global::new([None; EVENTS]);
static MAP: Global<Map> = Global::new(Map { first: core::ptr::null(), count: 0, stride: 0 });
static SYSTEM: Global<*mut efi::SystemTable> = Global::new(core::ptr::null_mut());

pub fn init(system: *mut efi::SystemTable) {
    *SYSTEM.get() = system;
}

fn add<T>(list: &mut [Option<T>], value: T) -> Status {
    match list.iter_mut().find(|slot| slot.is_none()) {
        Some(slot) => {
            *slot = Some(value);
            Status::SUCCESS
        }
        None => Status::OUT_OF_RESOURCES,
    }
}

pub extern "efiapi" fn register_image(_: *mut Runtime, base: u64, size: u64) -> Status {
    add(IMAGES_LIST.get(), Image { base, size })
}

pub extern "efiapi" fn register_event(_: *mut Runtime, notify: efi::EventNotify, context: *mut c_void) -> Status {
    add(EVENTS_LIST.get(), (notify, context))
}

/// All function pointers of the table.
pub fn slots(table: *mut efi::RuntimeServices) -> &'static mut [usize] {
    let bytes = size_of::<efi::RuntimeServices>() - size_of::<efi::TableHeader>();
    // SAFETY: behind the header the table is function pointers only.
    unsafe {
        let first = table.cast::<u8>().add(size_of::<efi::TableHeader>()).cast();
        core::slice::from_raw_parts_mut(first, bytes / size_of::<usize>())
    }
}

fn descriptors() -> impl Iterator<Item = efi::MemoryDescriptor> {
    let Map { first, count, stride } = *MAP.get();
    // SAFETY: the OS's array.
    (0..count).map(move |i| unsafe { first.add(i * stride).cast::<efi::MemoryDescriptor>().read_unaligned() })
}

/// Where the OS will see this address.
fn convert(address: u64) -> Option<u64> {
    let holds = |d: &efi::MemoryDescriptor| {
        d.attribute & efi::MEMORY_RUNTIME != 0
            && (d.physical_start..d.physical_start + d.number_of_pages * PAGE).contains(&address)
    };
    descriptors().find(holds).map(|d| address - d.physical_start + d.virtual_start)
}

pub extern "efiapi" fn convert_pointer(flags: usize, address: *mut *mut c_void) -> Status {
    if address.is_null() {
        return Status::INVALID_PARAMETER;
    }
    if MAP.get().count == 0 {
        return Status::UNSUPPORTED;
    }
    // SAFETY: the caller's pointer.
    let address = unsafe { &mut *address };
    if address.is_null() {
        let optional = flags & efi::OPTIONAL_POINTER as usize != 0;
        return if optional { Status::SUCCESS } else { Status::INVALID_PARAMETER };
    }
    match convert(*address as u64) {
        Some(new) => {
            *address = new as *mut c_void;
            Status::SUCCESS
        }
        None => Status::NOT_FOUND,
    }
}

pub extern "efiapi" fn set_virtual_address_map(
    size: usize,
    stride: usize,
    version: u32,
    map: *mut efi::MemoryDescriptor,
) -> Status {
    let runtime = crate::RUNTIME.get();
    if !runtime.boot_services_gone || runtime.virtual_mode {
        return Status::UNSUPPORTED;
    }
    if version != efi::MEMORY_DESCRIPTOR_VERSION || stride < size_of::<efi::MemoryDescriptor>() {
        return Status::INVALID_PARAMETER;
    }
    post(post::SET_VIRTUAL_ADDRESS_MAP);
    *MAP.get() = Map { first: map.cast_const().cast(), count: size / stride, stride };
    runtime.virtual_mode = true;
    for (notify, context) in EVENTS_LIST.get().iter().flatten() {
        // SAFETY: the function that a runtime driver registered; it hasn't moved yet.
        unsafe { notify(core::ptr::null_mut(), *context) };
    }
    convert_tables();
    for image in IMAGES_LIST.get().iter().flatten() {
        move_image(image);
    }
    MAP.get().count = 0;
    record::phase(record::phase::VIRTUAL_ADDRESS_CHANGE);
    post(post::SET_VIRTUAL_ADDRESS_MAP_END);
    Status::SUCCESS
}

fn convert_tables() {
    // SAFETY: the core made the tables, in runtime memory.
    let system = unsafe { &mut **SYSTEM.get() };
    let moved = |address: usize| convert(address as u64).map_or(address, |new| new as usize);
    for slot in slots(system.runtime_services) {
        *slot = moved(*slot);
    }
    system.runtime_services = moved(system.runtime_services as usize) as *mut _;
    system.configuration_table = moved(system.configuration_table as usize) as *mut _;
}

/// Adds the way that the image goes to every address in it that points into the image itself.
fn move_image(image: &Image) {
    let Some(new) = convert(image.base) else { return };
    let delta = new.wrapping_sub(image.base);
    // SAFETY: a loaded image with its headers; nothing runs in it but this function, which needs none
    // of the addresses that change.
    let memory = unsafe { core::slice::from_raw_parts_mut(image.base as *mut u8, image.size as usize) };
    let Ok(table) = pe::Image::parse(memory).map(|image| image.relocations()) else { return };
    // A damaged table can't be: the loader has been through it.
    let _ = pe::move_addresses(memory, table, image.base..image.base + image.size, delta);
}
