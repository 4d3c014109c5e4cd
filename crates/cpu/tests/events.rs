//! What comes between two instructions: priorities, what holds what off, what wakes a processor. Each test
//! names its section of the SDM, vol. 3.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, IDT, Rig, STACK, assemble};
use cpu::{Activity, Cpu, SaveStateMap};
use iced_x86::code_asm::*;

const HANDLER: u64 = 0x38000;
const SAVED_RIP: u64 = HANDLER + 0x7fd8;
const RSM: [u8; 2] = [0x0f, 0xaa];
const TF: u64 = 1 << 8;
const IF: u64 = 1 << 9;
const LINT0: u32 = 0x350;
const LINT1: u32 = 0x360;

fn rig(build: impl FnOnce(&mut CodeAssembler)) -> Rig {
    let mut rig = Rig::long(&assemble(build));
    rig.ram.put(HANDLER, &RSM);
    // Software-enabled, so that fixed interrupts are accepted.
    rig.cpu.lapic.write(0xf0, 0x1ff, 0);
    rig
}

fn nops(a: &mut CodeAssembler) {
    (0..8).for_each(|_| a.nop().unwrap());
}

/// "Priority Among Concurrent Events": SMI, then traps on the last instruction, then NMI, then interrupts.
#[test]
fn of_events_at_one_boundary_smi_comes_first_then_the_trap_then_nmi_then_the_interrupt() {
    let mut rig = rig(nops);
    rig.ram.put(IDT + 31 * 16, &(0x61f0u64 | 8 << 16 | 0x8e00 << 32).to_le_bytes());
    rig.cpu.rflags |= TF | IF;
    rig.step();
    rig.ram.signals.nmi = true;
    rig.ram.signals.fixed[0] = 1 << 31;
    rig.smi().step();
    assert!(rig.cpu.smm, "SMI");
    assert_eq!(rig.ram.get(SAVED_RIP, 8), CODE + 1);
    rig.step();
    assert!(!rig.cpu.smm, "RSM");
    rig.step();
    assert_eq!(rig.vector(), Some(1), "the trap of the instruction before the SMI");
    assert_eq!(rig.ram.get(rig.cpu.regs[4], 8), CODE + 1);
    rig.step();
    assert_eq!(rig.vector(), Some(2), "NMI");
    // IRET takes NMI and #DB handlers back, and IF with them.
    rig.ram.put(0x6021, &[0x48, 0xcf]);
    rig.ram.put(0x6011, &[0x48, 0xcf]);
    rig.cpu.activity = Activity::Running;
    rig.step().step();
    rig.step();
    assert_eq!(rig.vector(), Some(31), "the interrupt at last");
}

/// "Handling Multiple NMIs".
#[test]
fn a_second_nmi_waits_for_the_first_ones_iret_and_a_third_is_lost() {
    let mut rig = rig(nops);
    rig.ram.put(0x6020, &[0x90, 0x90, 0x90, 0x48, 0xcf]); // nop, nop, nop, iretq
    for _ in 0..3 {
        rig.ram.signals.nmi = true;
        rig.step();
    }
    assert_eq!((rig.cpu.rip, rig.cpu.pending.nmi), (0x6023, true));
    rig.step();
    assert_eq!(rig.cpu.rip, CODE, "IRETQ");
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.pending.nmi), (0x6021, false), "the second");
    (0..4).for_each(|_| {
        rig.step();
    });
    assert_eq!(rig.cpu.rip, CODE + 1, "nothing is left");
}

