//! Task switches (SDM vol. 3, "Task Management"; vol. 2, "JMP", "CALL", "INT n", "IRET").
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{CODE, GDT, IDT, Rig, STACK, TSS};
use cpu::{Segment, flag};

/// The task that runs, the one that is switched to, a task gate to that; the task that handles its faults;
/// an LDT and a spare descriptor.
const OLD: u16 = 40;
const NEW: u16 = 48;
const GATE: u16 = 56;
const HANDLER: u16 = 64;
const LDT: u16 = 72;
const SPARE: u16 = 80;
/// Where their state segments lie.
const NEW_TSS: u64 = 0x4400;
const HANDLER_TSS: u64 = 0x4800;
const NEW_CODE: u64 = 0x7000;
const NEW_STACK: u64 = 0xa000;
const HANDLER_CODE: u64 = 0x7800;

const CALL: [u8; 5] = [0x9a, 0, 0, 0, 0];
const JMP: [u8; 5] = [0xea, 0, 0, 0, 0];
const IRET: [u8; 1] = [0xcf];

/// Bits of a descriptor's access rights.
const BUSY: u64 = 2 << 40;
const PRESENT: u64 = 1 << 47;
const CODE_SEGMENT: u64 = 0x00cf_9b00_0000_ffff;
const DATA_SEGMENT: u64 = 0x00cf_9300_0000_ffff;
const fn dpl(level: u64) -> u64 {
    level << 45
}

fn task(base: u64, kind: u64) -> u64 {
    0x67 | base << 16 | kind << 40 | PRESENT
}

fn describe(rig: &mut Rig, selector: u16, descriptor: u64) {
    rig.ram.put(GDT + u64::from(selector), &descriptor.to_le_bytes());
}

fn descriptor(rig: &Rig, selector: u16) -> u64 {
    rig.ram.get(GDT + u64::from(selector), 8)
}

fn is_busy(rig: &Rig, selector: u16) -> bool {
    descriptor(rig, selector) & BUSY != 0
}

fn link_of(rig: &Rig, tss: u64) -> u16 {
    rig.ram.get(tss, 2) as u16
}

fn set(rig: &mut Rig, tss: u64, offset: u64, value: u64) {
    rig.ram.put(tss + offset, &(value as u32).to_le_bytes());
}

/// A 32-bit task at ring 0 with flat segments and registers that tell who they are.
fn fill(rig: &mut Rig, tss: u64, eip: u64, esp: u64) {
    set(rig, tss, 0x20, eip);
    set(rig, tss, 0x24, 2);
    for reg in 0..8 {
        set(rig, tss, 0x28 + reg * 4, 0x1111_1111 * (reg + 1));
    }
    set(rig, tss, 0x38, esp);
    for seg in 0..6 {
        set(rig, tss, 0x48 + seg * 4, if seg == 1 { 8 } else { 16 });
    }
    set(rig, tss, 0x60, 0);
    set(rig, tss, 0x64, 0x68 << 16);
}

/// At `code` in the old task. Faults of a new task go to a task of their own.
fn rig(code: &[u8]) -> Rig {
    let mut rig = Rig::protected(code);
    describe(&mut rig, NEW, task(NEW_TSS, 9));
    describe(&mut rig, GATE, u64::from(NEW) << 16 | 5 << 40 | PRESENT);
    describe(&mut rig, HANDLER, task(HANDLER_TSS, 9));
    fill(&mut rig, NEW_TSS, NEW_CODE, NEW_STACK);
    fill(&mut rig, HANDLER_TSS, HANDLER_CODE, 0xb000);
    rig.ram.put(NEW_CODE, &[0xf4]);
    rig.ram.put(HANDLER_CODE, &[0xf4]);
    for reg in [0, 1, 2, 3, 5, 6, 7] {
        rig.cpu.regs[reg] = 0xa000_0000 + reg as u64;
    }
    rig
}

fn far(opcode: [u8; 5], selector: u16) -> Vec<u8> {
    [&opcode[..], &selector.to_le_bytes()].concat()
}

/// A gate of the IDT that leads to a task.
fn gate_to(rig: &mut Rig, vector: u64, selector: u16) {
    rig.ram.put(IDT + vector * 8, &(u64::from(selector) << 16 | 5 << 40 | PRESENT).to_le_bytes());
}

/// Vector and error code of the ring 0 handler that halted.
fn refused(rig: &mut Rig) -> (Option<u64>, u64) {
    rig.run();
    (rig.vector(), rig.ram.get(rig.cpu.regs[4], 4))
}

