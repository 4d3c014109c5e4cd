//! Why a boot never started a driver: the image says what each driver waits for, the records of the
//! boot say what came, and those of a healthy boot who would have brought the rest.

mod boot;
mod cycle;
mod driver;
mod names;
#[cfg(test)]
mod tests;
mod why;

pub use why::why_not;

use crate::Guid;
use crate::depex::{DepexError, Dialect};
use crate::names::FileType;
use alloc::string::String;
use alloc::vec::Vec;

/// A driver that isn't there after the boot, or a name in an a-priori list that did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Absent {
    pub file: Guid,
    pub name: Option<String>,
    pub why: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Reason {
    /// Its type sends it to a dispatcher other than the one that its DEPEX is for; or to none.
    WrongType {
        #[cfg_attr(feature = "serde", serde(rename = "type"))]
        kind: FileType,
        depex: Dialect,
        /// What its entry point returned if it was started all the same.
        status: Option<u64>,
    },
    /// No dispatcher has found it: its dispatcher never ran, or the file is damaged.
    NeverDiscovered,
    /// Its DEPEX begins with SOR, and nobody has asked for it by Schedule().
    NotRequested,
    /// No dispatcher can evaluate its DEPEX.
    Malformed { error: DepexError },
    /// BEFORE or AFTER names what no driver of this dispatcher is: a protocol, another's file.
    NoNeighbour { file: Guid },
    /// BEFORE or AFTER a driver that never came itself.
    NeighbourAbsent { file: Guid },
    /// Drivers that wait for each other, this one first, each for the next and the last for the first.
    Cycle { files: Vec<Guid> },
    /// Its DEPEX was FALSE at the end; without anything missing it can't be anything else.
    DepexFalse { missing: Vec<Missing> },
    /// It was ready, or became so, when SMRAM was locked and no SMM driver could start any more.
    BehindLock {
        /// What came too late; empty: it was only its turn that came too late.
        late: Vec<Guid>,
        /// The driver that asked for the lock.
        locked_by: Option<Guid>,
    },
    /// Its DEPEX became TRUE when the dispatcher of its phase had done its last round.
    AfterDispatch { late: Vec<Guid> },
    /// The dispatcher never came to it: this driver's entry point didn't return.
    Stalled { by: Guid },
    /// It was started, and its entry point didn't return.
    NeverReturned,
    /// It was started, or could not be loaded: this status.
    Failed {
        status: u64,
        /// Because an a-priori list names it, its DEPEX wasn't looked at;
        apriori: bool,
        /// by which it would have waited for these.
        missing: Vec<Missing>,
    },
    /// An a-priori list names a file that isn't in its volume.
    AprioriAbsent,
    /// An a-priori list names a file that no dispatcher of that list takes.
    AprioriIneligible {
        #[cfg_attr(feature = "serde", serde(rename = "type"))]
        kind: FileType,
    },
}

/// A protocol or PPI that a DEPEX waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Missing {
    pub guid: Guid,
    pub producer: Producer,
}

/// Who installs a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Producer {
    /// The entry point of this file.
    File(Guid),
    /// The entry point of this file, which isn't in this image.
    Dropped(Guid),
    /// A core, or something that happens later: no entry point.
    Core,
    /// In a healthy boot nobody, or nobody where this driver's dispatcher looks: PEI finds PPIs only, DXE
    /// no protocol of SMM.
    Nobody,
}
