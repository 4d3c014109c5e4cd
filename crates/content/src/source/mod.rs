//! From the files that authors write to the items that the page reads: `docs/content.md` describes
//! them. All faults of all files are found in one go, each with its file, line and rule.

mod catalogue;
mod check;
mod defaults;
mod fault;
mod files;
mod item;
mod markup;
mod prose;
mod write;

pub use catalogue::Catalogue;
pub use fault::{Fault, Rule};
pub use item::{Item, Wrong};
pub use write::write;

use crate::Kind;
use std::path::{Path, PathBuf};

/// All content, well-formed and linked: every item has its texts in every language.
#[derive(Debug, Default)]
pub struct Library {
    pub items: Vec<Item>,
    pub catalogue: Catalogue,
}

impl Library {
    /// Reads `scenes/`, `chapters/`, `exercises/` and `faults.toml` of a folder.
    pub fn read(root: &Path) -> Result<Library, Vec<Fault>> {
        let mut faults = Vec::new();
        let (mut items, mut ids) = (Vec::new(), Vec::new());
        for kind in Kind::ALL {
            for folder in folders(&root.join(kind.folder()), &mut faults) {
                ids.push((kind, files::file_name(&folder)));
                items.extend(Item::read(kind, &folder, &mut faults));
            }
        }
        if items.is_empty() && faults.is_empty() {
            faults.push(Fault::of_file(root, Rule::Missing, "no scenes, chapters or exercises are here"));
        }
        check::links(&items, &ids, &mut faults);
        let catalogue = Catalogue::read(root, &mut faults);
        items.iter_mut().for_each(|item| item.with_faults(&catalogue, &mut faults));
        if faults.is_empty() { Ok(Library { items, catalogue }) } else { Err(faults) }
    }

    #[must_use]
    pub fn find(&self, kind: Kind, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.kind() == kind && item.id() == id)
    }
}

/// The folders in one, by name; none if it isn't there.
fn folders(parent: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    if !parent.exists() {
        return Vec::new();
    }
    let entries = match std::fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) => {
            faults.push(Fault::of_file(parent, Rule::Unreadable, error));
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths.iter().filter(|path| !path.is_dir()) {
        faults.push(Fault::of_file(path, Rule::Stray, "an item is a folder"));
    }
    paths.retain(|path| path.is_dir());
    paths
}