#[test]
fn a_switch_saves_the_old_task_and_loads_the_new_one() {
    let mut rig = rig(&far(JMP, NEW));
    rig.cpu.rflags |= flag::CF | flag::IF | 2 << 12;
    set(&mut rig, NEW_TSS, 0x24, flag::ZF | flag::RF | 1 << 12 | 2);
    set(&mut rig, NEW_TSS, 0x1c, 0x5000);
    rig.step();
    let saved: Vec<u64> = (8..24).map(|n| rig.ram.get(TSS + n * 4, 4)).collect();
    let a = 0xa000_0000;
    let registers = [a, a + 1, a + 2, a + 3, STACK, a + 5, a + 6, a + 7];
    assert_eq!(saved[..2], [CODE + 7, flag::CF | flag::IF | 2 << 12 | 2]);
    assert_eq!(saved[2..10], registers);
    assert_eq!(saved[10..], [16, 8, 16, 16, 16, 16]);
    assert_eq!((rig.ram.get(TSS, 4), rig.ram.get(TSS + 0x60, 4)), (0, 0), "link and LDT are static");

    assert_eq!((rig.cpu.rip, rig.cpu.rflags), (NEW_CODE, flag::ZF | flag::RF | 1 << 12 | 2));
    for reg in [0, 1, 2, 3, 5, 6, 7] {
        assert_eq!(rig.cpu.regs[reg], 0x1111_1111 * (reg as u64 + 1));
    }
    assert_eq!((rig.cpu.regs[4], rig.cpu.tr.selector, rig.cpu.tr.base), (NEW_STACK, NEW, NEW_TSS));
    assert_eq!((rig.cpu.tr.attr, rig.cpu.cr0), (0x8b, 0x19), "busy; TS");
    assert_eq!(rig.cpu.cr3, 0, "no paging, no CR3");
}

/// Table "Effect of a Task Switch on Busy Flag, NT Flag, Previous Task Link Field, and TS Flag"
#[test]
fn busy_nt_and_link_follow_the_cause() {
    let by_interrupt = [0xcd, 30].to_vec();
    // code, NT before, in the new image; busy afterwards: old, new; NT: new, saved; link
    let rows = [
        (far(JMP, NEW), false, false, (false, true), (false, false), 0),
        (far(JMP, NEW), true, true, (false, true), (true, true), 0),
        (far(CALL, NEW), false, false, (true, true), (true, false), OLD),
        (far(CALL, GATE), true, false, (true, true), (true, true), OLD),
        (by_interrupt, false, false, (true, true), (true, false), OLD),
        (IRET.to_vec(), true, false, (false, true), (false, false), 0),
        (IRET.to_vec(), true, true, (false, true), (true, false), 0),
    ];
    for (code, nested, image, busy, nt, link) in rows {
        let mut rig = rig(&code);
        gate_to(&mut rig, 30, NEW);
        let bit = |on: bool| if on { flag::NT } else { 0 };
        rig.cpu.rflags |= bit(nested);
        set(&mut rig, NEW_TSS, 0x24, bit(image) | 2);
        if code == IRET {
            describe(&mut rig, NEW, task(NEW_TSS, 11));
            set(&mut rig, TSS, 0, NEW.into());
        }
        rig.step();
        assert_eq!((rig.cpu.rip, rig.cpu.cr0 & 8), (NEW_CODE, 8));
        assert_eq!((is_busy(&rig, OLD), is_busy(&rig, NEW)), busy, "{code:x?}");
        let saved = rig.ram.get(TSS + 0x24, 4) & flag::NT != 0;
        assert_eq!((rig.cpu.rflags & flag::NT != 0, saved), nt, "{code:x?}");
        assert_eq!(link_of(&rig, NEW_TSS), link, "{code:x?}");
    }
}

#[test]
fn a_called_task_returns_and_is_left_where_it_was() {
    let mut rig = rig(&[&far(CALL, GATE)[..], &[0xf4]].concat());
    rig.ram.put(NEW_CODE, &[0x90, 0xcf, 0xf4]);
    let before = rig.cpu.clone();
    rig.run();
    assert_eq!((rig.cpu.rip, rig.cpu.regs, rig.cpu.seg), (CODE + 8, before.regs, before.seg));
    assert_eq!((rig.cpu.tr, rig.cpu.rflags & flag::NT), (before.tr, 0));
    assert_eq!((is_busy(&rig, OLD), is_busy(&rig, NEW)), (true, false));
    assert_eq!(rig.ram.get(NEW_TSS + 0x20, 4), NEW_CODE + 2);
}

/// Step 11 of "Task Switching": the task register takes the selector as it is, and so does the next link.
#[test]
fn tr_keeps_the_rpl_of_the_selector() {
    let mut rig = rig(&far(JMP, NEW | 3));
    describe(&mut rig, NEW, task(NEW_TSS, 9) | dpl(3));
    rig.ram.put(NEW_CODE, &far(CALL, HANDLER));
    rig.step().step();
    assert_eq!(
        (rig.cpu.rip, link_of(&rig, HANDLER_TSS), rig.ram.get(NEW_TSS + 0x20, 4)),
        (HANDLER_CODE, NEW | 3, NEW_CODE + 7)
    );
}

