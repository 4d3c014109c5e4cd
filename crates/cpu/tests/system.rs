//! System instructions that random comparison with QEMU leaves out (SDM vol. 2, each by its name).
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, GDT, Rig, STACK, TSS, assemble, assemble_32};
use cpu::{Activity, SaveStateMap, Segment};
use iced_x86::code_asm::*;

#[test]
fn lgdt_and_lidt_load_as_many_base_bits_as_the_mode_and_the_operand_size_say() {
    const IMAGE: u64 = 0x0000_1234_89ab_cdef;
    // rig, code at [RBX] or [BX], base
    let real = || Rig::real(SaveStateMap::Intel64);
    let rows: [(Rig, &[u8], u64); 6] = [
        (real(), &[0x0f, 0x01, 0x17], 0xab_cdef),
        (real(), &[0x66, 0x0f, 0x01, 0x17], 0x89ab_cdef),
        (Rig::protected(&[]), &[0x0f, 0x01, 0x13], 0x89ab_cdef),
        (Rig::protected(&[]), &[0x66, 0x0f, 0x01, 0x13], 0xab_cdef),
        (Rig::long(&[]), &[0x0f, 0x01, 0x13], IMAGE),
        (Rig::long(&[]), &[0x66, 0x0f, 0x01, 0x13], IMAGE),
    ];
    for (mut rig, code, base) in rows {
        rig.ram.put(0x5000, &[0x77, 0x01]);
        rig.ram.put(0x5002, &IMAGE.to_le_bytes());
        rig.cpu.regs[3] = 0x5000;
        let mut lidt = code.to_vec();
        *lidt.last_mut().unwrap() |= 8;
        rig.ram.put(CODE, &[&lidt[..], code].concat());
        rig.step().step();
        for table in [rig.cpu.gdtr, rig.cpu.idtr] {
            assert_eq!((table.limit, table.base), (0x177, base), "{code:x?}");
        }
    }
}

#[test]
fn ltr_loads_the_task_register_and_marks_the_descriptor_busy() {
    let available = 0x0000_8900_0000_0067 | TSS << 16;
    // descriptor, error code of #GP or #NP
    let rows = [(available, None), (available | 2 << 40, Some((13, 48))), (available & !(1 << 47), Some((11, 48)))];
    for (descriptor, fault) in rows {
        for wide in [false, true] {
            let code = [0x0f, 0x00, 0xd9, 0xf4]; // ltr cx; hlt
            let mut rig = if wide { Rig::long(&code) } else { Rig::protected(&code) };
            rig.cpu.gdtr.limit = 0xff;
            rig.cpu.tr = Segment::default();
            rig.cpu.regs[1] = 48;
            rig.ram.put(GDT + 48, &descriptor.to_le_bytes());
            rig.ram.put(GDT + 56, &if wide { 0x1234u64 } else { 0 }.to_le_bytes());
            rig.run();
            assert_eq!(rig.vector(), fault.map(|(vector, _)| vector), "{descriptor:x} {wide}");
            if let Some((_, error)) = fault {
                assert_eq!(rig.ram.get(rig.cpu.regs[4], 4), error);
                continue;
            }
            let base = TSS | if wide { 0x1234 << 32 } else { 0 };
            let tr = rig.cpu.tr;
            assert_eq!((tr.selector, tr.attr, tr.limit, tr.base), (48, 0x8b, 0x67, base));
            assert_eq!(rig.ram.get(GDT + 53, 1), 0x8b, "busy in memory, too");
        }
    }
}

