//! SMM's own IDT: an exception in SMM is reported, and the processor stops.

use crate::entry::CODE64;
use base::{Global, arch, debug};
use core::arch::{asm, global_asm};

const VECTORS: usize = 32;
/// Bytes between two stubs.
const STUB: u64 = 16;

// Vectors 8, 10 to 14, 17, 21, 29, 30 push an error code themselves.
global_asm!(
    r#"
    .section .text.smi_exceptions, "ax"
    .globl smi_exceptions
    .balign 16
smi_exceptions:
    .set    vector, 0
    .rept   32
    .balign 16
    .if     (0x60227D00 >> vector) & 1 == 0
    push    0
    .endif
    .byte   0x6A, vector                    # push vector
    jmp     smi_exception
    .set    vector, vector + 1
    .endr
smi_exception:
    mov     rcx, rsp
    and     rsp, -16
    sub     rsp, 32
    call    {report}
    .text
"#,
    report = sym report
);

unsafe extern "C" {
    static smi_exceptions: u8;
}

/// As the stub and the processor pushed it.
#[repr(C)]
struct Frame {
    vector: u64,
    error: u64,
    rip: u64,
    cs: u64,
    rflags: u64,
    rsp: u64,
    ss: u64,
}

const NAMES: [&str; 20] = [
    "#DE - Divide Error",
    "#DB - Debug",
    "NMI Interrupt",
    "#BP - Breakpoint",
    "#OF - Overflow",
    "#BR - BOUND Range Exceeded",
    "#UD - Invalid Opcode",
    "#NM - Device Not Available",
    "#DF - Double Fault",
    "Coprocessor Segment Overrun",
    "#TS - Invalid TSS",
    "#NP - Segment Not Present",
    "#SS - Stack Fault Fault",
    "#GP - General Protection",
    "#PF - Page-Fault",
    "Reserved",
    "#MF - x87 FPU Floating-Point Error",
    "#AC - Alignment Check",
    "#MC - Machine-Check",
    "#XM - SIMD floating-point",
];

static IDT: Global<[[u64; 2]; VECTORS]> = Global::new([[0; 2]; VECTORS]);

/// One interrupt gate a vector: SDM vol. 3, "IDT Descriptors".
pub fn init() {
    for (vector, gate) in IDT.get().iter_mut().enumerate() {
        let stub = &raw const smi_exceptions as u64 + vector as u64 * STUB;
        let present_interrupt_gate = 0x8e00 << 32;
        gate[0] = stub & 0xffff | u64::from(CODE64) << 16 | present_interrupt_gate | (stub >> 16 & 0xffff) << 48;
        gate[1] = stub >> 32;
    }
}

pub fn load_idt() {
    #[repr(C, packed)]
    struct Pointer {
        limit: u16,
        base: u64,
    }
    let pointer = Pointer { limit: size_of::<[[u64; 2]; VECTORS]>() as u16 - 1, base: IDT.as_ptr() as u64 };
    // SAFETY: the table above; RSM brings the interrupted code's back.
    unsafe { asm!("lidt [{}]", in(reg) &raw const pointer, options(nostack, readonly)) }
}

extern "efiapi" fn report(frame: &Frame) -> ! {
    let name = NAMES.get(frame.vector as usize).unwrap_or(&"Reserved");
    debug!("!!!! X64 Exception Type - {:02X}({name})  CPU Apic ID - 00000000 !!!!", frame.vector);
    debug!("ExceptionData - {:016X}  CR2 - {:016X}", frame.error, arch::cr2());
    debug!("RIP  - {:016X}, CS  - {:016X}, RFLAGS - {:016X}", frame.rip, frame.cs, frame.rflags);
    debug!("RSP  - {:016X}, SS  - {:016X}", frame.rsp, frame.ss);
    arch::stop()
}