#[test]
fn the_privilege_of_a_gate_or_of_a_task_is_asked_of_jmp_and_call() {
    // ring, selector, DPL of the gate, DPL of the task, error code
    let rows = [
        (3, GATE, 3, 0, None),
        (3, GATE, 2, 3, Some(GATE)),
        (0, GATE | 3, 2, 3, Some(GATE)),
        (3, NEW, 3, 3, None),
        (3, NEW, 3, 2, Some(NEW)),
        (0, NEW | 1, 3, 0, Some(NEW)),
    ];
    for (ring, selector, gate, tss, error) in rows {
        for opcode in [CALL, JMP] {
            let mut rig = rig(&far(opcode, selector));
            if ring == 3 {
                rig = rig.outer();
            }
            describe(&mut rig, GATE, u64::from(NEW) << 16 | 5 << 40 | PRESENT | dpl(gate));
            describe(&mut rig, NEW, task(NEW_TSS, 9) | dpl(tss));
            match error {
                None => assert_eq!((rig.run().cpu.rip, rig.cpu.tr.selector), (NEW_CODE + 1, NEW)),
                Some(error) => assert_eq!(refused(&mut rig), (Some(13), error.into()), "{ring} {selector}"),
            }
        }
    }
}

/// What is refused before anything has changed: table "Exception Conditions Checked During a Task Switch".
#[test]
fn a_task_that_can_not_be_switched_to_is_refused_in_the_old_ones_context() {
    let small = task(NEW_TSS, 9) - 1;
    let small_16 = 0x2a | NEW_TSS << 16 | 1 << 40 | PRESENT;
    // selector, descriptor; by CALL and JMP, by IRET
    let rows = [
        (NEW | 4, task(NEW_TSS, 9), (13, NEW | 4), (0, 0)),
        (NEW | 4, task(NEW_TSS, 11), (0, 0), (10, NEW | 4)),
        (0x1000, 0, (13, 0x1000), (10, 0x1000)),
        (NEW, task(NEW_TSS, 9) ^ BUSY, (13, NEW), (0, 0)),
        (NEW, task(NEW_TSS, 9), (0, 0), (10, NEW)),
        (NEW, task(NEW_TSS, 2), (13, NEW), (10, NEW)),
        (NEW, CODE_SEGMENT ^ PRESENT, (11, NEW), (10, NEW)),
        (NEW, task(NEW_TSS, 9) ^ PRESENT, (11, NEW), (10, NEW)),
        (NEW, task(NEW_TSS, 11) ^ PRESENT, (13, NEW), (11, NEW)),
        (NEW, small, (10, NEW), (10, NEW)),
        (NEW, small | BUSY, (13, NEW), (10, NEW)),
        (NEW, small_16, (10, NEW), (10, NEW)),
        (0, 0, (13, 0), (10, 0)),
    ];
    for (selector, new, forward, back) in rows {
        for (code, expected) in [(far(CALL, selector), forward), (far(JMP, selector), forward), (IRET.to_vec(), back)] {
            if expected.0 == 0 {
                continue;
            }
            let mut rig = rig(&code);
            describe(&mut rig, NEW, new);
            // Neither the null selector nor one into the LDT names a task, whatever lies there.
            describe(&mut rig, 0, task(NEW_TSS, 11));
            rig.cpu.ldtr = Segment { selector: LDT, attr: 0x82, limit: 0xff, base: GDT };
            if code == IRET {
                set(&mut rig, TSS, 0, selector.into());
                rig.cpu.rflags |= flag::NT;
            }
            let state = rig.ram.bytes[TSS as usize..][..0xc00].to_vec();
            let regs = rig.cpu.regs;
            let found = refused(&mut rig);
            assert_eq!(found, (Some(expected.0), expected.1.into()), "{selector:x} {new:x} {code:x?}");
            assert_eq!(rig.ram.bytes[TSS as usize..][..0xc00], state);
            assert_eq!((rig.ram.get(rig.cpu.regs[4] + 4, 4), rig.cpu.regs[0]), (CODE, regs[0]));
            assert_eq!((rig.cpu.tr.selector, rig.cpu.cr0, descriptor(&rig, NEW)), (OLD, 0x11, new));
        }
    }
    // A gate that isn't there; one that leads nowhere.
    for (gate, vector, error) in [(u64::from(NEW) << 16, 11, GATE), (PRESENT, 13, 0), (PRESENT | 0x2c << 16, 13, 0x2c)]
    {
        let mut rig = rig(&far(JMP, GATE));
        describe(&mut rig, GATE, gate | 5 << 40);
        assert_eq!(refused(&mut rig), (Some(vector), error.into()));
    }
    // An old task's segment without room for what is saved.
    let mut rig = rig(&far(JMP, NEW));
    rig.cpu.tr.limit = 0x5e;
    assert_eq!(refused(&mut rig), (Some(10), OLD.into()));
}

/// What spoils the new task: where in its state segment, and with what; the spare descriptor; vector and
/// error code.
type Row<'a> = (&'a [(u64, u16)], u64, u8, u16);

