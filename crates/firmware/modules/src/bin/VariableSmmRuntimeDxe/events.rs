//! When variables can be read, when they can be written, and what SMM is told of the boot.

use crate::{CONVERT_POINTERS, PCD, cache, call, services};
use base::names::Text;
use base::protocol::{self, Runtime};
use base::variable::function;
use base::{Global, Status, debug, dxe, efi};
use core::ffi::c_void;
use core::ptr::null_mut;

pub static AT_RUNTIME: Global<bool> = Global::new(false);

pub fn register() -> Result<(), Status> {
    dxe::on_protocol(&protocol::SMM_VARIABLE, on_ready)?;
    dxe::on_protocol(&protocol::SMM_VARIABLE_WRITE, on_writable)?;
    dxe::on_group(&protocol::READY_TO_BOOT_EVENT, on_ready_to_boot)?;
    dxe::on_group(&protocol::EXIT_BOOT_SERVICES_EVENT, on_exit_boot_services)?;
    let runtime = dxe::locate::<Runtime>(&protocol::RUNTIME_ARCH)?;
    // SAFETY: RuntimeDxe installed it.
    base::check(unsafe { ((*runtime).register_event)(runtime, on_virtual_addresses, null_mut()) })
}

extern "efiapi" fn on_ready(event: efi::Event, _: *mut c_void) {
    if dxe::locate::<()>(&protocol::SMM_VARIABLE).is_err() {
        return;
    }
    // SAFETY: the service's types. It comes once.
    let _ = unsafe { (dxe::boot_services().close_event)(event) };
    if let Err(status) = call::init() {
        debug!("VariableSmm: no way to SMM: {}", Text(status));
        return;
    }
    if let Err(status) = cache::init() {
        debug!("Variable driver will continue without runtime cache: {}", Text(status));
    }
    services::install();
    let told = dxe::install(&protocol::VARIABLE_ARCH, null_mut::<()>());
    base::debug_assert!(told.is_ok(), "a protocol on a new handle");
}

extern "efiapi" fn on_writable(event: efi::Event, _: *mut c_void) {
    if dxe::locate::<()>(&protocol::SMM_VARIABLE_WRITE).is_err() {
        return;
    }
    // SAFETY: as above.
    let _ = unsafe { (dxe::boot_services().close_event)(event) };
    let told = dxe::install(&protocol::VARIABLE_WRITE_ARCH, null_mut::<()>());
    base::debug_assert!(told.is_ok(), "a protocol on a new handle");
}

/// Without VariableSmm there is nobody to tell.
fn is_installed() -> bool {
    dxe::locate::<()>(&protocol::VARIABLE_ARCH).is_ok()
}

extern "efiapi" fn on_ready_to_boot(_: efi::Event, _: *mut c_void) {
    if is_installed() {
        call::tell(function::READY_TO_BOOT);
    }
}

extern "efiapi" fn on_exit_boot_services(_: efi::Event, _: *mut c_void) {
    *AT_RUNTIME.get() = true;
    if is_installed() {
        call::tell(function::EXIT_BOOT_SERVICE);
    }
}

/// Everything here that is called or read through a pointer.
extern "efiapi" fn on_virtual_addresses(_: efi::Event, _: *mut c_void) {
    if PCD.get(CONVERT_POINTERS) == 0 {
        return;
    }
    // SAFETY: runtime services are there until they move themselves, after this.
    let convert = unsafe { (*dxe::system_table().runtime_services).convert_pointer };
    let move_to = |pointer: *mut *mut c_void| {
        // SAFETY: a pointer of ours.
        let _ = unsafe { convert(efi::OPTIONAL_POINTER as usize, pointer) };
    };
    let call = call::CALL.get();
    // The protocol's function moves with the IPL's image.
    move_to((&raw mut call.communication).cast());
    move_to((&raw mut call.buffer).cast());
    for copy in cache::COPIES.get() {
        move_to((&raw mut *copy).cast());
    }
}
