//! The processor: ports, MSRs, control registers.

use core::arch::asm;

macro_rules! port {
    ($read:ident, $write:ident, $ty:ty, $reg:tt, $in:tt, $out:tt) => {
        pub fn $read(port: u16) -> $ty {
            let value;
            // SAFETY: ports are no memory of this program.
            unsafe { asm!($in, out($reg) value, in("dx") port, options(nostack, preserves_flags)) }
            value
        }
        pub fn $write(port: u16, value: $ty) {
            // SAFETY: as above. A write may raise an SMI, which is not to change memory that the
            // compiler thinks it knows: hence no `nomem`.
            unsafe { asm!($out, in("dx") port, in($reg) value, options(nostack, preserves_flags)) }
        }
    };
}
port!(in8, out8, u8, "al", "in al, dx", "out dx, al");
port!(in16, out16, u16, "ax", "in ax, dx", "out dx, ax");
port!(in32, out32, u32, "eax", "in eax, dx", "out dx, eax");

/// All bytes to one port, with one instruction.
pub fn out_bytes(port: u16, bytes: &[u8]) {
    // All of EDX: else the time of a trace record stays in it, and an exception's report isn't the same twice.
    let port = u32::from(port);
    // SAFETY: reads `bytes` only.
    unsafe {
        asm!("rep outsb", in("edx") port, inout("rsi") bytes.as_ptr() => _, inout("rcx") bytes.len() => _,
            options(readonly, nostack, preserves_flags));
    }
}

/// In RAX beside the command: this processor asks for an answer. No SMI handler leaves it.
pub const ASKS: u64 = 0x5a5a_5a5a_5a5a_5a00;

/// Writes APM_CNT (B2h) with RAX = `rax`, whose low byte is the command, and returns RAX as the SMI
/// handler left it. The jump ends QEMU's translation block, where it looks for the SMI.
#[inline(never)]
pub fn raise_sw_smi(rax: u64) -> u64 {
    let mut value = rax;
    // SAFETY: the SMI handler keeps all registers but RAX.
    unsafe { asm!("out 0xb2, al", "jmp 2f", "2:", "nop", inout("rax") value, options(nostack)) }
    value
}

/// The same with RBX = `rbx`.
#[inline(never)]
pub fn raise_sw_smi_with(rax: u64, rbx: u64) -> u64 {
    let mut value = rax;
    // SAFETY: as above; RBX itself is the compiler's.
    unsafe {
        asm!("xchg rbx, {other}", "out 0xb2, al", "jmp 2f", "2:", "nop", "xchg rbx, {other}",
            other = inout(reg) rbx => _, inout("rax") value, options(nostack));
    }
    value
}

pub fn tsc() -> u64 {
    // SAFETY: every x86-64 processor has RDTSC.
    unsafe { core::arch::x86_64::_rdtsc() }
}

pub fn pause() {
    core::hint::spin_loop();
}

/// Waits until `done` is true; false: it wasn't within so many microseconds. The TSC runs at 1 GHz.
pub fn wait(microseconds: u64, mut done: impl FnMut() -> bool) -> bool {
    let start = tsc();
    loop {
        if done() {
            return true;
        }
        if tsc() - start >= microseconds * 1000 {
            return false;
        }
        pause();
    }
}

/// The initial APIC ID: CPUID.1:EBX. On this platform it is the processor's index, too.
#[inline(never)]
pub fn apic_id() -> u8 {
    (cpuid(1)[1] >> 24) as u8
}

pub fn cpuid(leaf: u32) -> [u32; 4] {
    let r = core::arch::x86_64::__cpuid(leaf);
    [r.eax, r.ebx, r.ecx, r.edx]
}

/// Drops what the TLB knows about the page of `address`.
pub fn invlpg(address: u64) {
    // SAFETY: no effect but on the TLB.
    unsafe { asm!("invlpg [{}]", in(reg) address, options(nostack, preserves_flags)) }
}

macro_rules! control_register {
    ($name:ident, $read:literal) => {
        pub fn $name() -> u64 {
            let value;
            // SAFETY: reading has no effect.
            unsafe { asm!($read, out(reg) value, options(nomem, nostack, preserves_flags)) }
            value
        }
    };
}
control_register!(cr0, "mov {}, cr0");
control_register!(cr2, "mov {}, cr2");
control_register!(cr3, "mov {}, cr3");

pub fn code_segment() -> u16 {
    let value;
    // SAFETY: reading has no effect.
    unsafe { asm!("mov {:x}, cs", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

/// SGDT: the limit's two bytes, then the base.
pub fn store_gdtr(at: u64) {
    // SAFETY: ten bytes of the caller's.
    unsafe { asm!("sgdt [{}]", in(reg) at, options(nostack, preserves_flags)) }
}

/// # Safety
/// The tables at `root` map all that is in use, where it is in use.
pub unsafe fn set_cr3(root: u64) {
    // SAFETY: the caller's promise.
    unsafe { asm!("mov cr3, {}", in(reg) root, options(nostack, preserves_flags)) }
}

/// Maskable interrupts off; whether they were on.
pub fn disable_interrupts() -> bool {
    let flags: u64;
    // SAFETY: balanced push and pop.
    unsafe { asm!("pushfq", "pop {}", "cli", out(reg) flags) }
    flags & 1 << 9 != 0
}

/// Maskable interrupts on. One that waits comes after the next instruction.
pub fn enable_interrupts() {
    // SAFETY: whoever calls this has an IDT. (Not `nomem`: a handler writes memory.)
    unsafe { asm!("sti", options(nostack)) }
}

/// Interrupts that wait come now.
pub fn take_interrupts() {
    // SAFETY: as above; STI holds interrupts off for one more instruction.
    unsafe { asm!("sti", "nop", "cli", options(nostack)) }
}

/// Halts until an interrupt has come. They are on meanwhile, and off afterwards.
pub fn wait_for_interrupt() {
    // SAFETY: as above. Between STI and HLT none can come.
    unsafe { asm!("sti", "hlt", "cli", options(nostack)) }
}

/// Halts until an interrupt has come. Interrupts are on.
pub fn halt() {
    // SAFETY: goes on behind the interrupt's handler.
    unsafe { asm!("hlt", options(nostack)) }
}

/// Stops the processor for good.
pub fn stop() -> ! {
    loop {
        // SAFETY: nothing goes on after this.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) }
    }
}

/// Physical memory at `address`, one access of exactly this width.
pub mod mmio {
    pub fn read<T>(address: u64) -> T {
        // SAFETY: callers name registers or mapped memory; a page that isn't mapped is #PF, which is
        // reported.
        unsafe { (address as *const T).read_volatile() }
    }
    pub fn write<T>(address: u64, value: T) {
        // SAFETY: as above, and nothing that Rust owns.
        unsafe { (address as *mut T).write_volatile(value) }
    }
}
