//! Types of PI 1.8 Vol. 4, "Management Mode Core Interface", under their SMM names.

use crate::{Guid, Handle, Status, efi};
use core::ffi::c_void;

/// PI's own statuses: Vol. 4, "MmiManage()", and Vol. 2.
pub const INTERRUPT_PENDING: Status = Status::from_usize(1 << 63 | 1 << 61);
pub const NOT_AVAILABLE_YET: Status = Status::from_usize(1 << 63 | 1 << 61 | 2);
pub const WARN_SOURCE_PENDING: Status = Status::from_usize(1 << 61);
pub const WARN_SOURCE_QUIESCED: Status = Status::from_usize(1 << 61 | 1);

/// `EFI_SMRAM_DESCRIPTOR`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SmramDescriptor {
    pub physical_start: u64,
    pub cpu_start: u64,
    pub physical_size: u64,
    pub region_state: u64,
}
pub const SMRAM_OPEN: u64 = 1;
pub const SMRAM_CLOSED: u64 = 2;
pub const SMRAM_LOCKED: u64 = 4;
pub const CACHEABLE: u64 = 8;
pub const ALLOCATED: u64 = 0x10;

/// `EFI_SMRAM_HOB_DESCRIPTOR_BLOCK` with the one region that TSEG is.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SmramHob {
    pub regions: u32,
    pub reserved: u32,
    pub region: [SmramDescriptor; 1],
}

/// `EFI_SMM_ACCESS2_PROTOCOL`
#[repr(C)]
pub struct SmmAccess2 {
    pub open: extern "efiapi" fn(this: *mut SmmAccess2) -> Status,
    pub close: extern "efiapi" fn(this: *mut SmmAccess2) -> Status,
    pub lock: extern "efiapi" fn(this: *mut SmmAccess2) -> Status,
    pub get_capabilities:
        extern "efiapi" fn(this: *const SmmAccess2, size: *mut usize, map: *mut SmramDescriptor) -> Status,
    pub lock_state: bool,
    pub open_state: bool,
}

/// `EFI_SMM_CONTROL2_PROTOCOL`
#[repr(C)]
pub struct SmmControl2 {
    pub trigger: extern "efiapi" fn(
        this: *const SmmControl2,
        command: *const u8,
        data: *const u8,
        periodic: bool,
        interval: usize,
    ) -> Status,
    pub clear: extern "efiapi" fn(this: *const SmmControl2, periodic: bool) -> Status,
    pub minimum_trigger_period: usize,
}

/// `EFI_SMM_BASE2_PROTOCOL`
#[repr(C)]
pub struct SmmBase2 {
    pub in_smm: extern "efiapi" fn(this: *const SmmBase2, answer: *mut bool) -> Status,
    pub get_smst_location: extern "efiapi" fn(this: *const SmmBase2, smst: *mut *mut Smst) -> Status,
}

/// `EFI_SMM_COMMUNICATION_PROTOCOL`
#[repr(C)]
pub struct SmmCommunication {
    pub communicate: extern "efiapi" fn(this: *const SmmCommunication, buffer: *mut c_void, size: *mut usize) -> Status,
}

/// `EFI_SMM_COMMUNICATE_HEADER`; `length` bytes follow.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CommunicateHeader {
    pub guid: Guid,
    pub length: usize,
}
pub const COMMUNICATE_HEADER: usize = size_of::<CommunicateHeader>();

pub type SmmEntryPoint = extern "efiapi" fn(context: *const EntryContext);

/// `EFI_SMM_CONFIGURATION_PROTOCOL`
#[repr(C)]
pub struct SmmConfiguration {
    pub reserved_regions: *const c_void,
    pub register_smm_entry: extern "efiapi" fn(this: *const SmmConfiguration, entry: SmmEntryPoint) -> Status,
}

/// `EFI_SMM_ENTRY_CONTEXT`
#[repr(C)]
pub struct EntryContext {
    pub startup_this_ap: usize,
    pub currently_executing_cpu: usize,
    pub number_of_cpus: usize,
    pub cpu_save_state_size: *const usize,
    pub cpu_save_state: *const *mut c_void,
}

/// `EFI_SMM_CPU_PROTOCOL`
#[repr(C)]
pub struct SmmCpu {
    pub read_save_state:
        extern "efiapi" fn(this: *const SmmCpu, width: usize, register: u32, cpu: usize, buffer: *mut c_void) -> Status,
    pub write_save_state: extern "efiapi" fn(
        this: *const SmmCpu,
        width: usize,
        register: u32,
        cpu: usize,
        buffer: *const c_void,
    ) -> Status,
}

/// `EFI_SMM_SAVE_STATE_REGISTER`, the ones that drivers here ask for.
pub mod register {
    pub const RAX: u32 = 38;
    pub const RBX: u32 = 39;
    pub const RCX: u32 = 40;
    pub const RDX: u32 = 41;
    pub const RIP: u32 = 46;
    pub const IO: u32 = 512;
    pub const LMA: u32 = 513;
    pub const PROCESSOR_ID: u32 = 514;
}

/// `EFI_SMM_SAVE_STATE_IO_INFO`
#[derive(Clone, Copy)]
#[repr(C)]
pub struct IoInfo {
    pub data: u64,
    pub port: u16,
    /// 0 a byte, 1 two, 2 four.
    pub width: u32,
    /// Bits: INPUT, OUTPUT, STRING, REP_PREFIX.
    pub kind: u32,
}

