//! The board, touched from outside.

use crate::{LogText, Moment, Recorded};
use serde::{Deserialize, Serialize};
use trace::{Event, SmiSource};

/// What came of a touch, or of time that went by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// When the hand came, or the waiting began.
    pub from: u64,
    pub rest: Rest,
    /// SMIs that were asked for; of a storm the first ones.
    pub asked: Vec<Asked>,
    /// SMIs that the processor took.
    pub taken: u32,
    /// Port 402h.
    pub log: Vec<LogText>,
    /// What the serial flash did and refused.
    pub flash: Vec<Event>,
    /// Where the machine stands now.
    pub home: Moment,
    /// What the hardware did: the first stretch of it that has an SMI in it, or the first at all.
    pub tape: Option<Recorded>,
}

/// How the machine stands when nothing new comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rest {
    /// The OS goes on.
    Os,
    /// One SMI follows the other, and the OS gets no instruction in between.
    Storm,
    /// In a sleep state, by SLP_TYP.
    Off(u8),
    /// Halted for good, or the processor shut down.
    Dead,
    /// Still at work in SMM.
    Busy,
}

/// A source asked for an SMI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub time: u64,
    pub source: SmiSource,
    /// False: a gate was shut.
    pub sent: bool,
}
