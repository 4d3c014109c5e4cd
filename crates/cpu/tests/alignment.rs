//! Alignment checks (SDM vol. 3, "Interrupt 17—Alignment Check Exception (#AC)", with its table "Alignment Requirements
//! by Data Type").
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{GDT, IDT, Rig, TSS, assemble, assemble_32};
use iced_x86::code_asm::*;

const AM: u64 = 1 << 18;
const AC: u64 = 1 << 18;
const AC_VECTOR: u64 = 17;
/// HLT, which ends each trial at ring 3.
const GP: u64 = 13;
const DATA: u64 = 0x7000;

/// At ring 3, with everything that is needed for a check.
fn checked(code: &[u8]) -> Rig {
    let mut rig = Rig::protected(&[code, &[0xf4]].concat()).outer();
    rig.cpu.cr0 |= AM;
    rig.cpu.cr4 |= 0x600;
    rig.cpu.rflags |= AC;
    rig.cpu.fpu.initialise();
    rig.cpu.fpu.set_st(0, 0);
    rig.cpu.regs[3] = DATA;
    (rig.cpu.regs[6], rig.cpu.regs[7]) = (DATA, DATA + 0x100);
    rig
}

/// What an instruction with its operand at `DATA` and 0 to 15 bytes behind it raises.
fn refused(code: &[u8]) -> Vec<u64> {
    let raises = |by: &u64| {
        let mut rig = checked(code);
        rig.cpu.regs[3] += by;
        match rig.run().vector() {
            Some(AC_VECTOR) => {
                let frame = (rig.ram.get(rig.cpu.regs[4], 4), rig.ram.get(rig.cpu.regs[4] + 4, 4));
                assert_eq!(frame, (0, common::CODE), "error code 0, a fault");
                true
            }
            other => {
                assert_eq!(other, Some(GP), "{code:02x?}");
                false
            }
        }
    };
    (0..16).filter(raises).collect()
}

#[test]
fn each_type_of_data_has_its_alignment() {
    let rows: [(&str, u64, &[u8]); 23] = [
        ("byte", 1, &[0x8a, 0x03]),
        ("word", 2, &[0x66, 0x8b, 0x03]),
        ("word, stored", 2, &[0x66, 0x89, 0x03]),
        ("doubleword", 4, &[0x8b, 0x03]),
        ("doubleword, stored", 4, &[0x89, 0x03]),
        ("doubleword, modified", 4, &[0x01, 0x03]),
        ("word, zero-extended", 2, &[0x0f, 0xb7, 0x03]),
        ("single", 4, &[0xd9, 0x03]),
        ("double", 8, &[0xdd, 0x03]),
        ("double, stored", 8, &[0xdd, 0x1b]),
        ("double extended", 8, &[0xdb, 0x2b]),
        ("double extended, stored", 8, &[0xdb, 0x3b]),
        ("quadword", 8, &[0xdf, 0x2b]),
        ("quadword, compared and exchanged", 8, &[0x0f, 0xc7, 0x0b]),
        ("scalar double", 8, &[0xf2, 0x0f, 0x10, 0x03]),
        // Aligned to 8 bytes it may pass (SDM vol. 2, MOVUPS).
        ("double quadword", 8, &[0x0f, 0x10, 0x03]),
        ("segment selector", 2, &[0x8e, 0x03]),
        ("32-bit far pointer", 2, &[0x66, 0xc4, 0x03]),
        ("48-bit far pointer", 4, &[0xc4, 0x03]),
        ("FSTENV, 32 bits", 4, &[0xd9, 0x33]),
        ("FSTENV, 16 bits", 2, &[0x66, 0xd9, 0x33]),
        ("FSAVE, 32 bits", 4, &[0xdd, 0x33]),
        ("bit string", 4, &[0x0f, 0xab, 0x03]),
    ];
    for (name, alignment, code) in rows {
        let expected: Vec<u64> = (0..16).filter(|by| by % alignment != 0).collect();
        assert_eq!(refused(code), expected, "{name}");
    }
    // FRSTOR of what FSAVE may write.
    let expected: Vec<u64> = (0..16).filter(|by| by % 4 != 0).collect();
    assert_eq!(refused(&[0xdd, 0x23]), expected);
}

/// SDM vol. 3, "Memory-Management Registers": a pseudo-descriptor goes to an odd word, so that both its parts are aligned.
#[test]
fn a_pseudo_descriptor_is_stored_in_two_parts() {
    let expected: Vec<u64> = (0..16).filter(|by| by % 4 != 2).collect();
    assert_eq!(refused(&[0x0f, 0x01, 0x03]), expected);
}

