//! Reading a firmware volume; layouts in `layout::fv`.

use super::{File, align_up};
use crate::layout::ffs;
use crate::layout::fv::{self, BlockMapEntry, ExtEntry, ExtHeader, VolumeHeader};
use crate::{FormatError, Guid, Rule};
use zerocopy::FromBytes;

/// A volume whose header makes sense: the header's length and the volume's lie inside the bytes, so
/// that its files can be walked. Checksum, revision and block map are for `check`.
#[derive(Debug, Clone, Copy)]
pub struct Volume<'a> {
    bytes: &'a [u8],
    header: &'a VolumeHeader,
}

impl<'a> Volume<'a> {
    /// The volume at the start of `bytes`, which may go on behind it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let short = FormatError { offset: 0, rule: Rule::VolumeTooShort { have: bytes.len() } };
        let (header, _) = VolumeHeader::ref_from_prefix(bytes).map_err(|_| short)?;
        if header.signature != fv::SIGNATURE {
            return Err(FormatError { offset: fv::SIGNATURE_OFFSET, rule: Rule::VolumeSignature });
        }
        let length = header.length.get();
        let header_length = header.header_length.get();
        let smallest = fv::HEADER_SIZE + fv::BLOCK_MAP_ENTRY_SIZE;
        if usize::from(header_length) < smallest || !header_length.is_multiple_of(2) {
            return Err(FormatError { offset: 0x30, rule: Rule::VolumeHeaderLength { found: header_length } });
        }
        if length < u64::from(header_length) || length > bytes.len() as u64 {
            return Err(FormatError { offset: 0x20, rule: Rule::VolumeLength { found: length, have: bytes.len() } });
        }
        Ok(Volume { bytes: &bytes[..length as usize], header })
    }

    /// Rules that a reader can live without, in the order of the header.
    pub fn check(&self) -> Result<(), FormatError> {
        let sum = crate::sum::sum16(&self.bytes[..self.header_length()]);
        if sum != 0 {
            return Err(FormatError { offset: 0x32, rule: Rule::VolumeChecksum { sum } });
        }
        if self.header.revision != fv::REVISION {
            return Err(FormatError { offset: 0x37, rule: Rule::VolumeRevision { found: self.header.revision } });
        }
        self.check_block_map()?;
        self.ext_entries().map_or(Ok(()), |mut entries| entries.try_for_each(|entry| entry.map(|_| ())))
    }

    fn check_block_map(&self) -> Result<(), FormatError> {
        let map = &self.bytes[fv::HEADER_SIZE..self.header_length()];
        let mut sum = 0u64;
        for chunk in map.chunks_exact(fv::BLOCK_MAP_ENTRY_SIZE) {
            let Ok(entry) = BlockMapEntry::read_from_bytes(chunk) else { break };
            if entry.blocks == 0 && entry.length == 0 {
                let length = self.bytes.len() as u64;
                let fits = sum == length;
                let rule = Rule::BlockMapSum { length, sum };
                return if fits { Ok(()) } else { Err(FormatError { offset: fv::HEADER_SIZE, rule }) };
            }
            sum = sum.saturating_add(u64::from(entry.blocks.get()) * u64::from(entry.length.get()));
        }
        Err(FormatError { offset: fv::HEADER_SIZE, rule: Rule::BlockMapEnd })
    }

    #[must_use]
    pub fn header(&self) -> &'a VolumeHeader {
        self.header
    }

    /// The whole volume.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    #[must_use]
    pub fn header_length(&self) -> usize {
        usize::from(self.header.header_length.get())
    }

    /// FFS2 or FFS3: it holds files.
    #[must_use]
    pub fn has_files(&self) -> bool {
        [fv::FFS2, fv::FFS3].contains(&self.header.file_system)
    }

    /// What an erased byte reads.
    #[must_use]
    pub fn erased(&self) -> u8 {
        if self.header.attributes.get() & fv::ATTRIBUTE_ERASE_POLARITY != 0 { 0xff } else { 0 }
    }

    /// The extended header, if there is one and it lies inside the volume.
    #[must_use]
    pub fn ext_header(&self) -> Option<&'a ExtHeader> {
        let offset = usize::from(self.header.ext_header_offset.get());
        let (header, _) = ExtHeader::ref_from_prefix(self.bytes.get(offset..)?).ok()?;
        (offset >= self.header_length()).then_some(header)
    }

    /// The volume's name, from the extended header.
    #[must_use]
    pub fn name(&self) -> Option<Guid> {
        self.ext_header().map(|header| header.name)
    }

    /// The entries of the extended header. None: the header names no extended header.
    #[must_use]
    pub fn ext_entries(&self) -> Option<ExtEntries<'a>> {
        let found = self.header.ext_header_offset.get();
        if found == 0 {
            return None;
        }
        let start = usize::from(found);
        let end = self.ext_header().and_then(|header| start.checked_add(header.size.get() as usize));
        let end = end.filter(|end| (start + fv::EXT_HEADER_SIZE..=self.bytes.len()).contains(end));
        Some(match end {
            Some(end) => ExtEntries { bytes: &self.bytes[..end], next: start + fv::EXT_HEADER_SIZE, broken: None },
            None => ExtEntries { bytes: &[], next: 0, broken: Some(Rule::ExtHeader { found }) },
        })
    }

    /// Where the first file may start: behind the header, and behind the extended header if that
    /// doesn't lie in a file of its own, as EDK II's GenFv places it.
    #[must_use]
    pub fn files_start(&self) -> usize {
        let offset = usize::from(self.header.ext_header_offset.get());
        let after = |header: &ExtHeader| offset.saturating_add(header.size.get() as usize);
        let free = self.ext_header().is_some() && offset - self.header_length() < ffs::HEADER_SIZE;
        let end = self.ext_header().filter(|_| free).map_or(self.header_length(), after);
        align_up(end, ffs::FILE_ALIGNMENT).map_or(self.bytes.len(), |start| start.min(self.bytes.len()))
    }

    /// All files, deleted and pad files too, up to the free space.
    #[must_use]
    pub fn files(&self) -> Files<'a> {
        let next = if self.has_files() { self.files_start() } else { self.bytes.len() };
        Files { volume: *self, next }
    }
}