/// The same table, in its order.
#[test]
fn what_is_wrong_with_the_new_tasks_segments_is_its_own_fault() {
    const ES: u64 = 0x48;
    const CS: u64 = 0x4c;
    const SS: u64 = 0x50;
    const GS: u64 = 0x5c;
    let ldt = 0x00_8200_0000_0017 | 0xc000 << 16;
    let absent = |d: u64| d & !PRESENT;
    let conforming = CODE_SEGMENT | 1 << 42;
    let unreadable = CODE_SEGMENT & !(1 << 41);
    let read_only = DATA_SEGMENT & !(1 << 41);
    let rows: &[Row] = &[
        (&[(0x60, LDT | 4)], 0, 10, LDT | 4),
        (&[(0x60, 0x1000)], 0, 10, 0x1000),
        (&[(0x60, SPARE)], DATA_SEGMENT, 10, SPARE),
        (&[(0x60, SPARE)], absent(ldt), 10, SPARE),
        (&[(CS, SPARE)], CODE_SEGMENT | dpl(1), 10, SPARE),
        (&[(CS, SPARE | 1)], CODE_SEGMENT, 10, SPARE),
        (&[(CS, SPARE)], conforming | dpl(1), 10, SPARE),
        (&[(CS, 0)], 0, 10, 0),
        (&[(CS, 0x1000)], 0, 10, 0x1000),
        (&[(CS, 12)], 0, 10, 12),
        (&[(CS, SPARE)], DATA_SEGMENT, 10, SPARE),
        (&[(CS, SPARE)], absent(CODE_SEGMENT), 11, SPARE),
        (&[(SS, 0)], 0, 10, 0),
        (&[(SS, 0x1000)], 0, 10, 0x1000),
        (&[(SS, 8)], 0, 10, 8),
        (&[(SS, SPARE)], read_only, 10, SPARE),
        (&[(SS, SPARE)], absent(DATA_SEGMENT), 12, SPARE),
        (&[(SS, SPARE)], DATA_SEGMENT | dpl(3), 10, SPARE),
        (&[(SS, SPARE | 3)], DATA_SEGMENT, 10, SPARE),
        (&[(ES, 0x1000)], 0, 10, 0x1000),
        (&[(GS, 12)], 0, 10, 12),
        (&[(ES, SPARE)], unreadable, 10, SPARE),
        (&[(GS, SPARE)], absent(DATA_SEGMENT), 11, SPARE),
        (&[(GS, SPARE | 3)], DATA_SEGMENT, 10, SPARE),
        // Several at once: LDT, CS's level, stack, code, data.
        (&[(0x60, 0x1000), (CS, SPARE), (SS, 0)], CODE_SEGMENT | dpl(1), 10, 0x1000),
        (&[(CS, SPARE), (SS, 0x1000)], CODE_SEGMENT | dpl(1), 10, SPARE),
        (&[(0x60, SPARE), (SS, 0x1000)], absent(ldt), 10, 0x1000),
        (&[(0x60, SPARE), (CS, 12), (SS, 20)], absent(ldt), 10, SPARE),
        (&[(CS, SPARE), (ES, 0x1000)], absent(CODE_SEGMENT), 11, SPARE),
    ];
    for &(changes, spare, vector, error) in rows {
        for (code, external) in
            [(far(JMP, NEW), false), (far(CALL, GATE), false), (vec![0xcd, 30], false), (vec![0x0f, 0x0b], true)]
        {
            let mut rig = rig(&code);
            gate_to(&mut rig, 30, NEW);
            gate_to(&mut rig, 6, NEW);
            describe(&mut rig, SPARE, spare);
            rig.ram.put(0xc008, &CODE_SEGMENT.to_le_bytes());
            rig.ram.put(0xc010, &DATA_SEGMENT.to_le_bytes());
            changes.iter().for_each(|(at, selector)| set(&mut rig, NEW_TSS, *at, (*selector).into()));
            gate_to(&mut rig, vector.into(), HANDLER);
            rig.run();
            let found = rig.ram.get(rig.cpu.regs[4], 4);
            let error = u64::from(error) | u64::from(external);
            assert_eq!((rig.cpu.rip, found), (HANDLER_CODE + 1, error), "{changes:x?} {spare:x} {code:x?}");
            assert_eq!((link_of(&rig, HANDLER_TSS), rig.cpu.regs[4]), (NEW, 0xb000 - 4));
            // Nothing of the new task has run, and all of its selectors are loaded.
            assert_eq!((rig.ram.get(NEW_TSS + 0x20, 4), rig.ram.get(NEW_TSS + 0x28, 4)), (NEW_CODE, 0x1111_1111));
            for (at, selector) in changes.iter().filter(|(at, _)| *at != 0x60) {
                assert_eq!(rig.ram.get(NEW_TSS + at, 2), u64::from(*selector));
            }
            assert!(is_busy(&rig, NEW));
        }
    }
}

#[test]
fn an_eip_beyond_the_new_code_segment_is_the_new_tasks_gp() {
    let mut rig = rig(&far(JMP, NEW));
    describe(&mut rig, SPARE, CODE_SEGMENT & !(0xf << 48 | 1 << 55));
    set(&mut rig, NEW_TSS, 0x4c, SPARE.into());
    set(&mut rig, NEW_TSS, 0x20, 0x1_0000);
    assert_eq!(refused(&mut rig), (Some(13), 0));
    let saved = [4, 8].map(|at| rig.ram.get(rig.cpu.regs[4] + at, 4));
    assert_eq!((saved, rig.cpu.tr.selector), ([0x1_0000, SPARE.into()], NEW));

    // On the way to the handler of a #NP it makes a double fault.
    let mut rig = self::rig(&[0x8e, 0xd8]);
    rig.cpu.regs[0] = LDT.into();
    describe(&mut rig, LDT, DATA_SEGMENT & !PRESENT);
    gate_to(&mut rig, 11, NEW);
    gate_to(&mut rig, 8, HANDLER);
    describe(&mut rig, SPARE, CODE_SEGMENT & !(0xf << 48 | 1 << 55));
    set(&mut rig, NEW_TSS, 0x4c, SPARE.into());
    set(&mut rig, NEW_TSS, 0x20, 0x1_0000);
    rig.run();
    assert_eq!((rig.cpu.rip, link_of(&rig, HANDLER_TSS)), (HANDLER_CODE + 1, NEW));
}

