//! Our machine, run the way QEMU is run, and its trace.

use crate::Ran;
use board::{Board, Config, Machine, Stop};
use trace::{CpuReg, Event, Kind, Level, Output, Recorder, Sink};

/// Virtual time after which a guest counts as hung.
const PATIENCE: u64 = 5_000_000_000;

/// A machine with 16 MiB; `script` becomes the demo ROM's fw_cfg file.
pub fn power_on(board: Board, bios: &[u8], script: Option<&[u8]>) -> Machine {
    let fw_cfg = script.map(|bytes| (demo_rom::SCRIPT_FILE.to_owned(), bytes.to_vec())).into_iter().collect();
    let config = Config { board, ram_mib: 16, bios: bios.to_vec(), fw_cfg, ..Config::default() };
    Machine::new(&config).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs until the guest writes to port F4h.
pub fn run(machine: &mut Machine) -> Ran {
    let mut tape = Recorder::new(Level::Output);
    let stop = machine.run_until(PATIENCE, &mut tape);
    let events = tape.into_events();
    let log = String::from_utf8_lossy(&bytes(&events, Output::Debug402)).into_owned();
    let Stop::Exit(exit) = stop else { panic!("the guest ended with {stop:?} and this log:\n{log}") };
    Ran { log, post: bytes(&events, Output::Post), exit }
}

/// Steps until an event for which `last` holds has happened; returns all events since the call.
pub fn step_until(machine: &mut Machine, mut last: impl FnMut(&Kind) -> bool) -> Vec<Event> {
    let mut tape = Watched { events: Vec::new(), found: false, last: &mut last };
    while !tape.found {
        let stop = machine.step(&mut tape);
        assert!(matches!(stop, Stop::Time), "{stop:?} at {:#x}", machine.register(0, CpuReg::Rip));
        assert!(machine.time() < PATIENCE, "the awaited event never came");
    }
    tape.events
}

/// Runs without a trace until processor 0 is about to execute the instruction at `rip`.
pub fn run_to(machine: &mut Machine, rip: u32) {
    while machine.register(0, CpuReg::Rip) != u64::from(rip) || machine.in_smm(0) {
        let stop = machine.step(&mut trace::Silent);
        assert!(matches!(stop, Stop::Time), "{stop:?} on the way to {rip:#x}");
        assert!(machine.time() < PATIENCE, "never reached {rip:#x}");
    }
}

/// The bytes that left by one door.
pub fn bytes(events: &[Event], door: Output) -> Vec<u8> {
    let byte = |event: &Event| match event.kind {
        Kind::Output { to, byte } if to == door => Some(byte),
        _ => None,
    };
    events.iter().filter_map(byte).collect()
}

struct Watched<'a> {
    events: Vec<Event>,
    found: bool,
    last: &'a mut dyn FnMut(&Kind) -> bool,
}

impl Sink for Watched<'_> {
    fn level(&self) -> Level {
        Level::Instructions
    }
    fn event(&mut self, event: Event) {
        self.found |= (self.last)(&event.kind);
        self.events.push(event);
    }
}
