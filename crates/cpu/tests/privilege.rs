//! Changes of privilege: call gates, stacks from the task state segment, error codes (SDM vol. 3, "Call
//! Gates", "Stack Switching", "Error Code"; vol. 2, "CALL", "IRET").
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, GDT, IDT, Rig, STACK, TSS, assemble_32};
use cpu::Segment;
use iced_x86::code_asm::*;

/// Selectors of the call gate and of a spare descriptor.
const GATE: u16 = 48;
const SPARE: u16 = 64;
const TARGET: u64 = 0x7000;
const GP: Option<u64> = Some(13);

fn gate(kind: u64, dpl: u64, selector: u64, parameters: u64) -> u64 {
    TARGET | selector << 16 | parameters << 32 | kind << 40 | dpl << 45 | 1 << 47
}

fn describe(rig: &mut Rig, selector: u16, descriptor: u64) {
    rig.ram.put(GDT + u64::from(selector), &descriptor.to_le_bytes());
}

/// Error code in the frame of the handler that the processor halted in.
fn error(rig: &Rig) -> u64 {
    rig.ram.get(rig.cpu.regs[4], 4)
}

fn far(a: &mut CodeAssembler, opcode: u8, selector: u16) {
    a.db(&[opcode, 0, 0, 0, 0, selector as u8, (selector >> 8) as u8]).unwrap();
}

const CALL: u8 = 0x9a;
const JMP: u8 = 0xea;

#[test]
fn a_call_gate_leads_inward_with_parameters_and_retf_leads_back() {
    let mut rig = Rig::protected(&assemble_32(|a| {
        a.push(0x1111).unwrap();
        a.push(0x2222).unwrap();
        far(a, CALL, GATE | 3);
        a.ud2().unwrap();
    }))
    .outer();
    describe(&mut rig, GATE, gate(12, 3, 8, 2));
    rig.ram.put(TARGET, &[0xca, 8, 0]); // retf 8
    rig.step().step().step();
    assert_eq!((rig.cpu.cpl, rig.cpu.rip, rig.cpu.seg[1].selector), (0, TARGET, 8));
    assert_eq!((rig.cpu.seg[2].selector, rig.cpu.regs[4]), (16, 0x8f00 - 24));
    let words: Vec<u64> = (0..6).map(|i| rig.ram.get(0x8f00 - 24 + i * 4, 4)).collect();
    let back = CODE + 10 + 7;
    assert_eq!(words, [back, 24 | 3, 0x2222, 0x1111, STACK - 8, 32 | 3]);
    rig.step();
    assert_eq!((rig.cpu.cpl, rig.cpu.rip, rig.cpu.regs[4]), (3, back, STACK));
}

#[test]
fn a_16_bit_call_gate_pushes_words() {
    let mut rig = Rig::protected(&assemble_32(|a| far(a, CALL, GATE | 3))).outer();
    describe(&mut rig, GATE, gate(4, 3, 8, 1) | 0xffff << 48);
    rig.ram.put(STACK, &[0x34, 0x12]);
    rig.step();
    assert_eq!((rig.cpu.cpl, rig.cpu.rip), (0, TARGET));
    assert_eq!(rig.ram.get(rig.cpu.regs[4], 8), (STACK & 0xffff) << 48 | 0x1234 << 32 | 0x1b << 16 | (CODE + 7));
}

#[test]
fn a_call_gate_to_the_same_level_keeps_the_stack() {
    let mut rig = Rig::protected(&assemble_32(|a| far(a, CALL, GATE)));
    describe(&mut rig, GATE, gate(12, 0, 8, 5));
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.regs[4]), (TARGET, STACK - 8));
}

#[test]
fn call_gates_refuse_as_the_sdm_says() {
    let code = 0x00cf_9b00_0000_ffff;
    let absent = code & !(1 << 47);
    // opcode, gate, spare descriptor, vector, error code
    let rows = [
        (CALL, gate(12, 2, 8, 0), 0, 13, GATE),
        (CALL, gate(12, 3, 8, 0) & !(1 << 47), 0, 11, GATE),
        (CALL, gate(12, 3, 0, 0), 0, 13, 0),
        (CALL, gate(12, 3, 16, 0), 0, 13, 16),
        (CALL, gate(12, 3, SPARE.into(), 0), absent, 11, SPARE),
        (CALL, gate(12, 3, 0x1000, 0), 0, 13, 0x1000),
        // JMP never goes inward.
        (JMP, gate(12, 3, 8, 0), 0, 13, 8),
        // The task that runs is busy.
        (CALL, gate(5, 3, 40, 0), 0, 13, 40),
    ];
    for (opcode, gate, spare, vector, code) in rows {
        let mut rig = Rig::protected(&assemble_32(|a| far(a, opcode, GATE | 3))).outer();
        describe(&mut rig, GATE, gate);
        describe(&mut rig, SPARE, spare);
        rig.run();
        assert_eq!((rig.vector(), error(&rig)), (Some(vector), code.into()), "{gate:x}");
        assert_eq!(rig.ram.get(rig.cpu.regs[4] + 4, 4), CODE);
        assert_eq!(rig.ram.get(rig.cpu.regs[4] + 16, 4), STACK, "the caller's stack is as it was");
    }
}