/// vol. 3, "Interrupt 14": paging may find a state segment missing before the switch.
#[test]
fn a_page_that_is_missing_before_the_commit_point_faults_in_the_old_task() {
    const PT: u64 = 0x21000;
    let page = |n: u64| PT + n * 4;
    // The new task's segment lies at the end of page 5, its link in it; the old one's in page 4.
    let link = 0x5f80;
    // code, entry to spoil, with what, CR2, error code
    let rows = [
        (JMP, page(4), 0x4001u32, 0x4020, 3),
        (JMP, page(5), 0, link, 0),
        (JMP, page(6), 0, link + 0x67 + 0x40, 0),
        (CALL, page(5), 0x5001, link, 3),
        (JMP, page(3), 0x3001, GDT + 40 + 5, 3),
        (CALL, page(3), 0x3001, GDT + 48 + 5, 3),
    ];
    for (opcode, entry, spoilt, cr2, error) in rows {
        let mut rig = rig(&far(opcode, NEW));
        let base = if entry == page(6) { link + 0x40 } else { link };
        describe(&mut rig, NEW, task(base, 9));
        fill(&mut rig, base, NEW_CODE, NEW_STACK);
        rig.ram.put(0x20000, &(PT as u32 | 7).to_le_bytes());
        (0..0x400u32).for_each(|n| rig.ram.put(page(n.into()), &(n << 12 | 7).to_le_bytes()));
        rig.ram.put(entry, &spoilt.to_le_bytes());
        // The handlers moved out of page 6's way.
        rig.ram.put(IDT + 14 * 8, &(HANDLER_CODE | 8 << 16 | 0x8e00 << 32).to_le_bytes());
        (rig.cpu.cr3, rig.cpu.cr0) = (0x20000, 0x8001_0011);
        rig.run();
        assert_eq!((rig.cpu.rip, rig.cpu.cr2), (HANDLER_CODE + 1, cr2), "{entry:x}");
        assert_eq!((rig.ram.get(rig.cpu.regs[4], 4), rig.ram.get(rig.cpu.regs[4] + 4, 4)), (error, CODE));
        assert_eq!((rig.cpu.tr.selector, rig.ram.get(TSS + 0x20, 4)), (OLD, 0));
        assert_eq!((is_busy(&rig, OLD), is_busy(&rig, NEW)), (true, false));
    }
}

#[test]
fn cr3_is_the_new_tasks_where_paging_is_on() {
    // mov al, [7000] first
    let mut rig = rig(&[&[0xa0, 0, 0x70, 0, 0][..], &far(JMP, NEW)].concat());
    // The second tables show another page at the new code.
    for (directory, shown) in [(0x20000u64, NEW_CODE as u32), (0x22000, 0xc000)] {
        let table = directory + 0x1000;
        rig.ram.put(directory, &(table as u32 | 7).to_le_bytes());
        (0..0x400u32).for_each(|n| rig.ram.put(table + u64::from(n) * 4, &(n << 12 | 7).to_le_bytes()));
        rig.ram.put(table + 7 * 4, &(shown | 7).to_le_bytes());
    }
    rig.ram.put(0xc000, &[0x90, 0xf4]);
    set(&mut rig, NEW_TSS, 0x1c, 0x22000);
    (rig.cpu.cr3, rig.cpu.cr0) = (0x20000, 0x8001_0011);
    rig.run();
    assert_eq!((rig.cpu.cr3, rig.cpu.rip), (0x22000, NEW_CODE + 2));
    assert_eq!(rig.ram.get(TSS + 0x1c, 4), 0, "CR3 is static: it isn't saved");
}

/// SDM vol. 3, "PDPTE Registers": a task switch that changes CR3 loads them, too.
#[test]
fn a_task_brings_its_pdptes_with_cr3() {
    let directory = 0x22000;
    for (entry, cr3, ends_at, held) in [
        (directory | 1, 0x20020, NEW_CODE + 1, directory | 1),
        // CR3 stays: so do they, whatever lies there now.
        (0, 0x20000, NEW_CODE + 1, directory | 1),
        // A reserved bit: the old ones stay, and the new task faults before its first instruction.
        (directory | 3, 0x20020, HANDLER_CODE + 1, directory | 1),
    ] {
        let mut rig = rig(&far(JMP, NEW));
        rig.ram.put(directory, &0x83u64.to_le_bytes());
        rig.ram.put(0x20020, &entry.to_le_bytes());
        rig.ram.put(0x20040, &(directory | 1).to_le_bytes());
        set(&mut rig, NEW_TSS, 0x1c, cr3);
        set(&mut rig, HANDLER_TSS, 0x1c, 0x20040);
        gate_to(&mut rig, 13, HANDLER);
        (rig.cpu.cr3, rig.cpu.cr4, rig.cpu.cr0) = (0x20000, 0x20, 0x8001_0011);
        rig.cpu.pdptes = [directory | 1, 0, 0, 0];
        rig.run();
        assert_eq!((rig.cpu.rip, rig.cpu.pdptes[0]), (ends_at, held), "{entry:x}");
        let faults = ends_at == HANDLER_CODE + 1;
        assert_eq!(rig.cpu.tr.selector, if faults { HANDLER } else { NEW });
        assert!(!faults || link_of(&rig, HANDLER_TSS) == NEW);
    }
}

