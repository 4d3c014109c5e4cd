//! A message to SMM: what the machine tells of it.

use crate::memory;
use crate::prompt::Runs;
use crate::say;
use content::{Letter, Message};
use protocol::MOST_PEEKED;

/// Sends it from the prompt: the status that comes back, and whether SMM wrote over SMRAM where it lies.
pub fn message(runs: &mut impl Runs, message: &Message) -> (String, bool) {
    let before = runs.machine().clone();
    let said = say(runs, &message.say);
    let status = said.answer.lines().next().and_then(|line| line.rsplit(": ").next()).unwrap_or_default().to_owned();
    let after = runs.machine();
    let overwritten = Letter::last(&said.chronicle.records).is_some_and(|letter| {
        let range = letter.in_smram(after.tseg());
        let length = (range.end - range.start).min(MOST_PEEKED.into()) as usize;
        let look = |machine| memory(machine, range.start, length).peek.smm;
        look(&before) != look(after)
    });
    (status, overwritten)
}
