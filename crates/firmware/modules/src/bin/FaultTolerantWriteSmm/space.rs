//! The work space: a queue of writes in a block of its own, made anew through the spare area when it is
//! full or damaged.

use crate::fvb;
use alloc::vec::Vec;
use base::nvram::{BLOCK, SPARE, VOLUME, WORK_SPACE, mapped};
use base::{Status, info};
use core::mem::offset_of;
use core::ops::Range;
use pi::layout::ftw::{HEADER_SIZE, WorkingBlockHeader, working_block};
use pi::variable::NvError;
use pi::variable::ftw::{self, WorkSpace, reached};
use zerocopy::IntoBytes;

const STATE: usize = offset_of!(WorkingBlockHeader, state);

/// A copy of what flash has there.
pub fn flash(range: Range<usize>) -> Vec<u8> {
    // SAFETY: nobody writes now.
    unsafe { mapped(VOLUME.start + range.start as u64..VOLUME.start + range.end as u64) }.to_vec()
}

pub fn read() -> Vec<u8> {
    flash(WORK_SPACE)
}

pub fn parse(bytes: &[u8]) -> Result<WorkSpace<'_>, NvError> {
    WorkSpace::parse(bytes)
}

/// Clears `bits` of the state at `offset` of the work space.
pub fn reach(offset: usize, state: u8, bits: u8) -> Result<u8, Status> {
    let state = state & !bits;
    fvb().program(WORK_SPACE.start + offset, &[state])?;
    Ok(state)
}

/// Where the queue's free space begins. None: it isn't erased, or a write in it can't be read.
pub fn end(bytes: &[u8]) -> Option<usize> {
    let space = WorkSpace::parse(bytes).ok()?;
    let mut end = HEADER_SIZE;
    for write in space.writes() {
        let write = write.ok()?;
        end = write
            .records()
            .last()
            .map_or(end, |record| record.offset + pi::layout::ftw::WRITE_RECORD_SIZE + record.private.len());
    }
    bytes.get(end..).filter(|rest| rest.iter().all(|byte| *byte == 0xff)).map(|_| end)
}

/// An empty queue in place of the one that is there, by way of the spare area, which gets its contents
/// back. Wherever the power is cut, one of the two places holds a valid work space.
pub fn make_anew() -> Result<(), Status> {
    let mut fresh = alloc::vec![0xff; BLOCK];
    fresh[..HEADER_SIZE].copy_from_slice(ftw::header(BLOCK).as_bytes());
    let valid = core::mem::replace(&mut fresh[STATE], 0xff);
    let (spare, old) = (flash(SPARE), read());
    fvb().erase(SPARE.start, BLOCK)?;
    fvb().program(SPARE.start, &fresh)?;
    fvb().program(SPARE.start + STATE, &[valid])?;
    if WorkSpace::parse(&old).is_ok() {
        reach(STATE, old[STATE], working_block::INVALID)?;
    }
    from_spare()?;
    fvb().erase(SPARE.start, BLOCK)?;
    fvb().program(SPARE.start, &spare[..BLOCK])
}

/// The spare area's work space into its own place.
pub fn from_spare() -> Result<(), Status> {
    let mut fresh = flash(SPARE.start..SPARE.start + BLOCK);
    let valid = core::mem::replace(&mut fresh[STATE], 0xff);
    fvb().erase(WORK_SPACE.start, BLOCK)?;
    fvb().program(WORK_SPACE.start, &fresh)?;
    fvb().program(WORK_SPACE.start + STATE, &[valid])
}

/// Is there a work space in the spare area?
pub fn is_in_spare() -> bool {
    let spare = flash(SPARE.start..SPARE.start + BLOCK);
    WorkSpace::parse(&spare).is_ok_and(|space| reached(space.header().state, working_block::VALID))
}

/// A place for `size` bytes.
pub fn room(size: usize) -> Result<usize, Status> {
    match end(&read()) {
        Some(at) if at + size <= WORK_SPACE.len() => Ok(at),
        _ => {
            info!("Ftw: reclaim work space");
            make_anew()?;
            Ok(HEADER_SIZE)
        }
    }
}