/// "SMM", "NMI Handling While in SMM".
#[test]
fn iret_in_smm_unblocks_nmi_at_once() {
    let mut rig = rig(nops);
    // pushf; push cs; push offset; iret; nop
    rig.ram.put(HANDLER, &[0x9c, 0x0e, 0x68, 0x06, 0x80, 0xcf, 0x90, 0x0f, 0xaa]);
    // The IVT lies where IDTR still points; NMI leads to 0000:7000.
    rig.ram.put(IDT + 8, &0x7000u32.to_le_bytes());
    rig.ram.put(0x7000, &[0xf4]);
    rig.smi().step();
    rig.ram.signals.nmi = true;
    rig.step().step().step();
    assert!(rig.cpu.pending.nmi, "blocked");
    rig.step().step();
    assert!(rig.cpu.smm);
    assert_eq!((rig.cpu.rip, rig.cpu.activity), (0x7001, Activity::Halted));
}

/// The same: an NMI that was being handled stays so behind RSM.
#[test]
fn rsm_gives_back_the_block_of_an_nmi_handler_that_an_smi_interrupted() {
    let mut rig = rig(nops);
    rig.ram.put(0x6020, &[0x90; 8]);
    rig.ram.signals.nmi = true;
    rig.step();
    rig.smi().step();
    rig.ram.signals.nmi = true;
    rig.step();
    assert!(!rig.cpu.smm && rig.cpu.nmi_blocked && rig.cpu.pending.nmi);
    rig.step();
    assert_eq!(rig.cpu.rip, 0x6022);
}

/// "Masking Exceptions and Interrupts When Switching Stacks".
#[test]
fn a_load_of_ss_holds_everything_off_for_one_instruction() {
    for event in 0..3 {
        let mut rig = rig(|a| {
            a.mov(ss, ax).unwrap();
            nops(a);
        });
        rig.cpu.regs[0] = 16;
        rig.cpu.rflags |= IF | if event == 2 { TF } else { 0 };
        rig.step();
        rig.ram.signals.smi = event == 0;
        rig.ram.signals.nmi = event == 1;
        rig.step();
        assert_eq!((rig.cpu.rip, rig.cpu.smm), (CODE + 4, false), "{event}");
        rig.step();
        let back = if event == 0 { rig.ram.get(SAVED_RIP, 8) } else { rig.ram.get(rig.cpu.regs[4], 8) };
        assert_eq!(back, CODE + 4, "{event}");
    }
}

#[test]
fn an_smi_between_sti_and_hlt_waits_so_that_no_interrupt_slips_in() {
    let mut rig = rig(|a| {
        a.sti().unwrap();
        a.hlt().unwrap();
        nops(a);
    });
    rig.step();
    rig.smi().step();
    assert_eq!(rig.cpu.activity, Activity::Halted);
    rig.step();
    assert!(rig.cpu.smm);
    assert_eq!(rig.ram.get(HANDLER + 0x7f02, 2), 1, "auto-HALT");
}

/// "Interrupt 8", "SMM": of the ways out of shutdown, SMI is none.
#[test]
fn shutdown_ends_by_nmi_or_init_and_not_by_smi_or_interrupt() {
    for init in [false, true] {
        let mut rig = rig(|a| a.ud2().unwrap());
        rig.cpu.idtr.limit = 0;
        rig.run();
        assert_eq!(rig.cpu.activity, Activity::Shutdown);
        rig.cpu.idtr.limit = 0x1ff;
        rig.cpu.rflags |= IF;
        rig.ram.signals.fixed[0] = 1 << 31;
        rig.smi().step();
        assert_eq!(rig.cpu.activity, Activity::Shutdown);
        rig.cpu.pending.smi = false;
        (rig.ram.signals.init, rig.ram.signals.nmi) = (init, !init);
        rig.step();
        let got = if init { rig.cpu.cr0 & 1 == 0 } else { rig.vector() == Some(2) };
        assert!(got, "{init} {:x}", rig.cpu.rip);
    }
}

/// "SMM": INIT is held in SMM.
#[test]
fn init_in_smm_waits_for_rsm() {
    let mut rig = rig(nops);
    rig.ram.put(HANDLER, &[0x90, 0x0f, 0xaa]);
    rig.smi().step();
    rig.ram.signals.init = true;
    rig.step();
    assert!(rig.cpu.smm && rig.cpu.pending.init);
    rig.step();
    assert!(!rig.cpu.smm);
    rig.step();
    assert_eq!((rig.cpu.cr0 & 1, rig.cpu.efer, rig.cpu.cr3), (0, 0, 0), "INIT");
}

