//! Firmware volumes where they lie: mapped flash, or RAM.

use crate::text::Show;
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

/// The name in a file's user interface section, without its NUL, as ASCII.
pub struct UiName<'a>(pub &'a File<'a>);

impl Show for UiName<'_> {
    fn show(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        use core::fmt::Write;
        let text = self.0.section(pi::layout::section::kind::USER_INTERFACE).unwrap_or_default();
        for pair in text.chunks_exact(2).take_while(|pair| **pair != [0, 0]) {
            f.write_char(if pair[1] == 0 { char::from(pair[0]) } else { '?' })?;
        }
        Ok(())
    }
}
