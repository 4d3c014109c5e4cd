//! Compiled items as files: `<kind>s/<id>.<lang>.json`, `index.<lang>.json`, and `faults.<lang>.json`.

use super::{Fault, Item, Library, Rule};
use crate::{Kind, LANGUAGES};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Writes all items; files that were there before and belong to none are left alone.
pub fn write(library: &Library, out: &Path) -> Result<(), Fault> {
    let mut items: Vec<&Item> = library.items.iter().collect();
    items.sort_by_key(|item| (item.kind(), item.rank(), item.id().to_owned()));
    for lang in LANGUAGES {
        let entries: Vec<_> = items.iter().filter_map(|item| item.entry(lang)).collect();
        json(&out.join(format!("index.{lang}.json")), &entries)?;
        json(&out.join(format!("faults.{lang}.json")), &library.catalogue.all(lang))?;
        for item in &items {
            let path = out.join(item.kind().folder()).join(format!("{}.{lang}.json", item.id()));
            match item.kind() {
                Kind::Scene => json(&path, &item.scene(lang))?,
                Kind::Chapter => json(&path, &item.chapter(lang))?,
                Kind::Exercise => json(&path, &item.exercise(lang))?,
            }
        }
    }
    Ok(())
}

fn json(path: &Path, value: &impl Serialize) -> Result<(), Fault> {
    let fail = |why: &dyn std::fmt::Display| Fault::of_file(path, Rule::Unreadable, format!("can't be written: {why}"));
    let text = serde_json::to_string(value).map_err(|error| fail(&error))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| fail(&error))?;
    }
    fs::write(path, text).map_err(|error| fail(&error))
}
