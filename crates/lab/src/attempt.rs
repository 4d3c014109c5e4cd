//! A variable is written and read again: what the machine tells of it.

use crate::prompt::Runs;
use crate::{cut, say};
use content::{Attempt, Facts, Station};
use protocol::{Chronicle, CutAt};

/// Does an attempt at the prompt, and finds where the variable's way ends.
pub fn attempt(runs: &mut impl Runs, attempt: &Attempt, stations: &[Station]) -> Option<Station> {
    attempt.before.iter().for_each(|command| _ = say(runs, command));
    let (time, written) = written(runs, attempt);
    attempt.after.iter().for_each(|command| _ = say(runs, command));
    let later = say(runs, &attempt.read).answer;
    let smis: Vec<bool> = written.asked.iter().map(|asked| asked.sent).collect();
    let facts = Facts { smis: &smis, records: &written.records, flash: &written.flash, cut: time, later: &later };
    facts.stops(attempt, stations)
}

fn written(runs: &mut impl Runs, attempt: &Attempt) -> (Option<u64>, Chronicle) {
    match attempt.cut {
        Some(at) => {
            let at = CutAt { operation: at.operation, done: at.done };
            cut(runs, Some(&(attempt.write.clone(), at)))
        }
        None => (None, say(runs, &attempt.write).chronicle),
    }
}
