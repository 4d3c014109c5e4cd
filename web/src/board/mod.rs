//! The dispatch board: the files of an image to edit, its boot, and what came of it.

mod apriori;
mod bar;
mod code;
mod depex;
mod details;
mod drag;
pub mod dropped;
mod edits;
mod evaluation;
mod file;
mod files;
mod host;
mod log;
mod machine;
mod notes;
mod outcome;
mod pcd;
mod suggest;
pub mod words;

pub use drag::above;
pub use host::{Act, Board};
pub use log::Log;
