//! The machine at one moment, and SMRAM as both worlds see it.

use board::{History, Machine, View};
use protocol::{Memory, Moment, Peek, Smram};
use story::SHOWN;
use trace::{ChipReg, CpuReg, Event, Kind};

/// SMRAM.D_LCK (Intel 3 Series datasheet 316966, 5.1.30).
const D_LCK: u32 = 0x10;
/// The SMI handler's entry lies here from SMBASE.
const ENTRY: u64 = 0x8000;
const PEEKED: usize = 16;

/// A register that opens, closes or locks SMRAM changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutter {
    pub time: u64,
    pub locks: bool,
}

pub fn shutter(event: &Event) -> Option<Shutter> {
    let locks = match event.kind {
        Kind::Chip { reg: ChipReg::Smramc, old, new } => old & D_LCK == 0 && new & D_LCK != 0,
        Kind::Chip { reg: ChipReg::Esmramc, .. } => false,
        _ => return None,
    };
    Some(Shutter { time: event.time, locks })
}

/// Looks at the SMI handler's first bytes now, and goes back for what they looked like around the
/// lock. The history ends where it was.
pub fn smram(history: &mut History, shutters: &[Shutter]) -> Smram {
    let home = history.machine().time();
    let addr = history.machine().register(0, CpuReg::Smbase) + ENTRY;
    let now = peek(history.machine(), addr, PEEKED);
    let Some(lock) = shutters.iter().position(|shutter| shutter.locks) else {
        return Smram { addr, before: None, after: None, now };
    };
    // SMRAM may be closed first and locked then: "before" is when the OS could last see in.
    let earlier = shutters[..=lock].iter().rev();
    let before: Vec<_> = earlier.map(|shutter| peek_at(history, shutter.time, addr)).collect();
    let open = before.iter().position(|p| p.os == p.smm).unwrap_or(0);
    let before = before.into_iter().nth(open);
    let after = Some(peek_at(history, shutters[lock].time + 1, addr));
    history.seek(home);
    Smram { addr, before, after, now }
}

/// Memory as it is now.
#[must_use]
pub fn memory(machine: &Machine, addr: u64, length: usize) -> Memory {
    Memory { addr, peek: peek(machine, addr, length), tseg: machine.tseg() }
}

fn peek_at(history: &mut History, time: u64, addr: u64) -> Peek {
    history.seek(time);
    peek(history.machine(), addr, PEEKED)
}

fn peek(machine: &Machine, addr: u64, length: usize) -> Peek {
    let read = |view| {
        let mut bytes = vec![0; length];
        machine.peek(view, addr, &mut bytes);
        bytes
    };
    Peek { time: machine.time(), os: read(View::Os), smm: read(View::Smm) }
}

pub fn moment(machine: &Machine) -> Moment {
    Moment {
        time: machine.time(),
        hash: machine.state_hash(),
        in_smm: machine.in_smm(0),
        registers: SHOWN.map(|reg| (reg, machine.register(0, reg))).to_vec(),
    }
}
