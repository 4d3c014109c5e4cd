//! Faults, string instructions, self-modifying code.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, PT, Rig, STACK, assemble};
use cpu::Activity;
use iced_x86::code_asm::*;
use trace::{Kind, Level};

#[test]
fn a_divide_error_reaches_its_handler_and_the_frame_names_the_instruction() {
    let mut rig = Rig::long(&assemble(|a| {
        a.xor(ecx, ecx).unwrap();
        a.div(ecx).unwrap();
    }));
    rig.run();
    assert_eq!(rig.vector(), Some(0));
    assert_eq!(rig.ram.get(rig.cpu.regs[4], 8), CODE + 2);
    assert_eq!(rig.ram.get(rig.cpu.regs[4] + 24, 8), STACK);
}

#[test]
fn bytes_that_are_no_instruction_of_this_cpu_are_undefined_opcodes() {
    // UD2, an SSE move, POPCNT (not in CPUID).
    for code in [&[0x0f, 0x0b][..], &[0x0f, 0x28, 0xc1], &[0xf3, 0x0f, 0xb8, 0xc1], &[0x0f, 0xaa]] {
        let mut rig = Rig::long(code);
        rig.run();
        assert_eq!(rig.vector(), Some(6), "{code:02x?}");
        assert_eq!(rig.ram.get(rig.cpu.regs[4], 8), CODE, "{code:02x?}");
    }
}

#[test]
fn a_fault_without_an_idt_ends_in_shutdown() {
    let mut rig = Rig::long(&[0x0f, 0x0b]);
    rig.cpu.idtr.limit = 0;
    rig.run();
    assert_eq!(rig.cpu.activity, Activity::Shutdown);
    assert_eq!(rig.ram.shutdown(), Some("triple fault"));
}

#[test]
fn a_page_fault_leaves_registers_flags_and_memory_as_they_were() {
    let code = assemble(|a| {
        a.stc().unwrap();
        a.add(qword_ptr(0x5000), 1).unwrap();
    });
    let mut rig = Rig::long(&code);
    rig.ram.put(PT + 5 * 8, &0x5005u64.to_le_bytes()); // read only; CR0.WP is set
    rig.run();
    assert_eq!(rig.vector(), Some(14));
    assert_eq!(rig.cpu.cr2, 0x5000);
    let frame = rig.cpu.regs[4];
    assert_eq!(rig.ram.get(frame, 8), 3, "present, write");
    assert_eq!(rig.ram.get(frame + 8, 8), CODE + 1);
    assert_eq!(rig.ram.get(frame + 24, 8) & 1, 1, "carry still set");
    assert_eq!(rig.ram.get(0x5000, 8), 0);
}

#[test]
fn a_push_that_faults_leaves_the_stack_pointer() {
    let mut rig = Rig::long(&assemble(|a| a.push(rax).unwrap()));
    rig.cpu.regs[4] = 0x20_0000 + 8;
    rig.run();
    assert_eq!((rig.vector(), rig.cpu.cr2), (Some(14), 0x20_0000));
    assert_eq!(rig.ram.get(rig.cpu.regs[4] + 32, 8), 0x20_0008, "RSP in the frame");
}

#[test]
fn fetching_from_a_no_execute_page_faults_with_the_fetch_bit() {
    let mut rig = Rig::long(&assemble(|a| a.jmp(0x5000u64).unwrap()));
    rig.ram.put(PT + 5 * 8, &(0x5007u64 | 1 << 63).to_le_bytes());
    rig.run();
    assert_eq!(rig.vector(), Some(14));
    assert_eq!(rig.ram.get(rig.cpu.regs[4], 8), 0x11);
}

#[test]
fn accessed_and_dirty_bits_are_set_by_the_access_that_needs_them() {
    let mut rig = Rig::long(&assemble(|a| {
        a.mov(rax, qword_ptr(0x5000)).unwrap();
        a.mov(qword_ptr(0x7000), rax).unwrap();
        a.hlt().unwrap();
    }));
    rig.run();
    assert_eq!(rig.ram.get(PT + 5 * 8, 8), 0x5027);
    assert_eq!(rig.ram.get(PT + 7 * 8, 8), 0x7067);
}

#[test]
fn bulk_and_single_iterations_of_rep_end_in_the_same_state() {
    let code = assemble(|a| {
        a.mov(ecx, 1500).unwrap();
        a.mov(esi, 0x20003).unwrap();
        a.mov(edi, 0x2fff5).unwrap();
        a.rep().movsd().unwrap();
        a.mov(ecx, 3000).unwrap();
        a.mov(edi, 0x31001).unwrap();
        a.mov(eax, 0x1234_5678).unwrap();
        a.rep().stosw().unwrap();
        // Overlapping: repeats the first byte.
        a.mov(ecx, 100).unwrap();
        a.mov(esi, 0x20000).unwrap();
        a.mov(edi, 0x20001).unwrap();
        a.rep().movsb().unwrap();
        a.hlt().unwrap();
    });
    let start = || {
        let mut rig = Rig::long(&code);
        (0..0x2000).for_each(|i| rig.ram.bytes[0x20000 + i] = (i * 7) as u8);
        rig
    };
    let mut bulk = start();
    bulk.run();
    let mut single = start();
    single.ram.level = Level::Instructions;
    while single.cpu.activity == Activity::Running {
        single.step();
        single.ram.events.clear();
    }
    assert_eq!(bulk.cpu.regs, single.cpu.regs);
    assert!(bulk.ram.bytes == single.ram.bytes);
    assert_eq!(bulk.ram.time, single.ram.time);
    assert_eq!(bulk.ram.time, 1500 + 3000 + 100 + 10);
}

