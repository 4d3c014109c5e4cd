//! The code at SMBASE + 8000h: 16 bits, 32 bits, 64 bits, `smi`, RSM. SDM vol. 3, "SMI Handler
//! Execution Environment".

use crate::Cpu;
use core::arch::{asm, global_asm};

global_asm!(include_str!(concat!(env!("OUT_DIR"), "/entry.s")));

unsafe extern "C" {
    static smi_entry: u8;
    static smi_entry_end: u8;
    static smi_gdt: u8;
    static smi_gdt_base: u8;
    static smi_far32: u8;
    static smi_32: u8;
    static smi_cr3: u8;
    static smi_far64: u8;
    static smi_64: u8;
    static smi_stack: u8;
    static smi_call: u8;
    static smi_cpu: u8;
}

/// The code segment of 64-bit code, for the IDT.
pub const CODE64: u16 = 0x18;

/// Copies the code to `tile` and fills in the addresses in it.
pub fn install(tile: u64, tables: u64, stack: u64, cpu: *const Cpu) {
    let start = &raw const smi_entry as u64;
    let place = |symbol: *const u8| tile + (symbol as u64 - start);
    // SAFETY: `tile` has the pages for it, and nobody uses them yet.
    unsafe {
        let size = &raw const smi_entry_end as u64 - start;
        core::ptr::copy_nonoverlapping(&raw const smi_entry, tile as *mut u8, size as usize);
        let put = |at: *const u8, value: u64| (place(at) as *mut u32).write_unaligned(value as u32);
        put(&raw const smi_gdt_base, place(&raw const smi_gdt));
        put(&raw const smi_far32, place(&raw const smi_32));
        put(&raw const smi_cr3, tables);
        put(&raw const smi_far64, place(&raw const smi_64));
        (place(&raw const smi_stack) as *mut u64).write_unaligned(stack);
        (place(&raw const smi_call) as *mut u64).write_unaligned(crate::smi as *const () as u64);
        (place(&raw const smi_cpu) as *mut u64).write_unaligned(cpu as u64);
    }
}

/// CPUID.1:EDX: FXSAVE and FXRSTOR.
pub const FXSR: u32 = 1 << 24;

/// The save state doesn't hold x87 and SSE registers: whoever interrupts must keep them.
pub fn fxsave(area: u64) {
    // SAFETY: a page of our own, aligned.
    unsafe { asm!("fxsave64 [{}]", in(reg) area, options(nostack)) }
}

pub fn fxrstor(area: u64) {
    // SAFETY: what `fxsave` wrote.
    unsafe { asm!("fxrstor64 [{}]", in(reg) area, options(nostack)) }
}
