//! The hand behind a list of stimuli: it does what they say, as the machine goes along.

use crate::prompt::Runs;
use board::{Machine, Stop};
use content::{Start, Stimulus};
use trace::{Event, Input, Kind, Level, Output, Sink};

/// Virtual time between two looks while something is waited for: less than a sector of flash is blank.
const LOOK: u64 = 10_000;

#[derive(Clone, Debug, Default)]
pub struct Hand {
    waiting: Vec<Stimulus>,
    /// Latest first.
    due: Vec<(u64, Input)>,
    /// The last bytes of the console.
    said: [u8; 3],
}

impl Hand {
    #[must_use]
    pub fn new(stimuli: &[Stimulus]) -> Hand {
        // The console begins as after a line.
        Hand { waiting: stimuli.to_vec(), due: Vec::new(), said: [b'\n'; 3] }
    }

    /// When it comes next; none: what waits for its moment may come yet.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        self.due.last().map(|(at, _)| *at)
    }

    /// As [`Runs::run_until`].
    pub fn run_until(&mut self, runs: &mut impl Runs, until: u64, sink: &mut dyn Sink) -> Stop {
        self.begin(runs.machine(), &[]);
        loop {
            self.act(runs, sink);
            let now = runs.machine().time();
            if now >= until {
                return Stop::Time;
            }
            let next = self.next_due().unwrap_or(until).min(until);
            let pause = if self.waiting.is_empty() { next } else { next.min(now + LOOK) };
            let mut ear = Ear { sink, said: self.said, post: Vec::new(), prompted: false };
            let stop = runs.run_until(pause, &mut ear);
            let Ear { said, post, prompted, .. } = ear;
            self.said = said;
            let mut seen: Vec<Start> = post.into_iter().map(Start::Post).collect();
            seen.extend(prompted.then_some(Start::Prompt));
            self.begin(runs.machine(), &seen);
            // A machine that is off, or halted, may be touched.
            let touched = matches!(stop, Stop::Off | Stop::Halted) && !self.due.is_empty();
            match stop {
                Stop::Time | Stop::Limit => {}
                _ if touched && runs.machine().time() >= pause => {}
                _ if touched => self.hurry(runs.machine().time()),
                stop => return stop,
            }
        }
    }

    /// Stimuli whose moment has come.
    fn begin(&mut self, machine: &Machine, seen: &[Start]) {
        let now = machine.time();
        let erased = || machine.flash_wear().iter().fold(0u32, |sum, count| sum.saturating_add(*count));
        let comes = |when: Start| match when {
            Start::PowerOn => true,
            Start::Erased(count) => erased() >= count,
            when => seen.contains(&when),
        };
        for stimulus in self.waiting.extract_if(.., |stimulus| comes(stimulus.when)) {
            self.due.extend(stimulus.inputs().map(|(after, input)| (now.saturating_add(after), input)));
        }
        self.due.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    }

    fn act(&mut self, runs: &mut impl Runs, sink: &mut dyn Sink) {
        while let Some((_, input)) = self.due.pop_if(|(at, _)| *at <= runs.machine().time()) {
            runs.touch(input, sink);
        }
    }

    /// Where time stands still, what comes next comes now.
    fn hurry(&mut self, now: u64) {
        if let Some((at, _)) = self.due.last_mut() {
            *at = now;
        }
    }
}

/// Passes everything on, and notices POST codes and the prompt.
struct Ear<'a> {
    sink: &'a mut dyn Sink,
    said: [u8; 3],
    post: Vec<u8>,
    prompted: bool,
}

impl Sink for Ear<'_> {
    fn level(&self) -> Level {
        self.sink.level()
    }

    fn event(&mut self, event: Event) {
        match event.kind {
            Kind::Output { to: Output::Serial, byte } => {
                self.said = [self.said[1], self.said[2], byte];
                self.prompted |= self.said == *b"\n> ";
            }
            Kind::Output { to: Output::Post, byte } => self.post.push(byte),
            _ => {}
        }
        self.sink.event(event);
    }
}

/// A machine with its hand.
pub(crate) struct Handled<'a, R> {
    pub runs: &'a mut R,
    pub hand: &'a mut Hand,
}

impl<R: Runs> Runs for Handled<'_, R> {
    fn machine(&self) -> &Machine {
        self.runs.machine()
    }
    fn run_until(&mut self, time: u64, sink: &mut dyn Sink) -> Stop {
        self.hand.run_until(self.runs, time, sink)
    }
    fn serial_input(&mut self, bytes: &[u8]) {
        self.runs.serial_input(bytes);
    }
    fn touch(&mut self, input: Input, sink: &mut dyn Sink) {
        self.runs.touch(input, sink);
    }
}
