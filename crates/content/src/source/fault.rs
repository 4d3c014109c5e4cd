//! What can be wrong with a content file.

use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: PathBuf,
    /// From 1. None: it is about the whole file.
    pub line: Option<usize>,
    pub rule: Rule,
    pub message: String,
}

impl Fault {
    pub fn at(file: &Path, line: usize, rule: Rule, message: impl fmt::Display) -> Fault {
        Fault { file: file.to_owned(), line: Some(line), rule, message: message.to_string() }
    }

    pub fn of_file(file: &Path, rule: Rule, message: impl fmt::Display) -> Fault {
        Fault { file: file.to_owned(), line: None, rule, message: message.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}", self.rule.name(), self.message)
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule { $($(#[$doc])* $variant),* }

        impl Rule {
            /// As messages and docs/content.md have it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name),* }
            }
        }
    };
}

rules! {
    /// A file or folder that must be there isn't.
    Missing = "missing",
    /// A file that belongs to nothing.
    Stray = "stray",
    Unreadable = "unreadable",
    /// An item's folder is named in small letters, digits and hyphens.
    Id = "id",
    /// TOML that doesn't parse, an unknown key, a value of another type.
    Toml = "toml",
    /// A value outside of what is allowed.
    Value = "value",
    /// Two things of one item have the same id.
    Twice = "twice",
    /// Raw HTML, pictures, aligned tables: what a page could not show safely.
    Markup = "markup",
    /// The text has no title, or not the sections that its kind wants.
    Section = "section",
    /// A link to somewhere that isn't there.
    Link = "link",
    /// A translation that is built otherwise than the English text.
    Translation = "translation",
    /// An edit that can't be done to the image.
    Edit = "edit",
    /// The machine does otherwise than the file says.
    Machine = "machine",
}
