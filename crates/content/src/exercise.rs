//! A fault, its symptoms as told by the one who suffers from them, and how a repair is proved.

use crate::{Build, Probe};
use pi::edit::Edit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exercise {
    pub id: String,
    pub lang: String,
    pub title: String,
    pub summary: String,
    pub task: Task,
    /// HTML, as all that follows.
    pub report: String,
    /// In the order in which they are given.
    pub hints: Vec<String>,
    pub solved: String,
    /// By the id of the response.
    pub responses: BTreeMap<String, String>,
    /// Names of checks, by their id.
    #[serde(default)]
    pub checks: BTreeMap<String, String>,
}

/// Checks that many exercises share: the page has names for them.
pub const SHARED_CHECKS: [&str; 7] =
    ["boots", "service-a", "service-b", "service-c", "locked", "hidden", "lock-driver"];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// From 1.
    pub level: u8,
    pub minutes: u16,
    /// What is wrong: edits of the healthy image. A repair is edits behind these.
    pub bug: Vec<Edit>,
    pub checks: Vec<Check>,
    /// What to say to a repair that fails: the first whose conditions all hold.
    pub responses: Vec<Response>,
}

/// Something that holds when the machine is repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub id: String,
    pub ask: Probe,
    pub expect: String,
    /// Else on both.
    pub only: Option<Build>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub id: String,
    #[serde(default)]
    pub when: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub ask: Probe,
    pub is: String,
}
