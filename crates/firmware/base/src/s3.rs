//! What survives the sleep in S3: SMM's state, which PEI finds in SMRAM, and what the OS and the firmware
//! agree upon, ACPI's FACS. ACPI 6.5, 5.2.10; names of EDK II's S3Resume2Pei and PiSmmCpuDxeSmm.
//!
//! Not here: FADT and DSDT, where an OS finds the FACS and SLP_TYP of S3. A configuration table of our own has
//! both.

use crate::{Status, chipset};

/// HOBs, `EFI_HOB_HANDOFF_INFO_TABLE.BootMode`.
pub const BOOT_ON_S3_RESUME: u32 = 0x11;
/// Of the ICH9.
pub const SLP_TYP: u16 = 5;

pub const SIGNATURE: u64 = u64::from_le_bytes(*b"SMMS3_64");

/// `SMM_S3_RESUME_STATE`, in the first page of TSEG.
#[repr(C)]
pub struct ResumeState {
    pub signature: u64,
    /// Moves the SMBASE of all processors again. Called from PEI, while SMRAM is open.
    pub restore: extern "efiapi" fn() -> Status,
    pub facs: *mut Facs,
    /// EDK II keeps it in a LockBox; 0: nobody has recorded one.
    pub script: u64,
}

/// From the start of the state's page: where a script has room.
pub const SCRIPT: u64 = 0x100;

impl ResumeState {
    /// None: SMM has left none.
    pub fn find() -> Option<&'static mut ResumeState> {
        let state = chipset::tseg().start as *mut ResumeState;
        // SAFETY: SMRAM is open or we are in SMM, and the signature stands only before a whole state.
        unsafe { ((&raw const (*state).signature).read() == SIGNATURE).then(|| &mut *state) }
    }
}

/// `EFI_ACPI_6_5_FIRMWARE_ACPI_CONTROL_STRUCTURE`
#[repr(C)]
pub struct Facs {
    pub signature: u32,
    pub length: u32,
    pub hardware_signature: u32,
    pub firmware_waking_vector: u32,
    pub global_lock: u32,
    pub flags: u32,
    pub x_firmware_waking_vector: u64,
    pub version: u8,
    pub reserved: [u8; 3],
    pub ospm_flags: u32,
    pub reserved_2: [u8; 24],
}
pub const FACS: u32 = u32::from_le_bytes(*b"FACS");
/// Flags: firmware can call a waking vector in 64-bit mode. OSPM flags: this one is of that kind.
pub const WAKE_64BIT_SUPPORTED: u32 = 1 << 1;
pub const WAKE_64BIT: u32 = 1 << 0;

/// The configuration table `protocol::SLEEP_TABLE`.
#[repr(C)]
pub struct SleepTable {
    pub facs: *mut Facs,
    /// SLP_TYP of S3, as the DSDT's `_S3` has it.
    pub slp_typ: u16,
}

const _: () = assert!(size_of::<Facs>() == 64 && size_of::<ResumeState>() <= SCRIPT as usize);
