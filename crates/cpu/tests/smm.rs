//! SMM: SMI then RSM is the identity, edits count exactly, illegal images shut down.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{Random, Rig, assemble};
use cpu::{Activity, Cpu, SaveStateMap, Slot};
use trace::{CpuReg, Kind, SaveField};

const MAPS: [SaveStateMap; 3] = [SaveStateMap::Intel64, SaveStateMap::Amd64, SaveStateMap::Qemu];
const RSM: [u8; 2] = [0x0f, 0xaa];
/// SMBASE of the tests: inside the test RAM.
const SMBASE: u32 = 0x30000;
const SAVE: u64 = SMBASE as u64 + 0x8000;

/// All architectural state as text, but for the counter that every SMI moves.
fn state(cpu: &Cpu) -> String {
    let mut cpu = cpu.clone();
    cpu.smi_count = 0;
    cpu.attend = false;
    cpu.last_io = None;
    format!("{cpu:#x?}")
}

fn random_state(rig: &mut Rig, random: &mut Random) {
    let cpu = &mut rig.cpu;
    cpu.regs.iter_mut().for_each(|r| *r = random.next());
    cpu.rip = 0x1000;
    cpu.rflags = 2 | random.next() & 0x0cd5;
    cpu.dr[6] = 0xffff_0ff0 | random.next() & 0xf;
    // The QEMU flavour of the map keeps 32 bits of it, like every real one.
    cpu.dr[7] = 0x400 | random.next() & 0x3ff;
    cpu.cr2 = random.next();
    for table in [&mut cpu.gdtr, &mut cpu.idtr] {
        table.limit = random.next() as u16;
    }
    cpu.ldtr.base = random.next() & 0x7fff_ffff_ffff;
    cpu.seg[4].base = random.next() & 0x7fff_ffff_ffff;
}

fn rig(long: bool, map: SaveStateMap) -> Rig {
    let mut rig = if long { Rig::long(&[0x90]) } else { Rig::real(map) };
    rig.cpu.map = map;
    // The Intel 64 map has no slot for the LDTR's hidden base beyond the architectural one.
    rig.ram.put(SAVE, &RSM);
    rig
}

fn slot(map: SaveStateMap, field: SaveField) -> Slot {
    *map.slots().iter().find(|s| s.field == field).unwrap()
}

#[test]
fn smi_then_rsm_is_the_identity_in_every_mode_and_map() {
    let mut random = Random(0x5eed);
    for round in 0..600 {
        let mut rig = rig(round % 2 == 0, MAPS[round % 3]);
        random_state(&mut rig, &mut random);
        let before = state(&rig.cpu);
        rig.smi().step();
        assert!(rig.cpu.smm);
        rig.step();
        assert_eq!(state(&rig.cpu), before, "round {round}, {:?}", rig.cpu.map);
    }
}

/// The modes that a processor may be interrupted in: CR0, CR4, EFER and attributes of CS.
const MODES: [(u64, u64, u64, u16); 8] = [
    (0x10, 0, 0, 0x9b),                  // real
    (0x11, 0, 0, 0x9b),                  // 16-bit protected
    (0x11, 0, 0, 0xc09b),                // 32-bit protected, no paging
    (0x8001_0011, 0x10, 0, 0xc09b),      // 32-bit paging
    (0x8001_0011, 0x20, 0x800, 0xc09b),  // PAE
    (0x8001_0033, 0x6a8, 0x500, 0xc09b), // compatibility, 32-bit
    (0x8001_0031, 0x20, 0xd00, 0x9b),    // compatibility, 16-bit
    (0xe000_0011, 0x7f8, 0xd00, 0xa09b), // 64-bit, caches off
];