/// "MP Initialization".
#[test]
fn sipi_starts_only_a_processor_that_init_has_stopped_even_if_both_come_at_once() {
    let mut rig = rig(nops);
    rig.cpu = Cpu::new(1, SaveStateMap::Intel64);
    rig.ram.put(0x4000, &[0x90; 8]);
    rig.ram.signals.sipi = Some(4);
    rig.step();
    assert_eq!((rig.cpu.seg[1].base, rig.cpu.rip), (0x4000, 1));
    rig.ram.signals.sipi = Some(5);
    rig.step();
    assert_eq!((rig.cpu.seg[1].base, rig.cpu.rip), (0x4000, 2), "a running one doesn't care");
    rig.ram.signals.init = true;
    rig.step();
    assert_eq!(rig.cpu.activity, Activity::WaitForSipi);
    rig.cpu.activity = Activity::Running;
    (rig.ram.signals.init, rig.ram.signals.sipi) = (true, Some(6));
    rig.step();
    assert_eq!((rig.cpu.seg[1].base, rig.cpu.rip, rig.cpu.activity), (0x6000, 1, Activity::Halted));
}

/// vol. 2, "HLT".
#[test]
fn hlt_ends_by_nmi_smi_and_an_interrupt_that_is_let_in() {
    // interrupts on, event, ends
    for (flag, event, ends) in [(0, 0, true), (0, 1, true), (IF, 2, true), (0, 2, false), (0, 3, true)] {
        let mut rig = rig(|a| {
            a.hlt().unwrap();
            nops(a);
        });
        rig.cpu.rflags |= flag;
        rig.step();
        assert_eq!(rig.cpu.activity, Activity::Halted);
        let signals = &mut rig.ram.signals;
        (signals.nmi, signals.smi, signals.init) = (event == 0, event == 1, event == 3);
        signals.fixed[0] = if event == 2 { 1 << 31 } else { 0 };
        rig.step();
        let went_on = rig.cpu.rip != CODE + 1;
        assert_eq!(went_on, ends, "event {event} with IF {flag:x}");
    }
}

/// "SMM", "Auto HALT Restart", on HLT inside SMM.
#[test]
fn hlt_in_smm_is_not_ended_by_another_smi() {
    let mut rig = rig(nops);
    rig.ram.put(HANDLER, &[0xf4, 0x0f, 0xaa]);
    rig.smi().step();
    rig.step();
    assert_eq!(rig.cpu.activity, Activity::Halted);
    rig.smi().step();
    assert_eq!((rig.cpu.activity, rig.cpu.pending.smi), (Activity::Halted, true));
    assert!(!rig.cpu.has_reason());
}

/// "APIC", "Local Vector Table": the NMI pin is LINT1.
#[test]
fn the_nmi_pin_means_what_lint1_says_and_an_nmi_message_asks_nobody() {
    // LVT, APIC on, what comes
    for (lvt, on, vector) in [
        (Some(0x400), true, Some(2)),
        (Some(0x1_0400), true, None),
        (None, true, None),
        (None, false, Some(2)),
        (Some(0x1f), true, Some(31)),
    ] {
        let mut rig = rig(nops);
        rig.cpu.rflags |= IF;
        if let Some(lvt) = lvt {
            rig.cpu.lapic.write(LINT1, lvt, 0);
        }
        if !on {
            turn_apic_off(&mut rig);
        }
        rig.ram.signals.nmi_pin = true;
        rig.step();
        assert_eq!(rig.vector(), vector, "{lvt:x?} {on}");
    }
    let mut rig = rig(nops);
    rig.ram.signals.nmi = true;
    assert_eq!(rig.step().vector(), Some(2));
}

