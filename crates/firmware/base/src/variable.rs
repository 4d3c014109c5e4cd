//! What the variable drivers, those who call them, and those who look at the log share: EDK II's
//! messages between VariableSmmRuntimeDxe and VariableSmm, sizes, names.

use crate::Guid;
use core::fmt::{self, Write};

/// Name and data of one variable, with its header.
pub const MAX_VARIABLE_SIZE: usize = 0x800;
pub const MAX_AUTH_VARIABLE_SIZE: usize = 0x1000;
pub const MAX_VOLATILE_VARIABLE_SIZE: usize = 0x400;
pub const VOLATILE_STORE_SIZE: usize = 0x1000;
/// Behind a message's header: the largest variable with its name, as a message has it.
pub const PAYLOAD: usize = MAX_AUTH_VARIABLE_SIZE + Access::NAME;

pub const GLOBAL: Guid = Guid::new("8BE4DF61-93CA-11D2-AA0D-00E098032B8C");
/// The platform's own: Setup, the firmware's version.
pub const PLATFORM: Guid = Guid::new("5E70DA7A-5A5A-4C41-8B53-4D4D4C414200");

/// `SMM_VARIABLE_FUNCTION_…`
pub mod function {
    pub const GET_VARIABLE: usize = 1;
    pub const GET_NEXT_VARIABLE_NAME: usize = 2;
    pub const SET_VARIABLE: usize = 3;
    pub const QUERY_VARIABLE_INFO: usize = 4;
    pub const READY_TO_BOOT: usize = 5;
    pub const EXIT_BOOT_SERVICE: usize = 6;
    pub const LOCK_VARIABLE: usize = 8;
    pub const INIT_RUNTIME_CACHE: usize = 12;

    pub fn name(function: usize) -> &'static str {
        match function {
            GET_VARIABLE => "GetVariable",
            GET_NEXT_VARIABLE_NAME => "GetNextVariableName",
            SET_VARIABLE => "SetVariable",
            QUERY_VARIABLE_INFO => "QueryVariableInfo",
            READY_TO_BOOT => "ReadyToBoot",
            EXIT_BOOT_SERVICE => "ExitBootServices",
            LOCK_VARIABLE => "LockVariable",
            INIT_RUNTIME_CACHE => "InitRuntimeCache",
            _ => "?",
        }
    }
}

/// `SMM_VARIABLE_COMMUNICATE_HEADER`; the function's own structure follows.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Header {
    pub function: usize,
    pub return_status: usize,
}
pub const HEADER: usize = size_of::<Header>();

/// `SMM_VARIABLE_COMMUNICATE_ACCESS_VARIABLE`; name and data follow at `NAME`.
#[derive(Clone, Copy)]
#[repr(C, packed(4))]
pub struct Access {
    pub guid: Guid,
    pub data_size: usize,
    pub name_size: usize,
    pub attributes: u32,
}

impl Access {
    pub const NAME: usize = size_of::<Access>();
}

const _: () = assert!(Access::NAME == 36);

/// `SMM_VARIABLE_COMMUNICATE_GET_NEXT_VARIABLE_NAME` and `…_LOCK_VARIABLE`; the name follows.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Named {
    pub guid: Guid,
    pub name_size: usize,
}

impl Named {
    pub const NAME: usize = size_of::<Named>();
}

/// `SMM_VARIABLE_COMMUNICATE_QUERY_VARIABLE_INFO`
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Info {
    pub maximum_storage: u64,
    pub remaining_storage: u64,
    pub maximum_variable: u64,
    pub attributes: u32,
}

/// Where SMM keeps copies of its stores for readers outside.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RuntimeCache {
    pub non_volatile: u64,
    pub non_volatile_size: usize,
    pub volatile: u64,
    pub volatile_size: usize,
}

/// `EDKII_VARIABLE_LOCK_PROTOCOL`
#[repr(C)]
pub struct VariableLock {
    pub request_to_lock:
        extern "efiapi" fn(this: *const VariableLock, name: *const u16, vendor: *const Guid) -> crate::Status,
}

/// `EFI_SMM_VARIABLE_PROTOCOL`: the runtime services' types. Who calls it is in SMRAM, and trusted.
#[repr(C)]
pub struct SmmVariable {
    pub get_variable: crate::efi::RuntimeGetVariable,
    pub get_next_variable_name: crate::efi::RuntimeGetNextVariableName,
    pub set_variable: crate::efi::RuntimeSetVariable,
    pub query_variable_info: crate::efi::RuntimeQueryVariableInfo,
}

/// A name as the stores have it: UTF-16 with its NUL.
pub struct Name<'a>(pub &'a [u8]);

impl Name<'_> {
    pub fn ascii(&self) -> impl Iterator<Item = char> {
        let units = self.0.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let letter = |unit| match unit {
            0x20..=0x7e => char::from(unit as u8),
            _ => '?',
        };
        units.take_while(|unit| *unit != 0).map(letter)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ascii().try_for_each(|letter| f.write_char(letter))
    }
}

/// The bytes of a name behind a pointer, its NUL included.
///
/// # Safety
/// It ends with a NUL.
pub unsafe fn name_at<'a>(name: *const u16) -> &'a [u8] {
    let mut units = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while name.add(units).read_unaligned() != 0 {
            units += 1;
        }
        core::slice::from_raw_parts(name.cast(), (units + 1) * 2)
    }
}

impl Name<'_> {
    pub fn is(&self, text: &str) -> bool {
        self.0.len() == 2 * text.len() + 2 && self.ascii().eq(text.chars())
    }
}
