//! POST codes, port 80h: the article's and AMI's meanings (docs/firmware.md has the list).

use crate::arch::out8;

pub const PEI_CORE: u8 = 0x10;
pub const MEMORY_INSTALLED: u8 = 0x31;
/// CPU post-memory initialization, SMM initialization.
pub const CPU_SMM: u8 = 0x36;
pub const DXE_IPL: u8 = 0x4f;
pub const DXE_CORE: u8 = 0x60;
pub const RUNTIME_SERVICES: u8 = 0x62;
/// North bridge DXE SMM initialization.
pub const NB_DXE_SMM: u8 = 0x6a;
/// South bridge DXE SMM initialization.
pub const SB_DXE_SMM: u8 = 0x71;
pub const BDS: u8 = 0x90;
pub const SETUP: u8 = 0xa9;
pub const SETUP_INPUT_WAIT: u8 = 0xab;
pub const READY_TO_BOOT: u8 = 0xad;
pub const EXIT_BOOT_SERVICES: u8 = 0xaf;
pub const SET_VIRTUAL_ADDRESS_MAP: u8 = 0xb0;
pub const SET_VIRTUAL_ADDRESS_MAP_END: u8 = 0xb1;
pub const RESET: u8 = 0xb3;
/// The DXE IPL goes the way of S3 resume, its boot script, the OS's waking vector.
pub const S3_RESUME: u8 = 0xe0;
pub const S3_BOOT_SCRIPT: u8 = 0xe1;
pub const S3_OS_WAKE: u8 = 0xe3;
pub const S3_RESUME_FAILED: u8 = 0xe8;
pub const S3_BOOT_SCRIPT_ERROR: u8 = 0xea;
pub const S3_OS_WAKE_ERROR: u8 = 0xeb;
/// Memory not installed (PEI); architectural protocols not available (DXE).
pub const NO_MEMORY: u8 = 0x55;
pub const NO_ARCH_PROTOCOL: u8 = 0xd3;

pub fn post(code: u8) {
    out8(0x80, code);
    crate::record::write(&crate::record::Post { code });
}