/// Any state that software can bring a processor into, as far as `state` shows it: all of it, but for what
/// must agree.
fn any_state(cpu: &mut Cpu, random: &mut Random) {
    let (cr0, cr4, efer, cs) = MODES[random.next() as usize % MODES.len()];
    let low = |random: &mut Random| random.next() & 0xffff_ffff;
    cpu.regs.iter_mut().for_each(|r| *r = random.next());
    (cpu.cr0, cpu.cr2, cpu.cr3, cpu.cr4, cpu.efer) = (cr0, random.next(), low(random) & !0xfff, cr4, efer);
    if cr4 == 0x20 && efer & 0x400 == 0 {
        // RSM loads PAE paging's four entries: from where there is nothing.
        cpu.cr3 = 0;
    }
    cpu.rip = low(random);
    cpu.rflags = 2 | random.next() & 0x0025_7fd5;
    let level = if cr0 & 1 != 0 { random.next() >> 62 } else { 0 } as u16;
    for n in 0..8 {
        let s = match n {
            6 => &mut cpu.ldtr,
            7 => &mut cpu.tr,
            n => &mut cpu.seg[n],
        };
        *s = cpu::Segment {
            selector: random.next() as u16,
            attr: random.next() as u16 & 0xf0ff,
            limit: random.next() as u32,
            base: random.next() & 0x7fff_ffff_ffff,
        };
    }
    cpu.seg[1].attr = cs | level << 5;
    // The privilege level is the stack segment's.
    cpu.seg[2].attr = 0xc093 | level << 5;
    cpu.cpl = level as u8;
    for table in [&mut cpu.gdtr, &mut cpu.idtr] {
        (table.base, table.limit) = (random.next() & 0x7fff_ffff_ffff, random.next() as u16);
    }
    cpu.dr[..4].iter_mut().for_each(|r| *r = random.next());
    (cpu.dr[6], cpu.dr[7]) = (0xffff_0ff0 | low(random) & 0xe00f, 0x400 | low(random) & 0xffff_2bff);
    cpu.fpu.xmm.iter_mut().for_each(|x| *x = u128::from(random.next()) << 64 | u128::from(random.next()));
    cpu.fpu.registers.iter_mut().for_each(|x| *x = u128::from(random.next()));
    (cpu.fpu.mxcsr, cpu.fpu.control) = (low(random) as u32 & 0xffff, random.next() as u16);
    cpu.lapic.set_task_priority(random.next() >> 60);
    let coin = |random: &mut Random| random.next() >> 63 != 0;
    (cpu.pending.nmi, cpu.nmi_blocked) = (coin(random), coin(random));
    (cpu.pending.intr, cpu.pending.init) = (coin(random), false);
    cpu.debug_traps = if coin(random) { 1 << 14 | random.next() >> 60 } else { 0 };
    if coin(random) {
        cpu.activity = Activity::Halted;
    }
}

#[test]
fn smi_then_rsm_is_the_identity_on_any_state_in_every_mode_with_events_pending() {
    let mut random = Random(0x1d);
    let mut halted = 0;
    for round in 0..3000 {
        let map = MAPS[round % 3];
        let mut rig = rig(false, map);
        any_state(&mut rig.cpu, &mut random);
        // QEMU's map has no auto-HALT: such a processor goes on behind its HLT.
        if map == SaveStateMap::Qemu {
            rig.cpu.activity = Activity::Running;
        }
        halted += u32::from(rig.cpu.activity == Activity::Halted);
        rig.ram.signals.intr = rig.cpu.pending.intr;
        let before = state(&rig.cpu);
        rig.smi().step();
        assert!(rig.cpu.smm, "round {round}");
        rig.ram.signals.intr = rig.cpu.pending.intr;
        rig.step();
        let mut after = rig.cpu.clone();
        after.nmi_blocked_before_smm = false;
        assert_eq!(state(&after), before, "round {round}, {map:?}");
    }
    assert!(halted > 500);
}

#[test]
fn an_edited_general_register_comes_back_edited_and_nothing_else_changes() {
    use SaveField::*;
    let general = [Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15];
    for map in MAPS {
        for (n, field) in general.into_iter().enumerate() {
            let mut rig = rig(true, map);
            random_state(&mut rig, &mut Random(7 + n as u64));
            let mut expected = rig.cpu.clone();
            expected.regs[n] = 0x1122_3344_5566_7788;
            rig.smi().step();
            rig.ram.put(SAVE + u64::from(slot(map, field).offset), &0x1122_3344_5566_7788u64.to_le_bytes());
            rig.step();
            assert_eq!(state(&rig.cpu), state(&expected), "{map:?} {field:?}");
        }
    }
}

