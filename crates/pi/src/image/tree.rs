//! The tree. Every byte of the image is in it once, and compressed data once more, decompressed.

use crate::Guid;
use crate::layout::ffs::FileHeader;
use alloc::vec::Vec;

use super::ImageError;

/// A flash image, or what a section holds: volumes with other bytes between.
#[derive(Debug, Clone, Default)]
pub struct Image {
    pub parts: Vec<Part>,
    /// What couldn't be read, in the order of the image; an inner image has none of its own.
    pub flaws: Vec<ImageError>,
}

#[derive(Debug, Clone)]
pub enum Part {
    Volume(Volume),
    /// Erased flash, variable stores without a volume, whatever.
    Bytes(Vec<u8>),
}

#[derive(Debug, Clone)]
pub struct Volume {
    /// Everything in front of the first file.
    pub head: Vec<u8>,
    pub length: usize,
    /// What an erased byte reads.
    pub erased: u8,
    /// An edit has changed something in it: what holds it is to be laid out anew.
    pub changed: bool,
    pub data: Data,
}

#[derive(Debug, Clone)]
pub enum Data {
    Files {
        files: Vec<Placed>,
        /// Bytes outside of files that aren't erased, with their offsets.
        strays: Vec<(usize, Vec<u8>)>,
    },
    /// The volume's file system isn't FFS.
    Bytes(Vec<u8>),
}

/// A file and its place in the volume.
#[derive(Debug, Clone)]
pub struct Placed {
    pub offset: usize,
    /// An edit wants it elsewhere, so it need not stay at `offset`.
    pub moved: bool,
    /// Where in the volume its code lies that runs in place, in the order of `File::code`.
    pub code: Vec<usize>,
    pub file: File,
}

#[derive(Debug, Clone)]
pub struct File {
    /// As in flash; sealing makes size and checksums right.
    pub header: FileHeader,
    /// The size in a large file's header.
    pub extended_size: Option<u64>,
    pub body: Body,
}

#[derive(Debug, Clone)]
pub enum Body {
    Bytes(Vec<u8>),
    Sections(Sections),
}

/// Sections one after the other.
#[derive(Debug, Clone, Default)]
pub struct Sections {
    pub list: Vec<Section>,
    /// What follows the last one and is none.
    pub tail: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct Section {
    /// Up to 3 bytes in front, so that it starts aligned.
    pub gap: Vec<u8>,
    pub kind: u8,
    /// All of its headers, as in flash.
    pub headers: Vec<u8>,
    pub body: SectionBody,
}

#[derive(Debug, Clone)]
pub enum SectionBody {
    Bytes(Vec<u8>),
    Sections(Sections),
    Image(Image),
    Encoded {
        packed: Vec<u8>,
        definition: Guid,
        /// None: not a format that this program decodes.
        inner: Option<Sections>,
        /// An edit has changed `inner`: `packed` is to be made anew.
        changed: bool,
    },
}

impl Image {
    pub fn volumes(&self) -> impl Iterator<Item = &Volume> {
        self.parts.iter().filter_map(|part| match part {
            Part::Volume(volume) => Some(volume),
            Part::Bytes(_) => None,
        })
    }

    /// Err with the first flaw: there is something in the image that couldn't be read.
    pub fn whole(&self) -> Result<(), &ImageError> {
        self.flaws.first().map_or(Ok(()), Err)
    }
}

impl Volume {
    #[must_use]
    pub fn files(&self) -> &[Placed] {
        match &self.data {
            Data::Files { files, .. } => files,
            Data::Bytes(_) => &[],
        }
    }

    #[must_use]
    pub fn files_mut(&mut self) -> Option<&mut Vec<Placed>> {
        match &mut self.data {
            Data::Files { files, .. } => Some(files),
            Data::Bytes(_) => None,
        }
    }

    #[must_use]
    pub fn file_system(&self) -> Guid {
        self.head.get(0x10..).and_then(|guid| guid.first_chunk()).map_or(Guid::ZERO, |guid| Guid(*guid))
    }

    /// Its GUID, from the extended header.
    #[must_use]
    pub fn name(&self) -> Option<Guid> {
        let offset = self.ext_header_offset()?;
        let free = self.head.get(offset..).and_then(|header| header.first_chunk());
        let in_file = || {
            let holder = self.files().iter().find(|placed| placed.holds(Some(offset)))?;
            let Body::Bytes(bytes) = &holder.file.body else { return None };
            bytes.get(offset.checked_sub(holder.offset + holder.file.header_size())?..)?.first_chunk()
        };
        free.or_else(in_file).map(|guid| Guid(*guid))
    }

    /// Bytes behind the last file.
    #[must_use]
    pub fn free(&self) -> usize {
        let end = self.files().last().map_or(self.head.len(), |last| last.offset + last.file.size());
        self.length.saturating_sub(end)
    }
}

impl Section {
    /// Headers and data, without the gap in front.
    #[must_use]
    pub fn size(&self) -> usize {
        self.headers.len() + self.body.size()
    }

    /// A copy of the data, whatever it is; of a compressed section the compressed data.
    #[must_use]
    pub fn data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.body.size());
        self.body.write(&mut data);
        data
    }

    /// The data of a leaf.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.body {
            SectionBody::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}
