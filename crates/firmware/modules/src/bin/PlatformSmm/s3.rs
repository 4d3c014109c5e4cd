//! For S3: the FACS, in which the OS leaves its waking vector, and the boot script. What a driver of this
//! platform has programmed by SmmReadyToLock is in it, the locks last. EDK II's SmmS3SaveState, whose clients
//! record their own writes.
//!
//! What survives the sleep by itself isn't in it (PM1_EN's upper half, GPE0_EN), nor what PEI programs.

use base::arch::mmio;
use base::boot_script::{Register, Script, config, io, memory};
use base::chipset::{APM_CNT, gpio, lpc, mch, pm};
use base::pages::PAGE;
use base::s3::{FACS, Facs, ResumeState, SCRIPT, SLP_TYP, SleepTable, WAKE_64BIT_SUPPORTED};
use base::{Global, Guid, Handle, Status, debug, dxe, efi, fwcfg, protocol, smst};
use core::ffi::c_void;
use pi::pcd;

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<3> =
    pcd::Block::new([("PcdS3LockSmram", 1), ("PcdS3RestoreSmiEn", 1), ("PcdS3ScriptInSmram", 1)]);
/// 0: the script has no D_LCK.
const LOCK_SMRAM: usize = 0;
/// 0: nor has it SMI_EN.
const RESTORE_SMI_EN: usize = 1;
/// 0: it lies in ACPI NVS, behind the FACS.
const SCRIPT_IN_SMRAM: usize = 2;

const RCBA: u8 = 0xf0;
const CHIPSET: u64 = 0xfed1_c000;
const SPIBAR: u64 = CHIPSET + 0x3800;
const HSFS: u64 = SPIBAR + 0x04;
const FDV: u16 = 1 << 14;

const fn of_lpc(register: u8, bytes: u32) -> Register {
    config(0x1f, 0, register, bytes)
}
const fn of_mch(register: u8, bytes: u32) -> Register {
    config(0, 0, register, bytes)
}

/// Behind the resume's page tables: room for what fw_cfg fetches, and for the descriptor of that.
const DMA: u64 = 0x6_7000;
const BROADCAST: u8 = 1;

const LPC: [Register; 7] = [
    of_lpc(RCBA, 4),
    of_lpc(lpc::GPIOBASE, 4),
    of_lpc(lpc::GC, 1),
    of_lpc(lpc::GPI_ROUT, 4),
    io(gpio::GPI_INV, 4),
    io(pm::ALT_GP_SMI_EN, 2),
    io(pm::TCO2_CNT, 2),
];
/// GCS; LVSCC and UVSCC, PR0, and HSFS with FLOCKDN.
const SPI: [Register; 5] = [
    memory(CHIPSET + 0x3410, 4),
    memory(SPIBAR + 0xc4, 4),
    memory(SPIBAR + 0xc8, 4),
    memory(SPIBAR + 0x74, 4),
    memory(HSFS, 2),
];
const BIOS_CNTL: Register = of_lpc(lpc::BIOS_CNTL, 1);
const SMRAMC: Register = of_mch(mch::SMRAMC, 1);
const BLE: u32 = 1 << 1;

static FACS_PAGE: Global<*mut Facs> = Global::new(core::ptr::null_mut());

/// While boot services are there.
pub fn prepare() -> Result<(), Status> {
    let page = dxe::allocate_pages(efi::ACPI_MEMORY_NVS, 1)?;
    let table = (page + size_of::<Facs>() as u64) as *mut SleepTable;
    let facs = page as *mut Facs;
    *FACS_PAGE.get() = facs;
    // SAFETY: just allocated.
    unsafe {
        core::ptr::write_bytes(page as *mut u8, 0, PAGE as usize);
        (*facs).signature = FACS;
        (*facs).length = size_of::<Facs>() as u32;
        (*facs).flags = WAKE_64BIT_SUPPORTED;
        (*facs).version = 2;
        table.write(SleepTable { facs, slp_typ: slp_typ() });
    }
    let install = dxe::boot_services().install_configuration_table;
    // SAFETY: the service's types.
    base::check(unsafe { install(dxe::as_efi(&protocol::SLEEP_TABLE), table.cast()) })?;
    smst::on_protocol(&protocol::SMM_READY_TO_LOCK, on_ready_to_lock)
}