/// Every slot that only holds data, its bits turned over: after RSM exactly the slots edited differ
/// from what another SMI saves.
#[test]
fn an_edited_slot_comes_back_edited_and_no_other_changes() {
    use SaveField::*;
    // These steer the resumption, describe the entry, or aren't free to take any value.
    let held = [
        Cr0, Cr3, Cr4, Efer, Rflags, Rip, Dr6, Dr7, IoState, IoMemAddr, IoRip, IoRcx, IoRsi, IoRdi, AutoHalt,
        IoRestart, Revision, Smbase, Cs, CsAttr, CsBase, CsLimit, Ss, SsAttr,
    ];
    for map in MAPS {
        for edited in map.slots().iter().filter(|s| !held.contains(&s.field)) {
            let mut rig = rig(false, map);
            random_state(&mut rig, &mut Random(u64::from(edited.offset)));
            rig.ram.put(0x1000, &[0x90; 16]);
            rig.smi().step();
            let read = |rig: &Rig, s: &Slot| rig.ram.get(SAVE + u64::from(s.offset), s.size.into());
            let before: Vec<u64> = map.slots().iter().map(|s| read(&rig, s)).collect();
            let turned = !read(&rig, edited);
            rig.ram.put(SAVE + u64::from(edited.offset), &turned.to_le_bytes()[..edited.size.into()]);
            rig.step();
            assert!(!rig.cpu.smm, "{map:?} {:?}", edited.field);
            rig.smi().step();
            for (s, old) in map.slots().iter().zip(before) {
                // A selector's slot is wider than a selector in the Intel map; so are attributes.
                let part = u64::MAX >> (64 - 8 * u32::from(s.size).min(if narrow(s.field) { 2 } else { 8 }));
                let expected = if s.field == edited.field { turned & part } else { old };
                assert_eq!(read(&rig, s) & part, expected & part, "{map:?}: {:?} after {:?}", s.field, edited.field);
            }
        }
    }
}

/// The same for many slots at once, and any values.
#[test]
fn edited_slots_come_back_edited_and_no_others_change() {
    use SaveField::*;
    let held = [
        Cr0, Cr3, Cr4, Efer, Rflags, Rip, Dr6, Dr7, IoState, IoMemAddr, IoRip, IoRcx, IoRsi, IoRdi, AutoHalt,
        IoRestart, Revision, Smbase, Cs, CsAttr, CsBase, CsLimit, Ss, SsAttr,
    ];
    let mut random = Random(0xed17);
    for round in 0..600 {
        let map = MAPS[round % 3];
        let mut rig = rig(false, map);
        random_state(&mut rig, &mut random);
        rig.ram.put(0x1000, &[0x90; 16]);
        rig.smi().step();
        let read = |rig: &Rig, s: &Slot| rig.ram.get(SAVE + u64::from(s.offset), s.size.into());
        let mut expected: Vec<u64> = map.slots().iter().map(|s| read(&rig, s)).collect();
        for (s, value) in map.slots().iter().zip(&mut expected) {
            if !held.contains(&s.field) && random.next() >> 62 == 0 {
                *value = random.next() & u64::MAX >> (64 - 8 * u32::from(s.size));
                rig.ram.put(SAVE + u64::from(s.offset), &value.to_le_bytes()[..s.size.into()]);
            }
        }
        rig.step();
        assert!(!rig.cpu.smm);
        rig.smi().step();
        for (s, value) in map.slots().iter().zip(expected) {
            let part = u64::MAX >> (64 - 8 * u32::from(s.size).min(if narrow(s.field) { 2 } else { 8 }));
            assert_eq!(read(&rig, s) & part, value & part, "round {round}, {map:?}: {:?}", s.field);
        }
    }
}

/// Fields that hold 16 bits whatever their slot's width.
fn narrow(field: SaveField) -> bool {
    use SaveField::*;
    matches!(
        field,
        Es | Cs
            | Ss
            | Ds
            | Fs
            | Gs
            | Ldtr
            | Tr
            | EsAttr
            | CsAttr
            | SsAttr
            | DsAttr
            | FsAttr
            | GsAttr
            | LdtrAttr
            | TrAttr
            | GdtrLimit
            | IdtrLimit
    )
}

#[test]
fn smm_saves_neither_cr2_nor_the_breakpoint_addresses() {
    let mut rig = rig(true, SaveStateMap::Intel64);
    rig.smi().step();
    rig.cpu.cr2 = 0x1234;
    rig.cpu.dr[..4].copy_from_slice(&[1, 2, 3, 4]);
    rig.step();
    assert!(!rig.cpu.smm);
    assert_eq!((rig.cpu.cr2, &rig.cpu.dr[..4]), (0x1234, &[1, 2, 3, 4][..]));
}