#[test]
fn a_task_with_an_ldt_runs_on_segments_from_it() {
    let mut rig = rig(&far(CALL, NEW));
    describe(&mut rig, LDT, 0x8200_0000_0017 | 0xc000 << 16);
    for (at, descriptor) in [(0xc000, DATA_SEGMENT), (0xc008, CODE_SEGMENT), (0xc010, DATA_SEGMENT)] {
        rig.ram.put(at, &(descriptor & !(1 << 40)).to_le_bytes());
    }
    set(&mut rig, NEW_TSS, 0x60, LDT.into());
    set(&mut rig, NEW_TSS, 0x4c, 12);
    set(&mut rig, NEW_TSS, 0x50, 20);
    set(&mut rig, NEW_TSS, 0x54, 4);
    rig.run();
    assert_eq!((rig.cpu.ldtr.selector, rig.cpu.ldtr.base), (LDT, 0xc000));
    assert_eq!((rig.cpu.seg[1].selector, rig.cpu.seg[2].selector, rig.cpu.rip), (12, 20, NEW_CODE + 1));
    assert_eq!([0xc005, 0xc00d, 0xc015].map(|at| rig.ram.get(at, 1)), [0x93, 0x9b, 0x93], "accessed");
}

#[test]
fn a_task_begins_at_the_level_of_its_code_segment() {
    let mut rig = rig(&far(CALL, NEW));
    for (seg, selector) in [32, 24, 32, 32, 0, 0].into_iter().enumerate() {
        set(&mut rig, NEW_TSS, 0x48 + seg as u64 * 4, if selector == 0 { 0 } else { selector | 3 });
    }
    set(&mut rig, NEW_TSS, 4, 0x8e00);
    set(&mut rig, NEW_TSS, 8, 16);
    // Conforming code may be data to any level.
    describe(&mut rig, SPARE, CODE_SEGMENT | 1 << 42);
    set(&mut rig, NEW_TSS, 0x54, u64::from(SPARE) | 3);
    rig.step();
    assert_eq!(rig.cpu.seg[3].selector, SPARE | 3);
    assert_eq!((rig.cpu.cpl, rig.cpu.seg[1].selector, rig.cpu.seg[4]), (3, 27, Segment::default()));
    // HLT is refused, on the new task's own inner stack.
    assert_eq!(refused(&mut rig), (Some(13), 0));
    assert_eq!(rig.cpu.regs[4], 0x8e00 - 24);
}

/// "16-Bit Task-State Segment (TSS)"
#[test]
fn a_16_bit_task_saves_and_loads_words() {
    let mut rig = rig(&far(CALL, NEW));
    describe(&mut rig, NEW, 0x2b | NEW_TSS << 16 | 1 << 40 | PRESENT);
    let words: [u16; 15] = [0x7000, 0x4046, 1, 2, 3, 4, 0xa000, 6, 7, 8, 16, 8, 16, 16, 0];
    for (at, word) in (NEW_TSS + 0x0e..).step_by(2).zip(words) {
        rig.ram.put(at, &word.to_le_bytes());
    }
    rig.ram.put(NEW_CODE, &[0xcf]);
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.rflags, rig.cpu.tr.attr), (0x7000, 0x4046, 0x83));
    assert_eq!((rig.cpu.regs[0], rig.cpu.regs[4], rig.cpu.regs[7]), (0xffff_0001, 0xffff_a000, 0xffff_0008));
    assert_eq!(rig.cpu.seg.map(|s| s.selector), [16, 8, 16, 16, 0, 0]);
    rig.cpu.regs[3] = 0x1234_5678;
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.tr.attr, rig.cpu.regs[0]), (CODE + 7, 0x8b, 0xa000_0000));
    assert_eq!((rig.ram.get(NEW_TSS + 0x18, 2), rig.ram.get(NEW_TSS + 0x0e, 4)), (0x5678, 0x46 << 16 | 0x7001));
    assert_eq!(link_of(&rig, NEW_TSS), OLD);
}