fn turn_apic_off(rig: &mut Rig) {
    let code = assemble(|a| {
        a.mov(ecx, 0x1bu32).unwrap();
        a.mov(eax, 0xfee0_0000u32).unwrap();
        a.xor(edx, edx).unwrap();
        a.wrmsr().unwrap();
        a.mov(eax, 1u32).unwrap();
        a.cpuid().unwrap();
        nops(a);
    });
    rig.ram.put(CODE, &code);
    (0..6).for_each(|_| {
        rig.step();
    });
    assert_eq!(rig.cpu.regs[2] & 1 << 9, 0, "CPUID has no APIC either");
}

/// The same section: the 8259 is LINT0, as ExtINT.
#[test]
fn the_8259_gets_through_an_unmasked_lint0_or_where_the_apic_is_off() {
    for (lvt, on, taken) in [(0x700, true, true), (0x1_0700, true, false), (0x1_0000, false, true)] {
        let mut rig = rig(nops);
        // Vector 20h, as the test's board acknowledges, has a gate of its own.
        rig.ram.put(IDT + 0x20 * 16, &(0x6200u64 | 8 << 16 | 0x8e00 << 32).to_le_bytes());
        rig.cpu.idtr.limit = 0x20f;
        rig.cpu.lapic.write(LINT0, lvt, 0);
        if !on {
            turn_apic_off(&mut rig);
        }
        rig.cpu.rflags |= IF;
        rig.ram.signals.intr = true;
        rig.ram.put(0x6200, &[0x90]);
        rig.step();
        assert_eq!(rig.cpu.rip == 0x6201, taken, "{lvt:x} {on}");
        assert_eq!(rig.cpu.accepts_intr(), taken);
    }
}

/// "APIC", "Task Priority in IA-32e Mode": CR8 is TPR.
#[test]
fn cr8_is_the_task_priority_and_holds_its_classes_off() {
    let mut rig = rig(|a| {
        a.mov(cr8, rax).unwrap();
        a.mov(rbx, cr8).unwrap();
        a.mov(edx, dword_ptr(0x5080)).unwrap();
        a.mov(cr8, rcx).unwrap();
        nops(a);
    });
    // The local APIC's page, mapped at 5000h.
    rig.ram.put(common::PT + 5 * 8, &0xfee0_0007u64.to_le_bytes());
    rig.cpu.rflags |= IF;
    rig.cpu.regs[0] = 1;
    rig.ram.signals.fixed[0] = 1 << 31;
    rig.cpu.lapic.set_task_priority(15);
    rig.step().step().step();
    assert_eq!((rig.cpu.regs[3], rig.cpu.regs[2]), (1, 0x10));
    rig.step().step();
    assert_eq!((rig.vector(), rig.cpu.regs[4]), (Some(31), STACK - 40));
}

/// vol. 2, "MOV to CR8"; vol. 3, "Reserved bits": what control registers refuse.
#[test]
fn control_registers_refuse_what_does_not_exist() {
    type Build = fn(&mut CodeAssembler);
    let rows: [(Build, u64); 7] = [
        (|a| a.mov(cr8, rax).unwrap(), 16),
        (|a| a.mov(cr0, rax).unwrap(), 1 << 32 | 0x8001_0011),
        (|a| a.mov(cr3, rax).unwrap(), 1 << 40),
        (|a| a.mov(cr4, rax).unwrap(), 1 << 32 | 0x20),
        (|a| a.mov(cr4, rax).unwrap(), 0x21),
        (|a| a.mov(dr7, rax).unwrap(), 1 << 32),
        (|a| a.mov(dr6, rax).unwrap(), 1 << 63),
    ];
    for (build, value) in rows {
        let mut rig = rig(build);
        rig.cpu.regs[0] = value;
        assert_eq!(rig.run().vector(), Some(13), "{value:x}");
    }
}
