//! A boot of an edited image: what it is made of, and what it left behind.

use crate::{Asked, Moment, Smram};
use pi::dispatch::Absent;
use serde::{Deserialize, Serialize};
use std::fmt;
use story::dispatch::Listing;
use story::{Row, Start};
use trace::Event;

/// From power-on to the OS's prompt, or to where the machine got stuck. The machine's figure is open
/// either way: its past can be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booted {
    /// The files that were booted, edits done.
    pub listing: Listing,
    /// Drivers that never came, and why.
    pub absent: Vec<Absent>,
    pub chronicle: Chronicle,
    pub home: Moment,
    pub ram_mib: u32,
    pub cpus: u8,
    pub smram: Smram,
}

/// Everything that left the machine, with machine time in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chronicle {
    pub outcome: Outcome,
    /// When it stopped, or waited at the prompt.
    pub time: u64,
    pub instructions: u64,
    /// Port 402h, line by line; a RELEASE image has none.
    pub log: Vec<LogText>,
    /// Port 80h.
    pub post: Vec<(u64, u8)>,
    /// COM1.
    pub console: String,
    /// Port 502h as captured: `pi::record::read` reads it.
    pub records: Vec<u8>,
    /// What the serial flash did and refused: `Kind::Flash`, `Kind::FlashRefused`.
    pub flash: Vec<Event>,
    /// SMIs that writes to APM_CNT asked for, the first ones.
    pub asked: Vec<Asked>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogText {
    /// Of its first letter.
    pub time: u64,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The OS waits for a command.
    Prompt,
    /// Halted for good, or it computes and nothing comes of it. The last POST code tells where.
    Hung,
    /// Triple fault, or RSM met a state that the manual forbids.
    Shutdown { why: String },
    /// The guest ended the run through port F4h.
    Exit { value: u32 },
    /// It goes on and on, without a prompt: resets again and again, for one.
    Endless,
    /// Switched off, or asleep.
    Off,
}

/// What came of a command for the OS's shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What the OS printed behind the echo of the command.
    pub answer: String,
    /// All that left the machine from the command on.
    pub chronicle: Chronicle,
    /// Where the next command goes on.
    pub home: Moment,
    /// What the hardware did. `None`: nothing that can be seen from outside the processor.
    pub tape: Option<Recorded>,
}

/// The rows of a [`story::Tape`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    pub start: Start,
    pub rows: Vec<Row>,
    pub end: u64,
}

/// Why an edit can't be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditTrouble {
    /// Which edit, counted from 1, and its `op`. `None`: the image itself can't be edited.
    pub edit: Option<(usize, String)>,
    /// Offset in the image.
    pub at: Option<String>,
    pub file: Option<String>,
    /// The rule that it breaks: `no-file`, `depex` …, see `pi::edit::EditReason::key`.
    pub key: String,
    /// The rule in words, in English.
    pub reason: String,
}

impl fmt::Display for EditTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edit = self.edit.as_ref().map(|(nth, op)| format!("edit {nth} ({op})"));
        let at = self.at.as_ref().map(|at| format!("at {at}"));
        let file = self.file.as_ref().map(|file| format!("file {file}"));
        let place: Vec<_> = [edit, at, file].into_iter().flatten().collect();
        match place.is_empty() {
            true => f.write_str(&self.reason),
            false => write!(f, "{}: {}", place.join(", "), self.reason),
        }
    }
}