/// "Exception- or Interrupt-Handler Procedures": the error code is pushed on the new task's stack.
#[test]
fn a_task_gate_of_the_idt_takes_interrupts_and_exceptions() {
    // UD2, INT 30h's like, a #GP with an error code into a 32-bit and a 16-bit task, an NMI
    let mut rig = rig(&[0x0f, 0x0b]);
    gate_to(&mut rig, 6, NEW);
    rig.step();
    assert_eq!((rig.cpu.rip, rig.cpu.regs[4], rig.ram.get(TSS + 0x20, 4)), (NEW_CODE, NEW_STACK, CODE));
    assert_eq!(rig.ram.get(TSS + 0x24, 4), flag::RF | 2, "the instruction is to be restarted");

    for (wide, size) in [(true, 4), (false, 2)] {
        // mov ds, ax with a selector beyond the table
        let mut rig = self::rig(&[0x8e, 0xd8]);
        rig.cpu.regs[0] = 0x1003;
        gate_to(&mut rig, 13, NEW);
        if !wide {
            describe(&mut rig, NEW, 0x2b | NEW_TSS << 16 | 1 << 40 | PRESENT);
            let words: [u16; 15] = [0x7000, 2, 1, 2, 3, 4, 0xa000, 6, 7, 8, 16, 8, 16, 16, 0];
            for (at, word) in (NEW_TSS + 0x0e..).step_by(2).zip(words) {
                rig.ram.put(at, &word.to_le_bytes());
            }
            describe(&mut rig, 16, DATA_SEGMENT & !(1 << 54));
        }
        rig.step();
        assert_eq!((rig.cpu.rip, rig.cpu.regs[4] & 0xffff), (NEW_CODE, NEW_STACK - size));
        assert_eq!(rig.ram.get(NEW_STACK - size, size as usize), 0x1000);
    }

    let mut rig = self::rig(&[0x90, 0x90, 0xf4]);
    gate_to(&mut rig, 2, NEW);
    rig.ram.put(NEW_CODE, &[0xcf]);
    rig.ram.signals.nmi = true;
    rig.run();
    assert_eq!((rig.cpu.rip, rig.cpu.tr.selector, rig.cpu.nmi_blocked), (CODE + 3, OLD, false));
    assert_eq!(rig.ram.get(NEW_TSS + 0x20, 4), NEW_CODE + 1);
}

#[test]
fn a_task_gate_of_the_idt_is_refused_as_the_sdm_says() {
    // rights of the gate, its selector; error for INT 30 at ring 3, for a hardware interrupt
    let vector = 30 * 8 + 2;
    let rows = [
        (0x85u8, NEW, Some((13, vector)), None),
        (0xe5, NEW, None, None),
        (0x65, NEW, Some((11, vector)), Some((11, vector | 1))),
        (0xe5, OLD, Some((13, OLD)), Some((13, OLD | 1))),
        (0xe5, 0, Some((13, 0)), Some((13, 1))),
        (0xe5, NEW | 4, Some((13, NEW | 4)), Some((13, NEW | 5))),
        (0xe5, SPARE, Some((11, SPARE)), Some((11, SPARE | 1))),
        (0xe5, LDT, Some((10, LDT)), Some((10, LDT | 1))),
    ];
    for (rights, selector, software, hardware) in rows {
        for (by_hardware, expected) in [(false, software), (true, hardware)] {
            let mut rig = rig(&[0xcd, 30]).outer();
            gate_to(&mut rig, 30, selector);
            rig.ram.put(IDT + 30 * 8 + 5, &[rights]);
            describe(&mut rig, SPARE, task(NEW_TSS, 9) & !PRESENT);
            describe(&mut rig, LDT, task(NEW_TSS, 9) - 1);
            if by_hardware {
                rig.ram.put(CODE, &[0x90; 2]);
                rig.cpu.lapic.write(0xf0, 0x1ff, 0);
                rig.cpu.rflags |= flag::IF;
                rig.ram.signals.fixed[0] = 1 << 30;
            }
            match expected {
                None => assert_eq!(rig.run().cpu.rip, NEW_CODE + 1),
                Some((v, error)) => assert_eq!(refused(&mut rig), (Some(v), error.into()), "{rights:x} {selector:x}"),
            }
        }
    }
}

#[test]
fn a_stack_without_room_for_the_error_code_is_the_new_tasks_fault() {
    let mut rig = rig(&[0x8e, 0xd8]);
    rig.cpu.regs[0] = 0x1000;
    gate_to(&mut rig, 13, NEW);
    describe(&mut rig, SPARE, DATA_SEGMENT & !(0xf << 48 | 1 << 55));
    set(&mut rig, NEW_TSS, 0x50, SPARE.into());
    set(&mut rig, NEW_TSS, 0x38, 0x2_0000);
    gate_to(&mut rig, 8, HANDLER);
    rig.run();
    // #GP, then #SS on the way to its handler: a double fault.
    assert_eq!((rig.cpu.rip, rig.ram.get(rig.cpu.regs[4], 4)), (HANDLER_CODE + 1, 0));
    assert_eq!(link_of(&rig, HANDLER_TSS), NEW);
}

/// "Interrupt 8": a task gate takes a double fault where no stack is left.
#[test]
fn a_double_fault_goes_to_its_task_and_a_fault_in_it_is_the_third() {
    for good in [true, false] {
        // push eax on a stack that isn't there
        let mut rig = rig(&[0x50]);
        rig.cpu.seg[2].limit = 0xfff;
        gate_to(&mut rig, 8, NEW);
        if !good {
            set(&mut rig, NEW_TSS, 0x50, 0);
        }
        rig.run();
        if good {
            assert_eq!((rig.cpu.rip, rig.cpu.regs[4]), (NEW_CODE + 1, NEW_STACK - 4));
            assert_eq!((rig.ram.get(NEW_STACK - 4, 4), rig.ram.get(TSS + 0x20, 4)), (0, CODE));
        } else {
            assert_eq!(rig.ram.shutdown(), Some("triple fault"));
        }
    }
}

