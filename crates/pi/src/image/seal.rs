//! Making derived fields right after a change: sizes, gaps, checksums, compressed data.

use super::{Body, File, Section, SectionBody, Sections, Trouble, Volume};
use crate::layout::ffs::{self, attribute};
use crate::layout::{fv, section};
use crate::sum::{crc32, sum8, sum16};
use crate::{codec, view};
use alloc::vec;
use alloc::vec::Vec;

impl File {
    /// Size, header form and both checksums, as the body wants them.
    pub fn seal(&mut self) {
        let large = ffs::HEADER_SIZE + self.body.size() > ffs::LARGEST_SMALL;
        self.extended_size = large.then_some((ffs::LARGE_HEADER_SIZE + self.body.size()) as u64);
        self.header.attributes = self.header.attributes & !attribute::LARGE | u8::from(large);
        let size = if large { 0 } else { self.size() as u32 };
        self.header.size.copy_from_slice(&size.to_le_bytes()[..3]);
        self.header.file_checksum = self.checksum();
        self.header.header_checksum = view::File::header_checksum(&self.large_header());
    }

    fn checksum(&self) -> u8 {
        if self.header.attributes & attribute::CHECKSUM == 0 {
            return ffs::FIXED_CHECKSUM;
        }
        let mut data = Vec::with_capacity(self.body.size());
        self.body.write(&mut data);
        sum8(&data).wrapping_neg()
    }
}

impl Body {
    pub(crate) fn seal(&mut self) -> Result<(), Trouble> {
        match self {
            Body::Bytes(_) => Ok(()),
            Body::Sections(sections) => sections.seal(),
        }
    }
}

impl Sections {
    /// Gaps, and everything inside.
    pub fn seal(&mut self) -> Result<(), Trouble> {
        let mut offset = 0usize;
        for section in &mut self.list {
            let gap = offset.next_multiple_of(section::SECTION_ALIGNMENT) - offset;
            if section.gap.len() != gap {
                section.gap = vec![0; gap];
            }
            section.seal()?;
            offset += gap + section.size();
        }
        Ok(())
    }
}

impl Section {
    fn seal(&mut self) -> Result<(), Trouble> {
        match &mut self.body {
            SectionBody::Bytes(_) | SectionBody::Image(_) => {}
            SectionBody::Sections(sections) => sections.seal()?,
            SectionBody::Encoded { changed: false, .. } => return Ok(()),
            SectionBody::Encoded { packed, definition, inner, changed } => {
                if let Some(inner) = inner {
                    inner.seal()?;
                    let mut data = Vec::new();
                    inner.write(&mut data);
                    let encoded = codec::encode(definition, &data, packed);
                    *packed = encoded.ok_or(Trouble::CantCompress { definition: *definition })?;
                }
                *changed = false;
            }
        }
        self.seal_size();
        self.seal_crc();
        Ok(())
    }

    /// The size in the header, which becomes a large one only if it must.
    pub(super) fn seal_size(&mut self) {
        let is_large = self.headers.starts_with(&[0xff; 3]);
        if !is_large && self.size() >= section::SIZE_IS_EXTENDED {
            let extended = [0; section::LARGE_HEADER_SIZE - section::HEADER_SIZE];
            self.headers.splice(section::HEADER_SIZE..section::HEADER_SIZE, extended);
            self.headers[..3].fill(0xff);
            self.shift_data_offset();
        }
        let size = (self.size() as u32).to_le_bytes();
        let extended = self.headers.starts_with(&[0xff; 3]) && self.headers.len() >= section::LARGE_HEADER_SIZE;
        if extended {
            self.headers[section::HEADER_SIZE..section::LARGE_HEADER_SIZE].copy_from_slice(&size);
        } else {
            self.headers[..3].copy_from_slice(&size[..3]);
        }
    }

    /// A GUID-defined section says where its data starts.
    fn shift_data_offset(&mut self) {
        let length = (self.headers.len() as u16).to_le_bytes();
        let at = section::LARGE_HEADER_SIZE + 0x10;
        if let Some(field) = self.headers.get_mut(at..at + 2).filter(|_| self.kind == section::kind::GUID_DEFINED) {
            field.copy_from_slice(&length);
        }
    }

