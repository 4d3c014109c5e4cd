//! The state save maps, typed from the manuals, against what the machine writes on SMM entry
//! and reads back on RSM.
//!
//! Offsets count from SMBASE + 8000h, as in the manuals. The emulator has a table of its own; this
//! one shares nothing with it but the fields' names.

use board::{Board, Config, Machine, View};
use cpu::SaveStateMap;
use e2e::machine::{run_to, step_until};
use rom_build::Rom;
use std::collections::BTreeSet;
use std::ops::Range;
use trace::SaveField::{self, *};
use trace::{CpuReg, Event, Kind};

const SMBASE: u64 = 0x30000;

/// What `registers.s` had in the register when the SMI came.
#[derive(Clone, Copy)]
enum Holds {
    Value(u64),
    /// A label of the ROM.
    Label(&'static str),
    /// Written, but the value has a test of its own or is the implementation's choice.
    Something,
}
use Holds::{Label, Something, Value};

struct Row {
    field: SaveField,
    offset: u16,
    size: u8,
    holds: Holds,
}

const fn row(field: SaveField, offset: u16, size: u8, holds: Holds) -> Row {
    Row { field, offset, size, holds }
}

const CR0: Holds = Value(0xe000_0011); // PG CD NW ET PE
const CR3: Holds = Value(0x1_0000);
const CR4: Holds = Value(0xa0); // PAE PGE
const EFER: Holds = Value(0x500); // LMA LME
const RFLAGS: Holds = Value(0xcd7);
const RIP: Holds = Label("AFTER");
const DR6: Holds = Value(0xffff_0ff0); // as after reset
const DR7: Holds = Value(0x401);
const RAX: Holds = Value(0xa0a1_a2a3_a4a5_a664);
const RCX: Holds = Value(0xc0c1_c2c3_c4c5_c6c7);
const RDX: Holds = Value(0xd0d1_d2d3_d4d5_d6d7);
const RBX: Holds = Value(0xb0b1_b2b3_b4b5_b6b7);
const RSP: Holds = Value(0x5556_5758_5950_5152);
const RBP: Holds = Value(0xbabb_bcbd_bebf_b0b1);
const RSI: Holds = Value(0x5051_5253_5455_5657);
const RDI: Holds = Value(0xd8d9_dadb_dcdd_dedf);
const fn numbered(first: u8) -> Holds {
    Value((first as u64) << 56 | 0x0001_0203_0405_0607)
}
const GS_BASE: Holds = Value(0x1234_89ab_cde0);
const IDT_BASE: u64 = 0x5678_0012_3450;
const LDT_BASE: u64 = 0x34_0034_5000;

/// Intel SDM vol. 3, chapter "System Management Mode", table "SMRAM State Save Map for Intel 64
/// Architecture". Sizes are the distances between neighbouring offsets. IOMisc and IO_RIP: same
/// chapter, "I/O State Implementation". Checked against edk2's
/// MdePkg/Include/Register/Intel/SmramSaveStateMap.h.
const INTEL_64: &[Row] = &[
    row(Cr0, 0x7ff8, 8, CR0),
    row(Cr3, 0x7ff0, 8, CR3),
    row(Rflags, 0x7fe8, 8, RFLAGS),
    row(Efer, 0x7fe0, 8, EFER),
    row(Rip, 0x7fd8, 8, RIP),
    row(Dr6, 0x7fd0, 8, DR6),
    row(Dr7, 0x7fc8, 8, DR7),
    row(Tr, 0x7fc4, 4, Value(0x38)),
    row(Ldtr, 0x7fc0, 4, Value(0x48)),
    row(Gs, 0x7fbc, 4, Value(0x30)),
    row(Fs, 0x7fb8, 4, Value(0x28)),
    row(Ds, 0x7fb4, 4, Value(0x10)),
    row(Ss, 0x7fb0, 4, Value(0x10)),
    row(Cs, 0x7fac, 4, Value(0x20)),
    row(Es, 0x7fa8, 4, Value(0x10)),
    // 0 valid; 3:1 one byte; 7:4 type 8, OUT immediate; 31:16 port B2h
    row(IoState, 0x7fa4, 4, Value(0x00b2_0083)),
    row(IoMemAddr, 0x7f9c, 8, Something),
    row(Rdi, 0x7f94, 8, RDI),
    row(Rsi, 0x7f8c, 8, RSI),
    row(Rbp, 0x7f84, 8, RBP),
    row(Rsp, 0x7f7c, 8, RSP),
    row(Rbx, 0x7f74, 8, RBX),
    row(Rdx, 0x7f6c, 8, RDX),
    row(Rcx, 0x7f64, 8, RCX),
    row(Rax, 0x7f5c, 8, RAX),
    row(R8, 0x7f54, 8, numbered(0x08)),
    row(R9, 0x7f4c, 8, numbered(0x09)),
    row(R10, 0x7f44, 8, numbered(0x10)),
    row(R11, 0x7f3c, 8, numbered(0x11)),
    row(R12, 0x7f34, 8, numbered(0x12)),
    row(R13, 0x7f2c, 8, numbered(0x13)),
    row(R14, 0x7f24, 8, numbered(0x14)),
    row(R15, 0x7f1c, 8, numbered(0x15)),
    row(AutoHalt, 0x7f02, 2, Value(0)),
    row(IoRestart, 0x7f00, 2, Value(0)),
    row(Revision, 0x7efc, 4, Something),
    row(Smbase, 0x7ef8, 4, Value(SMBASE)),
    row(LdtBaseLow, 0x7e9c, 4, Value(LDT_BASE & 0xffff_ffff)),
    row(IdtBaseLow, 0x7e94, 4, Value(IDT_BASE & 0xffff_ffff)),
    row(GdtBaseLow, 0x7e8c, 4, Label("GDT")),
    row(Cr4, 0x7e40, 4, CR4),
    // Reserved in the SDM; coreboot's map of revision 30101h (em64t101_save_state.h) has them.
    row(IoRsi, 0x7df8, 8, RSI),
    row(IoRcx, 0x7df0, 8, RCX),
    row(IoRip, 0x7de8, 8, Label("RAISE")),
    row(IoRdi, 0x7de0, 8, RDI),
    row(IdtBaseHigh, 0x7dd8, 4, Value(IDT_BASE >> 32)),
    row(LdtBaseHigh, 0x7dd4, 4, Value(LDT_BASE >> 32)),
    row(GdtBaseHigh, 0x7dd0, 4, Value(0)),
];

/// "Reserved" in the SDM's table: here a processor may keep what it needs to resume and the table
/// doesn't show, such as the hidden parts of the segment registers.
const INTEL_RESERVED: Range<u16> = 0x7c00..0x7dd0;

/// AMD64 APM vol. 2, chapter "System-Management Mode", table "AMD64 Architecture SMM State-Save
/// Area". Checked against edk2's MdePkg/Include/Register/Amd/SmramSaveStateMap.h. Attributes are the
/// descriptor's high dword shifted right by 8, without bits 11:8 (there the limit's top stood).
const AMD64: &[Row] = &[
    row(Es, 0x7e00, 2, Value(0x10)),
    row(EsAttr, 0x7e02, 2, Value(0xc093)),
    row(EsLimit, 0x7e04, 4, Value(0xffff_ffff)),
    row(EsBase, 0x7e08, 8, Value(0)),
    row(Cs, 0x7e10, 2, Value(0x20)),
    row(CsAttr, 0x7e12, 2, Value(0xa09b)),
    row(CsLimit, 0x7e14, 4, Value(0xffff_ffff)),
    row(CsBase, 0x7e18, 8, Value(0)),
    row(Ss, 0x7e20, 2, Value(0x10)),
    row(SsAttr, 0x7e22, 2, Value(0xc093)),
    row(SsLimit, 0x7e24, 4, Value(0xffff_ffff)),
    row(SsBase, 0x7e28, 8, Value(0)),
    row(Ds, 0x7e30, 2, Value(0x10)),
    row(DsAttr, 0x7e32, 2, Value(0xc093)),
    row(DsLimit, 0x7e34, 4, Value(0xffff_ffff)),
    row(DsBase, 0x7e38, 8, Value(0)),
    row(Fs, 0x7e40, 2, Value(0x28)),
    row(FsAttr, 0x7e42, 2, Value(0xc093)),
    row(FsLimit, 0x7e44, 4, Value(0xabcd_efff)),
    row(FsBase, 0x7e48, 8, Value(0x1234_5678)),
    row(Gs, 0x7e50, 2, Value(0x30)),
    row(GsAttr, 0x7e52, 2, Value(0x4093)),
    row(GsLimit, 0x7e54, 4, Value(0x1fff)),
    row(GsBase, 0x7e58, 8, GS_BASE),
    row(GdtrLimit, 0x7e64, 2, Value(0x57)),
    row(GdtrBase, 0x7e68, 8, Label("GDT")),
    row(Ldtr, 0x7e70, 2, Value(0x48)),
    row(LdtrAttr, 0x7e72, 2, Value(0x82)),
    row(LdtrLimit, 0x7e74, 4, Value(0x2f)),
    row(LdtrBase, 0x7e78, 8, Value(LDT_BASE)),
    row(IdtrLimit, 0x7e84, 2, Value(0xabc)),
    row(IdtrBase, 0x7e88, 8, Value(IDT_BASE)),
    row(Tr, 0x7e90, 2, Value(0x38)),
    row(TrAttr, 0x7e92, 2, Something), // 8Bh, but QEMU saves 89h: it forgets the busy bit
    row(TrLimit, 0x7e94, 4, Value(0x67)),
    row(TrBase, 0x7e98, 8, Value(0x12_7654_3210)),
    row(IoRip, 0x7ea0, 8, Label("RAISE")),
    row(IoRcx, 0x7ea8, 8, RCX),
    row(IoRsi, 0x7eb0, 8, RSI),
    row(IoRdi, 0x7eb8, 8, RDI),
    row(IoState, 0x7ec0, 4, Something),
    row(IoRestart, 0x7ec8, 1, Value(0)),
    row(AutoHalt, 0x7ec9, 1, Value(0)),
    row(Efer, 0x7ed0, 8, EFER),
    row(Revision, 0x7efc, 4, Something),
    row(Smbase, 0x7f00, 4, Value(SMBASE)),
    row(Cr4, 0x7f48, 8, CR4),
    row(Cr3, 0x7f50, 8, CR3),
    row(Cr0, 0x7f58, 8, CR0),
    row(Dr7, 0x7f60, 8, DR7),
    row(Dr6, 0x7f68, 8, DR6),
    row(Rflags, 0x7f70, 8, RFLAGS),
    row(Rip, 0x7f78, 8, RIP),
    row(R15, 0x7f80, 8, numbered(0x15)),
    row(R14, 0x7f88, 8, numbered(0x14)),
    row(R13, 0x7f90, 8, numbered(0x13)),
    row(R12, 0x7f98, 8, numbered(0x12)),
    row(R11, 0x7fa0, 8, numbered(0x11)),
    row(R10, 0x7fa8, 8, numbered(0x10)),
    row(R9, 0x7fb0, 8, numbered(0x09)),
    row(R8, 0x7fb8, 8, numbered(0x08)),
    row(Rdi, 0x7fc0, 8, RDI),
    row(Rsi, 0x7fc8, 8, RSI),
    row(Rbp, 0x7fd0, 8, RBP),
    row(Rsp, 0x7fd8, 8, RSP),
    row(Rbx, 0x7fe0, 8, RBX),
    row(Rdx, 0x7fe8, 8, RDX),
    row(Rcx, 0x7ff0, 8, RCX),
    row(Rax, 0x7ff8, 8, RAX),
];

/// What QEMU 7.2's AMD64 map, revision 20064h, leaves out or writes as a dword.
const QEMU_OMITS: &[SaveField] = &[IoRip, IoRcx, IoRsi, IoRdi, IoState, IoRestart, AutoHalt];
const QEMU_DWORDS: &[SaveField] = &[Cr4, Cr0, Dr7, Dr6, Rflags, GdtrLimit, IdtrLimit];

/// One kind of processor.
struct Case {
    board: Board,
    map: SaveStateMap,
    revision: u32,
    table: &'static [Row],
    /// Offsets where it may write what it likes.
    reserved: Range<u16>,
    /// Fields of the table that it need not write.
    may_omit: &'static [SaveField],
    /// Fields that it writes with 4 bytes, whatever the table says.
    dwords: &'static [SaveField],
}

impl Case {
    const INTEL: Case = Case {
        board: Board::Ich9,
        map: SaveStateMap::Intel64,
        // SDM, "SMM Revision Identifier": bit 17 SMBASE relocation, bit 16 I/O restart. 0101h: as coreboot.
        revision: 0x3_0101,
        table: INTEL_64,
        reserved: INTEL_RESERVED,
        may_omit: &[IoMemAddr],
        dwords: &[],
    };
    const AMD: Case = Case {
        map: SaveStateMap::Amd64,
        revision: 0x3_0064,
        table: AMD64,
        reserved: 0..0,
        may_omit: &[],
        ..Self::INTEL
    };
    const QEMU: Case = Case {
        board: Board::Qemu,
        map: SaveStateMap::Qemu,
        revision: 0x2_0064,
        may_omit: QEMU_OMITS,
        dwords: QEMU_DWORDS,
        ..Self::AMD
    };
    const ALL: [Case; 3] = [Self::INTEL, Self::AMD, Self::QEMU];
}

impl Case {
    /// The machine with `registers.s`, right after the events of SMM entry; and these.
    fn enter(&self, rom: &Rom) -> (Machine, Vec<Event>) {
        let mut machine = Machine::new(&Config {
            board: self.board,
            save_state: Some(self.map),
            ram_mib: 16,
            bios: rom.bytes.clone(),
            ..Config::default()
        })
        .unwrap_or_else(|error| panic!("{error}"));
        run_to(&mut machine, rom.symbols["RAISE"] as u32);
        let events = step_until(&mut machine, |kind| matches!(kind, Kind::SmmEntered { .. }));
        (machine, events)
    }

