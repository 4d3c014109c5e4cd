//! A hand-made excursion for unit tests: the shape of what a machine reports for `out 0B2h, al`.

use crate::{Row, Start, Tape};
use trace::{ChipReg, CpuReg, Event, Kind, Mode, SaveField, SmiSource};

pub const SMBASE: u32 = 0xf0_0000;

pub fn instruction(smm: bool, rip: u64, text: &str) -> (Kind, Option<&str>) {
    let kind = Kind::Instruction { mode: Mode::Bits64, smm, cs: 8, rip, linear: rip, bytes: vec![0x90] };
    (kind, Some(text))
}

pub fn entry(rip: u64, smi_count: u32) -> Vec<(Kind, Option<&'static str>)> {
    let save = |field, offset, size, value| (Kind::Save { field, offset, size, value }, None);
    vec![
        (Kind::SmiTaken { smbase: SMBASE, cs: 8, rip }, None),
        save(SaveField::Cr0, 0x7ff8, 8, 0x8000_0011),
        save(SaveField::Rip, 0x7fd8, 8, rip),
        save(SaveField::Rax, 0x7f5c, 8, 0x42),
        (Kind::SmmEntered { entry: 0xf0_8000, smi_count }, None),
    ]
}

pub fn exit(rip: u64, rax: u64) -> Vec<(Kind, Option<&'static str>)> {
    vec![
        instruction(true, 0x8020, "rsm"),
        (Kind::Rsm { smbase: SMBASE }, None),
        (Kind::Restore { field: SaveField::Rax, offset: 0x7f5c, size: 8, value: rax }, None),
        (Kind::SmmLeft { smbase: SMBASE, cs: 8, rip }, None),
        (Kind::Register { reg: CpuReg::Rax, value: rax }, None),
    ]
}

pub fn raise(command: u32) -> Vec<(Kind, Option<&'static str>)> {
    vec![
        (Kind::PortOut { port: 0xb2, size: 1, value: command }, None),
        (Kind::Chip { reg: ChipReg::ApmCnt, old: 0, new: command }, None),
        (Kind::Chip { reg: ChipReg::SmiSts, old: 0, new: 0x20 }, None),
        (Kind::SmiRequest { source: SmiSource::Apm, sent: true }, None),
        (Kind::SmiLine { asserted: true }, None),
    ]
}

/// Rows with times: every instruction takes one nanosecond.
pub fn tape(parts: Vec<Vec<(Kind, Option<&str>)>>) -> Tape {
    let mut time = 99;
    let mut rows = Vec::new();
    for (kind, text) in parts.into_iter().flatten() {
        // An entry belongs to the step of the handler's first instruction.
        let entered = matches!(rows.last(), Some(Row { event: Event { kind: Kind::SmmEntered { .. }, .. }, .. }));
        if matches!(kind, Kind::SmiTaken { .. }) || matches!(kind, Kind::Instruction { .. }) && !entered {
            time += 1;
        }
        rows.push(Row { event: Event { time, cpu: 0, kind }, text: text.map(str::to_owned) });
    }
    let start = Start { time: 100, hash: 7, registers: vec![(CpuReg::Rax, 0x42)], smi_count: 3 };
    Tape::new(start, rows)
}

/// One SMI whose handler answers by changing the saved RAX.
pub fn one_smi() -> Tape {
    let store = Kind::Store { addr: 0xf0_8000 + 0x7f5c, size: 8, value: 0x1234, denied: false };
    tape(vec![
        vec![instruction(false, 0x1000, "mov al,42h")],
        vec![instruction(false, 0x1002, "out 0B2h,al")],
        raise(0x42),
        entry(0x1004, 4),
        vec![instruction(true, 0x8000, "mov eax,1234h"), instruction(true, 0x8005, "mov [7F5Ch],rax"), (store, None)],
        exit(0x1004, 0x1234),
        vec![instruction(false, 0x1004, "test al,al"), instruction(false, 0x1006, "jne 1000h")],
    ])
}
