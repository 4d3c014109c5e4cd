//! From reset to the moment when an OS waits for a key: found by its silence, not by what a certain
//! ROM looks like. On the way the lock of SMRAM is caught, with a look at both its sides.

use board::{Config, History, Machine, Stop};
use lab::{Shutter, moment, shutter, smram};
use protocol::{Ending, Failure, Opened};
use trace::{CpuReg, Event, Level, Silent, Sink};

/// Virtual time that runs between two looks at the machine.
const SLICE: u64 = 20_000;
/// The OS waits when nothing but computing has happened for this long.
const SILENCE: u64 = 100_000;
/// No boot takes longer.
const LONGEST: u64 = 400_000_000;
/// Interrupts enabled.
const RFLAGS_IF: u64 = 1 << 9;

#[derive(Default)]
struct Watch {
    last: u64,
    shutters: Vec<Shutter>,
}

impl Sink for Watch {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        self.last = event.time;
        self.shutters.extend(shutter(&event));
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
            Stop::Halted | Stop::Off => return Err(Failure::Ended { time, how: Ending::Halted }),
            Stop::Shutdown => return Err(Failure::Ended { time, how: Ending::Shutdown }),
            Stop::Exit(value) => return Err(Failure::Ended { time, how: Ending::Exit(value) }),
        }
    }
    if asleep(history.machine()) {
        return Err(Failure::Ended { time: watch.last, how: Ending::Halted });
    }
    let smram = smram(&mut history, &watch.shutters);
    let opened = Opened { home: moment(history.machine()), ram_mib: config.ram_mib, cpus: config.cpus, smram };
    Ok((history, opened))
}

/// Halted with interrupts off: no key will wake it.
fn asleep(machine: &Machine) -> bool {
    let mut later = machine.clone();
    later.run_until(machine.time() + SLICE, &mut Silent);
    later.instructions() == machine.instructions() && machine.register(0, CpuReg::Rflags) & RFLAGS_IF == 0
}