/// QEMU has a table of its own: its number of S3 is 1.
fn slp_typ() -> u16 {
    let states = fwcfg::File::open("etc/system-states");
    states.and_then(|mut states| states.nth(3)).map_or(SLP_TYP, |state| u16::from(state & 7))
}

extern "efiapi" fn on_ready_to_lock(_: *const Guid, _: *mut c_void, _: Handle) -> Status {
    let Some(state) = ResumeState::find() else { return Status::NOT_FOUND };
    let page = if PCD.get(SCRIPT_IN_SMRAM) != 0 { &raw const *state as u64 } else { *FACS_PAGE.get() as u64 };
    state.facs = *FACS_PAGE.get();
    state.script = page + SCRIPT;
    record(Script::new(state.script));
    debug!("PlatformSmm: S3 boot script at 0x{:X}", state.script);
    Status::SUCCESS
}

fn record(mut script: Script) {
    LPC.into_iter().for_each(|register| script.keep(register));
    if mmio::read::<u16>(HSFS) & FDV != 0 {
        SPI.into_iter().for_each(|register| script.keep(register));
    }
    // BLE locks SMM_BWP: not both at once.
    script.put(BIOS_CNTL, BIOS_CNTL.read() & !BLE);
    script.keep(BIOS_CNTL);
    script.keep(of_mch(mch::ESMRAMC, 1));
    let lock = if PCD.get(LOCK_SMRAM) != 0 { 0 } else { u32::from(mch::D_LCK) };
    script.put(SMRAMC, SMRAMC.read() & !lock);
    ask_for_broadcast(&mut script);
    // What woke the machine is no news.
    script.put(io(pm::PM1_STS, 2), u32::from(pm::PWRBTN | pm::RTC));
    if PCD.get(RESTORE_SMI_EN) != 0 {
        let smi_en = io(pm::SMI_EN, 4);
        script.put(smi_en, smi_en.read() | pm::EOS);
    }
    script.keep(io(pm::TCO1_CNT, 2));
    script.keep(of_lpc(lpc::GEN_PMCON_1, 1));
    // An SMI that nobody handles: in it, each processor sets its SMRR.
    script.put(io(APM_CNT, 1), 0);
    script.close();
}

/// QEMU forgets at the reset that SMIs go to all processors. SmmControl2Dxe's request is made again, as OVMF does
/// it: the script writes a descriptor into memory that is no OS's, and starts the DMA.
fn ask_for_broadcast(script: &mut Script) {
    let Some((ok, _)) = fwcfg::find(fwcfg::FEATURES_OK) else { return };
    let Some((requested, _)) = fwcfg::find(fwcfg::REQUESTED_FEATURES) else { return };
    let features = fwcfg::File::open(fwcfg::REQUESTED_FEATURES).and_then(|mut file| file.next());
    if features != Some(BROADCAST) {
        return;
    }
    let descriptor = DMA + 8;
    let control = u32::from(requested) << 16 | fwcfg::DMA_SELECT_AND_WRITE;
    let words = [BROADCAST.into(), 0, control.to_be(), 8u32.to_be(), 0, (DMA as u32).to_be()];
    for (nth, word) in (0..).zip(words) {
        script.put(memory(DMA + 4 * nth, 4), word);
    }
    script.put(io(fwcfg::DMA_HIGH, 4), 0);
    script.put(io(fwcfg::DMA_LOW, 4), (descriptor as u32).to_be());
    script.put(io(fwcfg::SELECT, 2), ok.into());
}
