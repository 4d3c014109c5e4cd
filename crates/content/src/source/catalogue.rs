//! `faults.toml`: the catalogue of faults, with its texts in every language.

use super::files::Source;
use super::item::is_id;
use super::{Fault, Rule};
use crate::{BoardChange, GROUPS, KnownFault, LANGUAGES, Stimulus};
use pi::edit::Edit;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

pub const FILE: &str = "faults.toml";

#[derive(Debug, Default)]
pub struct Catalogue {
    source: Option<Source>,
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    #[serde(rename = "fault")]
    faults: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    group: String,
    #[serde(default)]
    edit: Vec<Edit>,
    #[serde(default)]
    board: BoardChange,
    #[serde(default)]
    stimulus: Vec<Stimulus>,
    en: Words,
    vi: Words,
    ja: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    name: String,
    shows: String,
}

impl Entry {
    fn words(&self, lang: &str) -> &Words {
        match lang {
            "vi" => &self.vi,
            "ja" => &self.ja,
            _ => &self.en,
        }
    }
}

impl Catalogue {
    /// Empty where there is no such file.
    pub(super) fn read(root: &Path, faults: &mut Vec<Fault>) -> Catalogue {
        let path = root.join(FILE);
        if !path.exists() {
            return Catalogue::default();
        }
        let source = Source::read(path, faults);
        let file = source.as_ref().and_then(|source| source.toml::<CatalogueFile>(faults));
        let catalogue = Catalogue { source, entries: file.map(|file| file.faults).unwrap_or_default() };
        catalogue.check(faults);
        catalogue
    }

    fn check(&self, faults: &mut Vec<Fault>) {
        let mut seen = BTreeSet::new();
        for entry in &self.entries {
            let id = &entry.id;
            if !is_id(id) {
                faults.push(self.fault(id, Rule::Id, "an id has small letters, digits and hyphens only"));
            }
            if !GROUPS.contains(&entry.group.as_str()) {
                let message = format!("{id}: there is no group {:?}; there are {}", entry.group, GROUPS.join(", "));
                faults.push(self.fault(id, Rule::Value, message));
            }
            if !seen.insert(id) {
                faults.push(self.fault(id, Rule::Twice, format!("there are two faults with the id {id:?}")));
            }
            if entry.edit.is_empty() && entry.board.is_none() && entry.stimulus.is_empty() {
                faults.push(self.fault(id, Rule::Value, format!("{id} has no edit, board or stimulus")));
            }
            for trouble in entry.board.trouble().into_iter().chain(entry.stimulus.iter().filter_map(Stimulus::trouble))
            {
                faults.push(self.fault(id, Rule::Value, format!("{id}: {trouble}")));
            }
            for lang in LANGUAGES {
                let Words { name, shows } = entry.words(lang);
                if name.trim().is_empty() || shows.trim().is_empty() {
                    faults.push(self.fault(id, Rule::Value, format!("{id} has no name, or shows nothing, in {lang}")));
                }
                if let Some(word) = code(shows).symmetric_difference(&code(&entry.en.shows)).next() {
                    let message = format!("{id}: `{word}` stands in the English text or in {lang}, not in both");
                    faults.push(self.fault(id, Rule::Translation, message));
                }
            }
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What a fault edits. Err: why it isn't one that edits can repair.
    pub(super) fn edits(&self, id: &str) -> Result<&[Edit], String> {
        match self.entries.iter().find(|entry| entry.id == id) {
            None => Err(format!("faults.toml has no fault {id:?}")),
            Some(entry) if !entry.board.is_none() || !entry.stimulus.is_empty() => {
                Err(format!("the fault {id:?} isn't one of the image: no edit repairs it"))
            }
            Some(entry) => Ok(&entry.edit),
        }
    }

    /// In the order of the file.
    #[must_use]
    pub fn all(&self, lang: &str) -> Vec<KnownFault> {
        let known = |entry: &Entry| {
            let Words { name, shows } = entry.words(lang);
            KnownFault {
                id: entry.id.clone(),
                group: entry.group.clone(),
                name: name.clone(),
                shows: shows.clone(),
                edit: entry.edit.clone(),
                board: entry.board.clone(),
                stimulus: entry.stimulus.clone(),
            }
        };
        self.entries.iter().map(known).collect()
    }

    /// What is wrong with the fault of this id, at its line.
    #[must_use]
    pub fn fault(&self, id: &str, rule: Rule, message: impl std::fmt::Display) -> Fault {
        match &self.source {
            Some(source) => Fault::at(&source.path, source.line_of(id), rule, message),
            None => Fault::of_file(Path::new(FILE), rule, message),
        }
    }
}

/// The words in backquotes.
fn code(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}
