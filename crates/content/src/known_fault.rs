//! The catalogue of faults: what can be done to the firmware, to its board, or to a running machine so that
//! it fails as firmware does. Each is off in the image as it is built. The page reads them as `content/faults.<lang>.json`.

use crate::{BoardChange, Stimulus};
use pi::edit::Edit;
use serde::{Deserialize, Serialize};

/// In the order in which they are shown; a page has a name for each.
pub const GROUPS: [&str; 8] = ["post", "dispatch", "locks", "smi", "handlers", "messages", "setting", "board"];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFault {
    /// Small letters, digits, hyphens; it stands in links, so it stays.
    pub id: String,
    /// What it is about, see `GROUPS`.
    pub group: String,
    pub name: String,
    /// What one sees of it; plain text, with words in backquotes.
    pub shows: String,
    /// Of the healthy image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edit: Vec<Edit>,
    /// Of the board.
    #[serde(default, skip_serializing_if = "BoardChange::is_none")]
    pub board: BoardChange,
    /// What comes from outside while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stimulus: Vec<Stimulus>,
}
