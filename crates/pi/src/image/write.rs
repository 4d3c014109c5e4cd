//! From the tree to bytes.

use super::{Body, Data, File, Image, Part, Section, SectionBody, Sections, Volume};
use crate::layout::ffs::LargeFileHeader;
use alloc::vec;
use alloc::vec::Vec;
use zerocopy::IntoBytes;

impl Image {
    /// The image's bytes: what was read, if nothing was changed.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size());
        for part in &self.parts {
            match part {
                Part::Volume(volume) => volume.write(&mut bytes),
                Part::Bytes(other) => bytes.extend(other),
            }
        }
        bytes
    }

    #[must_use]
    pub fn size(&self) -> usize {
        self.parts.iter().map(Part::size).sum()
    }
}

impl Part {
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Part::Volume(volume) => volume.length,
            Part::Bytes(bytes) => bytes.len(),
        }
    }
}

impl Volume {
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut bytes = vec![self.erased; self.length];
        let mut put = |offset: usize, part: &[u8]| {
            if let Some(there) = bytes.get_mut(offset..).and_then(|rest| rest.get_mut(..part.len())) {
                there.copy_from_slice(part);
            }
        };
        put(0, &self.head);
        match &self.data {
            Data::Bytes(data) => put(self.head.len(), data),
            Data::Files { files, strays } => {
                files.iter().for_each(|placed| put(placed.offset, &placed.file.write()));
                strays.iter().for_each(|(offset, stray)| put(*offset, stray));
            }
        }
        out.extend(bytes);
    }
}

impl File {
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.size());
        let header = self.large_header();
        bytes.extend(&header.as_bytes()[..self.header_size()]);
        self.body.write(&mut bytes);
        bytes
    }

    /// The header, with the fields of a large file's.
    pub(super) fn large_header(&self) -> LargeFileHeader {
        LargeFileHeader { common: self.header, extended_size: self.extended_size.unwrap_or(0).into() }
    }
}

impl Body {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Body::Bytes(bytes) => out.extend(bytes),
            Body::Sections(sections) => sections.write(out),
        }
    }
}

impl Sections {
    pub fn write(&self, out: &mut Vec<u8>) {
        for section in &self.list {
            out.extend(&section.gap);
            section.write(out);
        }
        out.extend(&self.tail);
    }
}

impl Section {
    /// Without the gap in front.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend(&self.headers);
        self.body.write(out);
    }
}

impl SectionBody {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            SectionBody::Bytes(bytes) => out.extend(bytes),
            SectionBody::Sections(sections) => sections.write(out),
            SectionBody::Image(image) => out.extend(image.write()),
            SectionBody::Encoded { packed, .. } => out.extend(packed),
        }
    }
}
