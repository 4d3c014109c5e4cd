//! From reset to the moment when an OS waits for a key: found by its silence, not by what a certain
//! ROM looks like. On the way the lock of SMRAM is caught, with a look at both its sides.

use board::{Config, History, Machine, Stop, View};
use protocol::{Ending, Failure, Moment, Opened, Peek, Smram};
use story::SHOWN;
use trace::{ChipReg, CpuReg, Event, Kind, Level, Silent, Sink};

/// Virtual time that runs between two looks at the machine.
const SLICE: u64 = 20_000;
/// The OS waits when nothing but computing has happened for this long.
const SILENCE: u64 = 100_000;
/// No boot takes longer.
const LONGEST: u64 = 400_000_000;
/// SMRAM.D_LCK (Intel 3 Series datasheet 316966, 5.1.30).
const D_LCK: u32 = 0x10;
/// Interrupts enabled.
const RFLAGS_IF: u64 = 1 << 9;
/// The SMI handler's entry lies here from SMBASE.
const ENTRY: u64 = 0x8000;
const PEEKED: usize = 16;

#[derive(Default)]
struct Watch {
    last: u64,
    /// When a register that opens, closes or locks SMRAM changed, and whether that locked it.
    shutters: Vec<(u64, bool)>,
}

impl Sink for Watch {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        self.last = event.time;
        match event.kind {
            Kind::Chip { reg: ChipReg::Smramc, old, new } => {
                self.shutters.push((event.time, old & D_LCK == 0 && new & D_LCK != 0));
            }
            Kind::Chip { reg: ChipReg::Esmramc, .. } => self.shutters.push((event.time, false)),
            _ => {}
        }
    }
}

pub fn boot(rom: Vec<u8>, mut progress: impl FnMut(u64)) -> Result<(History, Opened), Failure> {
    let config = Config { bios: rom, ..Config::default() };
    let machine = Machine::new(&config).map_err(|e| Failure::Rom(e.to_string()))?;
    let mut history = History::new(machine);
    let mut watch = Watch::default();
    loop {
        let time = history.machine().time();
        let stop = history.run_until(time + SLICE, &mut watch);
        let time = history.machine().time();
        match stop {
            Stop::Time if time > watch.last + SILENCE && !history.machine().in_smm(0) => break,
            Stop::Time if time > LONGEST => return Err(Failure::Endless { time }),
            Stop::Time | Stop::Limit => progress(time),
            Stop::Halted => return Err(Failure::Ended { time, how: Ending::Halted }),
            Stop::Shutdown => return Err(Failure::Ended { time, how: Ending::Shutdown }),
            Stop::Exit(value) => return Err(Failure::Ended { time, how: Ending::Exit(value) }),
        }
    }
    if asleep(history.machine()) {
        return Err(Failure::Ended { time: watch.last, how: Ending::Halted });
    }
    let smram = look(&mut history, &watch);
    let opened = Opened { home: moment(history.machine()), ram_mib: config.ram_mib, cpus: config.cpus, smram };
    Ok((history, opened))
}

/// Halted with interrupts off: no key will wake it.
fn asleep(machine: &Machine) -> bool {
    let mut later = machine.clone();
    later.run_until(machine.time() + SLICE, &mut Silent);
    later.instructions() == machine.instructions() && machine.register(0, CpuReg::Rflags) & RFLAGS_IF == 0
}

/// Looks at the handler's first bytes now, and goes back for what they looked like around the lock.
fn look(history: &mut History, watch: &Watch) -> Smram {
    let home = history.machine().time();
    let addr = history.machine().register(0, CpuReg::Smbase) + ENTRY;
    let now = peek(history.machine(), addr);
    let lock = watch.shutters.iter().position(|(_, locks)| *locks);
    let Some(lock) = lock else { return Smram { addr, before: None, after: None, now } };
    // The ROM may close SMRAM first and lock it then: "before" is when the OS could last see in.
    let before: Vec<_> = watch.shutters[..=lock].iter().rev().map(|(time, _)| peek_at(history, *time, addr)).collect();
    let open = before.iter().position(|p| p.os == p.smm).unwrap_or(0);
    let before = before.into_iter().nth(open);
    let after = Some(peek_at(history, watch.shutters[lock].0 + 1, addr));
    history.seek(home);
    Smram { addr, before, after, now }
}

fn peek_at(history: &mut History, time: u64, addr: u64) -> Peek {
    history.seek(time);
    peek(history.machine(), addr)
}

fn peek(machine: &Machine, addr: u64) -> Peek {
    let read = |view| {
        let mut bytes = vec![0; PEEKED];
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
