//! Breakpoints and single steps (SDM vol. 3, "Debug Registers", "Debug Exceptions", "SMM").
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, Rig, assemble};
use iced_x86::code_asm::*;

const HANDLER: u64 = 0x38000;
const TF: u64 = 1 << 8;
const RF: u64 = 1 << 16;
const DB: Option<u64> = Some(1);

/// DR7 with breakpoint `n` on: what it waits for (0 code, 1 writes, 2 ports, 3 data), its LEN field.
fn enable(n: u64, rw: u64, len: u64) -> u64 {
    0x400 | 2 << (2 * n) | (rw | len << 2) << (16 + 4 * n)
}

fn rig(build: impl FnOnce(&mut CodeAssembler)) -> Rig {
    let mut rig = Rig::long(&assemble(|a| {
        build(a);
        a.hlt().unwrap();
    }));
    rig.ram.put(HANDLER, &[0x0f, 0xaa]);
    rig
}

fn four_nops(a: &mut CodeAssembler) {
    (0..4).for_each(|_| a.nop().unwrap());
}

/// RIP in the frame of the handler that the processor halted in.
fn frame_rip(rig: &Rig) -> u64 {
    rig.ram.get(rig.cpu.regs[4], 8)
}

#[test]
fn a_code_breakpoint_faults_before_its_instruction_and_rf_lets_it_pass_once() {
    let mut rig = rig(four_nops);
    (rig.cpu.dr[2], rig.cpu.dr[7]) = (CODE + 2, enable(2, 0, 0));
    rig.run();
    assert_eq!((rig.vector(), frame_rip(&rig), rig.cpu.dr[6] & 0xf), (DB, CODE + 2, 4));
    let flags = rig.cpu.regs[4] + 16;
    assert_eq!(rig.ram.get(flags, 8) & RF, 0);
    // The handler sets RF in its frame and returns.
    let value = rig.ram.get(flags, 8) | RF;
    rig.ram.put(flags, &value.to_le_bytes());
    rig.ram.put(0x6011, &[0x48, 0xcf]);
    rig.cpu.activity = cpu::Activity::Running;
    rig.run();
    assert_eq!((rig.cpu.rip, rig.cpu.rflags & RF), (CODE + 5, 0), "RF lasts one instruction");
}

#[test]
fn a_data_breakpoint_traps_behind_the_instruction_that_touches_its_bytes() {
    // R/W, LEN, address; writes, at; hit
    let rows = [
        (1, 0, 0x5000, true, 0x5000, true),
        (1, 0, 0x5000, false, 0x5000, false),
        (3, 0, 0x5000, false, 0x5000, true),
        (3, 0, 0x5004, false, 0x5000, false),
        (3, 0, 0x5003, false, 0x5000, true),
        (1, 3, 0x5007, true, 0x5001, true),
        (1, 1, 0x5005, true, 0x5000, false),
        (1, 2, 0x500f, true, 0x5008, true),
        (1, 2, 0x500f, true, 0x5003, false),
        (0, 0, 0x5000, true, 0x5000, false),
    ];
    for (rw, len, address, writes, at, hit) in rows {
        let mut rig = rig(|a| {
            if writes {
                a.mov(dword_ptr(rbx), eax).unwrap();
            } else {
                a.mov(eax, dword_ptr(rbx)).unwrap();
            }
            a.nop().unwrap();
        });
        rig.cpu.regs[3] = at;
        (rig.cpu.dr[0], rig.cpu.dr[7]) = (address, enable(0, rw, len));
        rig.run();
        let what = format!("{rw} {len} {address:x} {writes} {at:x}");
        assert_eq!(rig.vector(), hit.then_some(1), "{what}");
        if hit {
            assert_eq!((frame_rip(&rig), rig.cpu.dr[6] & 0xf), (CODE + 2, 1), "{what}");
        }
    }
}

