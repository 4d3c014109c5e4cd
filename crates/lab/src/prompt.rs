//! Running until the OS asks for a command, or it is clear that it never will.

use crate::witness::Witness;
use board::{History, Machine, Stop};
use protocol::Outcome;
use trace::{Input, Sink};

/// Virtual time between two looks.
const SLICE: u64 = 20_000;
/// A prompt counts when nothing has followed it for so long.
const SETTLED: u64 = 20_000;
/// Virtual time, and instructions, without news after which a machine counts as hung.
const SILENCE: u64 = 50_000_000;
const IDLE: u64 = 5_000_000;
/// While BDS waits for a key, up to a minute goes by; it looks once a second.
const BOOT_TIMEOUT: u64 = 61_000_000_000;
const LONG_SLICE: u64 = 10_000_000;
/// No boot has so many instructions.
const LONGEST: u64 = 40_000_000;

/// A machine, with or without a history.
pub trait Runs {
    fn machine(&self) -> &Machine;
    fn run_until(&mut self, time: u64, sink: &mut dyn Sink) -> Stop;
    fn serial_input(&mut self, bytes: &[u8]);
    fn touch(&mut self, input: Input, sink: &mut dyn Sink);
}

impl Runs for Machine {
    fn machine(&self) -> &Machine {
        self
    }
    fn run_until(&mut self, time: u64, sink: &mut dyn Sink) -> Stop {
        let stop = Machine::run_until(self, time, sink);
        if stop == Stop::Off {
            // As a history does.
            self.pass_time(time, sink);
        }
        stop
    }
    fn serial_input(&mut self, bytes: &[u8]) {
        Machine::serial_input(self, bytes);
    }
    fn touch(&mut self, input: Input, sink: &mut dyn Sink) {
        Machine::touch(self, input, sink);
    }
}

impl Runs for History {
    fn machine(&self) -> &Machine {
        History::machine(self)
    }
    fn run_until(&mut self, time: u64, sink: &mut dyn Sink) -> Stop {
        History::run_until(self, time, sink)
    }
    fn serial_input(&mut self, bytes: &[u8]) {
        History::serial_input(self, bytes);
    }
    fn touch(&mut self, input: Input, sink: &mut dyn Sink) {
        History::touch(self, input, sink);
    }
}

pub fn run_to_prompt(runs: &mut impl Runs, witness: &mut Witness, mut progress: impl FnMut(u64)) -> Outcome {
    let (begun, start) = (runs.machine().instructions(), runs.machine().time());
    // When the last news came: its time, and the instructions executed by then.
    let (mut news, mut at) = (runs.machine().time(), begun);
    witness.last = news;
    let mut unread = runs.machine().serial_unread();
    loop {
        let (slice, silence) = if witness.waits_for_key() { (LONG_SLICE, BOOT_TIMEOUT) } else { (SLICE, SILENCE) };
        match runs.run_until(runs.machine().time() + slice, witness) {
            Stop::Time | Stop::Limit => {}
            // A sleep is no silence; it may be over by now.
            Stop::Off if !runs.machine().is_off() && runs.machine().time() < start + BOOT_TIMEOUT => {
                witness.last = runs.machine().time();
            }
            Stop::Halted => return Outcome::Hung,
            Stop::Off => return Outcome::Off,
            Stop::Shutdown => return Outcome::Shutdown { why: witness.shutdown() },
            Stop::Exit(value) => return Outcome::Exit { value },
        }
        let machine = runs.machine();
        let (time, instructions) = (machine.time(), machine.instructions());
        if witness.last != news {
            (news, at) = (witness.last, instructions);
        }
        if machine.serial_unread() != unread {
            // Somebody reads, if slowly, what was typed.
            (unread, witness.last) = (machine.serial_unread(), time);
            (news, at) = (time, instructions);
        }
        if witness.prompted() && time > news + SETTLED && machine.serial_unread() == 0 && !machine.in_smm(0) {
            return Outcome::Prompt;
        }
        if time > news + silence || instructions > at + IDLE {
            return Outcome::Hung;
        }
        if instructions > begun + LONGEST {
            return Outcome::Endless;
        }
        progress(time);
    }
}
