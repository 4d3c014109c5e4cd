//! Formats of the Platform Initialization specification, PI 1.8, and the records that our firmware
//! writes about itself: firmware volumes, FFS files, sections, DEPEX, port 502h.
//!
//! Without features the crate is `no_std` and needs no allocator: layouts, readers over `&[u8]`,
//! DEPEX evaluation and records, for firmware. `alloc` adds the tree of a whole image, which can be
//! written, edited and checked. No input can make it panic.

#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
mod codec;
pub mod depex;
#[cfg(feature = "alloc")]
pub mod dispatch;
#[cfg(feature = "alloc")]
pub mod edit;
mod error;
mod guid;
#[cfg(feature = "alloc")]
pub mod image;
pub mod known;
pub mod layout;
#[cfg(feature = "alloc")]
pub mod list;
pub mod names;
pub mod pcd;
#[cfg(feature = "alloc")]
mod pe;
pub mod record;
pub mod sum;
pub mod variable;
pub mod view;

pub use error::{FormatError, Rule};
pub use guid::{Guid, GuidError};
#[cfg(all(test, feature = "alloc"))]
#[allow(clippy::unwrap_used, reason = "only tests use it")]
mod testing;
