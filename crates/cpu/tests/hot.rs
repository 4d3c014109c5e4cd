//! The fast path against the plain one: runs at once against the same run cut into single instructions,
//! which `exec` carries out.

mod common;

use common::*;
use iced_x86::code_asm::*;

const LENGTH: usize = 60;
/// Page of data, the end of a page of data, and the code's own page behind the code.
const POINTERS: [u64; 3] = [0x8100, 0x8fa8, CODE + 0xe00];

fn one_in(random: &mut Random, n: u64) -> bool {
    random.next().is_multiple_of(n)
}

/// A register that isn't a pointer: rAX, rCX, rDX.
fn register(random: &mut Random) -> u8 {
    (random.next() % 3) as u8
}

/// ModRM (and displacement) of a register in `reg` and a register or memory in `rm`.
fn operands(random: &mut Random, reg: u8, memory: bool) -> Vec<u8> {
    if memory {
        let base = [6, 7, 3][random.next() as usize % 3];
        return vec![0x40 | reg << 3 | base, random.next() as u8 & 0x7f];
    }
    vec![0xc0 | reg << 3 | register(random)]
}

fn bytes(random: &mut Random, n: usize) -> Vec<u8> {
    (0..n).map(|_| random.next() as u8).collect()
}

/// An instruction that has a hot form, or nearly.
fn instruction(random: &mut Random, wide: bool) -> Vec<u8> {
    let mut code = Vec::new();
    let short = one_in(random, 8);
    let long = wide && !short && one_in(random, 2);
    if short {
        code.push(0x66);
    }
    if wide {
        // REX: W, and sometimes R8-R10 for RAX-RDX.
        let extended = if one_in(random, 4) { 4 } else { 0 };
        code.push(0x40 | u8::from(long) << 3 | extended);
    }
    let (memory, reg) = (one_in(random, 2), register(random));
    let immediate = if short { 2 } else { 4 };
    let alu = (random.next() % 8) as u8;
    match random.next() % 16 {
        0 | 1 => {
            code.push(alu << 3 | (random.next() % 4) as u8);
            code.extend(operands(random, reg, memory));
        }
        2 => {
            code.push(0x83);
            code.extend(operands(random, alu, memory));
            code.extend(bytes(random, 1));
        }
        3 => {
            code.push(0x81);
            code.extend(operands(random, alu, memory));
            code.extend(bytes(random, immediate));
        }
        4 => {
            code.push([0x84, 0x85][random.next() as usize % 2]);
            code.extend(operands(random, reg, memory));
        }
        5 | 6 => {
            code.push([0x88, 0x89, 0x8a, 0x8b][random.next() as usize % 4]);
            code.extend(operands(random, reg, memory));
        }
        7 => {
            code.push(0xc7);
            code.extend(operands(random, 0, memory));
            code.extend(bytes(random, immediate));
        }
        8 => {
            code.extend([0x0f, [0xb6, 0xb7, 0xbe, 0xbf][random.next() as usize % 4]]);
            code.extend(operands(random, reg, memory));
        }
        9 => {
            code.push(0xc1);
            let kind = [0, 1, 4, 5, 7][random.next() as usize % 5];
            code.extend(operands(random, kind, memory));
            code.extend(bytes(random, 1));
        }
        10 => {
            code.push([0xfe, 0xff][random.next() as usize % 2]);
            code.extend(operands(random, alu % 2, memory));
        }
        11 => {
            code.extend([0x0f, 0xaf]);
            code.extend(operands(random, reg, memory));
        }
        12 => {
            code.push(0x8d);
            code.extend(operands(random, reg, true));
        }
        13 => {
            code.extend([0x0f, 0x90 | (random.next() % 16) as u8]);
            code.extend(operands(random, 0, memory));
        }
        14 => {
            code.extend([0x0f, 0x40 | (random.next() % 16) as u8]);
            code.extend(operands(random, reg, memory));
        }
        _ => code = if one_in(random, 2) { vec![0x50 | reg] } else { vec![0x58 | reg] },
    }
    code
}

/// Straight on, but for branches over one instruction or none.
fn program(random: &mut Random, wide: bool) -> Vec<u8> {
    let mut code = Vec::new();
    for _ in 0..LENGTH {
        let next = instruction(random, wide);
        if one_in(random, 3) {
            let over = if one_in(random, 2) { next.len() as u8 } else { 0 };
            code.extend([0x70 | (random.next() % 16) as u8, over]);
        }
        code.extend(next);
    }
    code.push(0xf4);
    code
}

fn rig(code: &[u8], seed: u64, wide: bool) -> Rig {
    let mut rig = Rig::long(code);
    let mut random = Random(seed);
    rig.cpu.regs.iter_mut().for_each(|r| *r = random.next() >> if wide { 0 } else { 32 });
    for (register, pointer) in [6, 7, 3].into_iter().zip(POINTERS) {
        rig.cpu.regs[register] = pointer;
    }
    rig.cpu.regs[4] = STACK + 0x800;
    rig.cpu.rflags = 2 | random.next() & 0x8d5;
    if !wide {
        // Compatibility mode.
        rig.cpu.seg[1].attr = 0xc09b;
    }
    rig
}

