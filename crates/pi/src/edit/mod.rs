//! The one vocabulary of changes to an image; `docs/edits.md` describes it for people.

mod apply;
mod apriori;
mod depex;
mod error;
mod pcd;
mod target;
#[cfg(test)]
mod tests;

pub use apply::{apply, apply_to};
pub use error::{EditError, EditReason};
pub use target::find_file;

use crate::depex::Dialect;
use crate::names::FileType;
use alloc::string::String;
use alloc::vec::Vec;

/// A change to an image. Files are named by GUID or by the name in their UI section.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "op", rename_all = "kebab-case")
)]
pub enum Edit {
    Depex(Depex),
    Order(Order),
    Apriori(Apriori),
    Drop(Drop),
    Type(Type),
    Pcd(Pcd),
}

impl Edit {
    /// As in the vocabulary: `depex`.
    #[must_use]
    pub fn op(&self) -> &'static str {
        match self {
            Edit::Depex(_) => "depex",
            Edit::Order(_) => "order",
            Edit::Apriori(_) => "apriori",
            Edit::Drop(_) => "drop",
            Edit::Type(_) => "type",
            Edit::Pcd(_) => "pcd",
        }
    }
}

/// A list of edits as a file has it: `[[edit]]` tables in TOML, `{"edit": […]}` in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct EditList {
    #[cfg_attr(feature = "serde", serde(default))]
    pub edit: Vec<Edit>,
}

/// Replaces, adds or removes a file's DEPEX section. One of `text`, `hex` and `remove`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Depex {
    pub file: String,
    pub volume: Option<String>,
    /// Which of its DEPEX sections; else the one that it has, or that its type wants.
    pub section: Option<Dialect>,
    /// As `depex::assemble` reads it; file names of the volume are known.
    pub text: Option<String>,
    /// The section's bytes in hexadecimal.
    pub hex: Option<String>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub remove: bool,
    /// Even an expression that `depex::validate` refuses.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unchecked: bool,
}

/// Moves a file within its volume. One of `before`, `after` and `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Order {
    pub file: String,
    pub volume: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub to: Option<End>,
}

/// An end of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum End {
    First,
    Last,
}

/// Sets the list of an a-priori file: makes the file, or drops it if the list is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Apriori {
    /// EDK II's SMM core reads the file of its DXE core: `dxe` and `smm` are the same list.
    pub phase: Dialect,
    /// In the order in which they are to run.
    pub files: Vec<String>,
    pub volume: Option<String>,
}

/// Takes a file out of its volume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Drop {
    pub file: String,
    pub volume: Option<String>,
}

/// Changes a file's type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Type {
    pub file: String,
    pub volume: Option<String>,
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub kind: FileType,
}

/// Sets a PCD word of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Pcd {
    pub file: String,
    pub volume: Option<String>,
    pub word: String,
    pub value: u32,
}