/// As a reset vector does it: LGDT, CR0.PE, a far jump to 32-bit code; from there through memory to 64-bit code.
#[test]
fn real_mode_enters_protected_mode_as_firmware_does_it() {
    let mut rig = Rig::long(&[]);
    rig.cpu = Rig::real(SaveStateMap::Intel64).cpu;
    let mut a = CodeAssembler::new(16).unwrap();
    a.lgdt(fword_ptr(0x5000)).unwrap();
    a.mov(eax, cr0).unwrap();
    a.or(eax, 1).unwrap();
    a.mov(cr0, eax).unwrap();
    a.db(&[0x66, 0xea, 0x00, 0x70, 0, 0, 24, 0]).unwrap();
    rig.ram.put(CODE, &a.assemble(CODE).unwrap());
    let mut a = CodeAssembler::new(32).unwrap();
    a.mov(eax, 16).unwrap();
    a.mov(ds, eax).unwrap();
    a.mov(eax, 0x20).unwrap();
    a.mov(cr4, eax).unwrap();
    a.mov(eax, 0x10000).unwrap();
    a.mov(cr3, eax).unwrap();
    a.mov(ecx, 0xc000_0080u32).unwrap();
    a.mov(eax, 0x100).unwrap();
    a.xor(edx, edx).unwrap();
    a.wrmsr().unwrap();
    a.mov(eax, cr0).unwrap();
    a.or(eax, 0x8000_0000u32 as i32).unwrap();
    a.mov(cr0, eax).unwrap();
    a.db(&[0xff, 0x2d, 0x10, 0x50, 0, 0]).unwrap();
    rig.ram.put(0x7000, &a.assemble(0x7000).unwrap());
    rig.ram.put(0x8000, &[0x48, 0xff, 0xc3, 0xf4]); // inc rbx; hlt
    rig.ram.put(0x5000, &[0x1f, 0, 0x00, 0x30, 0, 0]);
    rig.ram.put(0x5010, &[0x00, 0x80, 0, 0, 8, 0]);
    rig.ram.put(GDT + 24, &0x00cf_9b00_0000_ffffu64.to_le_bytes());
    rig.cpu.regs[3] = u64::from(u32::MAX);
    rig.run();
    assert_eq!((rig.cpu.activity, rig.cpu.rip, rig.cpu.regs[3]), (Activity::Halted, 0x8004, 1 << 32));
    assert_eq!((rig.cpu.efer, rig.cpu.cr0 & 0x8000_0001), (0x500, 0x8000_0001));
}

#[test]
fn ports_move_as_many_bytes_as_the_operand_has() {
    let mut rig = Rig::long(&assemble(|a| {
        a.in_(al, dx).unwrap();
        a.out(dx, al).unwrap();
        a.in_(ax, dx).unwrap();
        a.out(dx, ax).unwrap();
        a.in_(eax, dx).unwrap();
        a.out(dx, eax).unwrap();
        a.insb().unwrap();
        a.mov(ecx, 3).unwrap();
        a.rep().insd().unwrap();
        a.hlt().unwrap();
    }));
    rig.ram.port_in = 0x8765_4321;
    (rig.cpu.regs[0], rig.cpu.regs[2], rig.cpu.regs[7]) = (u64::MAX, 0x80, 0x5000);
    rig.run();
    assert_eq!(rig.ram.ports, [(0x80, 0x21), (0x80, 0x4321), (0x80, 0x8765_4321)]);
    assert_eq!(rig.cpu.regs[0], 0x8765_4321, "IN EAX clears the upper half");
    assert_eq!((rig.cpu.regs[7], rig.cpu.regs[1]), (0x500d, 0));
    assert_eq!(rig.ram.get(0x5000, 8), 0x6543_2187_6543_2121);
}

/// vol. 3, "I/O Permission Bit Map".
#[test]
fn the_bit_map_opens_ports_one_by_one_to_ring_3() {
    // port, bytes, open
    for (port, code, open) in
        [(0x80, 0xec, true), (0x81, 0xec, false), (0x80, 0xed, false), (0x84, 0xed, true), (0x400, 0xec, false)]
    {
        let mut rig = Rig::protected(&[code, 0x90]).outer();
        rig.ram.put(TSS + 0x68, &[0xff; 0x40]);
        rig.ram.put(TSS + 0x68 + 0x10, &[0x0e, 0xff]);
        rig.cpu.tr.limit = 0x68 + 0x40;
        rig.cpu.regs[2] = port;
        rig.run_for(2);
        assert_eq!(rig.vector(), (!open).then_some(13), "{port:x} {code:x}");
    }
}

/// vol. 2, "POP": the stack pointer moves by the width that the old SS has.
#[test]
fn pop_ss_moves_the_stack_pointer_that_it_popped_by() {
    let mut rig = Rig::protected(&[0x17]);
    rig.cpu.seg[2].attr &= !Segment::DB;
    rig.cpu.regs[4] = 0x5_fffe;
    rig.ram.put(0xfffe, &[16, 0]);
    rig.step();
    assert_eq!((rig.cpu.regs[4], rig.cpu.seg[2].selector), (0x5_0002, 16));
}

