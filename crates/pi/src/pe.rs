//! Moving an image that runs in place: PE32, PE32+ (Microsoft PE/COFF specification) and TE
//! (PI 1.8 Vol. 1, "TE Image") with their base relocations.

/// Why an image can't be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeError {
    #[error("it is neither PE32, PE32+ nor TE")]
    Format,
    #[error("its relocations are stripped")]
    Stripped,
    #[error("its relocations are damaged, or of a type other than HIGHLOW and DIR64")]
    Relocations,
}

/// What the two formats have in common.
struct Layout {
    /// Where the image base stands, and whether it has 8 bytes.
    base: usize,
    wide: bool,
    /// RVA and size of the relocations.
    relocations: (usize, usize),
    stripped: bool,
    /// Section headers: where, how many, and what to subtract from their file offsets.
    sections: (usize, usize, usize),
}

const SECTION_HEADER_SIZE: usize = 40;
const TE_HEADER_SIZE: usize = 40;
const RELOCATION_DIRECTORY: usize = 5;
const RELOCS_STRIPPED: u16 = 1;

fn u16_at(image: &[u8], at: usize) -> Option<u16> {
    image.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(image: &[u8], at: usize) -> Option<usize> {
    image.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
}

fn layout(image: &[u8]) -> Option<Layout> {
    if image.starts_with(b"VZ") {
        let stripped_size = usize::from(u16_at(image, 6)?);
        let relocations = (u32_at(image, 24)?, u32_at(image, 28)?);
        let sections = (TE_HEADER_SIZE, usize::from(*image.get(4)?), stripped_size.checked_sub(TE_HEADER_SIZE)?);
        return Some(Layout { base: 16, wide: true, relocations, stripped: relocations == (0, 0), sections });
    }
    let header = if image.starts_with(b"MZ") { u32_at(image, 0x3c)? } else { 0 };
    let coff = header.checked_add(4)?;
    let optional = coff.checked_add(20)?;
    if !image.get(header..)?.starts_with(b"PE\0\0") {
        return None;
    }
    let (wide, base, directories) = match u16_at(image, optional)? {
        0x20b => (true, optional + 24, optional + 112),
        0x10b => (false, optional + 28, optional + 96),
        _ => return None,
    };
    let count = u32_at(image, directories - 4)?;
    let directory = directories + RELOCATION_DIRECTORY * 8;
    let relocations =
        if count > RELOCATION_DIRECTORY { (u32_at(image, directory)?, u32_at(image, directory + 4)?) } else { (0, 0) };
    let sections = (optional + usize::from(u16_at(image, coff + 16)?), usize::from(u16_at(image, coff + 2)?), 0);
    let stripped = u16_at(image, coff + 18)? & RELOCS_STRIPPED != 0;
    Some(Layout { base, wide, relocations, stripped, sections })
}

impl Layout {
    /// The file offset of an RVA.
    fn offset(&self, image: &[u8], rva: usize) -> Option<usize> {
        let (first, count, less) = self.sections;
        let header = |nth: usize| -> Option<usize> {
            let at = first.checked_add(nth * SECTION_HEADER_SIZE)?;
            let (start, size, raw) = (u32_at(image, at + 12)?, u32_at(image, at + 16)?, u32_at(image, at + 20)?);
            let inside = rva.checked_sub(start).filter(|inside| *inside < size)?;
            raw.checked_add(inside)?.checked_sub(less)
        };
        let in_headers = || if less == 0 { Some(rva) } else { rva.checked_sub(less) };
        (0..count).find_map(header).or_else(in_headers)
    }

    fn value(&self, image: &[u8]) -> Option<u64> {
        let bytes = image.get(self.base..)?;
        if self.wide {
            bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
        } else {
            bytes.first_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)))
        }
    }
}

/// Adds `delta` to the image's base and to each address in it. An image with base 0 was never
/// placed and stays as it is.
pub(crate) fn rebase(image: &mut [u8], delta: u64) -> Result<(), PeError> {
    if delta == 0 {
        return Ok(());
    }
    let layout = layout(image).ok_or(PeError::Format)?;
    if layout.value(image).ok_or(PeError::Format)? == 0 {
        return Ok(());
    }
    if layout.stripped {
        return Err(PeError::Stripped);
    }
    relocate(image, &layout, delta).ok_or(PeError::Relocations)?;
    add(image, layout.base, layout.wide, delta).ok_or(PeError::Format)
}

