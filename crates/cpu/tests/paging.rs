//! Paging in its three forms (SDM vol. 3, "Paging"): sizes of pages, reserved bits, accessed and dirty
//! bits, and what each refusal's error code says.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{Rig, assemble};
use iced_x86::code_asm::*;

const PML4: u64 = 0x10000;
const PDPT: u64 = 0x11000;
const PD: u64 = 0x12000;
const PT: u64 = 0x13000;
/// Linear address under test, in the second GiB: entries of its own at the three upper levels.
const LINEAR: u64 = 0x4000_0000;
const PD2: u64 = 0x20000;
const PT2: u64 = 0x21000;
const DATA: u64 = 0x30_0000;

const PRESENT: u32 = 1;
const WRITE: u32 = 2;
const RESERVED: u32 = 8;

fn reading() -> Vec<u8> {
    assemble(|a| {
        a.mov(rbx, LINEAR).unwrap();
        a.mov(rax, qword_ptr(rbx)).unwrap();
        a.hlt().unwrap();
    })
}

fn entry(rig: &mut Rig, at: u64, value: u64) {
    rig.ram.put(at, &value.to_le_bytes());
}

/// 4-level paging: LINEAR leads to DATA over PDPT[1], PD2[0], PT2[0].
fn long() -> Rig {
    let mut rig = Rig::long(&reading());
    entry(&mut rig, PDPT + 8, PD2 | 7);
    entry(&mut rig, PD2, PT2 | 7);
    entry(&mut rig, PT2, DATA | 7);
    rig.ram.put(DATA, &0x1122_3344_5566_7788u64.to_le_bytes());
    rig
}

/// The error code of the page fault that the run ended in.
fn fault(rig: &mut Rig) -> Option<u32> {
    rig.run();
    (rig.vector() == Some(14)).then(|| rig.ram.get(rig.cpu.regs[4], 4) as u32)
}

