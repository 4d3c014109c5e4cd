//! The OS's IDT: the tick, the fault of an instruction that is only tried, and the end of the rest.

use crate::tasks;
use base::exception::{self, Frame, GENERAL_PROTECTION, SPURIOUS, TIMER};
use base::{Global, arch, lapic, say};

/// Where to go on if the instruction that is being tried faults; 0: none is. The shell tries them, on the
/// first processor.
static TRIED: Global<u64> = Global::new(0);

/// Before anything of boot services is overwritten: their IDT is.
pub fn init() {
    exception::init(arch::code_segment(), on_interrupt);
    exception::load();
}

fn on_interrupt(frame: &mut Frame) {
    match frame.vector {
        vector if vector == u64::from(TIMER) => {
            tasks::run();
            lapic::end_of_interrupt();
        }
        vector if vector == u64::from(SPURIOUS) => {}
        GENERAL_PROTECTION if *TRIED.get() != 0 => frame.rip = core::mem::take(TRIED.get()),
        vector => {
            let (rip, error) = (frame.rip, frame.error);
            say!("exception {:02x} at 0x{:x}, error code 0x{:x}, CR2 0x{:x}: stop", vector, rip, error, arch::cr2());
            arch::stop()
        }
    }
}

/// None: the processor has no such MSR.
pub fn rdmsr(msr: u32) -> Option<u64> {
    let (low, high, there): (u32, u32, u32);
    // SAFETY: reading an MSR changes nothing; a fault goes on at label 2.
    unsafe {
        core::arch::asm!(
            "lea {next}, [rip + 2f]", "mov [{tried}], {next}", "xor {there:e}, {there:e}",
            "rdmsr", "mov {there:e}, 1", "2:", "mov qword ptr [{tried}], 0",
            next = out(reg) _, tried = in(reg) TRIED.as_ptr(), there = out(reg) there,
            in("ecx") msr, lateout("eax") low, lateout("edx") high, options(nostack)
        );
    }
    (there != 0).then_some(u64::from(high) << 32 | u64::from(low))
}
