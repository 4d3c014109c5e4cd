//! From bytes to the tree. What can't be read stays as bytes, with a flaw that says where and why.

use super::{
    Body, Data, File, FileId, Image, ImageError, Location, Part, Placed, Section, SectionBody, Sections, Trouble,
    Volume,
};
use crate::layout::{ffs, fv, section};
use crate::view::{self, Content, FileState};
use crate::{Guid, Rule, codec};
use alloc::vec::Vec;

/// Sections, volumes and files inside each other.
pub const MOST_NESTING: usize = 24;
/// Bytes that all compressed sections of an image together may decompress to.
pub const LARGEST_DECOMPRESSED: usize = 256 << 20;

impl Image {
    /// Never fails: `flaws` says what couldn't be read.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Image {
        let mut parser = Parser { flaws: Vec::new(), file: None, depth: 0, budget: LARGEST_DECOMPRESSED };
        let start = Location(alloc::vec![0]);
        let mut image = parser.image(bytes, &start);
        if image.volumes().next().is_none() && parser.flaws.is_empty() {
            parser.flaws.push(ImageError { at: start, file: None, trouble: Trouble::NoVolume });
        }
        image.flaws = parser.flaws;
        image
    }
}

struct Parser {
    flaws: Vec<ImageError>,
    /// The file that is being read.
    file: Option<FileId>,
    depth: usize,
    budget: usize,
}

impl Parser {
    fn flaw(&mut self, at: &Location, offset: usize, rule: Rule) {
        self.flaws.push(ImageError { at: at.plus(offset), file: self.file.clone(), trouble: rule.into() });
    }

