//! The dispatch board: the files of an image to edit, its boot, and what came of it.

mod apriori;
mod bar;
mod code;
mod depex;
mod details;
mod drag;
mod edits;
mod evaluation;
mod file;
mod files;
mod log;
mod machine;
mod memory;
mod outcome;
mod pcd;
mod suggest;
mod view;
pub mod words;

pub use drag::above;
pub use log::Log;
pub use view::Board;
