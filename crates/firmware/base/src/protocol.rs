//! GUIDs, and the protocols' structures that `r-efi` doesn't have.

use crate::{Guid, Handle, Status, efi};
use core::ffi::c_void;

macro_rules! guids {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => { $($(#[$doc])* pub const $name: Guid = Guid::new($text);)* };
}

guids! {
    // Configuration tables, HOBs and event groups
    HOB_LIST = "7739F24C-93D7-11D4-9A3A-0090273FC14D";
    SMM_MEMORY_HOB = "6DADF1D1-D4CC-4910-BB6E-82B1FD80FF3D";
    /// `gEdkiiPiSmmCommunicationRegionTableGuid`
    COMMUNICATION_REGION_TABLE = "4E28CA50-D582-44AC-A11F-E3D56526DB34";
    SLEEP_TABLE = "FAC55A5A-5A5A-4C41-8B53-4D4D4C414200";
    DXE_SERVICES_TABLE = "05AD34BA-6F02-4214-952E-4DA0398E2BB9";
    DXE_DISPATCH_EVENT = "7081E22F-CAC6-4053-9468-675782CF88E5";
    END_OF_DXE_EVENT = "02CE967A-DD7E-4FFC-9EE7-810CF0470880";
    EXIT_BOOT_SERVICES_EVENT = "27ABF055-B1B8-4C26-8048-748F37BAA2DF";
    VIRTUAL_ADDRESS_CHANGE_EVENT = "13FA7698-C831-49C7-87EA-8F43FCC25196";
    READY_TO_BOOT_EVENT = "7CE88FB3-4BD7-4679-87A8-A8D8DEE50D2B";

    // PEI
    MEMORY_DISCOVERED_PPI = "F894643D-C449-42D1-8EA8-85BDD8C65BDE";
    DXE_IPL_PPI = "0AE8CE5D-E448-4437-A8D7-EBF5F194F731";

    // DXE
    BDS_ARCH = "665E3FF6-46CC-11D4-9A38-0090273FC14D";
    CPU_ARCH = "26BACCB1-6F42-11D4-BCE7-0080C73C8881";
    VARIABLE_ARCH = "1E5668E2-8481-11D4-BCF1-0080C73C8881";
    VARIABLE_WRITE_ARCH = "6441F818-6362-4E44-B570-7DBA31DD2453";
    /// `gEdkiiVariableLockProtocolGuid`
    VARIABLE_LOCK = "CD3D0A05-9E24-437C-A891-1EE053DB7638";
    /// `gEdkiiVariablePolicyProtocolGuid`
    VARIABLE_POLICY = "81D1675C-86F6-48DF-BD95-9A6E4F0925C3";
    /// `gVarCheckPolicyLibMmiHandlerGuid`
    VAR_CHECK_POLICY = "DA1B0D11-D1A7-46C4-9DC9-F3714875C6EB";
    RUNTIME_ARCH = "B7DFB4E1-052F-449F-87BE-9818FC91B733";
    RESET_ARCH = "27CFAC88-46CC-11D4-9A38-0090273FC14D";
    LOADED_IMAGE = "5B1B31A1-9562-11D2-8E3F-00A0C969723B";
    DXE_SMM_READY_TO_LOCK = "60FF8964-E906-41D0-AFED-F241E974E08E";

    // SMM
    SMM_BASE2 = "F4CCBFB7-F6E0-47FD-9DD4-10A8F150C191";
    SMM_ACCESS2 = "C2702B74-800C-4131-8746-8FB5B89CE4AC";
    SMM_CONTROL2 = "843DC720-AB1E-42CB-9357-8A0078F3561B";
    SMM_COMMUNICATION = "C68ED8E2-9DC6-4CBD-9D94-DB65ACC5C332";
    SMM_CONFIGURATION = "26EEB3DE-B689-492E-80F0-BE8BD7DA4BA7";
    SMM_CPU = "EB346B97-975F-4A9F-8B22-F8E92BB3D569";
    SMM_SW_DISPATCH2 = "18A3C6DC-5EEA-48C8-A1C1-B53389F98999";
    SMM_POWER_BUTTON_DISPATCH2 = "1B1183FA-1823-46A7-8872-9C578755409D";
    SMM_GPI_DISPATCH2 = "25566B03-B577-4CBF-958C-ED663EA24380";
    SMM_SX_DISPATCH2 = "456D2859-A84B-4E47-A2EE-3276D886997D";
    SMM_PERIODIC_TIMER_DISPATCH2 = "4CEC368E-8E8E-4D71-8BE1-958C45FC8A53";
    /// Intel's, for what PI has no protocol.
    SMM_ICHN_DISPATCH2 = "ADF3A128-416D-4060-8DDF-30A1D7AAB699";
    /// `gSmiHandlerProfileGuid`
    SMI_HANDLER_PROFILE = "49174342-7108-409B-8BBE-65FDA85389F5";
    SMM_END_OF_DXE = "24E70042-D5C5-4260-8C39-0AD3AA32E93D";
    SMM_FAULT_TOLERANT_WRITE = "3868FC3B-7E45-43A7-906C-4BA47DE1754D";
    SMM_FIRMWARE_VOLUME_BLOCK = "D326D041-BD31-4C01-B5A8-628BE87F0653";
    /// Outside SMM: variables of flash can be written.
    SMM_VARIABLE_WRITE = "93BA1826-DFFB-45DD-82A7-E7DCAA3BBDF3";
    SMM_VARIABLE = "ED32D533-99E6-4209-9CC0-2D72CDD998A7";
    SMM_READY_TO_LOCK = "47B7FA8C-F4BD-4AF6-8200-333086F0D2C8";
    /// The article's figure: drivers A, B and C each have a protocol and a SW SMI value.
    DRIVER_A = "A0000000-5A5A-4C41-8B53-4D4D4C41420A";
    DRIVER_B = "B0000000-5A5A-4C41-8B53-4D4D4C41420B";
    /// What BDS calls to enter Setup.
    SETUP = "5E70DA7B-5A5A-4C41-8B53-4D4D4C414200";
    DRIVER_C = "C0000000-5A5A-4C41-8B53-4D4D4C41420C";
}

/// `EFI_BDS_ARCH_PROTOCOL`
#[repr(C)]
pub struct Bds {
    pub entry: extern "efiapi" fn(this: *const Bds),
}

/// `EFI_RUNTIME_ARCH_PROTOCOL`, without its lists: the driver keeps those to itself.
#[repr(C)]
pub struct Runtime {
    pub boot_services_gone: bool,
    pub virtual_mode: bool,
    /// An image that must be moved when the OS chooses virtual addresses.
    pub register_image: extern "efiapi" fn(this: *mut Runtime, base: u64, size: u64) -> Status,
    /// An event of the group that is signalled at that moment.
    pub register_event:
        extern "efiapi" fn(this: *mut Runtime, notify: efi::EventNotify, context: *mut c_void) -> Status,
}

/// `EDKII_PI_SMM_COMMUNICATION_REGION_TABLE` with its one region.
#[repr(C)]
pub struct CommunicationRegionTable {
    pub version: u32,
    pub entries: u32,
    pub descriptor_size: u32,
    pub reserved: u32,
    pub region: efi::MemoryDescriptor,
}

/// `EFI_DXE_SERVICES`: PI 1.8 Vol. 2, "DXE Services Table". A volume's handle is its address.
#[repr(C)]
pub struct DxeServices {
    pub header: efi::TableHeader,
    pub spaces: [usize; 13],
    /// Starts drivers whose DEPEX has come true.
    pub dispatch: extern "efiapi" fn() -> Status,
    /// Requests a driver whose DEPEX begins with SOR.
    pub schedule: extern "efiapi" fn(volume: Handle, file: *const Guid) -> Status,
    pub others: [usize; 3],
}

/// `EFI_LOADED_IMAGE_PROTOCOL`, filled as far as this firmware has it.
pub type LoadedImage = r_efi::protocols::loaded_image::Protocol;

pub type EntryPoint = extern "efiapi" fn(Handle, *mut efi::SystemTable) -> Status;
