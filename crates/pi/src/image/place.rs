//! Laying out a volume anew after a change: PI 1.8 Vol. 3, 3.2.2 "Firmware File System". Each file
//! comes right behind the one before, aligned, with pad files between, so that the same files give
//! the same bytes. Only code that runs in place stays where it is while there is room, and is
//! relocated if it must move.

use super::{Data, File, Part, Placed, Section, SectionBody, Sections, Trouble, Volume};
use crate::layout::ffs::{self, attribute};
use crate::layout::{fv, section};
use crate::pe;
use alloc::vec::Vec;

impl Volume {
    /// Files in the order of the list, everything sealed.
    pub fn place(&mut self) -> Result<(), Trouble> {
        let erased = self.erased;
        let pinned = self.ext_header_offset();
        let Data::Files { files, strays } = &mut self.data else { return Ok(()) };
        files.retain(|placed| !placed.file.is_blank(erased) || placed.holds(pinned));
        for placed in files.iter_mut() {
            placed.file.body.seal()?;
            placed.file.seal();
        }
        let start = self.head.len();
        let lazy = offsets(files, start, self.length, pinned, true);
        // Holes that nobody fills may be just what lacks.
        let offsets = lazy.or_else(|_| offsets(files, start, self.length, pinned, false))?;
        for (placed, offset) in files.iter_mut().zip(offsets) {
            (placed.offset, placed.moved) = (offset, false);
            placed.relocate()?;
        }
        fill_gaps(files, start, erased);
        let end = files.last().map_or(start, |last| last.offset + last.file.size());
        strays.retain(|(offset, _)| *offset >= end);
        self.raise_alignment();
        self.set_used_size(end);
        Ok(())
    }

    /// A volume is aligned to at least what its files are.
    fn raise_alignment(&mut self) {
        let most = self.files().iter().map(|placed| placed.file.alignment()).max().unwrap_or(1);
        let Some(attributes) = self.attributes().filter(|_| self.alignment().is_some_and(|has| has < most)) else {
            return;
        };
        let raised =
            attributes & !fv::ATTRIBUTE_ALIGNMENT_MASK | most.trailing_zeros() << fv::ATTRIBUTE_ALIGNMENT_SHIFT;
        self.head[fv::ATTRIBUTES_OFFSET..][..4].copy_from_slice(&raised.to_le_bytes());
        self.seal_header();
    }

    /// The extended header's entry that says how far the volume is used.
    fn set_used_size(&mut self, end: usize) {
        let mut bytes = Vec::with_capacity(self.length);
        self.write(&mut bytes);
        let Ok(view) = crate::view::Volume::parse(&bytes) else { return };
        let mut entries = view.ext_entries().into_iter().flatten().flatten();
        let Some((offset, ..)) = entries.find(|(_, kind, data)| *kind == fv::EXT_USED_SIZE && data.len() >= 4) else {
            return;
        };
        let size = (end as u32).to_le_bytes();
        if let Some(field) = self.head.get_mut(offset..offset + 4) {
            field.copy_from_slice(&size);
        }
        let holder = self.files_mut().into_iter().flatten().find(|placed| placed.holds(Some(offset)));
        if let Some(placed) = holder {
            let inside = offset - placed.offset - placed.file.header_size();
            if let super::Body::Bytes(data) = &mut placed.file.body {
                data[inside..inside + 4].copy_from_slice(&size);
                placed.file.seal();
            }
        }
    }
}

/// Where each file goes. `lazy`: code that runs in place stays where it is if it can.
fn offsets(
    files: &[Placed],
    start: usize,
    length: usize,
    pinned: Option<usize>,
    lazy: bool,
) -> Result<Vec<usize>, Trouble> {
    let mut end = start;
    let mut offsets = Vec::with_capacity(files.len());
    for placed in files {
        let size = placed.file.size();
        let first = first_place(&placed.file, end);
        let fixed = placed.holds(pinned) || placed.file.header.attributes & attribute::FIXED != 0;
        let stays = can_start(end, placed.offset) && is_aligned(&placed.file, placed.offset) && !placed.moved;
        let rests = fixed || lazy && !placed.code.is_empty();
        let offset = if placed.file.header.name == ffs::VOLUME_TOP_FILE {
            let top = length.saturating_sub(size);
            if !top.is_multiple_of(ffs::FILE_ALIGNMENT) {
                return Err(Trouble::TopFileSize { size });
            }
            if !can_start(end, top) {
                return Err(Trouble::VolumeFull { lacks: (first + size).saturating_sub(length).max(1) });
            }
            top
        } else if fixed && !stays {
            return Err(Trouble::Fixed);
        } else if stays && rests {
            placed.offset
        } else {
            first
        };
        end = offset + size;
        offsets.push(offset);
    }
    match end.checked_sub(length) {
        Some(lacks) if lacks > 0 => Err(Trouble::VolumeFull { lacks }),
        _ => Ok(offsets),
    }
}

