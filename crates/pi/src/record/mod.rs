//! The firmware's own trace: records of fixed layout, written byte by byte to port 502h.
//! `layout` has the records, `emit` writes one, `read` reads what was captured.

pub mod layout;
mod read;
mod write;

pub use layout::Record;
pub use read::{Located, Reader, RecordError, RecordReason, read};
pub use write::{Payload, emit, emit_fields};

#[cfg(test)]
mod tests;
