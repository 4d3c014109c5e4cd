//! Where the flash image keeps what changes: image.toml's volume NVRAM.

use core::ops::Range;
use pi::layout::fv::{BLOCK_MAP_ENTRY_SIZE, HEADER_SIZE};

/// What flash erases at once.
pub const BLOCK: usize = 0x1000;
/// The volume: its header, the variable store, and the areas of fault tolerant write.
pub const VOLUME: Range<u64> = 0xfff0_0000..0xfff1_0000;
/// Offsets from the start of the volume: the store is behind its header.
pub const STORE_START: usize = HEADER_SIZE + 2 * BLOCK_MAP_ENTRY_SIZE;
pub const STORE_SIZE: usize = STORE_END - STORE_START;
pub const STORE_END: usize = 0x7000;
pub const WORK_SPACE: Range<usize> = STORE_END..0x8000;
pub const SPARE: Range<usize> = 0x8000..0x1_0000;

/// A block behind the volume, which the OS may have updated: FlashUpdateSmm.
pub const OEM_BLOCK: Range<u64> = 0xfff1_0000..0xfff1_1000;

/// Memory-mapped flash, as it is now.
///
/// # Safety
/// While the bytes are looked at, the flash isn't written, and it answers as memory does.
pub unsafe fn mapped(range: Range<u64>) -> &'static [u8] {
    // SAFETY: flash is mapped below 4 GiB, on both boards.
    unsafe { core::slice::from_raw_parts(range.start as *const u8, (range.end - range.start) as usize) }
}