#[test]
fn a_conforming_target_keeps_the_callers_level() {
    for opcode in [CALL, JMP] {
        let mut rig = Rig::protected(&assemble_32(|a| far(a, opcode, GATE | 3))).outer();
        describe(&mut rig, GATE, gate(12, 3, SPARE.into(), 0));
        describe(&mut rig, SPARE, 0x00cf_9f00_0000_ffff);
        rig.step();
        assert_eq!((rig.cpu.cpl, rig.cpu.rip, rig.cpu.seg[1].selector), (3, TARGET, SPARE | 3));
    }
}

#[test]
fn a_64_bit_call_gate_switches_to_rsp0_with_a_null_ss() {
    // call far [rbx]
    let mut rig = Rig::long(&[0xff, 0x1b]);
    describe(&mut rig, GATE, gate(12, 3, 8, 0));
    rig.ram.put(GDT + 56, &[0; 8]);
    rig.cpu.gdtr.limit = 0xff;
    rig.ram.put(TSS + 4, &0x8f00u64.to_le_bytes());
    rig.cpu.tr = Segment { selector: 40, attr: 0x8b, limit: 0x67, base: TSS };
    rig.ram.put(0x5000, &[0, 0, 0, 0, GATE as u8 | 3, 0]);
    rig.cpu.regs[3] = 0x5000;
    rig.cpu.cpl = 3;
    rig.cpu.seg = [Segment { selector: 35, attr: 0xc0f3, limit: u32::MAX, base: 0 }; 6];
    rig.cpu.seg[1] = Segment { selector: 27, attr: 0xa0fb, limit: u32::MAX, base: 0 };
    rig.step();
    assert_eq!((rig.cpu.cpl, rig.cpu.rip, rig.cpu.seg[2].selector), (0, TARGET, 0));
    let words: Vec<u64> = (0..4).map(|i| rig.ram.get(rig.cpu.regs[4] + i * 8, 8)).collect();
    assert_eq!((rig.cpu.regs[4], words), (0x8f00 - 32, vec![CODE + 2, 27, STACK, 35]));
}

#[test]
fn a_bad_stack_in_the_task_state_segment_is_named_by_ts_or_ss() {
    // SS0, spare descriptor, vector, error code; INT 3 from ring 3 through a gate for everybody
    let data = 0x00cf_9300_0000_ffff;
    let rows = [
        (0, 0, 10, 0),
        (24, 0, 10, 24),
        (SPARE, data & !(1 << 41), 10, SPARE),
        (SPARE, data | 3 << 45, 10, SPARE),
        (SPARE, data & !(1 << 47), 12, SPARE),
        // 4 KiB of stack, and ESP0 lies beyond
        (SPARE, data & !0xf_0000_0000_ffff, 12, SPARE),
    ];
    for (ss0, spare, vector, code) in rows {
        let mut rig = Rig::protected(&[0xcc]).outer();
        rig.ram.put(IDT + 3 * 8 + 5, &[0xee]);
        describe(&mut rig, SPARE, spare);
        rig.ram.put(TSS + 8, &u32::from(ss0).to_le_bytes());
        // The faults' own handlers run in a conforming segment, on the outer stack.
        describe(&mut rig, 72, 0x00cf_9f00_0000_ffff);
        for fault in [10u64, 12] {
            rig.ram.put(IDT + fault * 8 + 2, &[72, 0]);
        }
        rig.run_for(2);
        let at = rig.cpu.regs[4];
        assert_eq!((rig.cpu.rip & !0xf, rig.ram.get(at, 4)), (0x6000 + vector * 16, code.into()), "{ss0} {spare:x}");
    }
}

/// "Error Code": EXT tells that the event came from outside the program.
#[test]
fn a_gate_that_is_not_there_is_told_with_ext_unless_software_asked_for_it() {
    for hardware in [false, true] {
        let mut rig = Rig::protected(&[0xcd, 30, 0x90, 0x90]);
        rig.ram.put(IDT + 30 * 8, &[0; 8]);
        if hardware {
            rig.ram.put(CODE, &[0x90; 8]);
            rig.cpu.lapic.write(0xf0, 0x1ff, 0);
            rig.cpu.rflags |= 1 << 9;
            rig.ram.signals.fixed[0] = 1 << 30;
        }
        rig.run();
        assert_eq!((rig.vector(), error(&rig)), (GP, 30 * 8 + 2 + u64::from(hardware)));
    }
}

/// vol. 2, "IRET": there are no nested tasks in IA-32e mode.
#[test]
fn iret_with_nt_set_is_refused() {
    let mut rig = Rig::long(&[0x48, 0xcf]);
    rig.cpu.rflags |= 1 << 14;
    assert_eq!(rig.run().vector(), GP);
}

#[test]
fn rdtsc_is_the_supervisors_when_cr4_tsd_is_set() {
    for (cpl, vector) in [(0, None), (3, GP)] {
        let code = assemble_32(|a| {
            a.rdtsc().unwrap();
            a.nop().unwrap();
        });
        let mut rig = Rig::protected(&code);
        if cpl == 3 {
            rig = rig.outer();
        }
        rig.cpu.cr4 = 4;
        rig.run_for(3);
        assert_eq!(rig.vector(), vector);
    }
}

/// SDM vol. 2, RDPMC: a counter that isn't there. CPUID announces none.
#[test]
fn rdpmc_finds_no_counter_at_any_privilege_level() {
    for control in [0, 0x100] {
        for outer in [false, true] {
            let mut rig = Rig::protected(&[0x0f, 0x33]);
            if outer {
                rig = rig.outer();
            }
            rig.cpu.cr4 = control;
            assert_eq!(rig.run().vector(), GP);
        }
    }
}