#[test]
fn a_run_at_once_ends_as_the_same_run_instruction_by_instruction() {
    for seed in 1..300u64 {
        let wide = seed % 3 != 0;
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let code = program(&mut random, wide);
        let (mut at_once, mut single) = (rig(&code, seed, wide), rig(&code, seed, wide));
        at_once.run_for(LENGTH as u64 * 4);
        for _ in 0..LENGTH * 4 {
            single.run_for(1);
        }
        let state = |rig: &Rig| (rig.cpu.regs, rig.cpu.rip, rig.cpu.rflags, rig.ram.time);
        assert_eq!(at_once.cpu.activity, cpu::Activity::Halted, "seed {seed}: {code:02x?}");
        let (fast, plain) = (state(&at_once), state(&single));
        assert_eq!((fast.0, fast.1, fast.2), (plain.0, plain.1, plain.2), "seed {seed}: {code:02x?}");
        assert!(at_once.ram.bytes == single.ram.bytes, "seed {seed}: memory");
    }
}

/// Calls and jumps through registers and memory, and frames; places of the code stand in memory.
#[test]
fn ways_through_a_table_lead_where_single_instructions_lead() {
    let code = assemble(|a| {
        let (mut first, mut second, mut end) = (a.create_label(), a.create_label(), a.create_label());
        a.lea(rax, ptr(first)).unwrap();
        a.mov(qword_ptr(0x8000), rax).unwrap();
        a.lea(rbx, ptr(second)).unwrap();
        a.lea(rcx, ptr(end)).unwrap();
        for _ in 0..3 {
            a.call(qword_ptr(0x8000)).unwrap();
            a.call(rbx).unwrap();
        }
        a.jmp(rcx).unwrap();
        a.set_label(&mut first).unwrap();
        a.push(rbp).unwrap();
        a.mov(rbp, rsp).unwrap();
        a.sub(rsp, 0x40).unwrap();
        a.call(rbx).unwrap();
        a.leave().unwrap();
        a.ret().unwrap();
        a.set_label(&mut second).unwrap();
        a.inc(rdx).unwrap();
        a.ret().unwrap();
        a.set_label(&mut end).unwrap();
        a.hlt().unwrap();
    });
    let (mut at_once, mut single) = (Rig::long(&code), Rig::long(&code));
    at_once.run();
    (0..200).for_each(|_| _ = single.run_for(1));
    assert_eq!((at_once.cpu.regs, at_once.cpu.rip), (single.cpu.regs, single.cpu.rip));
    assert_eq!((at_once.cpu.regs[2], at_once.cpu.regs[4]), (Rig::long(&[]).cpu.regs[2] + 6, STACK));
    assert!(at_once.ram.bytes == single.ram.bytes);
}

/// First it is data, written through the fast path; then code; then it is written again.
#[test]
fn a_page_that_comes_to_hold_code_is_watched_from_then_on() {
    let mut rig = Rig::long(&assemble(|a| {
        let mut again = a.create_label();
        a.mov(ecx, 2).unwrap();
        a.set_label(&mut again).unwrap();
        // mov eax, 1 (then 2); ret
        a.mov(rax, 0xc300_0000_00b8_u64).unwrap();
        a.mov(edx, 3).unwrap();
        a.sub(edx, ecx).unwrap();
        a.shl(rdx, 8).unwrap();
        a.or(rax, rdx).unwrap();
        a.mov(qword_ptr(0x7000), rax).unwrap();
        a.call(0x7000u64).unwrap();
        a.lea(rbx, ptr(rbx * 2 + rax)).unwrap();
        a.dec(ecx).unwrap();
        a.jne(again).unwrap();
        a.hlt().unwrap();
    }));
    rig.cpu.regs[3] = 0;
    rig.run();
    assert_eq!(rig.cpu.regs[3], 4, "1, then 2");
}

/// The same linear page leads elsewhere in SMM, without paging, and after INVLPG.
#[test]
fn a_known_page_is_forgotten_with_its_translation() {
    let mut rig = Rig::long(&assemble(|a| {
        let table = PT + 0x20 * 8;
        a.mov(byte_ptr(0x20000u64), 1).unwrap();
        a.mov(byte_ptr(0x20000u64), 2).unwrap();
        a.mov(dword_ptr(table), 0x21003).unwrap();
        a.mov(rax, 0x20000u64).unwrap();
        a.invlpg(ptr(rax)).unwrap();
        a.mov(byte_ptr(0x20000u64), 3).unwrap();
        a.movzx(eax, byte_ptr(0x20000u64)).unwrap();
        a.hlt().unwrap();
    }));
    rig.run();
    assert_eq!((rig.ram.get(0x20000, 1), rig.ram.get(0x21000, 1), rig.cpu.regs[0]), (2, 3, 3));
}
