//! Starts the application processors: INIT, SIPI, SIPI; they park in real mode, where SMIs reach them,
//! until an OS starts them anew. SDM vol. 3, "Multiple-Processor (MP) Initialization".
//!
//! EDK II's CpuDxe does more of it: here no driver calls a processor outside SMM.

use base::{Global, Status, arch, arch::mmio, debug, dxe, efi, fwcfg, lapic};
use core::arch::global_asm;

/// Processors that this firmware knows how to handle.
pub const MOST: usize = 4;
/// Microseconds until all have parked: EDK II's PcdCpuApInitTimeOutInMicroSeconds.
const PATIENCE: u64 = 50_000;

global_asm!(include_str!(concat!(env!("OUT_DIR"), "/park.s")));

unsafe extern "C" {
    static ap_park: u8;
    static ap_park_end: u8;
    static ap_parked: u8;
}

/// Which processors are parked, a bit for each APIC ID.
pub struct Parked {
    at: u64,
}

impl Parked {
    fn mask(&self) -> u32 {
        mmio::read(self.at)
    }
    pub fn has(&self, apic_id: u8) -> bool {
        self.mask() >> apic_id & 1 != 0
    }
    /// Of a processor that is about to park anew.
    pub fn forget(&self, apic_id: u8) {
        mmio::write(self.at, self.mask() & !(1 << apic_id));
    }
}

/// Where they park.
static PAGE: Global<u64> = Global::new(0);

/// How many processors there are, ourselves included; fw_cfg tells. APIC IDs count from 0.
pub fn prepare() -> Result<usize, Status> {
    let count = fwcfg::processors();
    if count > MOST {
        return Err(Status::UNSUPPORTED);
    }
    if count > 1 {
        // No OS may take the page before it has started the processors anew, nor at a resume from S3.
        *PAGE.get() = dxe::allocate_start_up_page(efi::RESERVED_MEMORY_TYPE)?;
    }
    Ok(count)
}

pub fn start(count: usize) -> Result<Parked, Status> {
    let page = *PAGE.get();
    if count == 1 {
        return Ok(Parked { at: 0 });
    }
    // SAFETY: the page is ours and large enough.
    unsafe {
        let size = &raw const ap_park_end as usize - &raw const ap_park as usize;
        core::ptr::copy_nonoverlapping(&raw const ap_park, page as *mut u8, size);
    }
    let parked = Parked { at: page + (&raw const ap_parked as u64 - &raw const ap_park as u64) };
    lapic::start_up(0, lapic::ALL_BUT_SELF, page);
    let others = (1 << count) - 1 & !(1 << arch::apic_id());
    if !arch::wait(PATIENCE, || parked.mask() == others) {
        debug!("PiSmmCpuDxeSmm: not all processors came");
        return Err(Status::DEVICE_ERROR);
    }
    Ok(parked)
}
