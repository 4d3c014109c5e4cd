//! Firmware volumes where they lie: mapped flash, or RAM.

use crate::hob::{self, List};
use crate::text::Show;
use pi::layout::section;
use pi::view::{File, Volume};

/// The volume at `base`.
pub fn at(base: u64) -> Option<Volume<'static>> {
    // SAFETY: flash and the memory that PEI put volumes into are mapped and stay as they are.
    let header = unsafe { core::slice::from_raw_parts(base as *const u8, pi::layout::fv::HEADER_SIZE) };
    let length = u64::from_le_bytes(header[0x20..0x28].try_into().ok()?);
    if header[0x28..0x2c] != pi::layout::fv::SIGNATURE || length > 16 << 20 {
        return None;
    }
    // SAFETY: as above, and the header says how much.
    Volume::parse(unsafe { core::slice::from_raw_parts(base as *const u8, length as usize) }).ok()
}

/// Its files; what lies behind a damaged one can't be found.
pub fn files(volume: Volume<'static>) -> impl Iterator<Item = File<'static>> {
    volume.files().map_while(Result::ok).filter(|file| file.is_live() && !file.is_pad())
}

/// The first file of a type in the volumes that PEI has found.
pub fn find(hobs: List, kind: u8) -> Option<File<'static>> {
    for found in hobs.all::<hob::FirmwareVolume>(hob::FV) {
        let Some(volume) = at(found.base) else { continue };
        if let Some(file) = files(volume).find(|file| file.kind() == kind) {
            return Some(file);
        }
    }
    None
}

/// The data of a file's first section of a type that has no sections in it. `File::section` knows the others, too,
/// and reports what is damaged: half a kilobyte in each module.
pub fn section<'a>(file: &File<'a>, kind: u8) -> Option<&'a [u8]> {
    let mut rest = if file.has_sections() { file.data() } else { &[] };
    loop {
        let &[a, b, c, found, ..] = rest else { return None };
        let (size, header) = match u32::from_le_bytes([a, b, c, 0]) as usize {
            section::SIZE_IS_EXTENDED => {
                (u32::from_le_bytes(*rest[section::HEADER_SIZE..].first_chunk()?) as usize, section::LARGE_HEADER_SIZE)
            }
            size => (size, section::HEADER_SIZE),
        };
        let data = rest.get(header..size)?;
        if found == kind {
            return Some(data);
        }
        rest = rest.get(size.next_multiple_of(section::SECTION_ALIGNMENT)..)?;
    }
}

/// The name in a file's user interface section, without its NUL, as ASCII.
pub struct UiName<'a>(pub &'a File<'a>);

impl Show for UiName<'_> {
    fn show(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        use core::fmt::Write;
        let text = section(self.0, section::kind::USER_INTERFACE).unwrap_or_default();
        for pair in text.chunks_exact(2).take_while(|pair| **pair != [0, 0]) {
            f.write_char(if pair[1] == 0 { char::from(pair[0]) } else { '?' })?;
        }
        Ok(())
    }
}