#[test]
fn only_ring_3_is_checked_and_only_if_am_and_ac_say_so() {
    let load = [0x8b, 0x43, 0x01];
    assert_eq!(checked(&load).run().vector(), Some(AC_VECTOR));
    let mut off = checked(&load);
    off.cpu.cr0 &= !AM;
    assert_eq!(off.run().vector(), Some(GP));
    let mut off = checked(&load);
    off.cpu.rflags &= !AC;
    assert_eq!(off.run().vector(), Some(GP));
    let mut inner = Rig::protected(&[0x8b, 0x43, 0x01, 0xf4]);
    inner.cpu.cr0 |= AM;
    inner.cpu.rflags |= AC;
    assert_eq!(inner.run().vector(), None);
    assert_eq!(inner.cpu.rip, common::CODE + 4);
}

/// The page is known and the code decoded when AC comes.
#[test]
fn popf_turns_the_check_on_for_what_runs_fast() {
    let code = assemble_32(|a| {
        let mut again = a.create_label();
        a.mov(ecx, 20).unwrap();
        a.set_label(&mut again).unwrap();
        a.mov(eax, dword_ptr(ebx + 1)).unwrap();
        a.mov(dword_ptr(ebx + 5), eax).unwrap();
        a.dec(ecx).unwrap();
        a.jnz(again).unwrap();
        a.pushfd().unwrap();
        a.or(dword_ptr(esp), AC as i32).unwrap();
        a.popfd().unwrap();
        a.mov(ecx, 20).unwrap();
        a.jmp(again).unwrap();
    });
    let mut rig = checked(&code);
    rig.cpu.rflags &= !AC;
    assert_eq!(rig.run().vector(), Some(AC_VECTOR));
    assert_eq!((rig.cpu.regs[1], rig.ram.get(rig.cpu.regs[4] + 4, 4)), (20, common::CODE + 5));
}

#[test]
fn stacks_and_strings_are_checked() {
    // PUSH EAX; CALL; REP MOVSD
    for code in [&[0x50][..], &[0xe8, 0, 0, 0, 0], &[0xf3, 0xa5]] {
        let mut rig = checked(code);
        rig.cpu.regs[1] = 8;
        assert_eq!(rig.run().vector(), Some(GP));
        let mut rig = checked(code);
        rig.cpu.regs[1] = 8;
        rig.cpu.regs[4] += 2;
        rig.cpu.regs[7] += 2;
        assert_eq!(rig.run().vector(), Some(AC_VECTOR), "{code:02x?}");
        assert_eq!(rig.cpu.regs[1], 8, "nothing was moved");
    }
    // INSD
    let mut rig = checked(&[0x6d]);
    rig.cpu.rflags |= 0x3000;
    rig.cpu.regs[7] += 2;
    assert_eq!(rig.run().vector(), Some(AC_VECTOR));
}

/// What the processor reads for itself may lie anywhere.
#[test]
fn descriptor_tables_and_the_task_state_are_not_checked() {
    // MOV DS, AX; UD2
    let mut rig = checked(&[0x8e, 0xd8, 0x0f, 0x0b]);
    rig.cpu.regs[0] = 32 | 3;
    for (from, to, len) in [(GDT, 0xa001, 0x100), (IDT, 0xb001, 0x100), (TSS, 0xc001, 0x68)] {
        let bytes = rig.ram.bytes[from as usize..from as usize + len].to_vec();
        rig.ram.put(to, &bytes);
    }
    (rig.cpu.gdtr.base, rig.cpu.idtr.base, rig.cpu.tr.base) = (0xa001, 0xb001, 0xc001);
    assert_eq!(rig.run().vector(), Some(6));
}

/// SDM vol. 3, "Priority Among Concurrent Events": a data page fault comes before an alignment check.
#[test]
fn a_page_fault_comes_first() {
    let code = assemble(|a| a.mov(eax, dword_ptr(rbx)).unwrap());
    for (at, vector) in [(DATA + 1, AC_VECTOR), (DATA + 0xffd, 14), (0x30_0001, 14)] {
        let mut rig = Rig::long(&code);
        // Page 8 isn't there; the stack of ring 0 is in page 9.
        rig.ram.put(TSS + 4, &0x9f00u64.to_le_bytes());
        rig.ram.put(common::PT + 8 * 8, &0u64.to_le_bytes());
        rig.cpu.tr = cpu::Segment { selector: 40, attr: 0x8b, limit: 0x67, base: TSS };
        (rig.cpu.cpl, rig.cpu.seg[1].attr, rig.cpu.seg[1].selector) = (3, 0xa0fb, 11);
        rig.cpu.cr0 |= AM;
        rig.cpu.rflags |= AC;
        rig.cpu.regs[3] = at;
        assert_eq!(rig.run().vector(), Some(vector), "{at:#x}");
    }
}
