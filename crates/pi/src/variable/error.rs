//! What can be wrong with NVRAM: where, and which rule is broken.

use crate::{Guid, Rule};

/// A broken rule, `offset` bytes from the start of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at {offset:#x}: {rule}")]
pub struct NvError {
    pub offset: usize,
    pub rule: NvRule,
}

impl NvError {
    pub(crate) fn new(offset: usize, rule: NvRule) -> NvError {
        NvError { offset, rule }
    }

    /// The same, of something `base` bytes further on.
    #[must_use]
    pub fn plus(self, base: usize) -> NvError {
        NvError { offset: self.offset.saturating_add(base), ..self }
    }
}

/// Each names its field and says what was found instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NvRule {
    #[error(transparent)]
    Volume(Rule),
    #[error("a variable store has a header of 1Ch bytes, {have:#x} are left")]
    StoreTooShort { have: usize },
    #[error("Signature: a variable store's is the plain or the authenticated one, found {found}")]
    StoreSignature { found: Guid },
    #[error(
        "Size: a variable store holds its header and lies inside its volume, found {found:#x}, {have:#x} bytes there"
    )]
    StoreSize { found: u32, have: usize },
    #[error("Format: a variable store's is 5Ah, found {found:#x}")]
    StoreFormat { found: u8 },
    #[error("State: a variable store's is FEh, healthy, found {found:#x}")]
    StoreState { found: u8 },
    #[error("a variable header ends inside its store: {room:#x} bytes left")]
    HeaderBeyondEnd { room: usize },
    #[error("NameSize, DataSize: a variable ends inside its store: {name:#x} + {data:#x}, {room:#x} bytes left")]
    VariableBeyondEnd { name: u32, data: u32, room: usize },
    #[error("StartId: behind the last variable a store is erased")]
    FreeSpaceNotErased,
    #[error("Name: a variable's is UTF-16 text of one character or more, ends with its only NUL")]
    Name,
    #[error("Name: a store has one variable in force of a name and a vendor, the other is at {other:#x}")]
    Twice { other: usize },
    #[error("DataSize: a variable has data, found 0")]
    NoData,
    #[error("Attributes: what is stored is NV and BS, and no APPEND or reserved bit, found {found:#x}")]
    Attributes { found: u32 },
    #[error("Attributes: only an authenticated store has authenticated variables, found {found:#x}")]
    NotAuthenticated { found: u32 },
    #[error("Size: the variable takes {size:#x} bytes, the store has {free:#x} left, reclaimed")]
    Full { size: usize, free: usize },
    #[error("there is no variable of this name and vendor")]
    NotFound,
    #[error("flash programs a 1 to 0, only an erase gives a 1 again: {new:#x} over {old:#x}")]
    NotErased { old: u8, new: u8 },
    #[error("programming ends inside the store: {size:#x} bytes")]
    BeyondEnd { size: usize },
    #[error("a work space has a header of 20h bytes, {have:#x} are left")]
    WorkSpaceTooShort { have: usize },
    #[error(
        "Signature: a work space's is gEdkiiWorkingBlockSignatureGuid or, before, gEfiSystemNvDataFvGuid, found {found}"
    )]
    WorkSpaceSignature { found: Guid },
    #[error("Crc: a work space header's is {want:#x}, found {found:#x}")]
    WorkSpaceCrc { want: u32, found: u32 },
    #[error("WorkingBlockValid, WorkingBlockInvalid: a work space is valid, found {found:#x}")]
    WorkSpaceState { found: u8 },
    #[error("WriteQueueSize: a write queue lies inside its area, found {found:#x}, {have:#x} bytes there")]
    WriteQueueSize { found: u64, have: usize },
    #[error("a write queue of the first generation is read by its own architecture only")]
    OldWriteQueue,
    #[error(
        "NumberOfWrites, PrivateDataSize: a write's records lie inside the queue: {writes:#x} of {private:#x}, {room:#x} bytes left"
    )]
    WriteBeyondEnd { writes: u64, private: u64, room: usize },
    #[error(
        "FTW: a write is unfinished, its data is in the spare area, and the next boot takes them from there: boot the image once, then change it"
    )]
    Unfinished,
}
