//! Works on a flash image: does edits, boots it, talks to the OS's shell. Knows no browser, and
//! nothing of what the edits are for.

mod absent;
mod edits;
mod firmware;
mod look;
mod prompt;
mod say;
mod witness;

pub use absent::{absent, records};
pub use edits::{edited, parse};
pub use firmware::{Firmware, boot};
pub use look::{Shutter, moment, shutter, smram};
pub use prompt::Runs;
pub use say::{Heard, say};
