//! Page tables: SDM vol. 3, "4-Level Paging".

use crate::arch::mmio::write;
use crate::pages::PAGE;

/// Present, writable.
const TABLE: u64 = 3;
/// Present, writable, page size.
const PAGE_2M: u64 = 0x83;
/// Pages that `identity` fills.
pub const IDENTITY_PAGES: usize = 6;

/// Fills six pages at `root` with an identity map of 4 GiB in 2 MiB pages: PML4, PDPT, four page
/// directories.
pub fn identity(root: u64) {
    let (pointers, directories) = (root + PAGE, root + 2 * PAGE);
    // SAFETY: the caller's own six pages.
    unsafe { core::ptr::write_bytes(root as *mut u64, 0, 2 * 512) };
    write(root, pointers | TABLE);
    for i in 0..4 {
        write(pointers + i * 8, directories + i * PAGE | TABLE);
    }
    for i in 0..4 * 512 {
        write(directories + i * 8, i << 21 | PAGE_2M);
    }
}