#[test]
fn the_source_of_a_rep_faults_before_its_target() {
    let mut rig = Rig::long(&assemble(|a| a.rep().movsd().unwrap()));
    // A page that isn't there, and an address that isn't canonical.
    (rig.cpu.regs[1], rig.cpu.regs[6], rig.cpu.regs[7]) = (100, 0x20_0000, 1 << 47);
    rig.run();
    assert_eq!((rig.vector(), rig.cpu.cr2), (Some(14), 0x20_0000));
}

/// A run can be cut anywhere: in a block, between blocks, within a REP, right behind it.
#[test]
fn a_run_executes_exactly_as_many_instructions_as_its_budget_says() {
    let code = assemble(|a| {
        let mut outer = a.create_label();
        let mut inner = a.create_label();
        a.set_label(&mut outer).unwrap();
        a.mov(edi, 0x8000).unwrap();
        a.mov(ecx, 7).unwrap();
        a.rep().stosb().unwrap();
        for _ in 0..9 {
            a.add(rax, 3).unwrap();
        }
        a.mov(ecx, 5).unwrap();
        a.set_label(&mut inner).unwrap();
        a.add(qword_ptr(0x8100), rax).unwrap();
        a.dec(ecx).unwrap();
        a.jne(inner).unwrap();
        a.jmp(outer).unwrap();
    });
    let mut whole = Rig::long(&code);
    for n in 1..300 {
        let mut at_once = Rig::long(&code);
        at_once.run_for(n);
        assert_eq!(at_once.ram.time, n);
        whole.run_for(1);
        assert_eq!(whole.ram.time, n);
        let state = |rig: &Rig| (rig.cpu.regs, rig.cpu.rip, rig.cpu.rflags, rig.ram.get(0x8100, 8));
        assert_eq!(state(&at_once), state(&whole), "after {n}");
    }
}

#[test]
fn code_that_rewrites_itself_runs_the_new_bytes() {
    let mut rig = Rig::long(&assemble(|a| {
        let mut again = a.create_label();
        a.mov(ecx, 2).unwrap();
        a.set_label(&mut again).unwrap();
        a.mov(eax, 1).unwrap();
        a.add(ebx, eax).unwrap();
        a.mov(byte_ptr(CODE + 6), 5).unwrap();
        a.dec(ecx).unwrap();
        a.jne(again).unwrap();
        a.hlt().unwrap();
    }));
    rig.run();
    assert_eq!(rig.cpu.regs[3], 6, "1 on the first round, 5 on the second");
}

#[test]
fn an_instruction_across_a_page_border_reads_both_pages() {
    let mut rig = Rig::long(&[]);
    rig.ram.put(0x4ffe, &[0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0xf4]); // mov rax, imm64; hlt
    rig.cpu.rip = 0x4ffe;
    rig.run();
    assert_eq!(rig.cpu.regs[0], 0x0807_0605_0403_0201);
}

#[test]
fn the_step_tier_reports_the_instruction_and_what_it_changed() {
    let mut rig = Rig::long(&assemble(|a| a.mov(eax, 7).unwrap()));
    rig.ram.level = Level::Instructions;
    rig.step();
    assert!(matches!(&rig.ram.events[0].kind, Kind::Instruction { bytes, .. } if bytes[..] == [0xb8, 7, 0, 0, 0]));
    assert_eq!(rig.ram.events[1].kind, Kind::Register { reg: trace::CpuReg::Rax, value: 7 });
}

#[test]
fn interrupts_wait_one_instruction_behind_sti() {
    let mut rig = Rig::long(&assemble(|a| {
        a.sti().unwrap();
        a.nop().unwrap();
        a.hlt().unwrap();
    }));
    // NMI isn't maskable, a fixed interrupt is.
    rig.cpu.lapic.write(0xf0, 0x1ff, 0);
    rig.ram.put(common::IDT + 31 * 16, &(0x61f0u64 | 8 << 16 | 0x8e00 << 32).to_le_bytes());
    rig.ram.signals.fixed[0] = 1 << 31;
    rig.step().step().step();
    assert_eq!(rig.ram.get(rig.cpu.regs[4], 8), CODE + 2, "taken behind the NOP");
}
