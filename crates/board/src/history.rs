//! Time travel: keyframes, and a log of what came from outside. Keyframe plus log gives any past
//! state again, bit for bit.

use crate::machine::{Machine, Stop};
use trace::{Input, Silent, Sink};

/// Virtual time between keyframes, and instructions: a machine that waits for something needs none.
const KEYFRAME_NS: u64 = 100_000;
const KEYFRAME_INSTRUCTIONS: u64 = 50_000;

/// What came from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Typed(Vec<u8>),
    Touched(Input),
}

#[derive(Clone)]
pub struct History {
    now: Machine,
    /// Oldest first; the first is the beginning of the history.
    keyframes: Vec<Machine>,
    inputs: Vec<(u64, Given)>,
    /// Inputs that the machine had before the history began.
    before: usize,
}

impl History {
    /// A history that begins with the machine as it is.
    pub fn new(machine: Machine) -> Self {
        History { keyframes: vec![machine.clone()], before: machine.inputs_applied(), now: machine, inputs: Vec::new() }
    }

    pub fn machine(&self) -> &Machine {
        &self.now
    }

    /// Inputs from the beginning on: what a link or a bug report needs beside the image.
    pub fn inputs(&self) -> &[(u64, Given)] {
        &self.inputs
    }

    /// How many inputs of the log the machine has had.
    fn applied(&self) -> usize {
        self.now.inputs_applied() - self.before
    }

    fn last_keyframe(&self) -> (u64, u64) {
        self.keyframes.last().map_or((0, 0), |machine| (machine.time(), machine.instructions()))
    }

    fn keep(&mut self) {
        let (time, instructions) = self.last_keyframe();
        let far = self.now.instructions() >= instructions + KEYFRAME_INSTRUCTIONS;
        if far && self.now.time() >= time + KEYFRAME_NS {
            self.keyframes.push(self.now.clone());
        }
    }

    /// See [`Machine::step`].
    pub fn step(&mut self, sink: &mut dyn Sink) -> Stop {
        let due = self.next_input();
        if due.is_some_and(|t| t <= self.now.time()) {
            self.apply_inputs(sink);
        }
        let stop = self.now.step(sink);
        self.keep();
        stop
    }

    /// See [`Machine::run_until`]; inputs that the log holds for the time run through arrive again.
    pub fn run_until(&mut self, t: u64, sink: &mut dyn Sink) -> Stop {
        while self.now.time() < t {
            self.apply_inputs(sink);
            let keyframe = self.now.time() + KEYFRAME_NS;
            let pause = self.next_input().unwrap_or(u64::MAX).min(keyframe).min(t);
            let stop = self.now.run_until(pause.max(self.now.time() + 1), sink);
            if stop == Stop::Off {
                // Time goes on: what wakes the machine comes at its time, be it an input or an alarm.
                self.now.pass_time(self.next_input().unwrap_or(t).min(t), sink);
            } else if stop != Stop::Time {
                return stop;
            }
            self.keep();
        }
        if self.now.asleep().is_some() { Stop::Off } else { Stop::Time }
    }

    /// The first logged input that the machine has not had yet.
    fn next_input(&self) -> Option<u64> {
        self.inputs.get(self.applied()).map(|(t, _)| *t)
    }

    fn apply_inputs(&mut self, sink: &mut dyn Sink) {
        while let Some((t, given)) = self.inputs.get(self.applied()) {
            if *t > self.now.time() {
                return;
            }
            match given {
                Given::Typed(bytes) => self.now.serial_input(bytes),
                Given::Touched(input) => self.now.touch(*input, sink),
            }
        }
    }

    /// Types on COM1 now. What the log held for later no longer happens.
    pub fn serial_input(&mut self, bytes: &[u8]) {
        self.give(Given::Typed(bytes.to_vec()), &mut Silent);
    }

    /// Touches the board now; likewise.
    pub fn touch(&mut self, input: Input, sink: &mut dyn Sink) {
        self.give(Given::Touched(input), sink);
    }

    fn give(&mut self, given: Given, sink: &mut dyn Sink) {
        self.truncate();
        self.inputs.push((self.now.time(), given));
        self.apply_inputs(sink);
    }

    /// Goes to the first moment at or after `t` that lies between two instructions; a moment before
    /// the beginning gives the beginning. Later inputs stay in the log.
    pub fn seek(&mut self, t: u64) -> Stop {
        let n = self.keyframes.partition_point(|k| k.time() <= t).max(1);
        self.keyframes.truncate(n);
        self.now = self.keyframes[n - 1].clone();
        self.run_until(t, &mut Silent)
    }

    /// Drops the inputs that lie ahead.
    pub fn truncate(&mut self) {
        self.inputs.truncate(self.applied());
        let now = self.now.time();
        self.keyframes.retain(|k| k.time() <= now);
    }
}
