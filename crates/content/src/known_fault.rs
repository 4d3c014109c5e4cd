//! The catalogue of faults: what can be done to the firmware so that it fails as firmware does. Each is off
//! in the image as it is built. The page reads them as `content/faults.<lang>.json`.

use pi::edit::Edit;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFault {
    /// Small letters, digits, hyphens; it stands in links, so it stays.
    pub id: String,
    pub name: String,
    /// What one sees of it; plain text, with words in backquotes.
    pub shows: String,
    /// Of the healthy image.
    pub edit: Vec<Edit>,
}
