//! NVRAM as EDK II keeps it in flash: a variable store, plain or authenticated, and the areas of
//! fault tolerant write (FTW), in a firmware volume of their own.
//!
//! Reading copies nothing. Writing goes through `Flash`, which only clears bits, as NOR flash does;
//! what needs an erase, `reclaim`, builds a fresh store elsewhere.

mod attributes;
mod blank;
mod contents;
#[cfg(feature = "alloc")]
mod edit;
mod error;
mod flash;
pub mod ftw;
mod in_force;
#[cfg(feature = "serde")]
mod json;
mod nvram;
mod reclaim;
mod store;
mod vendor;

#[cfg(all(test, feature = "alloc"))]
#[allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
mod tests;

pub use attributes::{Attributes, AttributesError};
#[cfg(feature = "alloc")]
pub use blank::blank;
pub use blank::{Areas, blank_into};
pub use contents::{Auth, Contents, Format};
#[cfg(feature = "alloc")]
pub use edit::{delete, replace_store, set, stored_name};
pub use error::{NvError, NvRule};
pub use flash::{Flash, Nor};
pub use in_force::InForce;
#[cfg(feature = "serde")]
pub use json::{Hex, JsonVariable, JsonVariables};
pub use nvram::{Nvram, find};
pub use reclaim::{copy_live, erase, reclaim};
pub use store::{Lookup, State, Store, Variable, Variables};
pub use vendor::{guid as vendor_guid, name as vendor_name};