/// vol. 3, "Task-Switch Exception Condition", "Debug Control Register (DR7)"
#[test]
fn the_t_bit_traps_and_local_breakpoints_end() {
    let mut rig = rig(&far(JMP, NEW));
    set(&mut rig, NEW_TSS, 0x64, 0x68 << 16 | 1);
    rig.cpu.dr[7] |= 0x3ff;
    rig.step();
    assert_eq!(rig.cpu.dr[7] & 0x3ff, 0x3aa);
    rig.cpu.dr[7] = 0x400;
    rig.run();
    assert_eq!((rig.vector(), rig.cpu.dr[6] & 0xe00f), (Some(1), 0x8000));
    assert_eq!(rig.ram.get(rig.cpu.regs[4], 4), NEW_CODE, "a trap before the first instruction");
}

/// vol. 3, "Single-Step Exception Condition": TF goes with its task.
#[test]
fn a_single_step_ends_with_the_task_and_begins_with_the_new_ones_flag() {
    let mut rig = rig(&far(JMP, NEW));
    rig.cpu.rflags |= flag::TF;
    rig.run();
    assert_eq!((rig.cpu.rip, rig.ram.get(TSS + 0x24, 4)), (NEW_CODE + 1, flag::TF | 2));

    let mut rig = self::rig(&far(JMP, NEW));
    rig.ram.put(NEW_CODE, &[0x90, 0x90]);
    set(&mut rig, NEW_TSS, 0x24, flag::TF | 2);
    rig.run();
    assert_eq!((rig.vector(), rig.ram.get(rig.cpu.regs[4], 4)), (Some(1), NEW_CODE + 1));
}

#[test]
fn there_are_no_tasks_in_long_mode() {
    // jmp far [rbx]; int 30
    for code in [&[0xff, 0x2b][..], &[0xcd, 30]] {
        let mut rig = Rig::long(code);
        rig.cpu.gdtr.limit = 0xff;
        describe(&mut rig, NEW, task(NEW_TSS, 9));
        rig.ram.put(IDT + 30 * 16, &(u64::from(NEW) << 16 | 5 << 40 | PRESENT).to_le_bytes());
        rig.ram.put(0x5000, &[0, 0, 0, 0, NEW as u8, 0]);
        rig.cpu.regs[3] = 0x5000;
        rig.run();
        let error = if code[0] == 0xff { NEW.into() } else { 30 * 8 + 2 };
        assert_eq!((rig.vector(), rig.ram.get(rig.cpu.regs[4], 8)), (Some(13), error));
    }
}

/// "Entering Virtual-8086 Mode": a task switch to an image with VM set, and away from it.
#[test]
fn a_task_may_be_a_virtual_8086_program() {
    let mut rig = rig(&far(CALL, NEW));
    set(&mut rig, NEW_TSS, 0x24, flag::VM | 2);
    set(&mut rig, NEW_TSS, 0x20, 0x10);
    for seg in 0..6 {
        set(&mut rig, NEW_TSS, 0x48 + seg * 4, 0xa00 + seg);
    }
    gate_to(&mut rig, 6, HANDLER);
    rig.ram.put(0xa020, &[0x0f, 0x0b]);
    rig.step();
    assert_eq!((rig.cpu.cpl, rig.cpu.rip, rig.cpu.rflags), (3, 0x10, flag::VM | flag::NT | 2));
    let expected: [Segment; 6] = std::array::from_fn(|n| Segment {
        selector: 0xa00 + n as u16,
        attr: 0xf3,
        limit: 0xffff,
        base: 0xa000 + 16 * n as u64,
    });
    assert_eq!(rig.cpu.seg, expected);
    // #UD through a task gate: the image keeps VM, and IRET comes back.
    rig.ram.put(HANDLER_CODE, &[0xcf]);
    rig.step();
    assert_eq!((rig.cpu.cpl, rig.cpu.rip, rig.cpu.virtual_8086()), (0, HANDLER_CODE, false));
    assert_eq!(rig.ram.get(NEW_TSS + 0x24, 4), flag::VM | flag::NT | flag::RF | 2);
    rig.step();
    assert_eq!((rig.cpu.seg, rig.cpu.rip, rig.cpu.virtual_8086()), (expected, 0x10, true));

    // IP beyond 64 KiB is the program's #GP.
    let mut rig = self::rig(&far(CALL, NEW));
    set(&mut rig, NEW_TSS, 0x24, flag::VM | 2);
    set(&mut rig, NEW_TSS, 0x20, 0x1_0000);
    set(&mut rig, NEW_TSS, 4, 0x8e00);
    set(&mut rig, NEW_TSS, 8, 16);
    assert_eq!(refused(&mut rig), (Some(13), 0));
    assert_eq!(rig.ram.get(rig.cpu.regs[4] + 4, 4), 0x1_0000);
}
