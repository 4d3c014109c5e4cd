//! One write: record, spare area, destination, each with its state.

use crate::{fvb, space};
use base::Status;
use base::nvram::{BLOCK, SPARE, WORK_SPACE};
use pi::Guid;
use pi::layout::ftw::{WRITE_HEADER_SIZE, WRITE_RECORD_SIZE, WriteHeader, WriteRecord, record, write};
use zerocopy::IntoBytes;

/// Who asks: EDK II's variable driver gives its own name.
const CALLER: Guid = base::protocol::SMM_VARIABLE;

/// Replaces `bytes.len()` bytes at `at` of the volume.
pub fn blocks(at: usize, bytes: &[u8]) -> Result<(), Status> {
    let (start, end) = (at / BLOCK * BLOCK, (at + bytes.len()).next_multiple_of(BLOCK));
    if end - start > SPARE.len() {
        return Err(Status::BAD_BUFFER_SIZE);
    }
    let header = allocate(at, bytes.len())?;
    let mut merged = space::flash(start..end);
    merged[at - start..][..bytes.len()].copy_from_slice(bytes);
    let spare = SPARE.start..SPARE.start + merged.len();
    let old = space::flash(spare.clone());
    put(spare.start, &merged)?;
    let state = space::reach(header + WRITE_HEADER_SIZE, 0xff, record::SPARE_COMPLETE)?;
    put(start, &merged)?;
    complete(header, state)?;
    put(spare.start, &old)
}

/// Whole blocks.
pub fn put(at: usize, bytes: &[u8]) -> Result<(), Status> {
    fvb().erase(at, bytes.len())?;
    fvb().program(at, bytes)
}

/// The write's header and record into the queue; where the header is.
fn allocate(at: usize, length: usize) -> Result<usize, Status> {
    let place = space::room(WRITE_HEADER_SIZE + WRITE_RECORD_SIZE)?;
    let header = WriteHeader {
        state: 0xff,
        reserved: [0xff; 3],
        caller: CALLER,
        padding: [0xff; 4],
        number_of_writes: 1.into(),
        private_data_size: 0.into(),
    };
    let first = at / BLOCK * BLOCK;
    let record = WriteRecord {
        state: 0xff,
        reserved: [0xff; 7],
        lba: ((at / BLOCK) as u64).into(),
        offset: ((at - first) as u64).into(),
        length: (length as u64).into(),
        relative_offset: (first as i64 - SPARE.start as i64).into(),
    };
    fvb().program(WORK_SPACE.start + place, header.as_bytes())?;
    let state = space::reach(place, 0xff, write::HEADER_ALLOCATED)?;
    fvb().program(WORK_SPACE.start + place + WRITE_HEADER_SIZE, record.as_bytes())?;
    space::reach(place, state, write::WRITES_ALLOCATED)?;
    Ok(place)
}

/// The destination is written.
pub fn complete(header: usize, record: u8) -> Result<(), Status> {
    space::reach(header + WRITE_HEADER_SIZE, record, record::DESTINATION_COMPLETE)?;
    let state = !write::HEADER_ALLOCATED & !write::WRITES_ALLOCATED;
    space::reach(header, state, write::COMPLETE).map(drop)
}
