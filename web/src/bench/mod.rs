//! A bench: an image under edit, the machine that boots it, and what came of it. Boards, exercises and
//! figures of drivers stand on one.

mod around;
pub mod desk;
mod draft;
pub mod edit;
mod host;
mod link;
mod model;
mod names;

pub use around::around;
pub use content::Build;
pub use host::{Act, Host, Msg, image};
pub use link::{Damage, Shared, edits_in, facts};
pub use model::{Boot, Command, Deed, Exchange, Model, OWN, Told, Trouble};
pub use names::{short, type_name};