    /// Runs the ROM with these pokes and returns the machine right after RSM.
    fn return_with(&self, rom: &Rom, pokes: &[(u16, u32)]) -> Machine {
        let mut poked = rom.bytes.clone();
        let table = poked[rom.symbols["POKES_IN_ROM"] as usize..].chunks_exact_mut(8);
        for (entry, &(offset, dword)) in table.zip(pokes) {
            entry[..4].copy_from_slice(&(0x8000 + u32::from(offset)).to_le_bytes());
            entry[4..].copy_from_slice(&dword.to_le_bytes());
        }
        let rom = Rom { bytes: poked, symbols: rom.symbols.clone() };
        let (mut machine, _) = self.enter(&rom);
        step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
        machine
    }

    fn offset(&self, field: SaveField) -> u16 {
        self.table.iter().find(|row| row.field == field).expect("the field is in the map").offset
    }
}

/// The two pokes that write a 64-bit field.
fn quad(offset: u16, value: u64) -> [(u16, u32); 2] {
    [(offset, value as u32), (offset + 4, (value >> 32) as u32)]
}

fn expected(holds: Holds, rom: &Rom) -> Option<u64> {
    match holds {
        Value(value) => Some(value),
        Label(name) => Some(rom.symbols[name]),
        Something => None,
    }
}

fn in_area(machine: &Machine, offset: u16, size: u8) -> u64 {
    let mut bytes = [0; 8];
    machine.peek(View::Smm, SMBASE + 0x8000 + u64::from(offset), &mut bytes[..usize::from(size)]);
    u64::from_le_bytes(bytes)
}

#[test]
fn smm_entry_writes_every_field_of_the_manuals_table_where_the_manual_says() {
    let rom = e2e::rom("registers");
    for case in Case::ALL {
        let (machine, events) = case.enter(&rom);
        for row in case.table {
            let saved = events.iter().find_map(|event| match event.kind {
                Kind::Save { field, offset, size, value } if field == row.field => Some((offset, size, value)),
                _ => None,
            });
            let name = row.field.name();
            let Some((offset, size, value)) = saved else {
                assert!(case.may_omit.contains(&row.field), "{:?}: {name} is not saved", case.map);
                continue;
            };
            let expected_size = if case.dwords.contains(&row.field) { 4 } else { row.size };
            assert_eq!(offset, row.offset, "{:?}: offset of {name} is {offset:#x}", case.map);
            assert_eq!(size, expected_size, "{:?}: bytes of {name}", case.map);
            assert_eq!(value, in_area(&machine, offset, size), "{:?}: {name} in the trace and in RAM", case.map);
            if let Some(expected) = expected(row.holds, &rom) {
                assert_eq!(value, expected, "{:?}: {name} is {value:#x}, not {expected:#x}", case.map);
            }
        }
    }
}

#[test]
fn smm_entry_writes_nothing_that_the_manuals_table_does_not_name() {
    let rom = e2e::rom("registers");
    for case in Case::ALL {
        let (machine, events) = case.enter(&rom);
        let mut named: BTreeSet<u16> = case.reserved.clone().collect();
        for row in case.table {
            let size = if case.dwords.contains(&row.field) { row.size.max(4) } else { row.size };
            named.extend(row.offset..row.offset + u16::from(size));
        }
        for event in &events {
            if let Kind::Save { field, offset, .. } = event.kind {
                assert!(named.contains(&offset), "{:?}: {} at {offset:#x}", case.map, field.name());
            }
        }
        for offset in (0x7c00..0x8000).filter(|offset| !named.contains(offset)) {
            assert_eq!(in_area(&machine, offset, 1), 0xcc, "{:?}: byte {offset:#x} was overwritten", case.map);
        }
    }
}

#[test]
fn the_revision_tells_the_maps_apart_at_one_offset_for_all() {
    let rom = e2e::rom("registers");
    for case in Case::ALL {
        let (machine, _) = case.enter(&rom);
        assert_eq!(in_area(&machine, 0x7efc, 4) as u32, case.revision, "{:?}", case.map);
    }
}

#[test]
fn rsm_loads_the_registers_that_a_handler_may_change_from_the_map() {
    const WRITABLE: &[(SaveField, CpuReg, u64)] = &[
        (Rax, CpuReg::Rax, 0x0101_0101_1111_1111),
        (Rcx, CpuReg::Rcx, 0x0202_0202_2222_2222),
        (Rdx, CpuReg::Rdx, 0x0303_0303_3333_3333),
        (Rbx, CpuReg::Rbx, 0x0404_0404_4444_4444),
        (Rsp, CpuReg::Rsp, 0x0000_0505_5555_5555),
        (Rbp, CpuReg::Rbp, 0x0606_0606_6666_6666),
        (Rsi, CpuReg::Rsi, 0x0707_0707_7777_7777),
        (Rdi, CpuReg::Rdi, 0x0808_0808_8888_8888),
        (R8, CpuReg::R8, 0x1808_0808_8888_8888),
        (R9, CpuReg::R9, 0x1909_0909_9999_9999),
        (R10, CpuReg::R10, 0x1a0a_0a0a_aaaa_aaaa),
        (R11, CpuReg::R11, 0x1b0b_0b0b_bbbb_bbbb),
        (R12, CpuReg::R12, 0x1c0c_0c0c_cccc_cccc),
        (R13, CpuReg::R13, 0x1d0d_0d0d_dddd_dddd),
        (R14, CpuReg::R14, 0x1e0e_0e0e_eeee_eeee),
        (R15, CpuReg::R15, 0x1f0f_0f0f_ffff_ffff),
        (Rflags, CpuReg::Rflags, 0x0000_0000_0000_0046),
    ];
    let rom = e2e::rom("registers");
    for case in Case::ALL {
        let mut pokes: Vec<_> =
            WRITABLE.iter().flat_map(|&(field, _, value)| quad(case.offset(field), value)).collect();
        pokes.extend(quad(case.offset(Rip), rom.symbols["OTHER"]));
        let machine = case.return_with(&rom, &pokes);
        for &(field, register, value) in WRITABLE {
            let found = machine.register(0, register);
            assert_eq!(found, value, "{:?}: {} is {found:#x} after RSM", case.map, field.name());
        }
        assert_eq!(machine.register(0, CpuReg::Rip), rom.symbols["OTHER"]);
    }
}

#[test]
fn rsm_brings_back_every_register_when_the_handler_changes_nothing() {
    let rom = e2e::rom("registers");
    for case in Case::ALL {
        let (mut machine, _) = case.enter(&rom);
        // What the trace calls registers, but for the two that the OUT itself moved.
        let rows: &[(CpuReg, Holds)] = &[
            (CpuReg::Rax, RAX),
            (CpuReg::Rcx, RCX),
            (CpuReg::Rdx, RDX),
            (CpuReg::Rbx, RBX),
            (CpuReg::Rsp, RSP),
            (CpuReg::Rbp, RBP),
            (CpuReg::Rsi, RSI),
            (CpuReg::Rdi, RDI),
            (CpuReg::R8, numbered(0x08)),
            (CpuReg::R15, numbered(0x15)),
            (CpuReg::Rip, RIP),
            (CpuReg::Rflags, RFLAGS),
            (CpuReg::Cs, Value(0x20)),
            (CpuReg::Ds, Value(0x10)),
            (CpuReg::Es, Value(0x10)),
            (CpuReg::Ss, Value(0x10)),
            (CpuReg::Fs, Value(0x28)),
            (CpuReg::Gs, Value(0x30)),
            (CpuReg::Cr0, CR0),
            (CpuReg::Cr3, CR3),
            (CpuReg::Cr4, CR4),
            (CpuReg::Efer, EFER),
            (CpuReg::Dr7, DR7),
            (CpuReg::Smbase, Value(SMBASE)),
        ];
        step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
        for &(register, holds) in rows {
            let expected = expected(holds, &rom).expect("a value");
            let found = machine.register(0, register);
            assert_eq!(found, expected, "{:?}: {} is {found:#x} after RSM", case.map, register.name());
        }
    }
}

#[test]
fn rsm_reads_back_only_fields_of_the_map_and_from_their_offsets() {
    let rom = e2e::rom("registers");
    for case in Case::ALL {
        let (mut machine, _) = case.enter(&rom);
        let events = step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
        let restored: Vec<_> = events
            .iter()
            .filter_map(|event| match event.kind {
                Kind::Restore { field, offset, size, value } => Some((field, offset, size, value)),
                _ => None,
            })
            .collect();
        assert!(restored.len() > 30, "{:?}: only {} fields restored", case.map, restored.len());
        for (field, offset, size, value) in restored {
            if !case.reserved.contains(&offset) {
                assert_eq!(offset, case.offset(field), "{:?}: {}", case.map, field.name());
            }
            assert_eq!(value, in_area(&machine, offset, size), "{:?}: {}", case.map, field.name());
        }
    }
}

#[test]
fn rsm_takes_the_new_smbase_from_its_slot() {
    let rom = e2e::rom("registers");
    for case in Case::ALL {
        let moved = case.return_with(&rom, &[(case.offset(Smbase), 0x48000)]);
        assert_eq!(moved.register(0, CpuReg::Smbase), 0x48000, "{:?}", case.map);
    }
}

#[test]
fn the_intel_smbase_slot_means_nothing_to_the_amd64_map() {
    let rom = e2e::rom("registers");
    for case in [Case::AMD, Case::QEMU] {
        let machine = case.return_with(&rom, &[(Case::INTEL.offset(Smbase), 0x48000)]);
        assert_eq!(machine.register(0, CpuReg::Smbase), SMBASE, "{:?}", case.map);
    }
}
