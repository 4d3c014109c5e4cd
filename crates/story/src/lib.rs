//! The story of one excursion into SMM: a fold over the machine's trace, and its pacing on a screen.
//!
//! [`Tape`] cuts the rows of a trace into beats and lays them on a display axis; [`Flow`] is what can
//! be said after the first rows of it. Nothing here knows a machine, a screen or a language: what is
//! not in the trace can't be told.

pub mod dispatch;
mod flow;
mod line;
pub mod log;
mod names;
mod osview;
mod pace;
mod player;
mod registers;
mod row;
mod save;
mod stage;
mod tape;
#[cfg(test)]
mod testing;

pub use flow::{Caption, Flow};
pub use line::{Line, LogLine, Role};
pub use names::{bit_changes, efi_status};
pub use osview::{Instruction, OsView, Witness};
pub use player::Player;
pub use registers::{Registers, SHOWN};
pub use row::{Row, Start};
pub use save::{FieldState, MAIN_FIELDS, SaveArea, SavedField};
pub use stage::{Stage, next_stage};
pub use tape::{Beat, Grain, Lane, Segment, Tape, Visit};
