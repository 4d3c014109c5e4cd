//! What one can ask a file.

use super::{Body, File, FileId, Section, SectionBody, Sections};
use crate::layout::section::kind as section_kind;
use crate::layout::{ffs, section};
use crate::{Guid, view};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use zerocopy::FromZeros;

impl File {
    /// A file in a volume whose erased bits read 1.
    #[must_use]
    pub fn new(name: Guid, kind: u8, body: Body) -> File {
        let mut header = ffs::FileHeader::new_zeroed();
        (header.name, header.kind, header.state) = (name, kind, !ffs::state::COMPLETE);
        let mut file = File { header, extended_size: None, body };
        file.seal();
        file
    }

    /// A pad file of this size, header included; None if it would be smaller than its header.
    #[must_use]
    pub(super) fn pad(size: usize, erased: u8) -> Option<File> {
        let data = size.checked_sub(ffs::HEADER_SIZE)?;
        let large = size > ffs::LARGEST_SMALL;
        let data = if large { data - (ffs::LARGE_HEADER_SIZE - ffs::HEADER_SIZE) } else { data };
        let mut file = File::new(Guid::ONES, ffs::kind::PAD, Body::Bytes(vec![erased; data]));
        file.header.state = ffs::state::COMPLETE ^ erased;
        Some(file)
    }

    #[must_use]
    pub fn header_size(&self) -> usize {
        if self.extended_size.is_some() { ffs::LARGE_HEADER_SIZE } else { ffs::HEADER_SIZE }
    }

    /// Header and data.
    #[must_use]
    pub fn size(&self) -> usize {
        self.header_size() + self.body.size()
    }

    /// The file's name for people: its first UI section, outside of compressed ones.
    #[must_use]
    pub fn ui_name(&self) -> Option<String> {
        let section = self.find(section_kind::USER_INTERFACE)?;
        let units = section.bytes()?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text = char::decode_utf16(units.take_while(|unit| *unit != 0));
        Some(text.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }

    #[must_use]
    pub fn id(&self) -> FileId {
        FileId { guid: self.header.name, name: self.ui_name() }
    }

    /// It is a pad file with nothing in it.
    #[must_use]
    pub fn is_blank(&self, erased: u8) -> bool {
        self.header.kind == ffs::kind::PAD
            && matches!(&self.body, Body::Bytes(bytes) if bytes.iter().all(|byte| *byte == erased))
    }

    /// What the data's offset in the volume is a multiple of, by the attributes.
    #[must_use]
    pub fn alignment(&self) -> usize {
        view::File::alignment_of(self.header.attributes)
    }

    /// Its code runs where it lies in flash, so it can't just be moved.
    #[must_use]
    pub fn runs_in_place(&self) -> bool {
        use ffs::kind::{COMBINED_PEIM_DRIVER, PEI_CORE, PEIM, SECURITY_CORE};
        [SECURITY_CORE, PEI_CORE, PEIM, COMBINED_PEIM_DRIVER].contains(&self.header.kind)
    }

    /// The first section of a type that isn't inside a compressed one.
    #[must_use]
    pub fn find(&self, kind: u8) -> Option<&Section> {
        self.body.sections()?.find(kind)
    }

    /// All of a type.
    #[must_use]
    pub fn find_all(&self, kind: u8) -> Vec<&Section> {
        let mut found = Vec::new();
        if let Some(sections) = self.body.sections() {
            sections.collect(kind, &mut found);
        }
        found
    }

    /// The GUIDs that an a-priori file lists. None: it is none, or no list.
    #[must_use]
    pub fn apriori(&self) -> Option<Vec<Guid>> {
        if ![ffs::APRIORI, ffs::APRIORI_PEI].contains(&self.header.name) {
            return None;
        }
        let (guids, rest) = self.find(section_kind::RAW)?.bytes()?.as_chunks::<16>();
        rest.is_empty().then(|| guids.iter().map(|guid| Guid(*guid)).collect())
    }
}

impl Body {
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Body::Bytes(bytes) => bytes.len(),
            Body::Sections(sections) => sections.size(),
        }
    }

    #[must_use]
    pub fn sections(&self) -> Option<&Sections> {
        match self {
            Body::Bytes(_) => None,
            Body::Sections(sections) => Some(sections),
        }
    }
}

impl Sections {
    #[must_use]
    pub fn size(&self) -> usize {
        self.list.iter().map(|section| section.gap.len() + section.size()).sum::<usize>() + self.tail.len()
    }

    /// Of a type, outside of compressed sections.
    #[must_use]
    pub fn find(&self, kind: u8) -> Option<&Section> {
        let mut found = Vec::new();
        self.collect(kind, &mut found);
        found.first().copied()
    }

    fn collect<'a>(&'a self, kind: u8, found: &mut Vec<&'a Section>) {
        for section in &self.list {
            if section.kind == kind {
                found.push(section);
            }
            if let SectionBody::Sections(inner) = &section.body {
                inner.collect(kind, found);
            }
        }
    }

    /// The first of a type outside of compressed sections, with the list that holds it.
    #[must_use]
    pub fn holder_of(&mut self, kind: u8) -> Option<(&mut Sections, usize)> {
        if let Some(nth) = self.list.iter().position(|section| section.kind == kind) {
            return Some((self, nth));
        }
        self.list.iter_mut().find_map(|section| match &mut section.body {
            SectionBody::Sections(inner) => inner.holder_of(kind),
            _ => None,
        })
    }
}

impl SectionBody {
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            SectionBody::Bytes(bytes) => bytes.len(),
            SectionBody::Sections(sections) => sections.size(),
            SectionBody::Image(image) => image.size(),
            SectionBody::Encoded { packed, .. } => packed.len(),
        }
    }
}

impl Section {
    /// A leaf section.
    #[must_use]
    pub fn new(kind: u8, bytes: Vec<u8>) -> Section {
        let mut section =
            Section { gap: Vec::new(), kind, headers: vec![0; section::HEADER_SIZE], body: SectionBody::Bytes(bytes) };
        section.headers[3] = kind;
        section.seal_size();
        section
    }

    /// A UI section: the file's name for people.
    #[must_use]
    pub fn user_interface(name: &str) -> Section {
        let text = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        Section::new(section_kind::USER_INTERFACE, text)
    }

    /// A version section: build number and version text.
    #[must_use]
    pub fn version(build: u16, version: &str) -> Section {
        let text = version.encode_utf16().chain([0]).flat_map(u16::to_le_bytes);
        Section::new(section_kind::VERSION, build.to_le_bytes().into_iter().chain(text).collect())
    }
}