/// The first place behind `end` where the file's data is aligned and the gap holds a pad file.
fn first_place(file: &File, end: usize) -> usize {
    let next = end.next_multiple_of(ffs::FILE_ALIGNMENT);
    if is_aligned(file, next) {
        return next;
    }
    let header = file.header_size();
    let data = next + ffs::HEADER_SIZE + header;
    data.next_multiple_of(file.alignment()) - header
}

/// A file may start at `offset` if what lies before it ends at `end`.
fn can_start(end: usize, offset: usize) -> bool {
    let next = end.next_multiple_of(ffs::FILE_ALIGNMENT);
    offset == next || offset >= next + ffs::HEADER_SIZE && offset.is_multiple_of(ffs::FILE_ALIGNMENT)
}

fn is_aligned(file: &File, offset: usize) -> bool {
    file.header.kind == ffs::kind::PAD || (offset + file.header_size()).is_multiple_of(file.alignment())
}

fn fill_gaps(files: &mut Vec<Placed>, start: usize, erased: u8) {
    let mut end = start;
    let mut filled = Vec::with_capacity(files.len());
    for placed in files.drain(..) {
        let next = end.next_multiple_of(ffs::FILE_ALIGNMENT);
        if let Some(file) = placed.offset.checked_sub(next).and_then(|gap| File::pad(gap, erased)) {
            filled.push(Placed { offset: next, moved: false, code: Vec::new(), file });
        }
        end = placed.offset + placed.file.size();
        filled.push(placed);
    }
    *files = filled;
}

impl Placed {
    /// A file that isn't anywhere yet.
    #[must_use]
    pub fn new(file: File) -> Placed {
        Placed { offset: 0, moved: true, code: Vec::new(), file }
    }

    /// This byte of the volume lies in it.
    pub(super) fn holds(&self, offset: Option<usize>) -> bool {
        offset.is_some_and(|offset| (self.offset..self.offset + self.file.size()).contains(&offset))
    }

    /// Where in the volume code lies that runs in place.
    pub(super) fn code_offsets(&self) -> Vec<usize> {
        let mut found = Vec::new();
        each_code(&self.file, self.offset, &mut |_, offset| found.push(offset));
        found
    }

    /// Adds to the code's addresses what it has moved.
    fn relocate(&mut self) -> Result<(), Trouble> {
        let now = self.code_offsets();
        let mut moves = self.code.iter().zip(&now).map(|(was, is)| (*is as u64).wrapping_sub(*was as u64));
        let mut result = Ok(());
        if self.code.len() == now.len() {
            each_code_mut(&mut self.file, &mut |code| {
                let delta = moves.next().unwrap_or(0);
                result = result.and(pe::rebase(code, delta).map_err(Trouble::Relocation));
            });
            self.file.seal();
        }
        self.code = now;
        result
    }
}

fn is_code(section: &Section) -> bool {
    matches!(section.kind, section::kind::PE32 | section::kind::TE)
}

/// Each image that runs in place, in volumes inside the file too, with its offset.
fn each_code(file: &File, offset: usize, found: &mut impl FnMut(&Section, usize)) {
    if let Some(sections) = file.body.sections() {
        in_sections(sections, offset + file.header_size(), file.runs_in_place(), found);
    }
}

fn in_sections(sections: &Sections, mut offset: usize, in_place: bool, found: &mut dyn FnMut(&Section, usize)) {
    for section in &sections.list {
        offset += section.gap.len();
        let data = offset + section.headers.len();
        match &section.body {
            SectionBody::Bytes(_) if in_place && is_code(section) => found(section, data),
            SectionBody::Sections(inner) => in_sections(inner, data, in_place, found),
            SectionBody::Image(image) => {
                let mut start = data;
                for part in &image.parts {
                    if let Part::Volume(volume) = part {
                        volume.files().iter().for_each(|placed| {
                            if let Some(sections) = placed.file.body.sections() {
                                let at = start + placed.offset + placed.file.header_size();
                                in_sections(sections, at, placed.file.runs_in_place(), found);
                            }
                        });
                    }
                    start += part.size();
                }
            }
            SectionBody::Bytes(_) | SectionBody::Encoded { .. } => {}
        }
        offset += section.size();
    }
}

/// The same images in the same order, to be changed.
fn each_code_mut(file: &mut File, change: &mut dyn FnMut(&mut [u8])) {
    let in_place = file.runs_in_place();
    if let super::Body::Sections(sections) = &mut file.body {
        in_sections_mut(sections, in_place, change);
    }
}

fn in_sections_mut(sections: &mut Sections, in_place: bool, change: &mut dyn FnMut(&mut [u8])) {
    for section in &mut sections.list {
        let code = in_place && is_code(section);
        match &mut section.body {
            SectionBody::Bytes(bytes) if code => change(bytes),
            SectionBody::Sections(inner) => in_sections_mut(inner, in_place, change),
            SectionBody::Image(image) => {
                for part in &mut image.parts {
                    let Part::Volume(volume) = part else { continue };
                    for placed in volume.files_mut().into_iter().flatten() {
                        each_code_mut(&mut placed.file, change);
                        placed.file.seal();
                    }
                }
            }
            SectionBody::Bytes(_) | SectionBody::Encoded { .. } => {}
        }
    }
}
