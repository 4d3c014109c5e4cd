//! Edits of an a-priori file.

use super::apply::{at_file, files, first};
use super::target::{self, Target};
use super::{Apriori, EditReason};
use crate::Guid;
use crate::depex::Dialect;
use crate::image::{Body, File, Image, Placed, Section, SectionBody, Sections, Volume};
use crate::layout::{ffs, section};
use alloc::vec::Vec;

pub(super) fn apply(image: &mut Image, edit: &Apriori, found: &mut Option<Target>) -> Result<(), EditReason> {
    let name = if edit.phase == Dialect::Pei { ffs::APRIORI_PEI } else { ffs::APRIORI };
    let named = edit.files.first().filter(|_| edit.volume.is_none());
    let target = match named {
        Some(file) => target::find(image, file, None)?,
        None => target::find_in_volume(image, edit.volume.as_deref(), |guid| guid == name)
            .ok_or(EditReason::AprioriWhere)?,
    };
    *found = Some(target.clone());
    at_file(image, &target, &mut |volume, _| set(volume, name, edit))
}

fn set(volume: &mut Volume, name: Guid, edit: &Apriori) -> Result<(), EditReason> {
    let mut list = Vec::new();
    for file in &edit.files {
        list.extend(guid(volume, file).ok_or_else(|| EditReason::AprioriName(file.clone()))?.0);
    }
    let erased = volume.erased;
    let files = files(volume)?;
    let there = files.iter().position(|placed| placed.file.header.name == name);
    match there {
        Some(nth) if list.is_empty() => {
            files.remove(nth);
        }
        Some(nth) => rewrite(&mut files[nth].file, list)?,
        None if list.is_empty() => {}
        None => {
            let body =
                Body::Sections(Sections { list: [Section::new(section::kind::RAW, list)].into(), tail: Vec::new() });
            let mut file = File::new(name, ffs::kind::FREEFORM, body);
            file.header.state = ffs::state::COMPLETE ^ erased;
            let place = first(files);
            files.insert(place, Placed::new(file));
        }
    }
    Ok(())
}

fn guid(volume: &Volume, file: &str) -> Option<Guid> {
    let named = |placed: &&Placed| placed.file.ui_name().is_some_and(|name| name == file);
    file.parse().ok().or_else(|| volume.files().iter().find(named).map(|placed| placed.file.header.name))
}

fn rewrite(file: &mut File, list: Vec<u8>) -> Result<(), EditReason> {
    let Body::Sections(sections) = &mut file.body else { return Err(EditReason::NoSections) };
    let (holder, nth) = sections.holder_of(section::kind::RAW).ok_or(EditReason::NoSections)?;
    holder.list[nth].body = SectionBody::Bytes(list);
    Ok(())
}
