//! The vocabulary of what a machine did: typed events, the sinks that take them, and the trace file.
//!
//! Every view, test and grader is a fold over these events. The crate knows no machine: it names
//! what can happen, not how.

mod event;
mod file;
mod flash;
mod input;
mod names;
mod sink;
mod smi;

pub use event::{Event, Kind, Level, Mode, Output, ResetKind, WakeReason};
pub use file::{FORMAT_VERSION, TraceError, TraceWriter, read_trace, write_trace};
pub use flash::{FlashGuard, FlashWork};
pub use input::Input;
pub use names::{ChipReg, CpuReg, SaveField};
pub use sink::{Recorder, Silent, Sink};
pub use smi::SmiSource;
