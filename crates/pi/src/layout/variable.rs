//! Variable stores as EDK II keeps them in flash: MdeModulePkg `Guid/VariableFormat.h`.

use crate::Guid;
use zerocopy::little_endian::{I16, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// `VARIABLE_STORE_HEADER`; the first variable follows, aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct StoreHeader {
    /// `PLAIN` or `AUTHENTICATED`.
    /* 00h */
    pub signature: Guid,
    /// With this header.
    /* 10h */
    pub size: U32,
    /* 14h */ pub format: u8,
    /* 15h */ pub state: u8,
    /* 16h */ pub reserved: U16,
    /* 18h */ pub reserved1: U32,
}

/// `VARIABLE_HEADER`; the name with its NUL follows, then the data, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct VariableHeader {
    /* 00h */ pub start_id: U16,
    /* 02h */ pub state: u8,
    /* 03h */ pub reserved: u8,
    /* 04h */ pub attributes: U32,
    /* 08h */ pub name_size: U32,
    /* 0Ch */ pub data_size: U32,
    /* 10h */ pub vendor: Guid,
}

/// `AUTHENTICATED_VARIABLE_HEADER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct AuthVariableHeader {
    /* 00h */ pub start_id: U16,
    /* 02h */ pub state: u8,
    /* 03h */ pub reserved: u8,
    /* 04h */ pub attributes: U32,
    /* 08h */ pub monotonic_count: U64,
    /* 10h */ pub time_stamp: Time,
    /* 20h */ pub public_key_index: U32,
    /* 24h */ pub name_size: U32,
    /* 28h */ pub data_size: U32,
    /* 2Ch */ pub vendor: Guid,
}

/// `EFI_TIME`: UEFI 2.10, 8.3.1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Time {
    /* 00h */ pub year: U16,
    /* 02h */ pub month: u8,
    /* 03h */ pub day: u8,
    /* 04h */ pub hour: u8,
    /* 05h */ pub minute: u8,
    /* 06h */ pub second: u8,
    /* 07h */ pub pad1: u8,
    /* 08h */ pub nanosecond: U32,
    /* 0Ch */ pub time_zone: I16,
    /* 0Eh */ pub daylight: u8,
    /* 0Fh */ pub pad2: u8,
}

pub const STORE_HEADER_SIZE: usize = size_of::<StoreHeader>();
/// Each variable's header starts at a multiple of it from the start of the store.
pub const HEADER_ALIGNMENT: usize = 4;
/// Offset of the state in both kinds of variable header.
pub const STATE_OFFSET: usize = 2;

/// `gEfiVariableGuid`.
pub const PLAIN: Guid = Guid::new("DDCF3616-3275-4164-98B6-FE85707FFE7D");
/// `gEfiAuthenticatedVariableGuid`.
pub const AUTHENTICATED: Guid = Guid::new("AAF32C78-947B-439A-A180-2E144EC37792");

/// `VARIABLE_STORE_FORMATTED`.
pub const FORMATTED: u8 = 0x5a;
/// `VARIABLE_STORE_HEALTHY`.
pub const HEALTHY: u8 = 0xfe;
/// `VARIABLE_DATA`.
pub const START_ID: u16 = 0x55aa;

/// `VAR_…`: each step only clears bits.
pub mod state {
    /// The header is being written.
    pub const ERASED: u8 = 0xff;
    /// The header is there, name and data are being written.
    pub const HEADER_VALID_ONLY: u8 = 0x7f;
    pub const ADDED: u8 = 0x3f;
    /// A mask: its successor is being written.
    pub const IN_DELETED_TRANSITION: u8 = 0xfe;
    /// A mask.
    pub const DELETED: u8 = 0xfd;
}

/// `EFI_VARIABLE_…`: UEFI 2.10, 8.2.1.
pub mod attribute {
    pub const NON_VOLATILE: u32 = 1;
    pub const BOOTSERVICE_ACCESS: u32 = 1 << 1;
    pub const RUNTIME_ACCESS: u32 = 1 << 2;
    pub const HARDWARE_ERROR_RECORD: u32 = 1 << 3;
    /// Deprecated.
    pub const AUTHENTICATED_WRITE_ACCESS: u32 = 1 << 4;
    pub const TIME_BASED_AUTHENTICATED_WRITE_ACCESS: u32 = 1 << 5;
    /// Of a call of SetVariable(), never stored.
    pub const APPEND_WRITE: u32 = 1 << 6;
}

const _: () = assert!(STORE_HEADER_SIZE == 28 && size_of::<VariableHeader>() == 32);
const _: () = assert!(size_of::<AuthVariableHeader>() == 60 && size_of::<Time>() == 16);
