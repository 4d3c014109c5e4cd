//! What a boot's dispatchers did with the files of an image: a fold over the firmware's own records
//! (port 502h). Nothing here knows a machine, a screen or a language.

mod difference;
mod expression;
mod fold;
mod listing;
#[cfg(test)]
mod tests;

pub use difference::{Deed, Difference, What, first_difference};
pub use expression::{Expression, Line, TextFault, TextReason};
pub use fold::{Dispatch, Evaluation, Found, Locked, Module, Produced, Registered, Returned, Run, Step};
pub use listing::{File, Listing, Names, Volume, Word};
pub use pi::depex::{DepexError, DepexReason, Dialect};
pub use pi::{Guid, names::FileType};
