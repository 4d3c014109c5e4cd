//! Pools: blocks smaller than a page, in lists by size and memory type, so that a page holds blocks
//! of one type only and all boot-time memory can be given to the OS.

use crate::Status;
use crate::pages::{PAGE, PageMap, Place};
use core::ptr::null_mut;

/// Blocks have 64 << class bytes, header included; larger ones are whole pages.
const CLASSES: usize = 6;
const SMALLEST: usize = 64;
const KINDS: usize = 16;
const SIGNATURE: u32 = u32::from_le_bytes(*b"phd0");

/// Stands before every block that is in use; 16 bytes, so blocks are aligned to 16.
#[repr(C)]
struct Header {
    signature: u32,
    kind: u32,
    /// Header included.
    size: u64,
}

#[repr(C)]
struct Free {
    next: *mut Free,
}

pub struct Pool {
    free: [[*mut Free; CLASSES]; KINDS],
}

impl Pool {
    pub const fn new() -> Self {
        Pool { free: [[null_mut(); CLASSES]; KINDS] }
    }

    pub fn allocate(&mut self, pages: &mut PageMap, kind: u32, size: usize) -> Result<*mut u8, Status> {
        let size = size.checked_add(size_of::<Header>()).ok_or(Status::OUT_OF_RESOURCES)?;
        let list = self.free.get_mut(kind as usize).ok_or(Status::INVALID_PARAMETER)?;
        let (block, size) = match (0..CLASSES).find(|class| SMALLEST << class >= size) {
            Some(class) => (take(&mut list[class], SMALLEST << class, pages, kind)?, SMALLEST << class),
            None => {
                let n = (size as u64).div_ceil(PAGE);
                (pages.allocate(Place::Any, kind, n)? as *mut u8, (n * PAGE) as usize)
            }
        };
        let header = Header { signature: SIGNATURE, kind, size: size as u64 };
        // SAFETY: the block is ours and larger than a header.
        unsafe {
            block.cast::<Header>().write(header);
            Ok(block.add(size_of::<Header>()))
        }
    }

    pub fn free(&mut self, pages: &mut PageMap, buffer: *mut u8) -> Result<(), Status> {
        if buffer.is_null() || !(buffer as usize).is_multiple_of(align_of::<Header>()) {
            return Err(Status::INVALID_PARAMETER);
        }
        let header = buffer.wrapping_sub(size_of::<Header>()).cast::<Header>();
        // SAFETY: a caller passes what `allocate` returned; the signature tells if not.
        let Header { signature, kind, size } = unsafe { header.read() };
        let Some(list) = self.free.get_mut(kind as usize).filter(|_| signature == SIGNATURE) else {
            return Err(Status::INVALID_PARAMETER);
        };
        // SAFETY: as above. A second call with the same pointer finds no signature.
        unsafe { (*header).signature = 0 };
        match (0..CLASSES).find(|class| (SMALLEST << class) as u64 == size) {
            Some(class) => push(&mut list[class], header.cast()),
            None => pages.free(header as u64, size / PAGE)?,
        }
        Ok(())
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

fn push(list: &mut *mut Free, block: *mut Free) {
    // SAFETY: the block is free, aligned, and has at least 64 bytes.
    unsafe { block.write(Free { next: *list }) };
    *list = block;
}

/// A block of the list; an empty list is filled from a new page.
fn take(list: &mut *mut Free, size: usize, pages: &mut PageMap, kind: u32) -> Result<*mut u8, Status> {
    if list.is_null() {
        let page = pages.allocate(Place::Any, kind, 1)?;
        for offset in (0..PAGE as usize).step_by(size).rev() {
            push(list, (page as usize + offset) as *mut Free);
        }
    }
    let block = *list;
    // SAFETY: blocks of a list are free memory that starts with `Free`.
    *list = unsafe { (*block).next };
    Ok(block.cast())
}