/// The files of a volume. After an error there are no more: where the next one starts is unknown.
#[derive(Debug, Clone)]
pub struct Files<'a> {
    volume: Volume<'a>,
    next: usize,
}

impl Files<'_> {
    /// Where the walk stands: after the last file, the start of the free space.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.next
    }
}

impl<'a> Iterator for Files<'a> {
    type Item = Result<File<'a>, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.volume.bytes.get(self.next..)?;
        let header = rest.get(..ffs::HEADER_SIZE)?;
        if header.iter().all(|byte| *byte == self.volume.erased()) {
            return None;
        }
        let file = File::parse(rest, self.next, self.volume.erased());
        let end = self.volume.bytes.len();
        let after = file.as_ref().ok().and_then(|file| align_up(self.next + file.bytes().len(), ffs::FILE_ALIGNMENT));
        self.next = after.map_or(end, |next| next.min(end));
        Some(file)
    }
}

/// Entries of an extended header: their header and their data.
#[derive(Debug, Clone)]
pub struct ExtEntries<'a> {
    bytes: &'a [u8],
    next: usize,
    broken: Option<Rule>,
}

/// One entry: where its data starts in the volume, its type, its data.
pub type ExtEntryView<'a> = (usize, u16, &'a [u8]);

impl<'a> Iterator for ExtEntries<'a> {
    type Item = Result<ExtEntryView<'a>, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(rule) = self.broken.take() {
            return Some(Err(FormatError { offset: 0x34, rule }));
        }
        let offset = self.next;
        let rest = self.bytes.get(offset..).filter(|rest| !rest.is_empty())?;
        let entry = ExtEntry::ref_from_prefix(rest).ok().and_then(|(entry, _)| {
            let data = rest.get(fv::EXT_ENTRY_SIZE..usize::from(entry.size.get()))?;
            Some((offset + fv::EXT_ENTRY_SIZE, entry.kind.get(), data))
        });
        self.next = entry.map_or(self.bytes.len(), |(start, _, data)| start + data.len());
        Some(entry.ok_or(FormatError { offset, rule: Rule::ExtEntry }))
    }
}
