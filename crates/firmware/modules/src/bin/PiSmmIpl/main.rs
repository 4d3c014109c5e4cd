//! SMM IPL: loads the SMM core into SMRAM, is the way to it (SmmCommunication), and closes and locks
//! SMRAM. PI 1.8 Vol. 4, 1.4 "SMM Initialization"; steps and words as in EDK II. A runtime driver.
#![no_std]
#![no_main]

mod communicate;
mod events;
mod load;

use base::smm::{CORE_PRIVATE_SIGNATURE, CorePrivate, SmmAccess2, SmmBase2, SmmControl2, SmramDescriptor, Smst};
use base::{Global, Handle, Status, arch, debug, dxe, protocol};
use core::ptr::null_mut;

base::dxe_entry!(main);

pub static PRIVATE: Global<CorePrivate> = Global::new(CorePrivate {
    signature: CORE_PRIVATE_SIGNATURE,
    smram: core::ptr::null(),
    smram_count: 0,
    core_image: 0,
    core_size: 0,
    smm_entry_point_registered: false,
    in_smm: false,
    smst: null_mut(),
    smm_entry_point: None,
    communication_buffer: 0,
    buffer_size: 0,
    return_status: 0,
});
pub static ACCESS: Global<*mut SmmAccess2> = Global::new(null_mut());
pub static CONTROL: Global<*mut SmmControl2> = Global::new(null_mut());
static REGION: Global<SmramDescriptor> =
    Global::new(SmramDescriptor { physical_start: 0, cpu_start: 0, physical_size: 0, region_state: 0 });
static BASE: Global<SmmBase2> = Global::new(SmmBase2 { in_smm, get_smst_location });

pub fn access() -> &'static mut SmmAccess2 {
    // SAFETY: `main` found it.
    unsafe { &mut **ACCESS.get() }
}

fn main(_: Handle) -> Result<(), Status> {
    *ACCESS.get() = dxe::locate(&protocol::SMM_ACCESS2)?;
    *CONTROL.get() = dxe::locate(&protocol::SMM_CONTROL2)?;
    let (mut size, region) = (size_of::<SmramDescriptor>(), REGION.as_ptr());
    base::check((access().get_capabilities)(access(), &mut size, region))?;
    base::check((access().open)(access()))?;
    debug!("SMM IPL opened SMRAM window");
    let private = PRIVATE.get();
    private.smram = region;
    private.smram_count = 1;
    let loaded = load::smm_core(REGION.get());
    if let Err(status) = loaded {
        // Going on without SMM would leave the platform open: stop here, with 71h on the display.
        let _ = (access().close)(access());
        debug!("SMM IPL closed SMRAM window: {}", base::names::Text(status));
        arch::stop()
    }
    events::register()?;
    dxe::install(&protocol::SMM_BASE2, BASE.as_ptr())?;
    dxe::install(&protocol::SMM_COMMUNICATION, communicate::PROTOCOL.as_ptr())?;
    Ok(())
}

extern "efiapi" fn in_smm(_: *const SmmBase2, answer: *mut bool) -> Status {
    if answer.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    unsafe { *answer = PRIVATE.get().in_smm };
    Status::SUCCESS
}

/// Only for those in SMM.
extern "efiapi" fn get_smst_location(_: *const SmmBase2, smst: *mut *mut Smst) -> Status {
    if smst.is_null() {
        return Status::INVALID_PARAMETER;
    }
    if !PRIVATE.get().in_smm {
        return Status::UNSUPPORTED;
    }
    // SAFETY: the caller's variable.
    unsafe { *smst = PRIVATE.get().smst };
    Status::SUCCESS
}
