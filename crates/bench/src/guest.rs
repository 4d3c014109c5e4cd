//! A guest program (`tests/bench/kernels.s`) from reset to its end.

use crate::clock::Used;
use board::{Board, Config, Machine, Stop};
use trace::{Event, Kind, Level, Output, Recorder, Sink};

/// So many events are kept when events are traced.
const KEPT: usize = 512;
/// Virtual time that runs at a time. A browser's engine replaces slow code by fast at calls only, so that
/// an endless one would stay slow; the page doesn't make such calls either.
const SLICE: u64 = 1_000_000;

/// What COM1 gets goes out, and every event is kept if that is asked for.
struct Tape<'a> {
    events: Option<Recorder>,
    out: &'a mut dyn FnMut(u8),
    /// When each byte went out: in virtual time, and how much of ours was used.
    times: Vec<(u64, Used)>,
}

impl Sink for Tape<'_> {
    fn level(&self) -> Level {
        if self.events.is_some() { Level::Events } else { Level::Output }
    }

    fn event(&mut self, event: Event) {
        if let Kind::Output { to: Output::Serial, byte } = event.kind {
            self.times.push((event.time, Used::now()));
            (self.out)(byte);
        }
        if let Some(events) = &mut self.events {
            events.event(event);
        }
    }
}

/// Between the marks B and C.
pub struct Counted {
    /// On board `qemu` each takes a nanosecond.
    pub instructions: u64,
    pub used: Used,
}

/// Runs it and hands out what it sends to COM1.
pub fn run(rom: Vec<u8>, events: bool, out: &mut dyn FnMut(u8)) -> Result<Counted, String> {
    let config = Config { board: Board::Qemu, bios: rom, ..Config::default() };
    let mut machine = Machine::new(&config).map_err(|error| error.to_string())?;
    let events = events.then(|| Recorder::bounded(Level::Events, KEPT));
    let mut tape = Tape { events, out, times: Vec::new() };
    let stop = loop {
        let stop = machine.run_until(machine.time() + SLICE, &mut tape);
        if stop != Stop::Time {
            break stop;
        }
    };
    match (stop, &tape.times[..]) {
        (Stop::Exit(0), [_, from, to, ..]) => {
            Ok(Counted { instructions: to.0 - from.0, used: Used(to.1.0 - from.1.0) })
        }
        (stop, times) => Err(format!("the guest ended with {stop:?} after {} bytes", times.len())),
    }
}
