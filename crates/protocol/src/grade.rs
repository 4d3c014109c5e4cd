//! What came of a repair.

use crate::Outcome;
use content::Build;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// All checks of both builds.
    pub passed: bool,
    pub trials: Vec<Trial>,
    /// The id of what the exercise says to a repair that fails.
    pub response: Option<String>,
}

/// One build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub build: Build,
    pub outcome: Outcome,
    pub checks: Vec<Found>,
}

/// What the machine answered to a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The check's.
    pub id: String,
    pub passed: bool,
    pub expected: String,
    pub answer: String,
}
