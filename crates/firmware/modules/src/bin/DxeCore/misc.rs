//! The small boot services, and the end of them all.

use crate::{event, hand, memory, tables, timer};
use base::post::{self, post};
use base::protocol::{self, Runtime};
use base::{Handle, Status, arch, debug, efi, lapic, record};
use core::ffi::c_void;

pub extern "efiapi" fn copy_mem(to: *mut c_void, from: *mut c_void, size: usize) {
    // SAFETY: the caller's memory.
    unsafe { core::ptr::copy(from.cast::<u8>(), to.cast::<u8>(), size) };
}

pub extern "efiapi" fn set_mem(buffer: *mut c_void, size: usize, value: u8) {
    // SAFETY: the caller's memory.
    unsafe { core::ptr::write_bytes(buffer.cast::<u8>(), value, size) };
}

/// The TSC runs at 1 GHz on both boards.
pub extern "efiapi" fn stall(microseconds: usize) -> Status {
    let end = arch::tsc() + microseconds as u64 * 1000;
    while arch::tsc() < end {
        arch::pause();
        timer::poll();
    }
    Status::SUCCESS
}

pub extern "efiapi" fn install_configuration_table(guid: *mut efi::Guid, table: *mut c_void) -> Status {
    base::status(base::dxe::guid_at(guid).and_then(|guid| tables::set_configuration(&guid, table)))
}

/// Ends boot services. What is of type EfiBootServicesCode and -Data is the OS's from now on, and
/// with it this very code: nobody may call it again.
pub extern "efiapi" fn exit_boot_services(_: Handle, map_key: usize) -> Status {
    if map_key != memory::map_key() {
        return Status::INVALID_PARAMETER;
    }
    lapic::stop();
    event::signal_group(&protocol::EXIT_BOOT_SERVICES_EVENT);
    post(post::EXIT_BOOT_SERVICES);
    record::phase(record::phase::EXIT_BOOT_SERVICES);
    debug!("ExitBootServices: boot services are gone");
    if let Some(runtime) = hand::find(&protocol::RUNTIME_ARCH).map(|p| p.cast::<Runtime>()) {
        // SAFETY: RuntimeDxe installed it, in memory that stays.
        unsafe { (*runtime).boot_services_gone = true };
    }
    tables::forget_boot_services();
    Status::SUCCESS
}