impl IoInfo {
    pub const INPUT: u32 = 1;
    pub const OUTPUT: u32 = 2;
    pub const STRING: u32 = 4;
    pub const REP_PREFIX: u32 = 8;
}

/// `SMI_HANDLER_PROFILE_PROTOCOL` of EDK II: those who hand SMIs on tell the core to whom.
#[repr(C)]
pub struct SmiHandlerProfile {
    pub register: extern "efiapi" fn(
        this: *const SmiHandlerProfile,
        kind: *const Guid,
        handler: SmiHandler,
        caller: usize,
        context: *const c_void,
        size: usize,
    ) -> Status,
    pub unregister: extern "efiapi" fn(
        this: *const SmiHandlerProfile,
        kind: *const Guid,
        handler: SmiHandler,
        context: *const c_void,
        size: usize,
    ) -> Status,
}

pub type SmiHandler =
    extern "efiapi" fn(handle: Handle, context: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status;
pub type SmmNotify = extern "efiapi" fn(guid: *const Guid, interface: *mut c_void, handle: Handle) -> Status;

/// `EFI_SMM_SW_REGISTER_CONTEXT`
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SwRegisterContext {
    /// The value of APM_CNT; all ones asks for any that is free.
    pub sw_smi_input_value: usize,
}

/// `EFI_SMM_SW_CONTEXT`
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SwContext {
    pub cpu_index: usize,
    pub command_port: u8,
    pub data_port: u8,
}

/// `EFI_SMM_SW_DISPATCH2_PROTOCOL`
#[repr(C)]
pub struct SmmSwDispatch2 {
    pub register: extern "efiapi" fn(
        this: *const SmmSwDispatch2,
        handler: SmiHandler,
        context: *mut SwRegisterContext,
        handle: *mut Handle,
    ) -> Status,
    pub unregister: extern "efiapi" fn(this: *const SmmSwDispatch2, handle: Handle) -> Status,
    pub maximum_sw_value: usize,
}

/// `EFI_SMM_SYSTEM_TABLE2`
#[repr(C)]
pub struct Smst {
    pub header: efi::TableHeader,
    pub firmware_vendor: *const u16,
    pub firmware_revision: u32,
    pub install_configuration_table: usize,
    pub io: [usize; 4],
    pub allocate_pool: extern "efiapi" fn(kind: u32, size: usize, buffer: *mut *mut c_void) -> Status,
    pub free_pool: extern "efiapi" fn(buffer: *mut c_void) -> Status,
    pub allocate_pages: extern "efiapi" fn(place: u32, kind: u32, pages: usize, memory: *mut u64) -> Status,
    pub free_pages: extern "efiapi" fn(memory: u64, pages: usize) -> Status,
    pub startup_this_ap: usize,
    pub currently_executing_cpu: usize,
    pub number_of_cpus: usize,
    pub cpu_save_state_size: *const usize,
    pub cpu_save_state: *const *mut c_void,
    pub number_of_table_entries: usize,
    pub configuration_table: *mut efi::ConfigurationTable,
    pub install_protocol_interface:
        extern "efiapi" fn(handle: *mut Handle, guid: *const Guid, kind: u32, interface: *mut c_void) -> Status,
    pub uninstall_protocol_interface:
        extern "efiapi" fn(handle: Handle, guid: *const Guid, interface: *mut c_void) -> Status,
    pub handle_protocol: extern "efiapi" fn(handle: Handle, guid: *const Guid, interface: *mut *mut c_void) -> Status,
    pub register_protocol_notify:
        extern "efiapi" fn(guid: *const Guid, notify: Option<SmmNotify>, registration: *mut *mut c_void) -> Status,
    pub locate_handle: extern "efiapi" fn(
        search: u32,
        guid: *const Guid,
        key: *mut c_void,
        size: *mut usize,
        buffer: *mut Handle,
    ) -> Status,
    pub locate_protocol:
        extern "efiapi" fn(guid: *const Guid, registration: *mut c_void, interface: *mut *mut c_void) -> Status,
    pub smi_manage:
        extern "efiapi" fn(guid: *const Guid, context: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status,
    pub smi_handler_register: extern "efiapi" fn(handler: SmiHandler, guid: *const Guid, handle: *mut Handle) -> Status,
    pub smi_handler_unregister: extern "efiapi" fn(handle: Handle) -> Status,
}

/// What the IPL and the SMM core share, outside SMRAM (EDK II `SMM_CORE_PRIVATE_DATA`).
#[repr(C)]
pub struct CorePrivate {
    pub signature: u64,
    pub smram: *const SmramDescriptor,
    pub smram_count: u64,
    /// SMRAM that the SMM core's own image takes.
    pub core_image: u64,
    pub core_size: u64,
    pub smm_entry_point_registered: bool,
    pub in_smm: bool,
    pub smst: *mut Smst,
    pub smm_entry_point: Option<SmmEntryPoint>,
    pub communication_buffer: u64,
    pub buffer_size: u64,
    pub return_status: u64,
}
pub const CORE_PRIVATE_SIGNATURE: u64 = u64::from_le_bytes(*b"smmc\0\0\0\0");

/// The answer of the SMM core's dispatcher in the byte behind the header: EDK II's values.
pub const DISPATCH_SUCCESS: u8 = 1;
pub const DISPATCH_RESTART: u8 = 2;
pub const DISPATCH_ERROR: u8 = 3;
