//! S3 resume: SMM's processors, the boot script, the OS's waking vector. EDK II's S3Resume2Pei; here it is
//! part of the DXE IPL, which calls it.

use base::boot_script;
use base::post::{self, post};
use base::s3::{Facs, ResumeState, WAKE_64BIT};
use base::{Status, arch, debug};

/// What fails leaves nothing to return to: the OS's memory can't be booted over.
fn fail(code: u8) -> ! {
    post(code);
    debug!("S3 resume failed");
    arch::stop()
}

pub fn resume() -> ! {
    debug!("Enter S3 PEIM");
    post(post::S3_RESUME);
    let Some(state) = ResumeState::find().filter(|state| state.script != 0) else { fail(post::S3_RESUME_FAILED) };
    // The script closes SMRAM, in which it lies.
    // SAFETY: PlatformSmm recorded it there.
    let script = unsafe { *(state.script as *const [u8; boot_script::SIZE]) };
    let facs = state.facs;
    if (state.restore)() != Status::SUCCESS {
        fail(post::S3_RESUME_FAILED);
    }
    post(post::S3_BOOT_SCRIPT);
    if !boot_script::execute(&script) {
        fail(post::S3_BOOT_SCRIPT_ERROR);
    }
    // SAFETY: the firmware's structure in ACPI NVS, whose contents are the OS's.
    let Facs { x_firmware_waking_vector, ospm_flags, .. } = unsafe { facs.read() };
    if x_firmware_waking_vector == 0 || ospm_flags & WAKE_64BIT == 0 {
        fail(post::S3_OS_WAKE_ERROR);
    }
    debug!("Transfer to 64bit OS waking vector - 0x{:X}", x_firmware_waking_vector);
    post(post::S3_OS_WAKE);
    // SAFETY: the OS says that it goes on there.
    let wake: extern "efiapi" fn() -> ! = unsafe { core::mem::transmute(x_firmware_waking_vector) };
    wake()
}