#[test]
fn the_entry_state_is_what_the_sdm_prescribes() {
    let mut rig = rig(true, SaveStateMap::Intel64);
    rig.cpu.rflags = 0x246;
    rig.smi().step();
    let cpu = &rig.cpu;
    assert_eq!((cpu.seg[1].selector, cpu.seg[1].base, cpu.rip), (0x3000, 0x30000, 0x8000));
    assert_eq!((cpu.seg[1].limit, cpu.mode()), (u32::MAX, trace::Mode::Bits16));
    for seg in [0, 2, 3, 4, 5] {
        assert_eq!((cpu.seg[seg].selector, cpu.seg[seg].base, cpu.seg[seg].limit), (0, 0, u32::MAX));
    }
    assert_eq!((cpu.cr0 & 0x8000_000d, cpu.cr4, cpu.efer, cpu.rflags, cpu.dr[7]), (0, 0, 0, 2, 0x400));
    assert!(cpu.nmi_blocked);
}

#[test]
fn an_smi_in_smm_is_latched_once_and_taken_right_after_rsm() {
    let mut rig = rig(true, SaveStateMap::Intel64);
    rig.ram.put(SAVE, &[0x90, 0x90, 0x0f, 0xaa]);
    rig.smi().step();
    rig.smi().step();
    rig.smi().step();
    rig.step();
    assert!(!rig.cpu.smm, "RSM ran");
    rig.step();
    assert!(rig.cpu.smm, "before any instruction of the interrupted code");
    assert_eq!(rig.cpu.smi_count, 2);
    for _ in 0..4 {
        rig.step();
    }
    assert_eq!(rig.cpu.smi_count, 2, "further ones had merged");
    assert_eq!(rig.ram.kinds().filter(|k| **k == Kind::SmiLatched).count(), 1);
}

#[test]
fn an_nmi_in_smm_waits_for_rsm() {
    let mut rig = rig(true, SaveStateMap::Intel64);
    rig.ram.put(SAVE, &[0x90, 0x0f, 0xaa]);
    rig.smi().step();
    rig.ram.signals.nmi = true;
    rig.step();
    assert!(rig.cpu.smm && rig.cpu.pending.nmi);
    rig.step();
    rig.run();
    assert_eq!(rig.vector(), Some(2));
}

#[test]
fn rsm_outside_smm_is_an_undefined_opcode() {
    let mut rig = Rig::long(&RSM);
    rig.run();
    assert_eq!(rig.vector(), Some(6));
    assert!(rig.ram.kinds().any(|k| *k == Kind::RsmOutsideSmm));
}

#[test]
fn images_that_the_manual_forbids_shut_the_processor_down() {
    use SaveField::*;
    let rows: [(SaveField, u64); 9] = [
        (Cr4, 1 << 31 | 0x20),
        (Cr4, 1 << 13 | 0x20),
        (Cr4, 1 << 17 | 0x20),
        (Cr0, 0x8000_0000),
        (Cr0, 0xa000_0011),
        (Efer, 0xd00 | 1 << 30),
        (Efer, 0x900),
        (Efer, 0x400),
        (CsAttr, 0xe09b),
    ];
    for (field, value) in rows {
        let mut rig = rig(true, SaveStateMap::Intel64);
        rig.smi().step();
        let slot = slot(SaveStateMap::Intel64, field);
        let at = SAVE + u64::from(slot.offset);
        rig.ram.put(at, &value.to_le_bytes()[..slot.size.into()]);
        rig.step();
        assert_eq!(rig.cpu.activity, Activity::Shutdown, "{field:?} = {value:x}");
        assert!(rig.ram.shutdown().unwrap().starts_with("RSM"));
    }
}

