//! Sections of a file: PI 1.8 Vol. 3, 3.2.4 "Firmware File Section", 3.2.5 "Firmware File Section Types".

use crate::Guid;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `EFI_COMMON_SECTION_HEADER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct SectionHeader {
    /// With this header; FFFFFFh: `LargeSectionHeader`.
    /* 00h */
    pub size: [u8; 3],
    /* 03h */ pub kind: u8,
}

/// `EFI_COMMON_SECTION_HEADER2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct LargeSectionHeader {
    /* 00h */ pub common: SectionHeader,
    /// With this header.
    /* 04h */
    pub extended_size: U32,
}

/// What `EFI_COMPRESSION_SECTION` has after the common header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct CompressionHeader {
    /* 00h */ pub uncompressed_length: U32,
    /* 04h */ pub compression_type: u8,
}

/// What `EFI_GUID_DEFINED_SECTION` has after the common header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct GuidDefinedHeader {
    /* 00h */ pub definition: Guid,
    /// From the start of the section.
    /* 10h */
    pub data_offset: U16,
    /* 12h */ pub attributes: U16,
}

pub const HEADER_SIZE: usize = size_of::<SectionHeader>();
pub const LARGE_HEADER_SIZE: usize = size_of::<LargeSectionHeader>();
pub const COMPRESSION_HEADER_SIZE: usize = size_of::<CompressionHeader>();
pub const GUID_DEFINED_HEADER_SIZE: usize = size_of::<GuidDefinedHeader>();
/// Sections start at multiples of this from the start of the file's data.
pub const SECTION_ALIGNMENT: usize = 4;
/// `size` of a section with a `LargeSectionHeader`.
pub const SIZE_IS_EXTENDED: usize = 0xff_ffff;

/// Section types.
pub mod kind {
    pub const COMPRESSION: u8 = 0x01;
    pub const GUID_DEFINED: u8 = 0x02;
    pub const DISPOSABLE: u8 = 0x03;
    pub const PE32: u8 = 0x10;
    pub const PIC: u8 = 0x11;
    pub const TE: u8 = 0x12;
    pub const DXE_DEPEX: u8 = 0x13;
    pub const VERSION: u8 = 0x14;
    pub const USER_INTERFACE: u8 = 0x15;
    pub const COMPATIBILITY16: u8 = 0x16;
    pub const FIRMWARE_VOLUME_IMAGE: u8 = 0x17;
    pub const FREEFORM_SUBTYPE_GUID: u8 = 0x18;
    pub const RAW: u8 = 0x19;
    pub const PEI_DEPEX: u8 = 0x1b;
    /// `EFI_SECTION_MM_DEPEX`, `EFI_SECTION_SMM_DEPEX`.
    pub const SMM_DEPEX: u8 = 0x1c;
}

/// `EFI_GUIDED_SECTION_PROCESSING_REQUIRED`: the data isn't sections until it is processed.
pub const PROCESSING_REQUIRED: u16 = 1;
/// `EFI_NOT_COMPRESSED` as a `compression_type`.
pub const NOT_COMPRESSED: u8 = 0;
/// `EFI_STANDARD_COMPRESSION` as a `compression_type`.
pub const STANDARD_COMPRESSION: u8 = 1;

/// EDK II `gLzmaCustomDecompressGuid`: an LZMA stream with its 13-byte header.
pub const LZMA: Guid = Guid::new("EE4E5898-3914-4259-9D6E-DC7BD79403CF");
/// EDK II `gTianoCustomDecompressGuid`.
pub const TIANO: Guid = Guid::new("A31280AD-481E-41B6-95E8-127F4C984779");
/// EDK II `gBrotliCustomDecompressGuid`.
pub const BROTLI: Guid = Guid::new("3D532050-5CDA-4FD0-879E-0F7F630D5AFB");
/// `EFI_GUIDED_SECTION_CRC32_GUID`: sections behind their CRC-32, readable as they are.
pub const CRC32: Guid = Guid::new("FC1BCDB0-7D31-49AA-936A-A4600D9DD083");

const _: () = assert!(HEADER_SIZE == 4 && LARGE_HEADER_SIZE == 8);
const _: () = assert!(COMPRESSION_HEADER_SIZE == 5 && GUID_DEFINED_HEADER_SIZE == 0x14);
