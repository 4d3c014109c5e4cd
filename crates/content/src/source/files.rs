//! The TOML files: `scene.toml` is a [`Setup`], read in `defaults`; those of chapters and exercises are here.

use super::{Fault, Rule};
use crate::{Check, Predict, Response, Setup};
use pi::edit::Edit;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChapterFile {
    /// Its place among the chapters.
    pub number: u16,
    pub minutes: u16,
    #[serde(default)]
    pub exercises: Vec<String>,
    #[serde(default, rename = "predict")]
    pub predicts: Vec<Predict>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExerciseFile {
    pub level: u8,
    pub minutes: u16,
    /// Of the catalogue, by id; `Library::read` puts their edits in front of `bug`.
    #[serde(default)]
    pub faults: Vec<String>,
    #[serde(default)]
    pub bug: Vec<Edit>,
    #[serde(rename = "check")]
    pub checks: Vec<Check>,
    #[serde(rename = "response")]
    pub responses: Vec<Response>,
    /// The reference repair, edits behind the bug's.
    pub fix: Vec<Edit>,
    #[serde(default, rename = "wrong")]
    pub wrongs: Vec<WrongFile>,
}

/// A plausible repair that is none, and the response that it must draw.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongFile {
    pub response: String,
    #[serde(default, rename = "edit")]
    pub edits: Vec<Edit>,
}

#[derive(Clone, Debug)]
pub enum Data {
    Scene(Setup),
    Chapter(ChapterFile),
    Exercise(ExerciseFile),
}

/// A file with its text, so that faults can name lines.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    pub fn read(path: PathBuf, faults: &mut Vec<Fault>) -> Option<Source> {
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(Source { path, text }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                faults.push(Fault::of_file(&path, Rule::Missing, "this file is needed"));
                None
            }
            Err(error) => {
                faults.push(Fault::of_file(&path, Rule::Unreadable, error));
                None
            }
        }
    }

    pub fn toml<T: DeserializeOwned>(&self, faults: &mut Vec<Fault>) -> Option<T> {
        parse_toml(&self.text).map_err(|(line, why)| faults.push(Fault::at(&self.path, line, Rule::Toml, why))).ok()
    }

    /// At the line where this piece of the text begins.
    pub fn fault_at(&self, piece: Option<Range<usize>>, rule: Rule, why: &str) -> Fault {
        Fault::at(&self.path, line_at(&self.text, piece), rule, why.replace('\n', ", "))
    }

    /// The first line that has this word in quotes, or as a key; else the first line.
    pub fn line_of(&self, word: &str) -> usize {
        let quoted = format!("\"{word}\"");
        let keys = [format!("{word} ="), format!("[[{word}]]")];
        let find = |wanted: &dyn Fn(&str) -> bool| self.text.lines().position(wanted);
        let found =
            find(&|line| line.contains(&quoted)).or_else(|| find(&|line| keys.iter().any(|key| line.starts_with(key))));
        found.map_or(1, |nth| nth + 1)
    }
}

/// The error's line, from 1, and the error in one line.
pub fn parse_toml<T: DeserializeOwned>(text: &str) -> Result<T, (usize, String)> {
    toml::from_str(text).map_err(|error| (line_at(text, error.span()), error.message().replace('\n', ", ")))
}

fn line_at(text: &str, piece: Option<Range<usize>>) -> usize {
    let before = piece.and_then(|piece| text.get(..piece.start));
    before.map_or(1, |before| before.matches('\n').count() + 1)
}

pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
