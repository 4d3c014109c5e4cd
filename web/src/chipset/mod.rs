//! The page of SMI sources: what can be done to the board, the chipset's registers, and why an SMI was
//! sent or wasn't.

mod registers;
mod sources;
mod steps;
mod stimulus;
mod view;
mod why;
pub mod words;
mod write;

pub use registers::bit;
pub use stimulus::register;
pub use view::SourcesPage;
