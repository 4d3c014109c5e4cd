//! System Management Mode: the two state-save maps, entry, and RSM.
//!
//! Intel SDM vol. 3, chapter "System Management Mode"; AMD64 APM vol. 2, chapter
//! "System-Management Mode".

mod area;
mod entry;
mod fields;
mod map;
pub mod range;
mod rsm;

pub use map::{SaveStateMap, Slot};
