//! What the variable drivers, those who call them, and those who look at the log share: EDK II's
//! messages between VariableSmmRuntimeDxe and VariableSmm, sizes, names.

use crate::Guid;
use crate::text::Show;
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

/// `EDKII_VARIABLE_POLICY_PROTOCOL`, revision 1
#[repr(C)]
pub struct VariablePolicy {
    pub revision: u64,
    pub disable: extern "efiapi" fn() -> crate::Status,
    pub is_enabled: extern "efiapi" fn(state: *mut bool) -> crate::Status,
    pub register: extern "efiapi" fn(entry: *const PolicyEntry) -> crate::Status,
    pub dump: extern "efiapi" fn(policy: *mut u8, size: *mut u32) -> crate::Status,
    pub lock: extern "efiapi" fn() -> crate::Status,
}

/// `VARIABLE_POLICY_ENTRY`; at `offset_to_name` the name follows, with its NUL. No name: all of the namespace.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct PolicyEntry {
    pub version: u32,
    /// Of all of it.
    pub size: u16,
    pub offset_to_name: u16,
    pub namespace: Guid,
    pub min_size: u32,
    pub max_size: u32,
    pub must_have: u32,
    pub cant_have: u32,
    pub lock: u8,
    pub padding: [u8; 3],
}
pub const POLICY_VERSION: u32 = 0x1_0000;
/// `VARIABLE_POLICY_TYPE_…`
pub mod lock {
    pub const NO_LOCK: u8 = 0;
    pub const LOCK_NOW: u8 = 1;
    pub const LOCK_ON_CREATE: u8 = 2;
    pub const LOCK_ON_VAR_STATE: u8 = 3;
}

/// `VAR_CHECK_POLICY_COMM_HEADER`; an entry, or a bool, follows.
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub struct PolicyMessage {
    pub signature: [u8; 4],
    pub revision: u32,
    pub command: u32,
    pub result: usize,
}
pub const POLICY_SIGNATURE: [u8; 4] = *b"VCPC";
pub const POLICY_REVISION: u32 = 1;
/// `VAR_CHECK_POLICY_COMMAND_…`
pub mod policy_command {
    pub const DISABLE: u32 = 1;
    pub const IS_ENABLED: u32 = 2;
    pub const REGISTER: u32 = 3;
    pub const DUMP: u32 = 4;
    pub const LOCK: u32 = 5;
}

/// `VAR_CHECK_POLICY_COMM_DUMP_PARAMS`; a page of entries follows. Page 0 tells their size alone.
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub struct PolicyDump {
    pub page_requested: u32,
    pub total_size: u32,
    pub page_size: u32,
    /// A BOOLEAN.
    pub has_more: u8,
}

/// A policy as a message has it: the entry, and the name behind it.
pub fn policy_entry(namespace: Guid, name: &[u16], sizes: (u32, u32), attributes: (u32, u32), lock: u8) -> [u8; 128] {
    let mut bytes = [0; 128];
    let start = size_of::<PolicyEntry>();
    let end = (start + size_of_val(name)).min(bytes.len());
    let entry = PolicyEntry {
        version: POLICY_VERSION,
        size: end as u16,
        offset_to_name: start as u16,
        namespace,
        min_size: sizes.0,
        max_size: sizes.1,
        must_have: attributes.0,
        cant_have: attributes.1,
        lock,
        padding: [0; 3],
    };
    // SAFETY: the array is longer, and bytes need no alignment.
    unsafe { bytes.as_mut_ptr().cast::<PolicyEntry>().write_unaligned(entry) };
    for (to, unit) in bytes[start..end].chunks_exact_mut(2).zip(name) {
        to.copy_from_slice(&unit.to_le_bytes());
    }
    bytes
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

impl Show for Name<'_> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
