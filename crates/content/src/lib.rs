//! Scenes, exercises, chapters and faults as data. The types here are what the page reads, one JSON file for
//! each item and language; with the feature `source`, `source` makes them of the files that authors
//! write (docs/content.md). Knows no machine: what a probe answers is found elsewhere.

mod chapter;
mod exercise;
mod index;
mod known_fault;
mod message;
mod probe;
mod scene;
#[cfg(feature = "source")]
pub mod source;
mod stimulus;
mod way;

pub use chapter::{Block, Chapter, Choice, Predict, Question};
pub use exercise::{Check, Condition, Exercise, Response, SHARED_CHECKS, Task};
pub use index::{Entry, Kind};
pub use known_fault::{GROUPS, KnownFault};
pub use message::{HEADER, Letter, Message, overlap};
pub use probe::{After, Build, Probe};
pub use scene::{ImageName, Item, LockStep, Mark, Past, Query, Scene, Setup, Touch, Trial, View, When};
pub use stimulus::{BoardChange, Deed, MOST_TIMES, Start, Stimulus, Surroundings};
pub use way::{Attempt, Facts, Handled, PowerCut, Station};

/// The languages of all texts; the first is the one that the others are held against.
pub const LANGUAGES: [&str; 3] = ["en", "vi", "ja"];
