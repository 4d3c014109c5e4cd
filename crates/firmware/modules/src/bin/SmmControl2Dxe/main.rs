//! SmmControl2: raises software SMIs through APM_CNT. A runtime driver: the OS's calls of runtime
//! services end in SMIs, too. ICH9 datasheet, "APM_CNT" and "SMI_EN".
#![no_std]
#![no_main]

use base::arch::{in32, out8, out16, out32, raise_sw_smi};
use base::chipset::{APM_DATA, end_of_smi, lpc, pm};
use base::post::{self, post};
use base::smm::SmmControl2;
use base::{Global, Handle, Status, debug, dxe, efi, fwcfg, protocol};
use core::ffi::c_void;
use pi::pcd;

base::dxe_entry!(main);

static CONTROL: Global<SmmControl2> = Global::new(SmmControl2 { trigger, clear, minimum_trigger_period: 0 });

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<3> = pcd::Block::new([("PcdSmiBroadcast", 1), ("PcdSmiLock", 1), ("PcdSmiForOs", 1)]);
/// 0: QEMU's SMIs stay with the processor that wrote APM_CNT.
const SMI_BROADCAST: usize = 0;
/// 0: SMI_LOCK stays clear.
const SMI_LOCK: usize = 1;
/// 0: APMC_EN is cleared before the OS runs.
const SMI_FOR_OS: usize = 2;
const BROADCAST: u64 = 1;

fn main(_: Handle) -> Result<(), Status> {
    post(post::SB_DXE_SMM);
    // What woke the machine outlives its reset, with its enable; nobody handles SMIs yet. And an override by
    // the power button keeps EOS from being set.
    out16(pm::PM1_STS, pm::PRBTNOR_STS);
    out16(pm::PM1_EN, 0);
    out32(pm::GPE0_EN, 0);
    out32(pm::SMI_EN, in32(pm::SMI_EN) | pm::APMC_EN | pm::GBL_SMI_EN);
    if in32(pm::SMI_EN) & (pm::APMC_EN | pm::GBL_SMI_EN) != pm::APMC_EN | pm::GBL_SMI_EN {
        return Err(Status::DEVICE_ERROR);
    }
    end_of_smi();
    negotiate_broadcast();
    dxe::on_protocol(&protocol::DXE_SMM_READY_TO_LOCK, lock_smi)?;
    if PCD.get(SMI_FOR_OS) == 0 {
        dxe::on_group(&protocol::EXIT_BOOT_SERVICES_EVENT, switch_off)?;
    }
    dxe::install(&protocol::SMM_CONTROL2, CONTROL.as_ptr()).map(drop)
}

/// On QEMU a write to APM_CNT interrupts the writing processor only, unless firmware has asked for more
/// (QEMU docs/specs, "fw_cfg"; in EDK II's words). ICH9's SMI# goes to all; there are no such files.
fn negotiate_broadcast() {
    if PCD.get(SMI_BROADCAST) == 0 || fwcfg::processors() < 2 || !fwcfg::write(fwcfg::REQUESTED_FEATURES, BROADCAST) {
        return;
    }
    let accepted = fwcfg::File::open(fwcfg::FEATURES_OK).and_then(|mut file| file.next());
    if accepted == Some(1) {
        debug!("NegotiateSmiFeatures: using SMI broadcast");
    }
}

/// GBL_SMI_EN can't be cleared from here on. (The datasheet's SMI_LOCK leaves APMC_EN alone.)
extern "efiapi" fn lock_smi(event: efi::Event, _: *mut c_void) {
    if dxe::locate::<()>(&protocol::DXE_SMM_READY_TO_LOCK).is_err() {
        return;
    }
    let lock = if PCD.get(SMI_LOCK) != 0 { lpc::SMI_LOCK } else { 0 };
    lpc::FUNCTION.write8(lpc::GEN_PMCON_1, lpc::FUNCTION.read8(lpc::GEN_PMCON_1) | lock);
    debug!("SmmControl2: GEN_PMCON_1 = 0x{:02X}", lpc::FUNCTION.read8(lpc::GEN_PMCON_1));
    // SAFETY: the service's types. The event has done its work.
    let _ = unsafe { (dxe::boot_services().close_event)(event) };
}

extern "efiapi" fn switch_off(_: efi::Event, _: *mut c_void) {
    out32(pm::SMI_EN, in32(pm::SMI_EN) & !pm::APMC_EN);
}

/// The value behind a port pointer that may be null.
fn value(port: *const u8) -> u8 {
    // SAFETY: null, or the caller's byte.
    if port.is_null() { 0 } else { unsafe { *port } }
}

extern "efiapi" fn trigger(
    this: *const SmmControl2,
    command: *const u8,
    data: *const u8,
    periodic: bool,
    _: usize,
) -> Status {
    if periodic {
        return Status::DEVICE_ERROR;
    }
    clear(this, false);
    out8(APM_DATA, value(data));
    raise_sw_smi(value(command).into());
    Status::SUCCESS
}

extern "efiapi" fn clear(_: *const SmmControl2, periodic: bool) -> Status {
    if periodic {
        return Status::INVALID_PARAMETER;
    }
    end_of_smi();
    Status::SUCCESS
}
