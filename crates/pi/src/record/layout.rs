//! What a record looks like: a header of 16 bytes, then the fields of its kind. Little-endian; no
//! record is longer than its fields. A change of any layout raises `VERSION`.

use crate::Guid;
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The I/O port.
pub const PORT: u16 = 0x502;
pub const MAGIC: [u8; 2] = [0xa5, 0x5d];
pub const VERSION: u8 = 1;
pub const HEADER_SIZE: usize = size_of::<Header>();

#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /* 00h */ pub magic: [u8; 2],
    /* 02h */ pub version: u8,
    /* 03h */ pub kind: u8,
    /// Of the fields, without this header.
    /* 04h */
    pub length: U16,
    /// Index of the processor that wrote the record.
    /* 06h */
    pub cpu: u8,
    /* 07h */ pub reserved: u8,
    /// Time stamp counter: nanoseconds since reset.
    /* 08h */
    pub time: U64,
}

/// Declares the kinds: their number, their fields, and the enum that holds any of them.
macro_rules! records {
    ($($(#[$doc:meta])* $code:literal $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
        #[repr(C)]
        pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }

        impl super::Payload for $name {
            const KIND: u8 = $code;
        })*

        /// Any record, without its header.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Record { $($(#[$doc])* $name($name),)* }

        impl Record {
            /// The fields of a kind. None: no such kind, or not its length.
            #[must_use]
            pub fn parse(kind: u8, fields: &[u8]) -> Option<Record> {
                match kind {
                    $($code => $name::read_from_bytes(fields).ok().map(Record::$name),)*
                    _ => None,
                }
            }

            /// The length of a kind's fields. None: no such kind.
            #[must_use]
            pub fn length(kind: u8) -> Option<usize> {
                match kind {
                    $($code => Some(size_of::<$name>()),)*
                    _ => None,
                }
            }

            #[must_use]
            pub fn kind_name(&self) -> &'static str {
                match self { $(Record::$name(_) => stringify!($name),)* }
            }
        }

        #[cfg(test)]
        pub(super) const KINDS: &[u8] = &[$($code),*];
    };
}

records! {
    /// A boot phase begins; one of `phase`.
    0x01 Phase { phase: u8, }
    /// A progress code for port 80h.
    0x02 Post { code: u8, }
    /// A dispatcher has found a module in a volume.
    0x03 Discovered {
        file: Guid,
        /// A constant of `layout::ffs::kind`.
        kind: u8,
        /// Who found it; one of `dispatcher`.
        dispatcher: u8,
        reserved: [u8; 6],
    }
    /// A module's image lies in memory.
    0x04 Loaded { file: Guid, base: U64, size: U64, entry: U64, }
    /// A dispatcher has evaluated a module's DEPEX.
    0x05 DepexEvaluated {
        file: Guid,
        /// One of `dispatcher`.
        dispatcher: u8,
        /// 0: FALSE, 1: TRUE.
        result: u8,
        /// 0, or a `depex::Failure`.
        failure: u8,
        /// 1: an a-priori file names it, so nothing was evaluated.
        apriori: u8,
        /// Rounds of this dispatcher, from 1.
        round: U32,
    }
    /// A module's entry point has returned.
    0x06 Dispatched { file: Guid, status: U64, }
    0x07 ProtocolInstalled {
        protocol: Guid,
        handle: U64,
        /// One of `database`.
        database: u8,
        reserved: [u8; 7],
    }
    0x08 HandlerRegistered {
        /// For a GUID handler its GUID; for a child dispatcher's the dispatch protocol; zeros for a root handler.
        kind: Guid,
        /// Command byte, pin, period: what the child dispatcher keys on.
        value: U64,
        function: U64,
    }
    /// The steps to the lock; one of `lock`.
    0x09 ReadyToLock { step: u8, }
    /// A child dispatcher calls a handler.
    0x0a SmiDispatched { kind: Guid, value: U64, function: U64, status: U64, }
    /// The SMI entry point runs.
    0x0b SmmEnter { smbase: U64, revision: U32, }
    /// RSM is next.
    0x0c SmmLeave { smbase: U64, }
    /// A message from outside SMRAM came, and was answered.
    0x0d Communicate {
        /// Zeros if the core refused the message.
        handler: Guid,
        buffer: U64,
        /// With its header.
        size: U64,
        status: U64,
    }
    0x0e VariableRequest {
        vendor: Guid,
        /// `SMM_VARIABLE_FUNCTION_…` of EDK II: 1 get, 2 next name, 3 set, 4 query.
        function: U32,
        attributes: U32,
        data_size: U64,
        /// ASCII, `?` for other letters, cut, filled up with zeros.
        name: [u8; 32],
    }
    0x0f VariableStatus { function: U32, reserved: U32, status: U64, }
    0x10 FlashOperation {
        /// One of `flash`.
        operation: u8,
        reserved: [u8; 3],
        size: U32,
        /// Where it is mapped below 4 GiB; 0 for a lock.
        address: U64,
        status: U64,
    }
}

pub mod phase {
    pub const SEC: u8 = 1;
    pub const PEI: u8 = 2;
    pub const DXE: u8 = 3;
    pub const SMM: u8 = 4;
    pub const BDS: u8 = 5;
    pub const READY_TO_BOOT: u8 = 6;
    pub const OS_LOADER: u8 = 7;
    pub const EXIT_BOOT_SERVICES: u8 = 8;
    pub const VIRTUAL_ADDRESS_CHANGE: u8 = 9;
    pub const OS: u8 = 10;
}

pub mod dispatcher {
    pub const PEI: u8 = 1;
    pub const DXE: u8 = 2;
    pub const SMM: u8 = 3;
}

pub mod database {
    pub const PPI: u8 = 1;
    pub const UEFI: u8 = 2;
    pub const SMM: u8 = 3;
}

pub mod lock {
    pub const END_OF_DXE: u8 = 1;
    pub const DXE_SMM_READY_TO_LOCK: u8 = 2;
    pub const SMRAM_LOCKED: u8 = 3;
    pub const SMM_READY_TO_LOCK: u8 = 4;
}

pub mod flash {
    pub const READ: u8 = 1;
    pub const PROGRAM: u8 = 2;
    pub const ERASE: u8 = 3;
    pub const LOCK: u8 = 4;
}

const _: () = assert!(HEADER_SIZE == 16);
