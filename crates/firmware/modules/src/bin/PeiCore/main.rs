//! PEI core: PPI database, HOB list, and the dispatcher of the boot volume's PEIMs. At the end the DXE
//! IPL's PPI takes over. PI 1.8 Vol. 1.
//!
//! Not here: PPI notifications, PEIMs in other volumes, shadowing, the move of the stack. Everything
//! runs in place in flash, so this module has no variables: its state is one structure on the stack.
#![no_std]
#![no_main]

mod dispatcher;
mod memory;
mod ppi;

use base::pei::{DxeIplPpi, Services};
use base::post::{self, post};
use base::{Guid, Status, arch, debug, protocol, record, s3};
use core::ffi::c_void;

/// HOBs before memory is found: the lower half of temporary RAM (70000h to 7FFFFh).
const TEMPORARY_HOBS: u64 = 0x7_0000;
const TEMPORARY_HOBS_END: u64 = 0x7_8000;
const PPIS: usize = 16;

/// The services come first: PEIMs have a pointer to them, and we get the rest back from it.
#[repr(C)]
struct Core {
    services: Services,
    ppis: [Option<(&'static Guid, *const c_void)>; PPIS],
    /// The HOB list, and where the next HOB goes.
    hobs: u64,
    next_hob: u64,
    hobs_end: u64,
    /// Permanent memory that is free lies between `hobs_end` and here.
    free_top: u64,
}

/// # Safety
/// `services` is the pointer that PEIMs got.
unsafe fn core<'a>(services: *mut Services) -> &'a mut Core {
    // SAFETY: it points to the first field of the one `Core`.
    unsafe { &mut *services.cast::<Core>() }
}

#[unsafe(no_mangle)]
extern "efiapi" fn efi_main(boot_volume: u64) -> ! {
    record::phase(record::phase::PEI);
    post(post::PEI_CORE);
    let mut core = Core {
        services: Services {
            install_ppi: ppi::install,
            locate_ppi: ppi::locate,
            hob_list: memory::hob_list,
            create_hob: memory::create_hob,
            install_memory: memory::install,
            allocate_pages: memory::allocate_pages,
        },
        ppis: [None; PPIS],
        hobs: TEMPORARY_HOBS,
        next_hob: TEMPORARY_HOBS,
        hobs_end: TEMPORARY_HOBS_END,
        free_top: 0,
    };
    memory::begin(&mut core);
    dispatcher::run(&mut core, boot_volume);
    if core.free_top == 0 && *core.services.boot_mode() != s3::BOOT_ON_S3_RESUME {
        debug!("PEI: no PEIM installed memory");
        post(post::NO_MEMORY);
        arch::stop();
    }
    let mut ipl: *const c_void = core::ptr::null();
    if ppi::locate(&mut core.services, &protocol::DXE_IPL_PPI, &mut ipl) == Status::SUCCESS {
        debug!("DXE IPL Entry");
        // SAFETY: the DXE IPL installed it.
        let entry = unsafe { (*ipl.cast::<DxeIplPpi>()).entry };
        let status = entry(&mut core.services);
        debug!("PEI: the DXE IPL came back: {}", base::names::Text(status));
    }
    debug!("PEI: there is no way on to DXE");
    arch::stop()
}
