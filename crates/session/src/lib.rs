//! Hosts the machines of a page's figures, one [`Session`] a figure, and answers the page's messages.
//! Knows no browser; the worker ties it to its scope.

mod boot;
mod desk;
mod recorder;
mod session;

pub use desk::{Desk, DeskWith};
pub use session::Session;