fn relocate(image: &mut [u8], layout: &Layout, delta: u64) -> Option<()> {
    let (rva, size) = layout.relocations;
    if size == 0 {
        return Some(());
    }
    let start = layout.offset(image, rva)?;
    let end = start.checked_add(size).filter(|end| *end <= image.len())?;
    let mut block = start;
    while block + 8 <= end {
        let (page, length) = (u32_at(image, block)?, u32_at(image, block + 4)?);
        let next = block.checked_add(length).filter(|next| *next <= end && length >= 8)?;
        for entry in (block + 8..next).step_by(2) {
            let entry = u16_at(image, entry)?;
            let place = page.checked_add(usize::from(entry & 0xfff))?;
            match entry >> 12 {
                0 => {}
                3 => add(image, layout.offset(image, place)?, false, delta)?,
                10 => add(image, layout.offset(image, place)?, true, delta)?,
                _ => return None,
            }
        }
        block = next;
    }
    Some(())
}

fn add(image: &mut [u8], at: usize, wide: bool, delta: u64) -> Option<()> {
    if wide {
        let bytes = image.get_mut(at..)?.first_chunk_mut()?;
        *bytes = u64::from_le_bytes(*bytes).wrapping_add(delta).to_le_bytes();
    } else {
        let bytes = image.get_mut(at..)?.first_chunk_mut()?;
        *bytes = u32::from_le_bytes(*bytes).wrapping_add(delta as u32).to_le_bytes();
    }
    Some(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec;
    use std::vec::Vec;

    fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
        image[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A section at RVA 1000h, raw 200h: an address at its start, relocations 100h behind.
    fn section(image: &mut [u8], header: usize, raw: u32) {
        put(image, header + 12, &0x1000u32.to_le_bytes());
        put(image, header + 16, &0x200u32.to_le_bytes());
        put(image, header + 20, &raw.to_le_bytes());
    }

    fn relocations(image: &mut [u8], at: usize) {
        put(image, at, &0x1000u32.to_le_bytes());
        put(image, at + 4, &12u32.to_le_bytes());
        put(image, at + 8, &0xa008u16.to_le_bytes());
        put(image, at + 10, &0u16.to_le_bytes());
    }

    fn pe32_plus(base: u64) -> Vec<u8> {
        let mut image = vec![0; 0x400];
        put(&mut image, 0, b"MZ");
        put(&mut image, 0x3c, &0x80u32.to_le_bytes());
        put(&mut image, 0x80, b"PE\0\0");
        put(&mut image, 0x86, &1u16.to_le_bytes());
        put(&mut image, 0x94, &240u16.to_le_bytes());
        put(&mut image, 0x98, &0x20bu16.to_le_bytes());
        put(&mut image, 0x98 + 24, &base.to_le_bytes());
        put(&mut image, 0x98 + 108, &16u32.to_le_bytes());
        put(&mut image, 0x98 + 112 + 40, &0x1100u32.to_le_bytes());
        put(&mut image, 0x98 + 112 + 44, &12u32.to_le_bytes());
        section(&mut image, 0x98 + 240, 0x200);
        put(&mut image, 0x208, &(base + 0x1234).to_le_bytes());
        relocations(&mut image, 0x300);
        image
    }

    fn te(base: u64) -> Vec<u8> {
        const STRIPPED: u16 = 0x180;
        let mut image = vec![0; 0x400];
        put(&mut image, 0, b"VZ");
        image[4] = 1;
        put(&mut image, 6, &STRIPPED.to_le_bytes());
        put(&mut image, 16, &base.to_le_bytes());
        put(&mut image, 24, &0x1100u32.to_le_bytes());
        put(&mut image, 28, &12u32.to_le_bytes());
        // In the file the section lies where the stripped header ends less.
        let shift = u32::from(STRIPPED) - TE_HEADER_SIZE as u32;
        section(&mut image, TE_HEADER_SIZE, 0x200 + shift);
        put(&mut image, 0x208, &(base + 0x1234).to_le_bytes());
        relocations(&mut image, 0x300);
        image
    }

    #[test]
    fn base_and_addresses_move_together() {
        for make in [pe32_plus, te] {
            let mut image = make(0xff80_0000);
            rebase(&mut image, 0x40u64.wrapping_neg()).unwrap();
            assert!(image == make(0xff7f_ffc0));
        }
    }

    #[test]
    fn an_image_that_was_never_placed_stays_as_it_is() {
        let mut image = pe32_plus(0);
        rebase(&mut image, 0x1000).unwrap();
        assert!(image == pe32_plus(0));
    }

    #[test]
    fn an_image_that_cannot_move_says_why() {
        let mut image = pe32_plus(0x1000);
        image[0x96] = RELOCS_STRIPPED as u8;
        assert_eq!(rebase(&mut image, 8), Err(PeError::Stripped));
        let mut image = pe32_plus(0x1000);
        image[0x309] = 0x50;
        assert_eq!(rebase(&mut image, 8), Err(PeError::Relocations));
        assert_eq!(rebase(&mut [0; 8], 8), Err(PeError::Format));
    }
}