#[test]
fn a_halted_processor_halts_again_unless_the_handler_clears_auto_halt() {
    for map in [SaveStateMap::Intel64, SaveStateMap::Amd64] {
        for clear in [false, true] {
            let mut rig = rig(true, map);
            rig.ram.put(common::CODE, &[0xf4, 0x90, 0xf4]);
            rig.step();
            assert_eq!(rig.cpu.activity, Activity::Halted);
            assert!(rig.ram.kinds().any(|k| *k == Kind::Halt));
            rig.smi().step();
            assert!(rig.ram.kinds().any(|k| *k == Kind::Wake { by: trace::WakeReason::Smi }));
            let slot = slot(map, SaveField::AutoHalt);
            let at = SAVE + u64::from(slot.offset);
            assert_eq!(rig.ram.get(at, slot.size.into()), 1, "{map:?}");
            if clear {
                rig.ram.put(at, &[0]);
            }
            rig.step();
            let expected = if clear { Activity::Running } else { Activity::Halted };
            assert_eq!((rig.cpu.activity, rig.cpu.rip), (expected, common::CODE + 1), "{map:?} {clear}");
        }
    }
}

#[test]
fn io_restart_runs_the_port_instruction_again() {
    for (map, restarts) in [(SaveStateMap::Intel64, true), (SaveStateMap::Amd64, true), (SaveStateMap::Qemu, false)] {
        let mut rig = rig(true, map);
        rig.ram.put(common::CODE, &[0xe6, 0xb2, 0xf4]); // out B2h, al; hlt
        rig.ram.smi_port = Some(0xb2);
        rig.step();
        rig.ram.smi_port = None;
        rig.step();
        assert!(rig.cpu.smm);
        if restarts {
            let at = SAVE + u64::from(slot(map, SaveField::IoRestart).offset);
            assert_eq!(rig.ram.get(at, 1), 0);
            rig.ram.put(at, &[0xff]);
        }
        rig.run();
        assert_eq!(rig.ram.ports.len(), if restarts { 2 } else { 1 }, "{map:?}");
    }
}

#[test]
fn iomisc_tells_port_length_and_type_of_the_instruction_that_raised_the_smi() {
    use iced_x86::code_asm::*;
    type Build = fn(&mut CodeAssembler);
    // SDM vol. 3, "SMM", "I/O State Implementation": port, type, length, valid.
    let rows: [(Build, u64); 6] = [
        (|a| a.out(0xb2, al).unwrap(), 0x00b2_0083),
        (|a| a.out(0xb2, eax).unwrap(), 0x00b2_0089),
        (|a| a.out(dx, ax).unwrap(), 0x00b2_0005),
        (|a| a.outsb().unwrap(), 0x00b2_0023),
        (|a| a.rep().outsb().unwrap(), 0x00b2_0063),
        (|a| a.nop().unwrap(), 0),
    ];
    for (build, expected) in rows {
        let mut rig = rig(true, SaveStateMap::Intel64);
        rig.ram.put(common::CODE, &assemble(build));
        rig.ram.smi_port = Some(0xb2);
        (rig.cpu.regs[2], rig.cpu.regs[1], rig.cpu.regs[6]) = (0xb2, 3, 0x5000);
        rig.step();
        rig.smi().step();
        assert_eq!(rig.ram.get(SAVE + 0x7fa4, 4), expected);
    }
}

#[test]
fn relocation_takes_the_new_smbase_at_rsm_and_init_keeps_it() {
    for map in MAPS {
        let mut rig = rig(true, map);
        rig.smi().step();
        let at = SAVE + u64::from(slot(map, SaveField::Smbase).offset);
        rig.ram.put(at, &0x50000u32.to_le_bytes());
        rig.step();
        assert_eq!(rig.cpu.register(CpuReg::Smbase), 0x50000);
        rig.cpu.init();
        rig.smi().step();
        assert_eq!(rig.cpu.seg[1].base, 0x50000);
    }
}

#[test]
fn a_processor_that_waits_for_sipi_takes_its_smi_after_the_sipi() {
    let mut rig = rig(false, SaveStateMap::Intel64);
    rig.cpu = Cpu::new(1, SaveStateMap::Intel64);
    assert_eq!(rig.cpu.activity, Activity::WaitForSipi);
    rig.smi().step();
    assert!(!rig.cpu.smm);
    rig.ram.signals.sipi = Some(0x01);
    rig.step();
    assert!(rig.cpu.smm, "before the first instruction at the SIPI vector");
    assert_eq!(rig.ram.get(SAVE + 0x7fd8, 8), 0);
    assert_eq!(rig.ram.get(SAVE + 0x7fac, 4), 0x0100);
}
