//! Reading the sections of a file; layouts in `layout::section`.

use super::{align_up, u24};
use crate::layout::section::{
    self as layout, CompressionHeader, GuidDefinedHeader, LargeSectionHeader, SectionHeader, kind,
};
use crate::{FormatError, Guid, Rule};
use zerocopy::FromBytes;

/// A section whose size fits what holds it.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    /// From the start of the data that holds it.
    offset: usize,
    bytes: &'a [u8],
    kind: u8,
    /// Size of all its headers: where its data starts.
    data: usize,
    content: Content,
}

/// What a section's data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The section type's own.
    Leaf,
    /// Sections.
    Sections,
    /// Sections, once decompressed as `EFI_COMPRESSION_SECTION` says.
    Compressed { compression_type: u8, uncompressed_length: u32 },
    /// Sections behind headers of the GUID's own.
    GuidDefined(Guid),
    /// Sections, once processed as the GUID says.
    Encoded(Guid),
}

impl<'a> Section<'a> {
    /// The section at the start of `rest`, which ends where its holder ends.
    pub fn parse(rest: &'a [u8], offset: usize) -> Result<Self, FormatError> {
        let fail = |rule| FormatError { offset, rule };
        let beyond = |size| fail(Rule::SectionBeyondEnd { size, room: rest.len() });
        let (header, _) = SectionHeader::ref_from_prefix(rest).map_err(|_| beyond(layout::HEADER_SIZE))?;
        let (size, header_size) = if u24(header.size) == layout::SIZE_IS_EXTENDED {
            let large = LargeSectionHeader::ref_from_prefix(rest).map_err(|_| beyond(layout::LARGE_HEADER_SIZE))?.0;
            (large.extended_size.get() as usize, layout::LARGE_HEADER_SIZE)
        } else {
            (u24(header.size), layout::HEADER_SIZE)
        };
        if size < header_size {
            return Err(fail(Rule::SectionTooSmall { size }));
        }
        let bytes = rest.get(..size).ok_or(beyond(size))?;
        let (data, content) = Section::content_of(header.kind, bytes, header_size).map_err(fail)?;
        Ok(Section { offset, bytes, kind: header.kind, data, content })
    }

    fn content_of(kind: u8, bytes: &[u8], header_size: usize) -> Result<(usize, Content), Rule> {
        let too_small = Rule::SectionTooSmall { size: bytes.len() };
        let rest = &bytes[header_size..];
        Ok(match kind {
            kind::DISPOSABLE => (header_size, Content::Sections),
            kind::COMPRESSION => {
                let (header, _) = CompressionHeader::ref_from_prefix(rest).map_err(|_| too_small)?;
                let data = header_size + layout::COMPRESSION_HEADER_SIZE;
                let (compression_type, uncompressed_length) =
                    (header.compression_type, header.uncompressed_length.get());
                let plain = compression_type == layout::NOT_COMPRESSED;
                let compressed = Content::Compressed { compression_type, uncompressed_length };
                (data, if plain { Content::Sections } else { compressed })
            }
            kind::GUID_DEFINED => {
                let (header, _) = GuidDefinedHeader::ref_from_prefix(rest).map_err(|_| too_small)?;
                let found = header.data_offset.get();
                let data = usize::from(found);
                if !(header_size + layout::GUID_DEFINED_HEADER_SIZE..=bytes.len()).contains(&data) {
                    return Err(Rule::GuidDefinedOffset { found });
                }
                let processed = header.attributes.get() & layout::PROCESSING_REQUIRED != 0;
                let guid = header.definition;
                (data, if processed { Content::Encoded(guid) } else { Content::GuidDefined(guid) })
            }
            _ => (header_size, Content::Leaf),
        })
    }

    /// Where it starts in the data that holds it.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Headers and data.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Without any header.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        &self.bytes[self.data..]
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &'a [u8] {
        &self.bytes[..self.data]
    }

    /// A constant of `layout::section::kind`.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.kind
    }

    #[must_use]
    pub fn content(&self) -> Content {
        self.content
    }

    /// The sections inside; none where they must be decompressed first, or where there are none.
    #[must_use]
    pub fn sections(&self) -> Sections<'a> {
        let readable = matches!(self.content, Content::Sections | Content::GuidDefined(_));
        Sections::new(if readable { self.data() } else { &[] })
    }
}

/// Sections one after the other. After an error there are no more.
#[derive(Debug, Clone)]
pub struct Sections<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl<'a> Sections<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Sections { bytes, next: 0 }
    }

    /// Where the walk stands: after the last section, the bytes that aren't one.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.next
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Result<Section<'a>, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.next..).filter(|rest| !rest.is_empty())?;
        let section = Section::parse(rest, self.next);
        let end = self.bytes.len();
        let after = section
            .as_ref()
            .ok()
            .and_then(|section| align_up(self.next + section.bytes.len(), layout::SECTION_ALIGNMENT));
        self.next = after.map_or(end, |next| next.min(end));
        Some(section)
    }
}
