//! Doing edits: bytes to bytes, or on a tree.

use super::target::{self, Target};
use super::{Drop, Edit, EditError, EditReason, End, Order, Type, apriori, depex, pcd};
use crate::image::{Body, Image, Part, Placed, SectionBody, Sections, Severity, Trouble, Volume};
use crate::layout::ffs;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The image with all edits done, in order. It is well-formed, or there is an error.
pub fn apply(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, EditError> {
    let mut image = Image::parse(bytes);
    let before = image.check();
    apply_to(&mut image, edits)?;
    let edited = image.write();
    let known = |trouble: &Trouble| before.iter().any(|finding| finding.error.trouble == *trouble);
    let after = Image::parse(&edited).check().into_iter();
    let broken =
        after.filter(|finding| finding.severity == Severity::Error).find(|finding| !known(&finding.error.trouble));
    match broken {
        Some(finding) => Err(on_image(EditReason::Breaks(Box::new(finding.error)))),
        None => Ok(edited),
    }
}

fn on_image(reason: EditReason) -> EditError {
    EditError { edit: None, at: None, file: None, reason: Box::new(reason) }
}

/// The same on a tree. After an error the tree may be half changed: throw it away.
pub fn apply_to(image: &mut Image, edits: &[Edit]) -> Result<(), EditError> {
    if let Err(flaw) = image.whole() {
        return Err(on_image(EditReason::Damaged(Box::new(flaw.clone()))));
    }
    for (nth, edit) in edits.iter().enumerate() {
        let mut target = None;
        one(image, edit, &mut target).map_err(|reason| {
            let (at, file) = target.map_or((None, None), |target: Target| (Some(target.at), Some(target.id)));
            EditError { edit: Some((nth + 1, edit.op())), at, file, reason: Box::new(reason) }
        })?;
    }
    settle(image).map_err(|trouble| on_image(trouble.into()))?;
    Ok(())
}

/// Does one edit; `found` is the file that it found, for an error to name.
fn one(image: &mut Image, edit: &Edit, found: &mut Option<Target>) -> Result<(), EditReason> {
    let (name, volume) = match edit {
        Edit::Apriori(edit) => return apriori::apply(image, edit, found),
        Edit::Depex(edit) => (&edit.file, &edit.volume),
        Edit::Order(edit) => (&edit.file, &edit.volume),
        Edit::Drop(edit) => (&edit.file, &edit.volume),
        Edit::Type(edit) => (&edit.file, &edit.volume),
        Edit::Pcd(edit) => (&edit.file, &edit.volume),
    };
    let target = target::find(image, name, volume.as_deref())?;
    *found = Some(target.clone());
    let other = match edit {
        Edit::Order(order) => neighbour(image, order)?,
        _ => None,
    };
    at_file(image, &target, &mut |volume, nth| match edit {
        Edit::Depex(edit) => depex::apply(volume, nth, edit),
        Edit::Order(edit) => order(volume, nth, edit, other.as_ref()),
        Edit::Drop(Drop { .. }) => {
            files(volume)?.remove(nth);
            Ok(())
        }
        Edit::Type(edit) => retype(volume, nth, edit),
        Edit::Pcd(edit) => pcd::apply(volume, nth, edit),
        Edit::Apriori(_) => Ok(()),
    })
}

/// Changes the target's volume and lays it out anew.
pub(super) fn at_file(image: &mut Image, target: &Target, change: &mut target::Change<'_>) -> Result<(), EditReason> {
    let mut nth = target.nth;
    let done = target::change(image, &mut nth, &mut |volume, nth| {
        change(volume, nth)?;
        Ok(volume.place()?)
    });
    done.unwrap_or(Err(EditReason::NoSections))
}

pub(super) fn files(volume: &mut Volume) -> Result<&mut Vec<Placed>, EditReason> {
    volume.files_mut().ok_or(EditReason::NoSections)
}

/// The file beside which another is to stand.
fn neighbour(image: &Image, order: &Order) -> Result<Option<Target>, EditReason> {
    let given = [order.before.is_some(), order.after.is_some(), order.to.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        return Err(EditReason::OneOf("before, after and to"));
    }
    let name = order.before.as_ref().or(order.after.as_ref());
    name.map(|name| target::find(image, name, order.volume.as_deref())).transpose()
}

fn order(volume: &mut Volume, nth: usize, order: &Order, other: Option<&Target>) -> Result<(), EditReason> {
    let files = files(volume)?;
    let mut moved = files.remove(nth);
    moved.moved = true;
    let place = match other {
        Some(other) => {
            let beside = files.iter().position(|placed| placed.file.header.name == other.id.guid);
            let beside = beside.ok_or_else(|| EditReason::OtherVolume { other: other.id.clone() })?;
            beside + usize::from(order.after.is_some())
        }
        None if order.to == Some(End::First) => first(files),
        None => last(files),
    };
    files.insert(place, moved);
    Ok(())
}

/// In front of all files but those that have a reason to be first.
pub(super) fn first(files: &[Placed]) -> usize {
    let stays = |placed: &Placed| {
        let header = &placed.file.header;
        header.kind == ffs::kind::PAD
            || [ffs::APRIORI, ffs::APRIORI_PEI].contains(&header.name)
            || header.attributes & ffs::attribute::FIXED != 0
    };
    files.iter().position(|placed| !stays(placed)).unwrap_or(files.len())
}

fn last(files: &[Placed]) -> usize {
    files.iter().position(|placed| placed.file.header.name == ffs::VOLUME_TOP_FILE).unwrap_or(files.len())
}

fn retype(volume: &mut Volume, nth: usize, edit: &Type) -> Result<(), EditReason> {
    if edit.kind.0 == ffs::kind::PAD {
        return Err(EditReason::Pad);
    }
    files(volume)?[nth].file.header.kind = edit.kind.0;
    Ok(())
}

/// Lays out what holds a changed volume, from the inside out. True: something was changed.
fn settle(image: &mut Image) -> Result<bool, Trouble> {
    let mut changed = false;
    for part in &mut image.parts {
        let Part::Volume(volume) = part else { continue };
        if !volume.changed {
            continue;
        }
        volume.changed = false;
        changed = true;
        for placed in volume.files_mut().into_iter().flatten() {
            if let Body::Sections(sections) = &mut placed.file.body {
                settle_sections(sections)?;
            }
        }
        volume.place()?;
    }
    Ok(changed)
}

fn settle_sections(sections: &mut Sections) -> Result<(), Trouble> {
    for section in &mut sections.list {
        match &mut section.body {
            SectionBody::Bytes(_) | SectionBody::Encoded { inner: None, .. } => {}
            SectionBody::Sections(inner) | SectionBody::Encoded { inner: Some(inner), .. } => settle_sections(inner)?,
            SectionBody::Image(image) => {
                settle(image)?;
            }
        }
    }
    Ok(())
}
