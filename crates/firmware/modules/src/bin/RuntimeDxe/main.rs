//! What stays when boot services go: ResetSystem(), SetVirtualAddressMap(), ConvertPointer().
//! UEFI 2.10, 8.4 "Virtual Memory Services", 8.5.1 "Reset System".
//!
//! Not here: time and variable services.
#![no_std]
#![no_main]

mod reset;
mod virtual_map;

use base::post::{self, post};
use base::protocol::{self, LoadedImage, Runtime};
use base::{Global, Handle, Status, check, dxe};

base::dxe_entry!(main);

static RUNTIME: Global<Runtime> = Global::new(Runtime {
    boot_services_gone: false,
    virtual_mode: false,
    register_image: virtual_map::register_image,
    register_event: virtual_map::register_event,
});

extern "efiapi" fn unsupported() -> Status {
    Status::UNSUPPORTED
}

fn main(image: Handle) -> Result<(), Status> {
    post(post::RUNTIME_SERVICES);
    let table = dxe::system_table().runtime_services;
    virtual_map::init(dxe::system_table());
    for slot in virtual_map::slots(table) {
        // The core's own answer for missing services goes with the core.
        *slot = unsupported as *const () as usize;
    }
    // SAFETY: the core made the table, and nobody else uses it now.
    let services = unsafe { &mut *table };
    services.set_virtual_address_map = virtual_map::set_virtual_address_map;
    services.convert_pointer = virtual_map::convert_pointer;
    services.reset_system = reset::reset_system;
    let mut info = core::ptr::null_mut();
    let guid = dxe::as_efi(&protocol::LOADED_IMAGE);
    // SAFETY: the service's types.
    check(unsafe { (dxe::boot_services().handle_protocol)(image, guid, &mut info) })?;
    // SAFETY: the core's description of this image.
    let info = unsafe { &*info.cast::<LoadedImage>() };
    check(virtual_map::register_image(RUNTIME.as_ptr(), info.image_base as u64, info.image_size))?;
    dxe::install(&protocol::RUNTIME_ARCH, RUNTIME.as_ptr())?;
    dxe::install(&protocol::RESET_ARCH, core::ptr::null_mut::<()>())?;
    Ok(())
}
