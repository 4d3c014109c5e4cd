//! Why an edit can't be done.

use crate::depex::{AssembleError, DepexError, Dialect};
use crate::image::{FileId, ImageError, Location, Trouble};
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

/// Which edit, where, and why. The image is as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditError {
    /// Counted from 1; None: the image can't be edited at all.
    pub edit: Option<(usize, &'static str)>,
    pub at: Option<Location>,
    pub file: Option<FileId>,
    pub reason: Box<EditReason>,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((nth, op)) = self.edit {
            write!(f, "edit {nth} ({op})")?;
        }
        if let Some(at) = &self.at {
            write!(f, " at {at}")?;
        }
        if let Some(file) = &self.file {
            write!(f, ", file {file}")?;
        }
        f.write_str(if self.edit.is_some() { ": " } else { "" })?;
        write!(f, "{}", self.reason)
    }
}

impl core::error::Error for EditError {}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditReason {
    #[error("the image is damaged {0}")]
    Damaged(Box<ImageError>),
    #[error("it would break the image {0}")]
    Breaks(Box<ImageError>),
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error("no file has the GUID or name {name:?}{}", Near(.near))]
    NoFile { name: String, near: Option<String> },
    #[error("several files are called {name:?}: say in which volume, as in volume = \"{first}\", or give the GUID")]
    Ambiguous { name: String, first: Location },
    #[error("no volume has the GUID or offset {0:?} and such a file in it")]
    NoVolume(String),
    #[error("file {other} lies in another volume: files can be ordered within one volume only")]
    OtherVolume { other: FileId },
    #[error("exactly one of {0} is to be given")]
    OneOf(&'static str),
    #[error("text of the DEPEX, {0}")]
    Assemble(#[from] AssembleError),
    #[error("{0}; to have it all the same, set unchecked = true")]
    Depex(DepexError),
    #[error("hex is pairs of hexadecimal digits, blanks may stand between")]
    Hex,
    #[error("it has no {0:?} DEPEX section")]
    NoDepex(Dialect),
    #[error("say which DEPEX: section = \"pei\", \"dxe\" or \"smm\"")]
    WhichDepex,
    #[error("it has no sections")]
    NoSections,
    #[error("a file can't become a pad file: drop it instead")]
    Pad,
    #[error("an a-priori list is one of GUIDs and names of its volume's files: {0:?} is none")]
    AprioriName(String),
    #[error("say in which volume: no file is named and there is more than one a-priori file, or none")]
    AprioriWhere,
    #[error("its image has no PCD word {word:?}; it has: {has}")]
    NoWord { word: String, has: String },
}

impl EditReason {
    /// The rule's name, for texts in other languages.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            EditReason::Damaged(_) => "damaged",
            EditReason::Breaks(_) => "breaks",
            EditReason::Trouble(_) => "trouble",
            EditReason::NoFile { .. } => "no-file",
            EditReason::Ambiguous { .. } => "ambiguous",
            EditReason::NoVolume(_) => "no-volume",
            EditReason::OtherVolume { .. } => "other-volume",
            EditReason::OneOf(_) => "one-of",
            EditReason::Assemble(_) => "assemble",
            EditReason::Depex(_) => "depex",
            EditReason::Hex => "hex",
            EditReason::NoDepex(_) => "no-depex",
            EditReason::WhichDepex => "which-depex",
            EditReason::NoSections => "no-sections",
            EditReason::Pad => "pad",
            EditReason::AprioriName(_) => "apriori-name",
            EditReason::AprioriWhere => "apriori-where",
            EditReason::NoWord { .. } => "no-word",
        }
    }
}

struct Near<'a>(&'a Option<String>);

impl fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |near| write!(f, "; did you mean {near}?"))
    }
}