    /// One level deeper, if that isn't too deep.
    fn deeper<T>(&mut self, at: &Location, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MOST_NESTING {
            self.flaw(at, 0, Rule::TooDeep { limit: MOST_NESTING });
            return None;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        Some(result)
    }

    fn image(&mut self, bytes: &[u8], at: &Location) -> Image {
        let mut parts = Vec::new();
        let (mut other, mut next) = (0, 0);
        while let Some(found) = find_volume(bytes, next) {
            match view::Volume::parse(&bytes[found..]) {
                Ok(view) if is_credible(&view) => {
                    if other < found {
                        parts.push(Part::Bytes(bytes[other..found].to_vec()));
                    }
                    parts.push(Part::Volume(self.volume(&view, &at.plus(found))));
                    next = found + view.bytes().len();
                    other = next;
                }
                result => {
                    self.suspect(&bytes[found..], result.err(), &at.plus(found));
                    next = found + ffs::FILE_ALIGNMENT;
                }
            }
        }
        if other < bytes.len() {
            parts.push(Part::Bytes(bytes[other..].to_vec()));
        }
        Image { parts, flaws: Vec::new() }
    }

    /// A damaged volume, if the header says so at least twice; else the signature came by chance.
    fn suspect(&mut self, bytes: &[u8], error: Option<crate::FormatError>, at: &Location) {
        let file_system = bytes.get(0x10..0x20).and_then(|guid| guid.first_chunk()).map(|guid| Guid(*guid));
        let known = file_system.is_some_and(|guid| [fv::FFS2, fv::FFS3, fv::NV_DATA].contains(&guid));
        if let Some(error) = error.filter(|_| known) {
            self.flaw(at, error.offset, error.rule);
        }
    }

    fn volume(&mut self, view: &view::Volume<'_>, at: &Location) -> Volume {
        let bytes = view.bytes();
        let (head, data) = if view.has_files() {
            let start = view.files_start();
            (bytes[..start].to_vec(), self.files(view, at))
        } else {
            let (head, data) = bytes.split_at(view.header_length());
            (head.to_vec(), Data::Bytes(data.to_vec()))
        };
        Volume { head, length: bytes.len(), erased: view.erased(), changed: false, data }
    }

    fn files(&mut self, view: &view::Volume<'_>, at: &Location) -> Data {
        let (mut files, mut strays) = (Vec::new(), Vec::new());
        let mut end = view.files_start();
        for result in view.files() {
            match result {
                Ok(file) => {
                    self.stray(view, end..file.offset(), Rule::GapNotErased, at, &mut strays);
                    end = file.offset() + file.bytes().len();
                    files.push(self.placed(&file, at));
                }
                Err(error) => {
                    self.stray(view, end..error.offset, Rule::GapNotErased, at, &mut strays);
                    self.flaw(at, error.offset, error.rule);
                    strays.push((error.offset, view.bytes()[error.offset..].to_vec()));
                    return Data::Files { files, strays };
                }
            }
        }
        self.stray(view, end..view.bytes().len(), Rule::FreeSpaceNotErased, at, &mut strays);
        Data::Files { files, strays }
    }

    /// Bytes outside of files: kept, and a flaw, unless they are erased.
    fn stray(
        &mut self,
        view: &view::Volume<'_>,
        range: core::ops::Range<usize>,
        rule: Rule,
        at: &Location,
        strays: &mut Vec<(usize, Vec<u8>)>,
    ) {
        let Some(bytes) = view.bytes().get(range.clone()) else { return };
        if let Some(first) = bytes.iter().position(|byte| *byte != view.erased()) {
            self.flaw(at, range.start + first, rule);
            strays.push((range.start, bytes.to_vec()));
        }
    }

    fn placed(&mut self, view: &view::File<'_>, at: &Location) -> Placed {
        let extended_size = (view.header_size() == ffs::LARGE_HEADER_SIZE).then_some(view.bytes().len() as u64);
        let at = at.plus(view.offset() + view.header_size());
        let readable =
            view.has_sections() && !matches!(view.state(), FileState::HeaderInvalid | FileState::DataMissing);
        let outer = self.file.replace(FileId { guid: view.name(), name: None });
        // The name is known only once the sections are.
        let before = self.flaws.len();
        let sections = readable.then(|| self.deeper(&at, |parser| parser.sections(view.data(), &at))).flatten();
        let body = sections.map_or_else(|| Body::Bytes(view.data().to_vec()), Body::Sections);
        let file = File { header: *view.header(), extended_size, body };
        self.name_flaws(before, &file);
        self.file = outer;
        let mut placed = Placed { offset: view.offset(), moved: false, code: Vec::new(), file };
        placed.code = placed.code_offsets();
        placed
    }

    fn name_flaws(&mut self, since: usize, file: &File) {
        for flaw in &mut self.flaws[since..] {
            if let Some(id) = flaw.file.as_mut().filter(|id| id.guid == file.header.name && id.name.is_none()) {
                id.name = file.ui_name();
            }
        }
    }

    fn sections(&mut self, bytes: &[u8], at: &Location) -> Sections {
        let mut sections = Sections::default();
        let mut end = 0;
        for result in view::Sections::new(bytes) {
            let view = match result {
                Ok(view) => view,
                Err(error) => {
                    self.flaw(at, error.offset, error.rule);
                    break;
                }
            };
            let gap = bytes[end..view.offset()].to_vec();
            let body = self.section_body(&view, &at.plus(view.offset()));
            sections.list.push(Section { gap, kind: view.kind(), headers: view.headers().to_vec(), body });
            end = view.offset() + view.bytes().len();
        }
        sections.tail = bytes[end..].to_vec();
        sections
    }

    fn section_body(&mut self, view: &view::Section<'_>, at: &Location) -> SectionBody {
        let data = view.data();
        let inside = at.plus(view.headers().len());
        let body = match view.content() {
            Content::Sections | Content::GuidDefined(_) => {
                self.deeper(&inside, |parser| parser.sections(data, &inside)).map(SectionBody::Sections)
            }
            Content::Leaf if view.kind() == section::kind::FIRMWARE_VOLUME_IMAGE => {
                self.deeper(&inside, |parser| parser.image(data, &inside)).map(SectionBody::Image)
            }
            Content::Leaf => None,
            Content::Compressed { .. } => Some(SectionBody::Encoded {
                packed: data.to_vec(),
                definition: section::TIANO,
                inner: None,
                changed: false,
            }),
            Content::Encoded(definition) => Some(self.encoded(data, definition, at)),
        };
        body.unwrap_or_else(|| SectionBody::Bytes(data.to_vec()))
    }

    fn encoded(&mut self, data: &[u8], definition: Guid, at: &Location) -> SectionBody {
        let decoded = match codec::decode(&definition, data, self.budget) {
            None => None,
            Some(Ok(decoded)) => Some(decoded),
            Some(Err(rule)) => {
                self.flaw(at, 0, rule);
                None
            }
        };
        let inside = at.inside();
        let inner = decoded.and_then(|decoded| {
            self.budget = self.budget.saturating_sub(decoded.len());
            self.deeper(&inside, |parser| parser.sections(&decoded, &inside))
        });
        SectionBody::Encoded { packed: data.to_vec(), definition, inner, changed: false }
    }
}

/// Where the next header with the signature starts.
fn find_volume(bytes: &[u8], from: usize) -> Option<usize> {
    let last = bytes.len().checked_sub(fv::HEADER_SIZE)?;
    let at = |offset: &usize| bytes[offset + fv::SIGNATURE_OFFSET..].starts_with(&fv::SIGNATURE);
    (from..=last).step_by(ffs::FILE_ALIGNMENT).find(at)
}

/// By chance a signature stands anywhere; a header that agrees with itself doesn't.
fn is_credible(view: &view::Volume<'_>) -> bool {
    let known = view.has_files() || view.header().file_system == fv::NV_DATA;
    known || view.check().is_ok()
}