#[test]
fn a_data_breakpoint_traps_behind_the_iteration_of_a_rep_that_touches_it() {
    let mut rig = rig(|a| a.rep().stosd().unwrap());
    (rig.cpu.regs[1], rig.cpu.regs[7]) = (100, 0x5000);
    (rig.cpu.dr[3], rig.cpu.dr[7]) = (0x5020, enable(3, 1, 3));
    rig.run();
    assert_eq!((rig.vector(), frame_rip(&rig)), (DB, CODE));
    assert_eq!((rig.cpu.regs[1], rig.cpu.regs[7]), (91, 0x5024));
}

#[test]
fn an_instruction_that_faults_leaves_no_trap_behind() {
    let mut rig = rig(|a| a.push(qword_ptr(0x5000)).unwrap());
    rig.cpu.regs[4] = 0x20_0008;
    (rig.cpu.dr[0], rig.cpu.dr[7]) = (0x5000, enable(0, 3, 2));
    rig.run();
    assert_eq!((rig.vector(), rig.cpu.debug_traps), (Some(14), 0));
}

#[test]
fn a_port_breakpoint_exists_while_cr4_de_is_set() {
    for de in [false, true] {
        let mut rig = rig(|a| {
            a.out(0x80, al).unwrap();
            a.nop().unwrap();
        });
        rig.cpu.cr4 |= if de { 8 } else { 0 };
        (rig.cpu.dr[1], rig.cpu.dr[7]) = (0x80, enable(1, 2, 0));
        rig.run();
        assert_eq!(rig.vector(), de.then_some(1));
        assert_eq!(rig.ram.ports.len(), 1, "the port instruction ran");
    }
}

#[test]
fn general_detect_guards_the_debug_registers_and_the_handler_may_use_them() {
    let mut rig = rig(|a| a.mov(rax, dr0).unwrap());
    rig.cpu.dr[7] |= 1 << 13;
    rig.ram.put(0x6010, &[0x0f, 0x21, 0xf0, 0xf4]); // mov rax, dr6; hlt
    rig.run();
    assert_eq!((rig.cpu.rip, rig.cpu.regs[0] >> 13 & 1), (0x6014, 1));
    assert_eq!((frame_rip(&rig), rig.cpu.dr[7] >> 13 & 1), (CODE, 0));
}

#[test]
fn dr4_and_dr5_are_dr6_and_dr7_unless_debug_extensions_are_on() {
    for de in [false, true] {
        // mov rax, dr5
        let mut rig = Rig::long(&[0x0f, 0x21, 0xe8, 0xf4]);
        rig.cpu.cr4 |= if de { 8 } else { 0 };
        rig.run();
        assert_eq!(rig.vector(), de.then_some(6));
        assert!(de || rig.cpu.regs[0] == 0x400);
    }
}

#[test]
fn the_trap_flag_stops_behind_each_instruction_but_not_behind_int_n() {
    let mut rig = rig(|a| {
        a.nop().unwrap();
        a.int(3).unwrap();
    });
    rig.cpu.rflags |= TF;
    // The #DB handler counts and goes on.
    rig.ram.put(0x6010, &[0xff, 0xc3, 0x48, 0xcf]); // inc ebx; iretq
    rig.ram.put(0x6030, &[0x90, 0xf4]);
    rig.run();
    assert_eq!((rig.cpu.rip, rig.cpu.regs[3]), (0x6032, 1), "NOP trapped; INT cleared TF");
}

#[test]
fn a_rep_steps_by_iterations() {
    let mut rig = rig(|a| a.rep().movsb().unwrap());
    (rig.cpu.regs[1], rig.cpu.regs[6], rig.cpu.regs[7]) = (9, 0x5000, 0x7000);
    rig.cpu.rflags |= TF;
    rig.run();
    assert_eq!((rig.vector(), frame_rip(&rig), rig.cpu.regs[1]), (DB, CODE, 8));
}

