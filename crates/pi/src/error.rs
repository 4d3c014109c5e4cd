//! What can be wrong with an image: where, and which rule is broken.

use crate::Guid;

/// A broken rule, `offset` bytes from the start of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at {offset:#x}: {rule}")]
pub struct FormatError {
    pub offset: usize,
    pub rule: Rule,
}

/// Rules of PI 1.8 Vol. 3, chapter 3, each with what was found instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    #[error("a firmware volume has a header of at least 38h bytes, {have:#x} are left")]
    VolumeTooShort { have: usize },
    #[error("a firmware volume header has \"_FVH\" at 28h")]
    VolumeSignature,
    #[error("a volume's header length covers header and block map and lies inside the volume, found {found:#x}")]
    VolumeHeaderLength { found: u16 },
    #[error("a volume holds its header and lies inside the image: length {found:#x}, {have:#x} bytes there")]
    VolumeLength { found: u64, have: usize },
    #[error("the 16-bit words of a volume header sum to 0, found {sum:#x}")]
    VolumeChecksum { sum: u16 },
    #[error("a volume header has revision 2, found {found}")]
    VolumeRevision { found: u8 },
    #[error("a block map ends with an entry of zeros inside the header")]
    BlockMapEnd,
    #[error("the blocks of a block map add up to the volume's length {length:#x}, found {sum:#x}")]
    BlockMapSum { length: u64, sum: u64 },
    #[error("an extended header lies inside its volume behind the header, found offset {found:#x}")]
    ExtHeader { found: u16 },
    #[error("the entries of an extended header fill it exactly")]
    ExtEntry,
    #[error("a file ends inside its volume: size {size:#x}, {room:#x} bytes left")]
    FileBeyondEnd { size: u64, room: usize },
    #[error("a file is at least as large as its header, found size {size:#x}")]
    FileTooSmall { size: u64 },
    #[error("the bytes of a file header sum to 0, found {sum:#x}")]
    FileHeaderChecksum { sum: u8 },
    #[error("the file checksum is {want:#x} here, found {found:#x}")]
    FileChecksum { want: u8, found: u8 },
    #[error("only an FFS3 volume has large files")]
    LargeFileInFfs2,
    #[error("a file's data is aligned as its attributes say, to {alignment:#x}")]
    FileAlignment { alignment: usize },
    #[error("a file is aligned to no more than its volume, {volume:#x}: found {file:#x}")]
    VolumeAlignment { volume: usize, file: usize },
    #[error("a file's state says that header and data are valid, found {found:#x}")]
    FileState { found: u8 },
    #[error("a volume has one file of a name: {name} is there twice")]
    FileTwice { name: Guid },
    #[error("behind the last file a volume is erased")]
    FreeSpaceNotErased,
    #[error("between files a volume is erased")]
    GapNotErased,
    #[error("a section is at least as large as its header, found size {size:#x}")]
    SectionTooSmall { size: usize },
    #[error("a section ends inside what holds it: size {size:#x}, {room:#x} bytes left")]
    SectionBeyondEnd { size: usize, room: usize },
    #[error("a GUID-defined section's data lies inside it behind its header, found data offset {found:#x}")]
    GuidDefinedOffset { found: u16 },
    #[error("the CRC-32 of a section's data is {want:#x}, found {found:#x}")]
    SectionCrc { want: u32, found: u32 },
    #[error("compressed data decompresses to the length that it names")]
    Compressed,
    #[error("sections nest at most {limit} deep")]
    TooDeep { limit: usize },
    #[error("an a-priori file is a list of GUIDs: {size:#x} bytes are no multiple of 10h")]
    AprioriSize { size: usize },
}
