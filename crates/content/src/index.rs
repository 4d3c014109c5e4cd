//! What there is: `content/index.<lang>.json`.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Scene,
    Chapter,
    Exercise,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Scene, Kind::Chapter, Kind::Exercise];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Scene => "scene",
            Kind::Chapter => "chapter",
            Kind::Exercise => "exercise",
        }
    }

    /// The folder of its items, as a source and compiled.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Kind::Scene => "scenes",
            Kind::Chapter => "chapters",
            Kind::Exercise => "exercises",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub kind: Kind,
    pub id: String,
    pub title: String,
    pub summary: String,
    /// Of chapters and exercises.
    pub minutes: Option<u16>,
    /// Of exercises.
    pub level: Option<u8>,
}
