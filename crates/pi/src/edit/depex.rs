//! Edits of a DEPEX section.

use super::{Depex, EditReason};
use crate::Guid;
use crate::depex::{Dialect, assemble, validate};
use crate::image::{Body, File, Section, SectionBody, Sections, Volume};
use crate::layout::ffs::kind;
use crate::layout::section;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub(super) fn apply(volume: &mut Volume, nth: usize, edit: &Depex) -> Result<(), EditReason> {
    let names: Vec<_> =
        volume.files().iter().filter_map(|placed| Some((placed.file.ui_name()?, placed.file.header.name))).collect();
    let files = super::apply::files(volume)?;
    let file = &mut files[nth].file;
    let dialect = dialect(file, edit)?;
    let code = code(edit, dialect, &names)?;
    let (in_place, alignment) = (file.runs_in_place(), file.alignment());
    let Body::Sections(sections) = &mut file.body else { return Err(EditReason::NoSections) };
    let code_was = code_offset(sections);
    replace(sections, dialect, code)?;
    sections.seal()?;
    if let Some(was) = code_was.filter(|_| in_place) {
        realign(sections, was, alignment);
        sections.seal()?;
    }
    Ok(())
}

/// The DEPEX that is meant.
fn dialect(file: &File, edit: &Depex) -> Result<Dialect, EditReason> {
    if let Some(section) = edit.section {
        return Ok(section);
    }
    let present: Vec<_> = [Dialect::Pei, Dialect::Dxe, Dialect::Smm]
        .into_iter()
        .filter(|dialect| file.find(dialect.section()).is_some())
        .collect();
    match (present.as_slice(), file.header.kind) {
        ([one], _) => Ok(*one),
        ([], kind::PEIM | kind::PEI_CORE) => Ok(Dialect::Pei),
        ([], kind::DRIVER | kind::DXE_CORE | kind::SMM_CORE) => Ok(Dialect::Dxe),
        ([], kind::SMM | kind::MM_STANDALONE) => Ok(Dialect::Smm),
        _ => Err(EditReason::WhichDepex),
    }
}

/// The new expression; None: the section is to go.
fn code(edit: &Depex, dialect: Dialect, names: &[(String, Guid)]) -> Result<Option<Vec<u8>>, EditReason> {
    let name = |text: &str| names.iter().find(|(name, _)| name == text).map(|(_, guid)| *guid);
    let code = match (&edit.text, &edit.hex, edit.remove) {
        (Some(text), None, false) => assemble(text, name)?,
        (None, Some(hex), false) => bytes(hex).ok_or(EditReason::Hex)?,
        (None, None, true) => return Ok(None),
        _ => return Err(EditReason::OneOf("text, hex and remove")),
    };
    if !edit.unchecked {
        validate(&code, dialect).map_err(EditReason::Depex)?;
    }
    Ok(Some(code))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> =
        hex.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_digit(16)).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| (high << 4 | low) as u8).collect())
}

fn replace(sections: &mut Sections, dialect: Dialect, code: Option<Vec<u8>>) -> Result<(), EditReason> {
    match (sections.holder_of(dialect.section()), code) {
        (Some((holder, nth)), Some(code)) => holder.list[nth].body = SectionBody::Bytes(code),
        (Some((holder, nth)), None) => {
            holder.list.remove(nth);
        }
        (None, Some(code)) => sections.list.insert(0, Section::new(dialect.section(), code)),
        (None, None) => return Err(EditReason::NoDepex(dialect)),
    }
    Ok(())
}

/// Where the first executable's data lies in the file's data.
fn code_offset(sections: &Sections) -> Option<usize> {
    let mut offset = 0;
    for section in &sections.list {
        offset += section.gap.len();
        if is_code(section) {
            return Some(offset + section.headers.len());
        }
        offset += section.size();
    }
    None
}

fn is_code(section: &Section) -> bool {
    matches!(section.kind, section::kind::PE32 | section::kind::TE)
}

/// Code that runs in place keeps its alignment: a raw section of zeros in front of it takes up the
/// difference, as EDK II's GenFfs makes it.
fn realign(sections: &mut Sections, was: usize, alignment: usize) {
    let (Some(is), Some(code)) = (code_offset(sections), sections.list.iter().position(is_code)) else { return };
    let lacks = (was % alignment + alignment - is % alignment) % alignment;
    if lacks == 0 {
        return;
    }
    let before = code.checked_sub(1).map(|before| &mut sections.list[before]);
    match before {
        Some(Section { kind: section::kind::RAW, body: SectionBody::Bytes(zeros), .. })
            if zeros.iter().all(|byte| *byte == 0) =>
        {
            *zeros = vec![0; (zeros.len() + lacks) % alignment];
        }
        _ => {
            let zeros = (lacks + alignment - section::HEADER_SIZE) % alignment;
            sections.list.insert(code, Section::new(section::kind::RAW, vec![0; zeros]));
        }
    }
}
