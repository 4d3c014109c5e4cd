//! Reading a file of a volume; layouts in `layout::ffs`.

use super::{Sections, u24};
use crate::layout::ffs::{self, DATA_ALIGNMENTS, FileHeader, LargeFileHeader, attribute, kind, state};
use crate::sum::sum8;
use crate::{FormatError, Guid, Rule};
use zerocopy::{FromBytes, IntoBytes};

/// A file whose size fits its volume. Its checksums and state are for `check`.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// From the start of the volume.
    offset: usize,
    bytes: &'a [u8],
    header: &'a FileHeader,
    erased: u8,
}

/// What the state bits say: the highest bit set counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Its header wasn't written to the end, or is void: only the header's size is known.
    HeaderInvalid,
    /// Its data wasn't written to the end.
    DataMissing,
    Valid,
    /// Valid, until its successor is.
    MarkedForUpdate,
    Deleted,
}

impl<'a> File<'a> {
    /// The file at the start of `rest`, which ends where the volume ends.
    pub fn parse(rest: &'a [u8], offset: usize, erased: u8) -> Result<Self, FormatError> {
        let none_left = Rule::FileBeyondEnd { size: ffs::HEADER_SIZE as u64, room: rest.len() };
        let Ok((header, _)) = FileHeader::ref_from_prefix(rest) else {
            return Err(FormatError { offset, rule: none_left });
        };
        let mut file = File { offset, bytes: rest, header, erased };
        let (size, smallest) = match file.large_header() {
            _ if file.state() == FileState::HeaderInvalid => (ffs::HEADER_SIZE as u64, ffs::HEADER_SIZE),
            Some(large) => (large.extended_size.get(), ffs::LARGE_HEADER_SIZE),
            None => (u24(header.size) as u64, ffs::HEADER_SIZE),
        };
        if size < smallest as u64 {
            return Err(FormatError { offset, rule: Rule::FileTooSmall { size } });
        }
        let bytes = usize::try_from(size).ok().and_then(|size| rest.get(..size));
        let rule = Rule::FileBeyondEnd { size, room: rest.len() };
        file.bytes = bytes.ok_or(FormatError { offset, rule })?;
        Ok(file)
    }

    /// Checksums, state and alignment.
    pub fn check(&self) -> Result<(), FormatError> {
        let fail = |at, rule| Err(FormatError { offset: self.offset + at, rule });
        let header = &self.bytes[..self.header_size()];
        let sum = sum8(header).wrapping_sub(self.header.state).wrapping_sub(self.header.file_checksum);
        if sum != 0 {
            return fail(0x10, Rule::FileHeaderChecksum { sum });
        }
        if self.state() != FileState::Valid {
            return fail(0x17, Rule::FileState { found: self.header.state });
        }
        let (want, found) = (self.file_checksum(), self.header.file_checksum);
        if want != found {
            return fail(0x11, Rule::FileChecksum { want, found });
        }
        let alignment = self.data_alignment();
        // A pad file has no data to align.
        if !self.is_pad() && !(self.offset + self.header_size()).is_multiple_of(alignment) {
            return fail(0, Rule::FileAlignment { alignment });
        }
        Ok(())
    }

    fn file_checksum(&self) -> u8 {
        let summed = self.header.attributes & attribute::CHECKSUM != 0;
        if summed { sum8(self.data()).wrapping_neg() } else { ffs::FIXED_CHECKSUM }
    }

    fn large_header(&self) -> Option<&'a LargeFileHeader> {
        let large = self.header.attributes & attribute::LARGE != 0;
        LargeFileHeader::ref_from_prefix(self.bytes).ok().filter(|_| large).map(|(header, _)| header)
    }

    #[must_use]
    pub fn header(&self) -> &'a FileHeader {
        self.header
    }

    #[must_use]
    pub fn header_size(&self) -> usize {
        let known = self.state() != FileState::HeaderInvalid;
        if known && self.large_header().is_some() { ffs::LARGE_HEADER_SIZE } else { ffs::HEADER_SIZE }
    }

    /// From the start of the volume.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Header and data.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        &self.bytes[self.header_size()..]
    }

    #[must_use]
    pub fn name(&self) -> Guid {
        self.header.name
    }

    /// A constant of `layout::ffs::kind`.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.header.kind
    }

    #[must_use]
    pub fn is_pad(&self) -> bool {
        self.kind() == kind::PAD
    }

    #[must_use]
    pub fn state(&self) -> FileState {
        File::state_of(self.header.state, self.erased)
    }

    /// What a header's state says where an erased byte reads `erased`.
    #[must_use]
    pub fn state_of(state: u8, erased: u8) -> FileState {
        let bits = state ^ erased;
        match bits.checked_ilog2().map_or(0, |bit| 1u8 << bit) {
            state::DELETED => FileState::Deleted,
            state::MARKED_FOR_UPDATE => FileState::MarkedForUpdate,
            state::DATA_VALID => FileState::Valid,
            state::HEADER_VALID => FileState::DataMissing,
            _ => FileState::HeaderInvalid,
        }
    }

    /// A dispatcher may look at it: its data is valid and it is no pad file.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.state(), FileState::Valid | FileState::MarkedForUpdate) && !self.is_pad()
    }

    /// What the data's offset in the volume is a multiple of.
    #[must_use]
    pub fn data_alignment(&self) -> usize {
        File::alignment_of(self.header.attributes)
    }

    /// The alignment that a header's attributes ask for.
    #[must_use]
    pub fn alignment_of(attributes: u8) -> usize {
        let index = (attributes & attribute::DATA_ALIGNMENT_MASK) >> attribute::DATA_ALIGNMENT_SHIFT;
        let large = attributes & attribute::DATA_ALIGNMENT_2 != 0;
        1 << DATA_ALIGNMENTS[usize::from(large)][usize::from(index)]
    }

    /// Raw and pad files hold bytes, all others sections.
    #[must_use]
    pub fn has_sections(&self) -> bool {
        !matches!(self.kind(), 0 | kind::RAW | kind::OEM_MIN..)
    }

    /// The outermost sections; none where the file has none.
    #[must_use]
    pub fn sections(&self) -> Sections<'a> {
        Sections::new(if self.has_sections() { self.data() } else { &[] })
    }

    /// The data of the first section of a type, a constant of `layout::section::kind`.
    #[must_use]
    pub fn section(&self, kind: u8) -> Option<&'a [u8]> {
        self.sections().flatten().find(|section| section.kind() == kind).map(|section| section.data())
    }

    /// The header's checksum, as its other bytes want it.
    #[must_use]
    pub fn header_checksum(header: &LargeFileHeader) -> u8 {
        let size =
            if header.common.attributes & attribute::LARGE != 0 { ffs::LARGE_HEADER_SIZE } else { ffs::HEADER_SIZE };
        let common = FileHeader { header_checksum: 0, file_checksum: 0, state: 0, ..header.common };
        let blank = LargeFileHeader { common, ..*header };
        sum8(&blank.as_bytes()[..size]).wrapping_neg()
    }
}
