//! Files from outside, by QEMU's fw_cfg ports (QEMU docs/specs/fw_cfg).

use crate::arch::{in8, mmio, out16, out32, pause};

pub const SELECT: u16 = 0x510;
const DATA: u16 = 0x511;
/// Address of a DMA descriptor, upper and lower half, big-endian; the lower one starts.
pub const DMA_HIGH: u16 = 0x514;
pub const DMA_LOW: u16 = 0x518;
const DMA_ERROR: u32 = 1;
pub const DMA_SELECT_AND_WRITE: u32 = 8 | 16;
const SIGNATURE: u16 = 0x00;
const PROCESSORS: u16 = 0x05;
const DIRECTORY: u16 = 0x19;
const NAME: usize = 56;
/// QEMU's files of SMI features: selecting the second accepts what was written to the first.
pub const REQUESTED_FEATURES: &str = "etc/smi/requested-features";
pub const FEATURES_OK: &str = "etc/smi/features-ok";

/// A file that is read from its beginning to its end. Nothing else may use fw_cfg meanwhile.
pub struct File {
    selector: u16,
    size: u32,
    left: u32,
}

/// The next bytes of what is selected, as a big-endian number.
#[inline(never)]
fn number(bytes: usize) -> u32 {
    (0..bytes).fold(0, |number, _| number << 8 | u32::from(in8(DATA)))
}

fn is_there() -> bool {
    out16(SELECT, SIGNATURE);
    number(4) == u32::from_be_bytes(*b"QEMU")
}

/// Selector and size of a file.
pub fn find(name: &str) -> Option<(u16, u32)> {
    if !is_there() {
        return None;
    }
    out16(SELECT, DIRECTORY);
    for _ in 0..number(4) {
        let (size, selector, _reserved) = (number(4), number(2), number(2));
        let padded = name.bytes().chain(core::iter::repeat(0)).take(NAME);
        if padded.fold(true, |same, byte| (in8(DATA) == byte) & same) {
            return Some((selector as u16, size));
        }
    }
    None
}

/// How many processors the board has.
pub fn processors() -> usize {
    if !is_there() {
        return 1;
    }
    out16(SELECT, PROCESSORS);
    // Little-endian.
    (number(2) as u16).swap_bytes().into()
}

impl File {
    pub fn open(name: &str) -> Option<File> {
        let (selector, size) = find(name)?;
        out16(SELECT, selector);
        Some(File { selector, size, left: size })
    }

    /// Goes on where it was, when somebody has used fw_cfg meanwhile.
    pub fn select_again(&mut self) {
        out16(SELECT, self.selector);
        for _ in self.left..self.size {
            in8(DATA);
        }
    }
}

/// Writes a file, by DMA: addresses are physical. False: there is none of this name.
pub fn write(name: &str, content: u64) -> bool {
    let Some((selector, _)) = find(name) else { return false };
    let from = &raw const content as u64;
    // Control, length, address.
    let words = [u32::from(selector) << 16 | DMA_SELECT_AND_WRITE, 8, (from >> 32) as u32, from as u32];
    let descriptor = words.map(u32::to_be);
    let at = &raw const descriptor as u64;
    out32(DMA_HIGH, ((at >> 32) as u32).to_be());
    out32(DMA_LOW, (at as u32).to_be());
    let control = || mmio::read::<u32>(at).swap_bytes();
    while control() & !DMA_ERROR != 0 {
        pause();
    }
    control() == 0
}

impl Iterator for File {
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        self.left = self.left.checked_sub(1)?;
        Some(in8(DATA))
    }
}