    /// The CRC-32 in front of a section's data.
    pub(super) fn crc(&self) -> Option<(usize, u32, u32)> {
        let start =
            if self.headers.starts_with(&[0xff; 3]) { section::LARGE_HEADER_SIZE } else { section::HEADER_SIZE };
        let is_crc =
            self.kind == section::kind::GUID_DEFINED && self.headers.get(start..)?.starts_with(&section::CRC32.0);
        let at = start + section::GUID_DEFINED_HEADER_SIZE;
        let found = u32::from_le_bytes(*self.headers.get(at..)?.first_chunk().filter(|_| is_crc)?);
        let mut data = Vec::with_capacity(self.body.size());
        self.body.write(&mut data);
        Some((at, crc32(&data), found))
    }

    fn seal_crc(&mut self) {
        if let Some((at, want, _)) = self.crc() {
            self.headers[at..at + 4].copy_from_slice(&want.to_le_bytes());
        }
    }
}

impl Volume {
    /// An empty volume whose erased bits read 1, of `blocks` blocks of `block` bytes. None: a
    /// volume of this size has no room for its header.
    #[must_use]
    pub fn new(file_system: crate::Guid, blocks: u32, block: u32) -> Option<Volume> {
        const ATTRIBUTES: u32 = 0x0004_feff;
        let length = usize::try_from(u64::from(blocks) * u64::from(block)).ok()?;
        let size = fv::HEADER_SIZE + 2 * fv::BLOCK_MAP_ENTRY_SIZE;
        if length < size {
            return None;
        }
        let mut head = vec![0; size];
        head[0x10..0x20].copy_from_slice(&file_system.0);
        head[0x20..0x28].copy_from_slice(&(length as u64).to_le_bytes());
        head[0x28..0x2c].copy_from_slice(&fv::SIGNATURE);
        head[fv::ATTRIBUTES_OFFSET..0x30].copy_from_slice(&ATTRIBUTES.to_le_bytes());
        head[0x30..0x32].copy_from_slice(&(size as u16).to_le_bytes());
        head[0x37] = fv::REVISION;
        head[0x38..0x3c].copy_from_slice(&blocks.to_le_bytes());
        head[0x3c..0x40].copy_from_slice(&block.to_le_bytes());
        let has_files = [fv::FFS2, fv::FFS3].contains(&file_system);
        let data = if has_files {
            super::Data::Files { files: Vec::new(), strays: Vec::new() }
        } else {
            super::Data::Bytes(vec![0xff; length - size])
        };
        let mut volume = Volume { head, length, erased: 0xff, changed: false, data };
        volume.seal_header();
        Some(volume)
    }

    pub(super) fn attributes(&self) -> Option<u32> {
        Some(u32::from_le_bytes(*self.head.get(fv::ATTRIBUTES_OFFSET..)?.first_chunk()?))
    }

    /// What the volume's address is a multiple of; `None`: its files may be aligned to more (weak alignment).
    pub(super) fn alignment(&self) -> Option<usize> {
        let attributes = self.attributes().filter(|bits| bits & fv::ATTRIBUTE_WEAK_ALIGNMENT == 0)?;
        Some(1 << ((attributes & fv::ATTRIBUTE_ALIGNMENT_MASK) >> fv::ATTRIBUTE_ALIGNMENT_SHIFT))
    }

    /// The header's checksum.
    pub fn seal_header(&mut self) {
        let Some(length) = self.header_length() else { return };
        self.head[0x32..0x34].fill(0);
        let sum = sum16(&self.head[..length]).wrapping_neg();
        self.head[0x32..0x34].copy_from_slice(&sum.to_le_bytes());
    }

    fn header_length(&self) -> Option<usize> {
        let length = usize::from(u16::from_le_bytes(*self.head.get(0x30..)?.first_chunk()?));
        (fv::HEADER_SIZE..=self.head.len()).contains(&length).then_some(length)
    }

    /// Offset of the extended header, if there is one.
    pub(super) fn ext_header_offset(&self) -> Option<usize> {
        let offset = usize::from(u16::from_le_bytes(*self.head.get(0x34..)?.first_chunk()?));
        (offset != 0).then_some(offset)
    }
}
