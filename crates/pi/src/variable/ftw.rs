//! Reading FTW's work space: which writes of whole blocks were begun, and how far they came.

use super::{NvError, NvRule};
use crate::layout::ftw::{
    HEADER_SIZE, OLD_SIGNATURE, SIGNATURE, WRITE_HEADER_SIZE, WRITE_RECORD_SIZE, WorkingBlockHeader, WriteHeader,
    WriteRecord, record, working_block, write,
};
use crate::sum::crc32;
use zerocopy::{FromBytes, IntoBytes};

/// A bit of a state is reached when it is cleared.
#[must_use]
pub const fn reached(state: u8, bit: u8) -> bool {
    state & bit == 0
}

/// The header of a fresh work space of `size` bytes.
#[must_use]
pub fn header(size: usize) -> WorkingBlockHeader {
    let mut header = WorkingBlockHeader {
        signature: SIGNATURE,
        crc: u32::MAX.into(),
        state: 0xff,
        reserved: [0xff; 3],
        write_queue_size: (size.saturating_sub(HEADER_SIZE) as u64).into(),
    };
    header.crc = crc32(header.as_bytes()).into();
    header.state &= !working_block::VALID;
    header
}

/// A work space whose header is valid.
#[derive(Debug, Clone, Copy)]
pub struct WorkSpace<'a> {
    bytes: &'a [u8],
    header: &'a WorkingBlockHeader,
}

impl<'a> WorkSpace<'a> {
    /// The work space at the start of `bytes`, which may go on behind it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NvError> {
        let have = bytes.len();
        let short = NvError::new(0, NvRule::WorkSpaceTooShort { have });
        let (header, _) = WorkingBlockHeader::ref_from_prefix(bytes).map_err(|_| short)?;
        let found = header.signature;
        if ![SIGNATURE, OLD_SIGNATURE].contains(&found) {
            return Err(NvError::new(0, NvRule::WorkSpaceSignature { found }));
        }
        let erased = WorkingBlockHeader { crc: u32::MAX.into(), state: 0xff, ..*header };
        let (want, found) = (crc32(erased.as_bytes()), header.crc.get());
        if want != found {
            return Err(NvError::new(0x10, NvRule::WorkSpaceCrc { want, found }));
        }
        let found = header.state;
        if !reached(found, working_block::VALID) || reached(found, working_block::INVALID) {
            return Err(NvError::new(0x14, NvRule::WorkSpaceState { found }));
        }
        let found = header.write_queue_size.get();
        let end = usize::try_from(found).ok().and_then(|size| size.checked_add(HEADER_SIZE));
        let bytes = end.and_then(|end| bytes.get(..end));
        let bytes = bytes.ok_or(NvError::new(0x18, NvRule::WriteQueueSize { found, have }))?;
        Ok(WorkSpace { bytes, header })
    }

    #[must_use]
    pub fn header(&self) -> &'a WorkingBlockHeader {
        self.header
    }

    /// Header and queue.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The writes in the queue; at most the last one isn't complete.
    #[must_use]
    pub fn writes(&self) -> Writes<'a> {
        Writes { space: *self, next: HEADER_SIZE }
    }

    /// The write whose data is in the spare area and which isn't complete: the next boot finishes it.
    pub fn unfinished(&self) -> Result<Option<Write<'a>>, NvError> {
        let Some(last) = self.writes().last().transpose()? else { return Ok(None) };
        if reached(last.header.state, write::COMPLETE) {
            return Ok(None);
        }
        let open = |record: &Record<'_>| !reached(record.header.state, record::DESTINATION_COMPLETE);
        let at = last.records().find(open).or(last.records().last());
        Ok(at.filter(|record| reached(record.header.state, record::SPARE_COMPLETE)).map(|_| last))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// From the start of the work space.
    pub offset: usize,
    pub header: &'a WriteHeader,
    records: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// From the start of the work space.
    pub offset: usize,
    pub header: &'a WriteRecord,
    pub private: &'a [u8],
}

impl<'a> Write<'a> {
    /// Its records, those not yet begun too.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let size = WRITE_RECORD_SIZE + self.header.private_data_size.get() as usize;
        let start = self.offset + WRITE_HEADER_SIZE;
        self.records.chunks_exact(size).enumerate().filter_map(move |(nth, bytes)| {
            let (header, private) = WriteRecord::ref_from_prefix(bytes).ok()?;
            Some(Record { offset: start + nth * size, header, private })
        })
    }
}

/// The writes of a queue. After an error, or one that isn't complete, there are no more.
#[derive(Debug, Clone)]
pub struct Writes<'a> {
    space: WorkSpace<'a>,
    next: usize,
}

impl<'a> Iterator for Writes<'a> {
    type Item = Result<Write<'a>, NvError>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.next;
        let rest = self.space.bytes.get(offset..)?;
        let end = self.space.bytes.len();
        self.next = end;
        if self.space.header.signature == OLD_SIGNATURE {
            let used = rest.iter().any(|byte| *byte != 0xff);
            return used.then_some(Err(NvError::new(offset, NvRule::OldWriteQueue)));
        }
        let (header, body) = WriteHeader::ref_from_prefix(rest).ok()?;
        if !reached(header.state, write::HEADER_ALLOCATED) {
            return None;
        }
        let (writes, private) = (header.number_of_writes.get(), header.private_data_size.get());
        let size = private.checked_add(WRITE_RECORD_SIZE as u64).and_then(|size| size.checked_mul(writes));
        let records = size.and_then(|size| body.get(..usize::try_from(size).ok()?));
        let Some(records) = records else {
            return Some(Err(NvError::new(offset, NvRule::WriteBeyondEnd { writes, private, room: body.len() })));
        };
        if reached(header.state, write::COMPLETE) {
            self.next = offset + WRITE_HEADER_SIZE + records.len();
        }
        Some(Ok(Write { offset, header, records }))
    }
}
