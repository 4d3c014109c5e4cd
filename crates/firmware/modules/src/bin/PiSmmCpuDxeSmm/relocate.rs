//! SMBASE is 30000h after reset; a processor's first SMI moves it. SDM vol. 3, "SMBASE Relocation". They
//! share the place, so one has its turn after the other.

use crate::Cpu;
use crate::aps::Parked;
use base::{Status, arch, arch::mmio, debug, lapic};
use core::arch::global_asm;

const DEFAULT_SMBASE: u64 = 0x3_0000;
const ENTRY: u64 = DEFAULT_SMBASE + 0x8000;
/// Where the code below leaves what it saw and finds what to write, and whether the processor parks anew.
const SEEN: u64 = ENTRY + 0xf0;
const WANTED: u64 = ENTRY + 0xf4;
const PARK: u64 = ENTRY + 0xf8;
/// Memory that the SMI changes: code and words, save state.
const SAVE: u64 = DEFAULT_SMBASE + 0xfc00;
const KEPT: usize = 0x100;
const KEPT_SAVE: usize = 0x400;
/// Microseconds that an SMI may take.
const PATIENCE: u64 = 1000;

// Both maps have the revision at the same place; it says where SMBASE is.
global_asm!(include_str!(concat!(env!("OUT_DIR"), "/relocate.s")));

unsafe extern "C" {
    static smi_relocate: u8;
    static smi_relocate_end: u8;
}

/// Moves SMBASE of all processors, the one that runs this at last; returns the revision of its save state.
pub fn all(cpus: &[Cpu], parked: &Parked) -> Result<u32, Status> {
    let (mut code, mut save) = ([0u8; KEPT], [0u8; KEPT_SAVE]);
    // SAFETY: low memory, which is mapped; it is put back below.
    unsafe {
        core::ptr::copy_nonoverlapping(ENTRY as *const u8, code.as_mut_ptr(), KEPT);
        core::ptr::copy_nonoverlapping(SAVE as *const u8, save.as_mut_ptr(), KEPT_SAVE);
        let size = &raw const smi_relocate_end as usize - &raw const smi_relocate as usize;
        core::ptr::copy_nonoverlapping(&raw const smi_relocate, ENTRY as *mut u8, size);
    }
    let moved = cpus.iter().rev().all(|cpu| one(cpu, parked));
    let revision = mmio::read::<u32>(SEEN);
    // SAFETY: as above.
    unsafe {
        core::ptr::copy_nonoverlapping(code.as_ptr(), ENTRY as *mut u8, KEPT);
        core::ptr::copy_nonoverlapping(save.as_ptr(), SAVE as *mut u8, KEPT_SAVE);
    }
    if !moved {
        debug!("PiSmmCpuDxeSmm: the SMI that moves SMBASE didn't come");
        return Err(Status::DEVICE_ERROR);
    }
    Ok(revision)
}

/// An application processor is out of the SMI, and the place free for the next, when it has parked anew.
fn one(cpu: &Cpu, parked: &Parked) -> bool {
    let is_application_processor = cpu.apic_id != arch::apic_id();
    mmio::write(SEEN, 0u32);
    mmio::write(WANTED, cpu.smbase as u32);
    mmio::write(PARK, u32::from(is_application_processor));
    if is_application_processor {
        parked.forget(cpu.apic_id);
    }
    lapic::send(cpu.apic_id, lapic::SMI);
    arch::wait(PATIENCE, || mmio::read::<u32>(SEEN) != 0 && (!is_application_processor || parked.has(cpu.apic_id)))
}
