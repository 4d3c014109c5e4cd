//! Fault tolerant write's work space, as EDK II keeps it: MdeModulePkg `Guid/SystemNvDataGuid.h`.
//! A bit of a state is reached when it is cleared.

use crate::Guid;
use zerocopy::little_endian::{I64, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `EFI_FAULT_TOLERANT_WORKING_BLOCK_HEADER`; the write queue follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct WorkingBlockHeader {
    /* 00h */ pub signature: Guid,
    /// Of this header with `crc` and `state` erased.
    /* 10h */
    pub crc: U32,
    /* 14h */ pub state: u8,
    /* 15h */ pub reserved: [u8; 3],
    /// Without this header.
    /* 18h */
    pub write_queue_size: U64,
}

/// `EFI_FAULT_TOLERANT_WRITE_HEADER`; its records follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct WriteHeader {
    /* 00h */ pub state: u8,
    /* 01h */ pub reserved: [u8; 3],
    /* 04h */ pub caller: Guid,
    /* 14h */ pub padding: [u8; 4],
    /* 18h */ pub number_of_writes: U64,
    /* 20h */ pub private_data_size: U64,
}

/// `EFI_FAULT_TOLERANT_WRITE_RECORD`; the caller's private data follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct WriteRecord {
    /* 00h */ pub state: u8,
    /* 01h */ pub reserved: [u8; 7],
    /// Block of the target, in its volume.
    /* 08h */
    pub lba: U64,
    /// In that block.
    /* 10h */
    pub offset: U64,
    /* 18h */ pub length: U64,
    /// Of the target's first block, from the spare area.
    /* 20h */
    pub relative_offset: I64,
}

pub const HEADER_SIZE: usize = size_of::<WorkingBlockHeader>();
pub const WRITE_HEADER_SIZE: usize = size_of::<WriteHeader>();
pub const WRITE_RECORD_SIZE: usize = size_of::<WriteRecord>();

/// `gEdkiiWorkingBlockSignatureGuid`.
pub const SIGNATURE: Guid = Guid::new("9E58292B-7C68-497D-A0CE-6500FD9F1B95");
/// `gEfiSystemNvDataFvGuid`: the first generation, whose queue differs from one architecture to the next.
pub const OLD_SIGNATURE: Guid = super::fv::NV_DATA;

/// Of a working block header.
pub mod working_block {
    pub const VALID: u8 = 1;
    pub const INVALID: u8 = 1 << 1;
}

/// Of a write header.
pub mod write {
    pub const HEADER_ALLOCATED: u8 = 1;
    pub const WRITES_ALLOCATED: u8 = 1 << 1;
    pub const COMPLETE: u8 = 1 << 2;
}

/// Of a write record.
pub mod record {
    pub const BOOT_BLOCK_UPDATE: u8 = 1;
    pub const SPARE_COMPLETE: u8 = 1 << 1;
    pub const DESTINATION_COMPLETE: u8 = 1 << 2;
}

const _: () = assert!(HEADER_SIZE == 32 && WRITE_HEADER_SIZE == 40 && WRITE_RECORD_SIZE == 40);
