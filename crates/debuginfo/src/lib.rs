//! Debug information of the training firmware: which function, file and line an instruction comes
//! from, and the sources themselves. `cargo xtask firmware` writes both beside an image, from the
//! compiler's DWARF, which is far too large for a page: `smmlab.dbg` and `smmlab.src`.

mod file;
mod sources;
mod table;

pub use file::ReadError;
pub use sources::Sources;
pub use table::{DebugInfo, Location, Module, Row};
