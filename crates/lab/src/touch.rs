//! Somebody touches the board, or time goes by: what comes of it.

use crate::prompt::{Runs, run_to_prompt};
use crate::witness::Witness;
use board::Stop;
use protocol::{Asked, LogText, Outcome, Rest};
use trace::{Event, Input, Kind, Level, Sink};

/// Virtual time between two looks, at work and at rest.
const SLICE: u64 = 20_000;
const LONG_SLICE: u64 = 1_000_000;
/// All is quiet when nothing has happened for so long.
const SETTLED: u64 = 100_000;
/// A handler may work for so long without a sign, and nothing has more instructions.
const PATIENCE: u64 = 200_000_000;
const LONGEST: u64 = 40_000_000;
/// Things that happen further apart belong to different stretches of a tape.
const APART: u64 = 20_000;
/// So many SMIs in a row, without an instruction of the OS in between, are a storm.
const STORM: u32 = 4;
/// So many requests are told.
const TOLD: usize = 16;
/// A hand comes at any moment; this one while the OS works in its timer's interrupt, if that comes
/// within a few ticks.
const WORKING: u64 = 24;
const TICKS: u64 = 3_000_000;

/// What came of a touch.
pub struct Felt {
    /// When the hand came, or the waiting began.
    pub from: u64,
    pub rest: Rest,
    pub asked: Vec<Asked>,
    pub taken: u32,
    pub log: Vec<LogText>,
    /// What the serial flash did.
    pub flash: Vec<Event>,
    /// Times of the first and last thing in the stretch to be shown.
    pub deeds: Option<(u64, u64)>,
}

/// A stretch in which the hardware was at work.
struct Stretch {
    first: u64,
    last: u64,
    asked: bool,
}

#[derive(Default)]
struct Nerve {
    witness: Witness,
    stretches: Vec<Stretch>,
    asked: Vec<Asked>,
    taken: u32,
    /// SMIs since the OS last had an instruction.
    row: u32,
    left: Option<u64>,
    in_smm: bool,
    reset: bool,
    asleep: Option<u8>,
}

impl Sink for Nerve {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        let time = event.time;
        match &event.kind {
            Kind::SmiRequest { source, sent } if self.asked.len() < TOLD => {
                self.asked.push(Asked { time, source: *source, sent: *sent });
            }
            Kind::SmiTaken { .. } => {
                self.taken += 1;
                let at_once = self.left.is_some_and(|left| time <= left + 1);
                self.row = if at_once { self.row + 1 } else { 1 };
                self.in_smm = true;
            }
            Kind::SmmLeft { .. } => {
                self.left = Some(time);
                self.in_smm = false;
            }
            Kind::Reset { .. } => (self.reset, self.asleep, self.in_smm) = (true, None, false),
            Kind::Asleep { slp_typ } => self.asleep = Some(*slp_typ),
            _ => {}
        }
        self.stretch(&event);
        self.witness.event(event);
    }
}

impl Nerve {
    fn stretch(&mut self, event: &Event) {
        if matches!(event.kind, Kind::Interrupt { .. } | Kind::Halt | Kind::Wake { .. } | Kind::Output { .. }) {
            return;
        }
        let (time, asked) = (event.time, matches!(event.kind, Kind::SmiRequest { .. } | Kind::SmiTaken { .. }));
        if self.row > STORM {
            return;
        }
        match self.stretches.last_mut().filter(|stretch| self.in_smm || time <= stretch.last + APART) {
            Some(stretch) => (stretch.last, stretch.asked) = (time, stretch.asked || asked),
            None => self.stretches.push(Stretch { first: time, last: time, asked }),
        }
    }

    fn shown(&self) -> Option<(u64, u64)> {
        let asked = self.stretches.iter().find(|stretch| stretch.asked);
        asked.or(self.stretches.first()).map(|stretch| (stretch.first, stretch.last))
    }
}

/// Touches the board (`None`: nobody does), and runs for `wait` nanoseconds at least, until all is
/// quiet or it is clear that it never will be.
pub fn touch(runs: &mut impl Runs, input: Option<Input>, wait: u64) -> Felt {
    let mut nerve = Nerve { asleep: runs.machine().asleep(), ..Nerve::default() };
    let from = match input {
        Some(input) => {
            to_work(runs);
            let from = runs.machine().time();
            runs.touch(input, &mut nerve);
            from
        }
        None => runs.machine().time(),
    };
    let rest = settle(runs, &mut nerve, from.saturating_add(wait));
    let deeds = nerve.shown().filter(|_| !nerve.reset);
    let Nerve { witness, asked, taken, .. } = nerve;
    let chronicle = witness.into_chronicle(Outcome::Prompt, 0, 0);
    Felt { from, rest, asked, taken, log: chronicle.log, flash: chronicle.flash, deeds }
}

/// Goes to a moment at which the OS works, if that is near.
fn to_work(runs: &mut impl Runs) {
    #[derive(Default)]
    struct Tick(Option<u64>);
    impl Sink for Tick {
        fn level(&self) -> Level {
            Level::Events
        }
        fn event(&mut self, event: Event) {
            if matches!(event.kind, Kind::Interrupt { .. }) {
                self.0.get_or_insert(event.time);
            }
        }
    }
    let now = runs.machine().time();
    let mut ahead = runs.machine().clone();
    let mut tick = Tick::default();
    while tick.0.is_none() && ahead.time() < now + TICKS {
        if ahead.run_until(ahead.time() + SLICE, &mut tick) != Stop::Time {
            return;
        }
    }
    if let Some(at) = tick.0 {
        runs.run_until(at + WORKING, &mut trace::Silent);
    }
}

fn settle(runs: &mut impl Runs, nerve: &mut Nerve, until: u64) -> Rest {
    nerve.witness.last = runs.machine().time();
    let begun = runs.machine().instructions();
    loop {
        if nerve.reset {
            return after_reset(runs, nerve);
        }
        let (time, in_smm) = (runs.machine().time(), runs.machine().in_smm(0));
        let at_rest = !in_smm && time > nerve.witness.last + SETTLED;
        let slice = if at_rest { LONG_SLICE.min(until.saturating_sub(time)).max(SLICE) } else { SLICE };
        match runs.run_until(time + slice, nerve) {
            Stop::Time | Stop::Limit => {}
            Stop::Off => return Rest::Off(nerve.asleep.unwrap_or_default()),
            Stop::Halted | Stop::Shutdown | Stop::Exit(_) => return Rest::Dead,
        }
        let (machine, last) = (runs.machine(), nerve.witness.last);
        let time = machine.time();
        if nerve.row >= STORM {
            return Rest::Storm;
        }
        if !machine.in_smm(0) && time >= until && time > last + SETTLED {
            return Rest::Os;
        }
        if machine.in_smm(0) && time > last + PATIENCE || machine.instructions() > begun + LONGEST {
            return Rest::Busy;
        }
    }
}

fn after_reset(runs: &mut impl Runs, nerve: &mut Nerve) -> Rest {
    match run_to_prompt(runs, &mut nerve.witness, |_| {}) {
        Outcome::Prompt => Rest::Os,
        _ => Rest::Dead,
    }
}
