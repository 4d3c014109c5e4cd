//! SMBASE is 30000h after reset; the first SMI moves it. SDM vol. 3, "SMBASE Relocation".

use base::{Status, arch::mmio, debug};
use core::arch::{asm, global_asm};

const DEFAULT_SMBASE: u64 = 0x3_0000;
const ENTRY: u64 = DEFAULT_SMBASE + 0x8000;
/// Where the code below leaves what it saw and finds what to write.
const SEEN: u64 = ENTRY + 0xf0;
const WANTED: u64 = ENTRY + 0xf4;
/// Memory that the SMI changes: code and words, save state.
const SAVE: u64 = DEFAULT_SMBASE + 0xfc00;
const KEPT: usize = 0x100;
const KEPT_SAVE: usize = 0x400;
const LAPIC: u64 = 0xfee0_0000;

// Both maps have the revision at the same place; it says where SMBASE is.
global_asm!(include_str!(concat!(env!("OUT_DIR"), "/relocate.s")));

unsafe extern "C" {
    static smi_relocate: u8;
    static smi_relocate_end: u8;
}

/// Moves SMBASE; returns the revision of the save state.
pub fn to(smbase: u64) -> Result<u32, Status> {
    let (mut code, mut save) = ([0u8; KEPT], [0u8; KEPT_SAVE]);
    // SAFETY: low memory, which is mapped; it is put back below.
    unsafe {
        core::ptr::copy_nonoverlapping(ENTRY as *const u8, code.as_mut_ptr(), KEPT);
        core::ptr::copy_nonoverlapping(SAVE as *const u8, save.as_mut_ptr(), KEPT_SAVE);
        let size = &raw const smi_relocate_end as usize - &raw const smi_relocate as usize;
        core::ptr::copy_nonoverlapping(&raw const smi_relocate, ENTRY as *mut u8, size);
    }
    mmio::write(SEEN, 0u32);
    mmio::write(WANTED, smbase as u32);
    raise_smi();
    let revision = mmio::read::<u32>(SEEN);
    // SAFETY: as above.
    unsafe {
        core::ptr::copy_nonoverlapping(code.as_ptr(), ENTRY as *mut u8, KEPT);
        core::ptr::copy_nonoverlapping(save.as_ptr(), SAVE as *mut u8, KEPT_SAVE);
    }
    if revision == 0 {
        debug!("PiSmmCpuDxeSmm: the SMI that moves SMBASE didn't come");
        return Err(Status::DEVICE_ERROR);
    }
    Ok(revision)
}

/// An SMI to ourselves, from the local APIC.
#[inline(never)]
fn raise_smi() {
    let id = mmio::read::<u32>(LAPIC + 0x20) & 0xff00_0000;
    mmio::write(LAPIC + 0x310, id);
    mmio::write(LAPIC + 0x300, 0x4200u32);
    // SAFETY: a jump to the next instruction, where QEMU looks for the SMI.
    unsafe { asm!("jmp 2f", "2:", "nop") }
}
