//! Edits of a PCD word.

use super::{EditReason, Pcd};
use crate::image::{Body, SectionBody, Volume};
use crate::layout::section::kind;
use crate::pcd;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub(super) fn apply(volume: &mut Volume, nth: usize, edit: &Pcd) -> Result<(), EditReason> {
    let file = &mut super::apply::files(volume)?[nth].file;
    let kind = if file.find(kind::PE32).is_some() { kind::PE32 } else { kind::TE };
    let Body::Sections(sections) = &mut file.body else { return Err(EditReason::NoSections) };
    let section = sections.holder_of(kind).map(|(holder, nth)| &mut holder.list[nth].body);
    let Some(SectionBody::Bytes(image)) = section else { return Err(no_word(edit, &[])) };
    let word = pcd::words(image).find(|word| word.name == edit.word);
    let at = word.map(|word| word.offset).ok_or_else(|| no_word(edit, image))?;
    image[at..at + 4].copy_from_slice(&edit.value.to_le_bytes());
    Ok(())
}

fn no_word(edit: &Pcd, image: &[u8]) -> EditReason {
    let names: Vec<_> = pcd::words(image).map(|word| word.name.to_string()).collect();
    let has = if names.is_empty() { String::from("none") } else { names.join(", ") };
    EditReason::NoWord { word: edit.word.clone(), has }
}