/// vol. 2, "ENTER": it faults where a write to the new top of the stack would.
#[test]
fn enter_faults_when_the_frame_ends_in_a_page_that_is_not_there() {
    let mut rig = Rig::long(&assemble(|a| a.enter(0x1800, 0).unwrap()));
    rig.ram.put(common::PT + 7 * 8, &[0; 8]);
    rig.run();
    assert_eq!((rig.vector(), rig.cpu.cr2), (Some(14), STACK - 8 - 0x1800));
    assert_eq!(rig.ram.get(rig.cpu.regs[4] + 32, 8), STACK, "RSP in the frame");
}

/// Hints that were reserved when this processor's features were fixed do nothing, whatever became of them.
#[test]
fn reserved_hints_do_nothing() {
    // NOP r/m; RDSSPQ; CLDEMOTE; ENDBR64; 0F 19
    let codes: [&[u8]; 5] = [
        &[0x0f, 0x1f, 0x00],
        &[0xf3, 0x48, 0x0f, 0x1e, 0xc8],
        &[0x0f, 0x1c, 0x03],
        &[0xf3, 0x0f, 0x1e, 0xfa],
        &[0x0f, 0x19, 0xc0],
    ];
    for code in codes {
        let mut rig = Rig::long(&[code, &[0xf4]].concat());
        let before = rig.cpu.regs;
        rig.run();
        assert_eq!(
            (rig.cpu.activity, rig.cpu.rip, rig.cpu.regs),
            (Activity::Halted, CODE + code.len() as u64 + 1, before),
            "{code:x?}"
        );
    }
}

/// Where QEMU 7.2 departs: null selectors for SS, #SS for a stack that isn't present, CS with L and D.
#[test]
fn stacks_and_code_segments_that_qemu_would_take_are_refused() {
    type Build = fn(&mut CodeAssembler);
    // MOV SS with a null selector of another level; IRETQ with a null SS to 32-bit code, with an absent one
    let rows: [(Build, u64, u64); 4] = [
        (|a| a.mov(ss, ecx).unwrap(), 13, 0),
        (|a| frame(a, 0, 32), 13, 0),
        (|a| frame(a, 40, 8), 12, 40),
        (|a| frame(a, 16, 48), 13, 48),
    ];
    for (build, vector, error) in rows {
        let mut rig = Rig::long(&assemble(build));
        rig.cpu.gdtr.limit = 0xff;
        rig.ram.put(GDT + 32, &0x00cf_9b00_0000_ffffu64.to_le_bytes());
        rig.ram.put(GDT + 40, &0x00cf_1300_0000_ffffu64.to_le_bytes());
        rig.ram.put(GDT + 48, &0x00ef_9b00_0000_ffffu64.to_le_bytes());
        rig.cpu.regs[1] = 3;
        rig.run();
        assert_eq!((rig.vector(), rig.ram.get(rig.cpu.regs[4], 8)), (Some(vector), error));
    }
}

fn frame(a: &mut CodeAssembler, stack: i32, code: i32) {
    a.push(stack).unwrap();
    a.push(rsp).unwrap();
    a.pushfq().unwrap();
    a.push(code).unwrap();
    a.push(0x7000).unwrap();
    a.iretq().unwrap();
}

/// vol. 3, "Interrupt and Trap Gates": a 32-bit segment of ring 3 comes back with null data segments.
#[test]
fn a_return_to_ring_3_empties_the_segments_that_are_not_its_own() {
    let mut rig = Rig::protected(&assemble_32(|a| {
        a.push(35).unwrap();
        a.push(0x8000).unwrap();
        a.pushfd().unwrap();
        a.push(27).unwrap();
        a.push(0x7000).unwrap();
        a.iretd().unwrap();
    }));
    rig.cpu.seg[4] = Segment { selector: 35, attr: 0xc0f3, limit: u32::MAX, base: 0 };
    rig.ram.put(0x7000, &[0x8b, 0x03]); // mov eax, [ebx]
    (0..6).for_each(|_| {
        rig.step();
    });
    assert_eq!((rig.cpu.cpl, rig.cpu.seg[3].selector, rig.cpu.seg[4].selector), (3, 0, 35));
    rig.run();
    assert_eq!((rig.vector(), rig.ram.get(rig.cpu.regs[4], 4)), (Some(13), 0));
}
