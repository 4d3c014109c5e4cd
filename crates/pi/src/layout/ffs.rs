//! Files of a firmware volume: PI 1.8 Vol. 3, 3.2.2 "Firmware File System", 3.2.3 "Firmware File".

use crate::Guid;
use zerocopy::little_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `EFI_FFS_FILE_HEADER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct FileHeader {
    /* 00h */ pub name: Guid,
    /// The header's bytes, `state` and `file_checksum` counted as 0, sum to 0.
    /* 10h */
    pub header_checksum: u8,
    /* 11h */ pub file_checksum: u8,
    /* 12h */ pub kind: u8,
    /* 13h */ pub attributes: u8,
    /// With this header; 0 for a large file.
    /* 14h */
    pub size: [u8; 3],
    /* 17h */ pub state: u8,
}

/// `EFI_FFS_FILE_HEADER2`, when `ATTRIBUTE_LARGE` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct LargeFileHeader {
    /* 00h */ pub common: FileHeader,
    /// With this header.
    /* 18h */
    pub extended_size: U64,
}

pub const HEADER_SIZE: usize = size_of::<FileHeader>();
pub const LARGE_HEADER_SIZE: usize = size_of::<LargeFileHeader>();
/// Files start at multiples of this from the start of the volume.
pub const FILE_ALIGNMENT: usize = 8;
/// The largest file with a `FileHeader`.
pub const LARGEST_SMALL: usize = 0xff_ffff;

/// File types, 3.2.3 "Firmware File Types".
pub mod kind {
    pub const RAW: u8 = 0x01;
    pub const FREEFORM: u8 = 0x02;
    pub const SECURITY_CORE: u8 = 0x03;
    pub const PEI_CORE: u8 = 0x04;
    pub const DXE_CORE: u8 = 0x05;
    pub const PEIM: u8 = 0x06;
    pub const DRIVER: u8 = 0x07;
    pub const COMBINED_PEIM_DRIVER: u8 = 0x08;
    pub const APPLICATION: u8 = 0x09;
    /// `EFI_FV_FILETYPE_MM`: a driver for traditional MM, which is SMM.
    pub const SMM: u8 = 0x0a;
    pub const FIRMWARE_VOLUME_IMAGE: u8 = 0x0b;
    pub const COMBINED_SMM_DXE: u8 = 0x0c;
    pub const SMM_CORE: u8 = 0x0d;
    pub const MM_STANDALONE: u8 = 0x0e;
    pub const MM_CORE_STANDALONE: u8 = 0x0f;
    pub const OEM_MIN: u8 = 0xc0;
    pub const OEM_MAX: u8 = 0xdf;
    pub const DEBUG_MIN: u8 = 0xe0;
    pub const DEBUG_MAX: u8 = 0xef;
    pub const FFS_MIN: u8 = 0xf0;
    pub const PAD: u8 = 0xf0;
}

/// Attributes, 3.2.3.1 `EFI_FFS_FILE_HEADER`.
pub mod attribute {
    pub const LARGE: u8 = 1 << 0;
    /// With it, the alignment field counts from 128 KiB.
    pub const DATA_ALIGNMENT_2: u8 = 1 << 1;
    pub const FIXED: u8 = 1 << 2;
    /// Three bits from here: alignment of the data, as an index of `DATA_ALIGNMENTS`.
    pub const DATA_ALIGNMENT_SHIFT: u8 = 3;
    pub const DATA_ALIGNMENT_MASK: u8 = 7 << DATA_ALIGNMENT_SHIFT;
    pub const CHECKSUM: u8 = 1 << 6;
}

/// Base-2 logarithms of the data alignments: without and with `DATA_ALIGNMENT_2`.
pub const DATA_ALIGNMENTS: [[u8; 8]; 2] = [[0, 4, 7, 9, 10, 12, 15, 16], [17, 18, 19, 20, 21, 22, 23, 24]];

/// `FFS_FIXED_CHECKSUM`, when `attribute::CHECKSUM` is clear.
pub const FIXED_CHECKSUM: u8 = 0xaa;

/// State bits; stored inverted where an erased bit reads 1. The highest bit set counts.
pub mod state {
    pub const HEADER_CONSTRUCTION: u8 = 1 << 0;
    pub const HEADER_VALID: u8 = 1 << 1;
    pub const DATA_VALID: u8 = 1 << 2;
    pub const MARKED_FOR_UPDATE: u8 = 1 << 3;
    pub const DELETED: u8 = 1 << 4;
    pub const HEADER_INVALID: u8 = 1 << 5;
    /// A file written to its end: F8h in flash.
    pub const COMPLETE: u8 = HEADER_CONSTRUCTION | HEADER_VALID | DATA_VALID;
}

/// `EFI_FFS_VOLUME_TOP_FILE_GUID`: this file ends where its volume ends (reset vector).
pub const VOLUME_TOP_FILE: Guid = Guid::new("1BA0062E-C779-4582-8566-336AE8F78F09");
/// Name of the PEI a-priori file: PI 1.8 Vol. 1, "PEI A Priori File".
pub const APRIORI_PEI: Guid = Guid::new("1B45CC0A-156A-428A-AF62-49864DA0E6E6");
/// Name of the a-priori file: PI 1.8 Vol. 2, "The A Priori File". EDK II's SMM core reads the same
/// file as its DXE core, and each takes what is its own.
pub const APRIORI: Guid = Guid::new("FC510EE7-FFDC-11D4-BD41-0080C73C8881");

const _: () = assert!(HEADER_SIZE == 0x18 && LARGE_HEADER_SIZE == 0x20);
