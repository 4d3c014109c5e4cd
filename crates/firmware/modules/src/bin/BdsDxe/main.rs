//! BDS: the milestones of the end of boot, then the OS loader. PI 1.8 Vol. 2, "BDS Architectural
//! Protocol"; the order of signals is OVMF's.
#![no_std]
#![no_main]

use base::post::{self, post};
use base::protocol::{self, Bds};
use base::{Global, Handle, Status, debug, dxe, record};
use pi::pcd;

base::dxe_entry!(main);

mod on_request;
mod os;
mod setup;
mod wait;

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<4> = pcd::Block::new([
    ("PcdSignalReadyToLock", 1),
    ("PcdPlatformBootTimeOut", 0),
    ("PcdFault", 0),
    ("PcdScheduleOnRequest", 0),
]);
const SIGNAL_READY_TO_LOCK: usize = 0;
const BOOT_TIME_OUT: usize = 1;
const FAULT: usize = 2;
const SCHEDULE_ON_REQUEST: usize = 3;

static BDS: Global<Bds> = Global::new(Bds { entry });
static IMAGE: Global<Handle> = Global::new(core::ptr::null_mut());

fn main(image: Handle) -> Result<(), Status> {
    *IMAGE.get() = image;
    dxe::install(&protocol::BDS_ARCH, BDS.as_ptr()).map(drop)
}

extern "efiapi" fn entry(_: *const Bds) {
    post(post::BDS);
    record::phase(record::phase::BDS);
    let done = lock().and_then(|()| settings()).and_then(|()| ready_to_boot()).and_then(|()| os::load(*IMAGE.get()));
    if let Err(status) = done {
        debug!("[Bds] {}", base::names::Text(status));
    }
}

fn lock() -> Result<(), Status> {
    debug!("[Bds] Entry...");
    if PCD.get(FAULT) != 0 {
        // SAFETY: none: this is the fault to study.
        unsafe { core::arch::asm!("ud2") }
    }
    if PCD.get(SCHEDULE_ON_REQUEST) != 0 {
        on_request::start_all()?;
    }
    // PlatformSmm does both, if it is there.
    if dxe::locate::<()>(&protocol::DXE_SMM_READY_TO_LOCK).is_err() {
        dxe::signal_group(&protocol::END_OF_DXE_EVENT)?;
        if PCD.get(SIGNAL_READY_TO_LOCK) != 0 {
            dxe::install(&protocol::DXE_SMM_READY_TO_LOCK, core::ptr::null_mut::<()>())?;
        }
    }
    Ok(())
}

fn settings() -> Result<(), Status> {
    let seconds = PCD.get(BOOT_TIME_OUT).max(setup::boot_timeout());
    setup::enter_if_wanted(wait::for_a_key(seconds)?)
}

fn ready_to_boot() -> Result<(), Status> {
    post(post::READY_TO_BOOT);
    record::phase(record::phase::READY_TO_BOOT);
    dxe::signal_group(&protocol::READY_TO_BOOT_EVENT)
}
