//! The page of SMI sources: what can be done to the board, the chipset's registers, and why an SMI was
//! sent or wasn't.

mod host;
mod registers;
mod sources;
mod steps;
mod stimulus;
mod why;
pub mod words;
mod write;

pub use host::SourcesPage;
pub use registers::bit;
pub use stimulus::register;
