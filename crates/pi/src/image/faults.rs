//! What is wrong, and where.

use crate::depex::DepexError;
use crate::{FormatError, Guid, Rule};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A place in an image. Inside decompressed data: the offset of the compressed section, then the
/// offset in what it decompresses to, and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location(pub Vec<usize>);

impl Location {
    /// `offset` bytes further on.
    #[must_use]
    pub fn plus(&self, offset: usize) -> Location {
        let mut there = self.clone();
        match there.0.last_mut() {
            Some(last) => *last += offset,
            None => there.0.push(offset),
        }
        there
    }

    /// The start of what the section here decompresses to.
    #[must_use]
    pub fn inside(&self) -> Location {
        let mut there = self.clone();
        there.0.push(0);
        there
    }

    /// The offset in the image itself.
    #[must_use]
    pub fn in_image(&self) -> usize {
        self.0.first().copied().unwrap_or(0)
    }
}

/// `0x84048`, or `0x84048 > 0x1c` in decompressed data.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, offset) in self.0.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { " > " })?;
            write!(f, "{offset:#x}")?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Location {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A file's GUID, and its name from the UI section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileId {
    pub guid: Guid,
    pub name: Option<String>,
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.guid)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " ({name})"))
    }
}

/// A broken rule with its place and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageError {
    pub at: Location,
    pub file: Option<FileId>,
    pub trouble: Trouble,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.at)?;
        if let Some(file) = &self.file {
            write!(f, ", file {file}")?;
        }
        write!(f, ": {}", self.trouble)
    }
}

impl core::error::Error for ImageError {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    #[error(transparent)]
    Format(#[from] Rule),
    #[error(transparent)]
    Depex(#[from] DepexError),
    #[error("there is no firmware volume in the image")]
    NoVolume,
    #[error("a volume is full: it lacks {lacks:#x} bytes")]
    VolumeFull { lacks: usize },
    #[error(
        "a volume top file starts at a multiple of 8 and ends with its volume: its size {size:#x} is no multiple of 8"
    )]
    TopFileSize { size: usize },
    #[error("a file whose place is fixed stays where it is")]
    Fixed,
    #[error("code that runs in place moves only if it can be relocated: {0}")]
    Relocation(crate::pe::PeError),
    #[error("this program can't compress with {definition}: its sections can be read, not changed")]
    CantCompress { definition: Guid },
    #[error("this file lists {0}, which is no file of its volume")]
    AprioriUnknown(Guid),
    #[error("BEFORE and AFTER name a file of the volume, {0} is none")]
    PlacementUnknown(Guid),
    #[error("an SMM driver has an SMM DEPEX section: without, EDK II never dispatches it")]
    NoSmmDepex,
    #[error("a driver has at most one DEPEX section of a kind")]
    DepexTwice,
}

impl From<(Location, FormatError)> for ImageError {
    fn from((base, error): (Location, FormatError)) -> ImageError {
        ImageError { at: base.plus(error.offset), file: None, trouble: error.rule.into() }
    }
}
