//! Save-state access: EFI_SMM_CPU_PROTOCOL. The maps are transcribed from the Intel SDM vol. 3, "SMRAM
//! State Save Map and Intel 64 Architecture", and the AMD64 APM vol. 2, "SMRAM State-Save Area"; offsets
//! count from SMBASE + 8000h, as theirs do.

use crate::words::{PCD, SAVE_STATE_MAP};
use crate::{Cpu, rendezvous};
use base::Status;
use base::arch::mmio;
use base::smm::{IoInfo, SmmCpu, register};
use core::ffi::c_void;

/// From SMBASE.
pub const AREA: u64 = 0xfc00;
pub const SIZE: usize = 0x400;
const MAP: u64 = 0x8000;
const REVISION: u64 = 0x7efc;
/// Low word of the revision.
const AMD64: u32 = 0x64;

/// The Intel 64 map only.
const IO_MISC: u64 = 0x7fa4;
const RAX: u64 = 0x7f5c;

/// IA32_EFER, whose bit LMA tells the mode of the interrupted code: Intel 64, AMD64.
const EFER: (u64, u64) = (0x7fe0, 0x7ed0);
const LMA: u64 = 1 << 10;

/// PI's number, Intel 64, AMD64.
const REGISTERS: [(u32, u16, u16); 26] = [
    (20, 0x7fa8, 0x7e00), // ES
    (21, 0x7fac, 0x7e10),
    (22, 0x7fb0, 0x7e20),
    (23, 0x7fb4, 0x7e30),
    (24, 0x7fb8, 0x7e40),
    (25, 0x7fbc, 0x7e50), // GS
    (28, 0x7fc8, 0x7f60), // DR7
    (29, 0x7fd0, 0x7f68), // DR6
    (30, 0x7f54, 0x7fb8), // R8
    (31, 0x7f4c, 0x7fb0),
    (32, 0x7f44, 0x7fa8),
    (33, 0x7f3c, 0x7fa0),
    (34, 0x7f34, 0x7f98),
    (35, 0x7f2c, 0x7f90),
    (36, 0x7f24, 0x7f88),
    (37, 0x7f1c, 0x7f80), // R15
    (register::RAX, 0x7f5c, 0x7ff8),
    (register::RBX, 0x7f74, 0x7fe0),
    (register::RCX, 0x7f64, 0x7ff0),
    (register::RDX, 0x7f6c, 0x7fe8),
    (42, 0x7f7c, 0x7fd8), // RSP
    (43, 0x7f84, 0x7fd0),
    (44, 0x7f8c, 0x7fc8),
    (45, 0x7f94, 0x7fc0),
    (register::RIP, 0x7fd8, 0x7f78),
    (51, 0x7fe8, 0x7f70), // RFLAGS
];

fn map(cpu: &Cpu) -> u64 {
    cpu.smbase + MAP
}

pub fn revision(cpu: &Cpu) -> u32 {
    mmio::read(map(cpu) + REVISION)
}

fn is_amd64(cpu: &Cpu) -> bool {
    match PCD.get(SAVE_STATE_MAP) {
        0 => revision(cpu) & 0xffff == AMD64,
        map => map == 2,
    }
}

fn find(cpu: &Cpu, register: u32) -> Option<u64> {
    let (_, intel, amd) = REGISTERS.iter().find(|(known, ..)| *known == register)?;
    let offset = if is_amd64(cpu) { *amd } else { *intel };
    Some(map(cpu) + u64::from(offset))
}

/// Only a processor that is in SMM has a save state.
fn in_smm(index: usize) -> Option<&'static Cpu> {
    crate::cpus().get(index).filter(|cpu| rendezvous::is_inside(cpu))
}

pub extern "efiapi" fn read(_: *const SmmCpu, width: usize, register: u32, cpu: usize, buffer: *mut c_void) -> Status {
    let Some(cpu) = in_smm(cpu) else { return Status::INVALID_PARAMETER };
    if buffer.is_null() || width > 8 && register != register::IO {
        return Status::INVALID_PARAMETER;
    }
    let value: u64 = match register {
        register::PROCESSOR_ID => cpu.apic_id.into(),
        register::LMA => {
            let efer = mmio::read::<u64>(map(cpu) + if is_amd64(cpu) { EFER.1 } else { EFER.0 });
            if efer & LMA != 0 { 64 } else { 32 }
        }
        register::IO => return read_io(width, cpu, buffer),
        _ => match find(cpu, register) {
            // SAFETY: the save state of this processor, which is in SMM.
            Some(at) => unsafe { (at as *const u64).read_unaligned() },
            None => return Status::NOT_FOUND,
        },
    };
    // SAFETY: the caller's buffer has `width` bytes.
    unsafe { core::ptr::copy_nonoverlapping((&raw const value).cast(), buffer.cast::<u8>(), width) };
    Status::SUCCESS
}

/// The I/O instruction that raised the SMI: the Intel 64 map's IOMisc tells. The data are RAX's, which a
/// string instruction doesn't use.
fn read_io(width: usize, cpu: &Cpu, buffer: *mut c_void) -> Status {
    if width != size_of::<IoInfo>() {
        return Status::INVALID_PARAMETER;
    }
    let misc = mmio::read::<u32>(map(cpu) + IO_MISC);
    if is_amd64(cpu) || misc & 1 == 0 {
        return Status::NOT_FOUND;
    }
    let (width, bytes) = match misc >> 1 & 7 {
        1 => (0, 1),
        2 => (1, 2),
        _ => (2, 4),
    };
    let kind = match misc >> 4 & 7 {
        0 => IoInfo::OUTPUT,
        1 => IoInfo::INPUT,
        2 => IoInfo::OUTPUT | IoInfo::STRING,
        3 => IoInfo::INPUT | IoInfo::STRING,
        6 => IoInfo::OUTPUT | IoInfo::STRING | IoInfo::REP_PREFIX,
        _ => IoInfo::INPUT | IoInfo::STRING | IoInfo::REP_PREFIX,
    };
    let rax = mmio::read::<u64>(map(cpu) + RAX);
    let info = IoInfo { data: rax & (1 << (8 * bytes)) - 1, port: (misc >> 16) as u16, width, kind };
    // SAFETY: the caller's structure, of the length that he says.
    unsafe { buffer.cast::<IoInfo>().write_unaligned(info) };
    Status::SUCCESS
}

pub extern "efiapi" fn write(_: *const SmmCpu, width: usize, register: u32, cpu: usize, from: *const c_void) -> Status {
    let Some(cpu) = in_smm(cpu) else { return Status::INVALID_PARAMETER };
    if from.is_null() || width > 8 {
        return Status::INVALID_PARAMETER;
    }
    let Some(at) = find(cpu, register) else { return Status::NOT_FOUND };
    // SAFETY: as above.
    unsafe { core::ptr::copy_nonoverlapping(from.cast::<u8>(), at as *mut u8, width) };
    Status::SUCCESS
}
