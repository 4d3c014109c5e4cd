//! Works on flash images: does edits, boots them, talks to the OS's shell, asks the machine, and
//! grades repairs. Knows no browser.

mod absent;
mod attempt;
mod bench;
mod chipset;
mod edits;
mod faults;
mod firmware;
mod flash;
mod grade;
mod hand;
mod look;
mod message;
mod probe;
mod prompt;
mod say;
mod tools;
mod touch;
mod witness;

pub use absent::{absent, records};
pub use attempt::attempt;
pub use bench::{Bench, BenchWith, Boot};
pub use chipset::chipset;
pub use edits::{edited, parse, unparse};
pub use faults::{FaultError, FaultSet, edits_of, faults_of, wired};
pub use firmware::{Firmware, boot, boot_with};
pub use flash::{cut, flash};
pub use grade::{Case, grade, prove};
pub use hand::Hand;
pub use look::{Shutter, memory, moment, shutter, smram};
pub use message::message;
pub use probe::probe;
pub use prompt::Runs;
pub use say::{Heard, say};
pub use tools::{ImageTools, Linked};
pub use touch::{Felt, touch};
