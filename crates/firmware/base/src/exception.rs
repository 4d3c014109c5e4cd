//! An IDT, its stubs, and the report of an exception that nobody expected, in EDK II's words. The DXE
//! core, SMM's CPU driver and the OS have one each. SDM vol. 3, "Interrupt and Exception Handling".

use crate::text::{Nth, Show};
use crate::{Global, arch, pe, text};
use core::arch::{asm, global_asm};
use core::fmt;

/// Interrupts of the local APIC.
pub const TIMER: u8 = 32;
pub const SPURIOUS: u8 = 33;
pub const GENERAL_PROTECTION: u64 = 13;
const PAGE_FAULT: u64 = 14;
const VECTORS: usize = 34;
/// Bytes between two stubs.
const STUB: u64 = 16;

// Vectors 8, 10 to 14, 17, 21, 29, 30 push an error code themselves.
global_asm!(include_str!(concat!(env!("OUT_DIR"), "/exception.s")), handle = sym handle);

unsafe extern "C" {
    static exception_stubs: u8;
}

/// As the stub and the processor pushed it.
#[repr(C)]
pub struct Frame {
    /// R15 to R8, RDI, RSI, RBP, RBX, RDX, RCX, RAX.
    registers: [u64; 15],
    pub vector: u64,
    pub error: u64,
    pub rip: u64,
    cs: u64,
    rflags: u64,
    rsp: u64,
    ss: u64,
}

static IDT: Global<[[u64; 2]; VECTORS]> = Global::new([[0; 2]; VECTORS]);
static HANDLER: Global<Option<fn(&mut Frame)>> = Global::new(None);

/// Every vector goes to `handler`, through an interrupt gate: SDM vol. 3, "IDT Descriptors".
pub fn init(code_segment: u16, handler: fn(&mut Frame)) {
    *HANDLER.get() = Some(handler);
    for (vector, gate) in IDT.get().iter_mut().enumerate() {
        let stub = &raw const exception_stubs as u64 + vector as u64 * STUB;
        let present_interrupt_gate = 0x8e00 << 32;
        gate[0] = stub & 0xffff | u64::from(code_segment) << 16 | present_interrupt_gate | (stub >> 16 & 0xffff) << 48;
        gate[1] = stub >> 32;
    }
}

pub fn load() {
    #[repr(C, packed)]
    struct Pointer {
        limit: u16,
        base: u64,
    }
    let pointer = Pointer { limit: size_of::<[[u64; 2]; VECTORS]>() as u16 - 1, base: IDT.as_ptr() as u64 };
    // SAFETY: the table above, which `init` has filled.
    unsafe { asm!("lidt [{}]", in(reg) &raw const pointer, options(nostack, readonly)) }
}

extern "efiapi" fn handle(frame: &mut Frame) {
    if let Some(handler) = *HANDLER.get() {
        handler(frame);
    }
}

/// A NUL behind each.
const NAMES: &str = concat!(
    "#DE - Divide Error\0",
    "#DB - Debug\0",
    "NMI Interrupt\0",
    "#BP - Breakpoint\0",
    "#OF - Overflow\0",
    "#BR - BOUND Range Exceeded\0",
    "#UD - Invalid Opcode\0",
    "#NM - Device Not Available\0",
    "#DF - Double Fault\0",
    "Coprocessor Segment Overrun\0",
    "#TS - Invalid TSS\0",
    "#NP - Segment Not Present\0",
    "#SS - Stack Fault Fault\0",
    "#GP - General Protection\0",
    "#PF - Page-Fault\0",
    "Reserved\0",
    "#MF - x87 FPU Floating-Point Error\0",
    "#AC - Alignment Check\0",
    "#MC - Machine-Check\0",
    "#XM - SIMD floating-point\0",
    "Reserved\0",
);
const NAMED: usize = 20;

/// The whole report: several lines, the last without its end.
pub struct Report<'a>(pub &'a Frame);

impl Show for Report<'_> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Frame { vector, error, rip, cs, rflags, rsp, ss, .. } = *self.0;
        let [r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax] = self.0.registers;
        let name = Nth(NAMES, (vector as usize).min(NAMED));
        f.write_fmt(text!(
            "!!!! X64 Exception Type - {:02X}({})  CPU Apic ID - {:08X} !!!!\n",
            vector,
            name,
            arch::apic_id()
        ))?;
        f.write_fmt(text!("ExceptionData - {:016X}", error))?;
        if vector == PAGE_FAULT {
            let bit = |n: u32| error >> n & 1;
            f.write_fmt(text!("  I:{} R:{} U:{} W:{} P:{}", bit(4), bit(3), bit(2), bit(1), bit(0)))?;
        }
        f.write_str("\n")?;
        let mut line = |fields: &[(&str, u64)]| {
            for (nth, (name, value)) in fields.iter().enumerate() {
                f.write_fmt(text!("{}{:4} - {:016X}", if nth == 0 { "" } else { ", " }, name, value))?;
            }
            f.write_str("\n")
        };
        line(&[("RIP", rip), ("CS", cs), ("RFLAGS", rflags)])?;
        line(&[("RAX", rax), ("RCX", rcx), ("RDX", rdx)])?;
        line(&[("RBX", rbx), ("RSP", rsp), ("RBP", rbp)])?;
        line(&[("RSI", rsi), ("RDI", rdi), ("SS", ss)])?;
        line(&[("R8", r8), ("R9", r9), ("R10", r10)])?;
        line(&[("R11", r11), ("R12", r12), ("R13", r13)])?;
        line(&[("R14", r14), ("R15", r15)])?;
        line(&[("CR0", arch::cr0()), ("CR2", arch::cr2()), ("CR3", arch::cr3())])?;
        match pe::find_loaded(rip) {
            Some(image) => f.write_fmt(text!(
                "!!!! Find image based on IP(0x{:X}) {}.efi (ImageBase={:016X}, EntryPoint={:016X}, RVA={:08X}) !!!!",
                rip,
                image.name(),
                image.base,
                image.entry(),
                rip - image.base,
            )),
            None => f.write_fmt(text!("!!!!  Can't find image information. !!!!")),
        }
    }
}
