//! A whole flash image as a tree that owns its bytes: read, walk, check, change, write.
//!
//! `Image::parse` never fails: what it can't read stays as bytes, and a flaw says why. So writing
//! gives the same bytes again, whatever they are.

mod check;
mod faults;
mod file;
mod parse;
mod place;
mod seal;
mod tree;
mod walk;
mod write;

#[cfg(test)]
mod tests;

pub use check::{Finding, Severity};
pub use faults::{FileId, ImageError, Location, Trouble};
pub use parse::{LARGEST_DECOMPRESSED, MOST_NESTING};
pub use tree::{Body, Data, File, Image, Part, Placed, Section, SectionBody, Sections, Volume};
pub use walk::{Node, Visit};
