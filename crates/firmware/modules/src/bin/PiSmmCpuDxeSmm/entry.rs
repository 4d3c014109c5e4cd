//! The code at SMBASE + 8000h: 16 bits, 32 bits, 64 bits, `smi`, RSM. SDM vol. 3, "SMI Handler
//! Execution Environment".

use core::arch::{asm, global_asm};

global_asm!(
    r#"
    .section .text.smi_entry, "ax"
    .globl smi_entry, smi_entry_end, smi_gdt, smi_gdt_base, smi_far32, smi_32, smi_cr3, smi_far64, smi_64
    .globl smi_stack, smi_call
    .code16
smi_entry:                                  # CS.base = SMBASE, IP = 8000h, big real mode
    .set SMI_GDTR, smi_gdtr - smi_entry + 0x8000
    lgdtd   cs:[SMI_GDTR]
    mov     eax, cr0
    or      eax, 1
    mov     cr0, eax
    .byte   0x66, 0xEA                      # jmp far 08h:smi_32
smi_far32:
    .long   0
    .word   0x08
    .code32
smi_32:
    mov     ax, 0x10
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     fs, ax
    mov     gs, ax
    mov     eax, 0x220                      # CR4 was 0: PAE, OSFXSR
    mov     cr4, eax
    .byte   0xB8                            # mov eax, page tables
smi_cr3:
    .long   0
    mov     cr3, eax
    mov     ecx, 0xC0000080                 # EFER was 0: LME
    rdmsr
    or      eax, 0x100
    wrmsr
    mov     eax, cr0
    or      eax, 0x80010000                 # PG, WP
    mov     cr0, eax
    .byte   0xEA                            # jmp far 18h:smi_64
smi_far64:
    .long   0
    .word   0x18
    .code64
smi_64:
    mov     rsp, qword ptr [rip + smi_stack]
    xor     ebp, ebp                        # stack walks end here
    cld
    sub     rsp, 32
    call    qword ptr [rip + smi_call]
    rsm
    .balign 8
smi_gdt:
    .quad   0
    .quad   0x00CF9B000000FFFF              # 08h code, 32 bits
    .quad   0x00CF93000000FFFF              # 10h data
    .quad   0x00AF9B000000FFFF              # 18h code, 64 bits
smi_gdtr:
    .word   0x1F
smi_gdt_base:
    .long   0
    .balign 8
smi_stack:
    .quad   0
smi_call:
    .quad   0
smi_entry_end:
    .text
"#
);

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
}

/// The code segment of 64-bit code, for the IDT.
pub const CODE64: u16 = 0x18;

/// Copies the code to `tile` and fills in the addresses in it.
pub fn install(tile: u64, tables: u64, stack: u64) {
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
