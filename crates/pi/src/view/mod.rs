//! Readers over bytes that stay where they are: flash, RAM, a file. They copy and allocate nothing.

mod ffs;
mod fv;
mod section;

pub use ffs::{File, FileState};
pub use fv::{ExtEntries, Files, Volume};
pub use section::{Content, Section, Sections};

/// The next multiple of a power of two; None beyond the end of numbers.
pub(crate) fn align_up(offset: usize, alignment: usize) -> Option<usize> {
    offset.checked_next_multiple_of(alignment)
}

pub(crate) fn u24(bytes: [u8; 3]) -> usize {
    usize::from(bytes[0]) | usize::from(bytes[1]) << 8 | usize::from(bytes[2]) << 16
}