#[test]
fn a_breakpoint_on_the_operand_of_a_load_of_ss_waits_for_the_next_instruction() {
    let mut rig = rig(|a| {
        a.mov(ss, word_ptr(0x5000)).unwrap();
        a.nop().unwrap();
        a.nop().unwrap();
    });
    rig.ram.put(0x5000, &[16, 0]);
    (rig.cpu.dr[0], rig.cpu.dr[7]) = (0x5000, enable(0, 3, 0));
    rig.run();
    assert_eq!((rig.vector(), frame_rip(&rig), rig.cpu.dr[6] & 15), (DB, CODE + 8, 1));
}

/// kvm-unit-tests' `debug`, "MOV SS + watchpoint + ICEBP" and "… + int $1"
#[test]
fn int1_takes_the_traps_that_wait_along_and_int_1_does_not() {
    for (icebp, times) in [(true, 1), (false, 2)] {
        let mut rig = rig(|a| {
            a.mov(ss, word_ptr(0x5000)).unwrap();
            if icebp { a.int1() } else { a.int(1) }.unwrap();
        });
        rig.ram.put(0x5000, &[16, 0]);
        (rig.cpu.dr[0], rig.cpu.dr[7]) = (0x5000, enable(0, 3, 0));
        rig.ram.put(0x6010, &[0xff, 0xc3, 0x48, 0xcf]); // inc ebx; iretq
        rig.run();
        assert_eq!((rig.cpu.regs[3], rig.cpu.dr[6] & 15), (times, 1), "ICEBP {icebp}");
    }
}

#[test]
fn int1_traps_without_a_look_at_the_gates_level() {
    let mut rig = Rig::protected(&[0xf1, 0xf4]).outer();
    rig.run();
    assert_eq!((rig.vector(), rig.ram.get(rig.cpu.regs[4], 4)), (DB, CODE + 1));
}

/// "SMM": breakpoints and single steps are off behind the entry, and back behind RSM.
#[test]
fn breakpoints_and_single_steps_are_off_across_smm() {
    let mut rig = rig(four_nops);
    rig.ram.put(HANDLER, &[0x66, 0xa3, 0x00, 0x50, 0x0f, 0xaa]); // mov [5000h], eax; rsm
    rig.cpu.rflags |= TF;
    rig.cpu.dr[0] = 0x5000;
    rig.cpu.dr[1] = HANDLER;
    rig.cpu.dr[7] = enable(0, 1, 3) | enable(1, 0, 0);
    let enabled = rig.cpu.dr[7];
    rig.smi().step();
    assert_eq!((rig.cpu.dr[7], rig.cpu.rflags & TF), (0x400, 0));
    rig.step();
    assert!(rig.cpu.smm && rig.cpu.debug_traps == 0);
    rig.step();
    assert!(!rig.cpu.smm);
    assert_eq!((rig.cpu.dr[7], rig.cpu.rflags & TF, rig.cpu.rip), (enabled, TF, CODE));
    rig.step().step();
    assert_eq!((rig.vector(), frame_rip(&rig), rig.cpu.dr[6] >> 14 & 1), (DB, CODE + 1, 1));
}

/// Breakpoints slow a run down; they must not change it.
#[test]
fn a_run_with_an_idle_breakpoint_ends_as_one_without() {
    let build = |a: &mut CodeAssembler| {
        let mut again = a.create_label();
        a.mov(ecx, 50).unwrap();
        a.set_label(&mut again).unwrap();
        a.add(dword_ptr(0x5000), ecx).unwrap();
        a.mov(edi, 0x7000).unwrap();
        a.push(rcx).unwrap();
        a.rep().stosb().unwrap();
        a.pop(rcx).unwrap();
        a.dec(ecx).unwrap();
        a.jne(again).unwrap();
    };
    let mut plain = rig(build);
    plain.run();
    let mut watched = rig(build);
    (watched.cpu.dr[0], watched.cpu.dr[7]) = (0x8000, enable(0, 1, 0));
    watched.run();
    assert_eq!((plain.cpu.regs, plain.cpu.rflags), (watched.cpu.regs, watched.cpu.rflags));
    assert_eq!(plain.ram.time, watched.ram.time);
    assert!(plain.ram.bytes == watched.ram.bytes);
}