#[test]
fn pages_of_all_three_sizes_lead_to_their_data() {
    let mut small = long();
    assert_eq!(fault(&mut small), None);
    assert_eq!(small.cpu.regs[0], 0x1122_3344_5566_7788);
    // Accessed bits at every level, dirty nowhere.
    for at in [PDPT + 8, PD2, PT2] {
        assert_eq!(small.ram.get(at, 8) & 0x60, 0x20, "{at:x}");
    }
    let mut middle = long();
    entry(&mut middle, PD2, 0x20_0087);
    middle.ram.put(0x20_0000, &[7]);
    assert_eq!(fault(&mut middle), None);
    assert_eq!(middle.cpu.regs[0], 7);
    let mut large = long();
    entry(&mut large, PDPT + 8, 0x87);
    large.ram.put(0, &[9, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(fault(&mut large), None);
    assert_eq!(large.cpu.regs[0], 9);
}

#[test]
fn a_reserved_bit_at_any_level_is_told_as_such() {
    // place of the entry, its value, the bit
    let rows = [
        (PT2, DATA | 7, 40),
        (PT2, DATA | 7, 51),
        (PD2, PT2 | 7, 45),
        (PDPT + 8, PD2 | 7, 40),
        // large pages: the address must be aligned
        (PD2, 0x20_0087, 13),
        (PD2, 0x20_0087, 20),
        (PDPT + 8, 0x87, 29),
        // NX without EFER.NXE
        (PT2, DATA | 7, 63),
    ];
    for (at, value, bit) in rows {
        let mut rig = long();
        entry(&mut rig, at, value | 1 << bit);
        if bit == 63 {
            rig.cpu.efer &= !0x800;
        }
        assert_eq!(fault(&mut rig), Some(PRESENT | RESERVED), "entry at {at:x}, bit {bit}");
        assert_eq!(rig.cpu.cr2, LINEAR);
    }
    // PS at the top level
    let mut rig = long();
    entry(&mut rig, PML4, PDPT | 0x87);
    rig.run();
    assert!(rig.ram.shutdown().is_some(), "not even the handler can be fetched");
}

#[test]
fn bits_that_are_software_s_own_are_ignored() {
    for bit in [9, 10, 11, 52, 62] {
        let mut rig = long();
        entry(&mut rig, PT2, DATA | 7 | 1 << bit);
        assert_eq!(fault(&mut rig), None, "bit {bit}");
    }
}

#[test]
fn write_protection_holds_for_the_supervisor_when_wp_says_so() {
    let writing = assemble(|a| {
        a.mov(rbx, LINEAR).unwrap();
        a.mov(byte_ptr(rbx), 1).unwrap();
        a.hlt().unwrap();
    });
    for (wp, at) in [(true, PT2), (true, PD2), (true, PDPT + 8), (false, PT2)] {
        let mut rig = long();
        rig.ram.put(common::CODE, &writing);
        rig.cpu.cr0 = rig.cpu.cr0 & !0x10000 | if wp { 0x10000 } else { 0 };
        let read_only = rig.ram.get(at, 8) & !2;
        entry(&mut rig, at, read_only);
        assert_eq!(fault(&mut rig), wp.then_some(PRESENT | WRITE), "WP {wp}, entry at {at:x}");
        // Dirty only where the write went through.
        assert_eq!(rig.ram.get(PT2, 8) & 0x40 != 0, !wp);
    }
}

/// 32-bit code at CODE, flat segments, protected mode; the caller sets the tables.
fn protected(features: u64) -> Rig {
    let mut rig = Rig::real(cpu::SaveStateMap::Intel64);
    let mut a = CodeAssembler::new(32).unwrap();
    a.mov(eax, dword_ptr(LINEAR)).unwrap();
    a.hlt().unwrap();
    rig.ram.put(common::CODE, &a.assemble(common::CODE).unwrap());
    let flat = |selector, attr| cpu::Segment { selector, attr, limit: u32::MAX, base: 0 };
    rig.cpu.seg = [flat(16, 0xc093); 6];
    rig.cpu.seg[1] = flat(8, 0xc09b);
    (rig.cpu.cr0, rig.cpu.cr4, rig.cpu.cr3) = (0x8001_0011, features, PML4);
    rig.ram.put(DATA, &[0x2a, 0, 0, 0]);
    rig
}

#[test]
fn legacy_paging_has_pages_of_4_kib_and_4_mib() {
    let mut rig = protected(0x10);
    let word = |rig: &mut Rig, at: u64, value: u32| rig.ram.put(at, &value.to_le_bytes());
    word(&mut rig, PML4, 0x83);
    word(&mut rig, PML4 + 256 * 4, PT as u32 | 3);
    word(&mut rig, PT, DATA as u32 | 3);
    rig.run();
    assert_eq!(rig.cpu.regs[0], 0x2a);
    assert_eq!(rig.ram.get(PT, 4) & 0x60, 0x20);
    // Without CR4.PSE the bit means nothing: the first entry leads to a table at 0.
    let mut rig = protected(0);
    word(&mut rig, PML4, 0x83);
    rig.run();
    assert!(rig.ram.shutdown().is_some());
    // No PSE-36: address bits above 31 are reserved.
    let mut rig = protected(0x10);
    word(&mut rig, PML4, 0x83);
    word(&mut rig, PML4 + 256 * 4, 0x2083);
    rig.run();
    assert_eq!(rig.cpu.cr2, LINEAR);
}

#[test]
fn pae_paging_has_three_levels_and_reserves_what_software_has_in_long_mode() {
    for (bit, faults) in [(9, false), (52, true), (62, true), (40, true)] {
        let mut rig = protected(0x20);
        entry(&mut rig, PML4, PD | 1);
        entry(&mut rig, PD, 0x83);
        entry(&mut rig, PML4 + 8, PD2 | 1);
        entry(&mut rig, PD2, PT2 | 3);
        entry(&mut rig, PT2, DATA | 3 | 1 << bit);
        rig.cpu.pdptes = [PD | 1, PD2 | 1, 0, 0];
        rig.run();
        assert_eq!(rig.cpu.regs[0] == 0x2a, !faults, "bit {bit}");
        assert_eq!(rig.cpu.cr2 == LINEAR, faults, "bit {bit}");
    }
}

/// PAE paging whose entry for the second GiB is `second`, with the IDT of [`Rig::protected`] and the first GiB where it is.
fn pae(second: u64, paging: bool, code: &[u8]) -> Rig {
    let mut rig = Rig::protected(code);
    for (at, value) in [(PML4, PD | 1), (PML4 + 8, second), (PD, 0x83), (PD2, PT2 | 3), (PT2, DATA | 3)] {
        entry(&mut rig, at, value);
    }
    rig.ram.put(DATA, &[0x2a, 0, 0, 0]);
    (rig.cpu.cr3, rig.cpu.cr4) = (PML4, 0x20);
    rig.cpu.cr0 |= if paging { 0x8000_0000 } else { 0 };
    rig.cpu.pdptes = [PD | 1, 0, 0, 0];
    rig
}

/// SDM vol. 3, "PDPTE Registers": loaded by MOV to CR3, and by MOV to CR0 and CR4 when certain bits change.
#[test]
fn pdptes_are_kept_in_registers_until_a_control_register_loads_them() {
    let code = common::assemble_32(|a| {
        a.mov(cr3, ebx).unwrap();
        a.mov(dword_ptr(PML4 + 8), 0).unwrap();
        a.invlpg(ptr(LINEAR)).unwrap();
        a.mov(eax, dword_ptr(LINEAR)).unwrap();
        a.mov(cr3, ebx).unwrap();
        a.mov(ecx, dword_ptr(LINEAR)).unwrap();
    });
    let mut rig = pae(PD2 | 1, true, &code);
    rig.cpu.regs[3] = PML4;
    assert_eq!(rig.run().vector(), Some(14));
    assert_eq!((rig.cpu.regs[0], rig.cpu.cr2), (0x2a, LINEAR));
}

#[test]
fn a_reserved_bit_of_a_present_pdpte_is_a_protection_fault_of_the_move() {
    // MOV CR3, EBX; MOV CR0, EBX; MOV CR4, EBX; PG, PGE and CD change.
    let moves: [(&[u8], u64, bool); 4] = [
        (&[0x0f, 0x22, 0xdb], PML4, true),
        (&[0x0f, 0x22, 0xc3], 0x8000_0011, false),
        (&[0x0f, 0x22, 0xe3], 0xa0, true),
        (&[0x0f, 0x22, 0xc3], 0xc000_0011, true),
    ];
    let reserved = [1, 2, 5, 6, 7, 8, 40, 52, 63].map(|bit| (PD2 | 1 | 1 << bit, true));
    // Present, with software's bits and the caches'; not present, with whatever.
    let good = [(PD2 | 0xe19, false), (!1, false)];
    for (code, value, paging) in moves {
        for (second, refused) in reserved.into_iter().chain(good) {
            let mut rig = pae(second, paging, &[code, &[0xf4]].concat());
            rig.cpu.regs[3] = value;
            let before = (rig.cpu.cr0, rig.cpu.cr4);
            assert_eq!(rig.run().vector(), refused.then_some(13), "{code:02x?}, {second:x}");
            assert_eq!(rig.cpu.pdptes[1], if refused { 0 } else { second });
            assert!(!refused || before == (rig.cpu.cr0, rig.cpu.cr4));
        }
    }
    // WP isn't one of the bits that load them, and without PAE there are none.
    let mut rig = pae(PD2 | 3, true, &[0x0f, 0x22, 0xc3, 0xf4]);
    rig.cpu.regs[3] = 0x8001_0011;
    assert_eq!(rig.run().vector(), None);
    let mut rig = pae(PD2 | 3, false, &[0x0f, 0x22, 0xdb, 0xf4]);
    rig.cpu.regs[3] = PML4;
    assert_eq!(rig.run().vector(), None);
}

/// What the SDM leaves open: RSM loads them from memory, and shuts down where it can't.
#[test]
fn rsm_loads_the_pdptes_again() {
    for (second, why) in [(PD2 | 1, None), (PD2 | 3, Some("RSM: reserved bit set in a PDPTE"))] {
        let mut rig = pae(second, true, &[0x90]);
        rig.ram.put(0x38000, &[0x0f, 0xaa]);
        rig.smi().step();
        rig.step();
        assert_eq!(rig.ram.shutdown(), why);
        assert_eq!(rig.cpu.pdptes[1], if why.is_none() { second } else { 0 });
    }
}
