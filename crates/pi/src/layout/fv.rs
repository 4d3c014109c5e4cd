//! Firmware volumes: PI 1.8 Vol. 3, 3.2.1 "Firmware Volume".

use crate::Guid;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `EFI_FIRMWARE_VOLUME_HEADER`; the block map follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct VolumeHeader {
    /* 00h */ pub zero_vector: [u8; 16],
    /* 10h */ pub file_system: Guid,
    /// The whole volume, this header included.
    /* 20h */
    pub length: U64,
    /* 28h */ pub signature: [u8; 4],
    /* 2Ch */ pub attributes: U32,
    /// With the block map, without the extended header.
    /* 30h */
    pub header_length: U16,
    /// The header's 16-bit words sum to 0.
    /* 32h */
    pub checksum: U16,
    /// From the start of the volume; 0: none.
    /* 34h */
    pub ext_header_offset: U16,
    /* 36h */ pub reserved: u8,
    /* 37h */ pub revision: u8,
}

/// `EFI_FV_BLOCK_MAP_ENTRY`; the map ends with an entry of zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct BlockMapEntry {
    /* 00h */ pub blocks: U32,
    /* 04h */ pub length: U32,
}

/// `EFI_FIRMWARE_VOLUME_EXT_HEADER`; entries follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ExtHeader {
    /* 00h */ pub name: Guid,
    /// With this header.
    /* 10h */
    pub size: U32,
}

/// `EFI_FIRMWARE_VOLUME_EXT_ENTRY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct ExtEntry {
    /// With this header.
    /* 00h */
    pub size: U16,
    /* 02h */ pub kind: U16,
}

pub const HEADER_SIZE: usize = size_of::<VolumeHeader>();
pub const BLOCK_MAP_ENTRY_SIZE: usize = size_of::<BlockMapEntry>();
pub const EXT_HEADER_SIZE: usize = size_of::<ExtHeader>();
pub const EXT_ENTRY_SIZE: usize = size_of::<ExtEntry>();

pub const SIGNATURE: [u8; 4] = *b"_FVH";
pub const SIGNATURE_OFFSET: usize = 0x28;
pub const ATTRIBUTES_OFFSET: usize = 0x2c;
pub const REVISION: u8 = 2;

/// `EFI_FVB2_ERASE_POLARITY`: an erased bit reads 1.
pub const ATTRIBUTE_ERASE_POLARITY: u32 = 1 << 11;
/// `EFI_FVB2_ALIGNMENT`, bits 20:16: the volume lies at a multiple of two to this power.
pub const ATTRIBUTE_ALIGNMENT_SHIFT: u32 = 16;
pub const ATTRIBUTE_ALIGNMENT_MASK: u32 = 0x1f << ATTRIBUTE_ALIGNMENT_SHIFT;
/// `EFI_FVB2_WEAK_ALIGNMENT`: files may be aligned to more than the volume is.
pub const ATTRIBUTE_WEAK_ALIGNMENT: u32 = 1 << 31;

/// `EFI_FV_EXT_TYPE_USED_SIZE_TYPE`: a U32 with the bytes of the volume in use follows.
pub const EXT_USED_SIZE: u16 = 3;

/// `EFI_FIRMWARE_FILE_SYSTEM2_GUID`.
pub const FFS2: Guid = Guid::new("8C8CE578-8A3D-4F1C-9935-896185C32DD3");
/// `EFI_FIRMWARE_FILE_SYSTEM3_GUID`: files may be larger than 16 MiB.
pub const FFS3: Guid = Guid::new("5473C07A-3DCB-4DCA-BD6F-1E9689E7349A");
/// EDK II `gEfiSystemNvDataFvGuid`: variable store and FTW areas, no files.
pub const NV_DATA: Guid = Guid::new("FFF12B8D-7696-4C8B-A985-2747075B4F50");

const _: () = assert!(HEADER_SIZE == 0x38 && BLOCK_MAP_ENTRY_SIZE == 8 && EXT_HEADER_SIZE == 0x14);
