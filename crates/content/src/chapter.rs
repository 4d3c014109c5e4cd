//! Prose beside live scenes, and questions to be answered before the machine is run.

use crate::{Build, Probe};
use pi::edit::Edit;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    pub id: String,
    pub lang: String,
    pub title: String,
    pub summary: String,
    pub minutes: u16,
    /// Exercises that belong to it.
    pub exercises: Vec<String>,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Prose, safe to be put into a page.
    Html(String),
    /// The id of a scene.
    Scene(String),
    Predict(Question),
}

/// A question whose answer only the machine knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub predict: Predict,
    pub question: String,
    pub choices: Vec<Choice>,
    /// Shown after the run.
    pub because: String,
}

/// `[[predict]]` of `chapter.toml`: what is run, and what is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    pub id: String,
    #[serde(default)]
    pub build: Build,
    #[serde(default, rename = "edit")]
    pub edits: Vec<Edit>,
    pub ask: Probe,
    /// Answers of the probe to choose from.
    pub choices: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the probe answers if this is right.
    pub answer: String,
    pub text: String,
}
