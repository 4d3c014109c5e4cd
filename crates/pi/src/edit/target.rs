//! Which file an edit means, and the way to it.

use super::EditReason;
use crate::image::{Body, FileId, Image, Location, Node, Part, SectionBody, Sections, Visit, Volume};
use crate::view::{File, FileState};
use crate::{Guid, known, layout};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A file, by its number in the order of `Image::walk`.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub nth: usize,
    pub at: Location,
    pub id: FileId,
}

/// All files of an image in order, with the volume that each lies in.
struct Candidate<'a> {
    nth: usize,
    visit: Visit<'a>,
    volume: &'a Volume,
    /// Location of the volume.
    volume_at: Location,
}

fn candidates(image: &Image) -> Vec<Candidate<'_>> {
    let mut nth = 0;
    let mut found = Vec::new();
    let mut volumes: Vec<(&Volume, Location)> = Vec::new();
    for visit in image.walk() {
        match visit.node {
            Node::Volume(volume) => volumes.push((volume, visit.at)),
            Node::File(_) => {
                let of = visit
                    .volume
                    .and_then(|volume| volumes.iter().rev().find(|(other, _)| core::ptr::eq(*other, volume)));
                if let Some((volume, at)) = of {
                    found.push(Candidate { nth, volume, volume_at: at.clone(), visit });
                }
                nth += 1;
            }
            _ => {}
        }
    }
    found
}

impl Candidate<'_> {
    fn is_live(&self) -> bool {
        let Some(file) = self.visit.file else { return false };
        let state = File::state_of(file.header.state, self.volume.erased);
        state == FileState::Valid && file.header.kind != layout::ffs::kind::PAD
    }

    fn is_called(&self, name: &str) -> bool {
        let Some(file) = self.visit.file else { return false };
        name.parse() == Ok(file.header.name) || file.ui_name().is_some_and(|ui| ui == name)
    }

    fn is_in(&self, volume: &str) -> bool {
        let offset = volume.strip_prefix("0x").and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let at = volume == self.volume_at.to_string()
            || self.volume_at.0.len() == 1 && offset == Some(self.volume_at.in_image());
        let guid: Option<Guid> = volume.parse().ok();
        at || guid.is_some() && self.volume.name() == guid
    }

    fn target(self) -> Option<Target> {
        Some(Target { nth: self.nth, id: self.visit.file_id()?, at: self.visit.at })
    }
}

/// The one file of this GUID or name.
pub(super) fn find(image: &Image, name: &str, volume: Option<&str>) -> Result<Target, EditReason> {
    let all: Vec<_> = candidates(image).into_iter().filter(Candidate::is_live).collect();
    let near = || nearest(name, all.iter().filter_map(|candidate| candidate.visit.file?.ui_name()));
    if !all.iter().any(|candidate| candidate.is_called(name)) {
        return Err(EditReason::NoFile { name: name.to_string(), near: near() });
    }
    let mut found = all
        .into_iter()
        .filter(|candidate| candidate.is_called(name) && volume.is_none_or(|volume| candidate.is_in(volume)));
    match (found.next(), found.next()) {
        (None, _) => Err(EditReason::NoVolume(volume.unwrap_or_default().to_string())),
        (Some(first), Some(_)) => Err(EditReason::Ambiguous { name: name.to_string(), first: first.volume_at }),
        (Some(one), None) => one.target().ok_or(EditReason::NoSections),
    }
}

/// The one file of this GUID or name, with its place.
pub fn find_file<'a>(
    image: &'a Image,
    name: &str,
    volume: Option<&str>,
) -> Result<(Visit<'a>, &'a crate::image::File), EditReason> {
    let nth = find(image, name, volume)?.nth;
    let files = image.walk().into_iter().filter_map(|visit| match visit.node {
        Node::File(file) => Some((visit, file)),
        _ => None,
    });
    files.into_iter().nth(nth).ok_or(EditReason::NoSections)
}

/// Any file of the volume that holds the one file which `wanted` accepts, or of the one named.
pub(super) fn find_in_volume(image: &Image, volume: Option<&str>, wanted: impl Fn(Guid) -> bool) -> Option<Target> {
    let all = candidates(image);
    let mut found = all.into_iter().filter(|candidate| match volume {
        Some(volume) => candidate.is_in(volume),
        None => candidate.is_live() && candidate.visit.file.is_some_and(|file| wanted(file.header.name)),
    });
    let first = found.next()?;
    let unique = volume.is_some() || found.next().is_none();
    first.target().filter(|_| unique)
}

fn nearest(name: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let most = 1 + name.len() / 3;
    let near = names.map(|other| (known::edits(other.as_bytes(), name.as_bytes()), other));
    near.min().filter(|(edits, _)| *edits <= most).map(|(_, other)| other)
}

/// What an edit does to a volume: given it and the file's place in its list.
pub(super) type Change<'a> = dyn FnMut(&mut Volume, usize) -> Result<(), EditReason> + 'a;

/// Goes to the `nth` file and changes its volume; marks what must be sealed on the way.
/// None: the file wasn't reached, `nth` is less by those that were passed.
pub(super) fn change(image: &mut Image, nth: &mut usize, change: &mut Change<'_>) -> Option<Result<(), EditReason>> {
    image.parts.iter_mut().find_map(|part| match part {
        Part::Volume(volume) => in_volume(volume, nth, change),
        Part::Bytes(_) => None,
    })
}

fn in_volume(volume: &mut Volume, nth: &mut usize, change: &mut Change<'_>) -> Option<Result<(), EditReason>> {
    for index in 0..volume.files().len() {
        let Some(left) = nth.checked_sub(1) else {
            volume.changed = true;
            return Some(change(volume, index));
        };
        *nth = left;
        if let Some(Body::Sections(sections)) = volume.files_mut().map(|files| &mut files[index].file.body)
            && let Some(done) = in_sections(sections, nth, change)
        {
            volume.changed = true;
            return Some(done);
        }
    }
    None
}

fn in_sections(sections: &mut Sections, nth: &mut usize, change: &mut Change<'_>) -> Option<Result<(), EditReason>> {
    sections.list.iter_mut().find_map(|section| match &mut section.body {
        SectionBody::Bytes(_) | SectionBody::Encoded { inner: None, .. } => None,
        SectionBody::Sections(inner) => in_sections(inner, nth, change),
        SectionBody::Image(image) => self::change(image, nth, change),
        SectionBody::Encoded { inner: Some(inner), changed, .. } => {
            let done = in_sections(inner, nth, change);
            *changed |= done.is_some();
            done
        }
    })
}
