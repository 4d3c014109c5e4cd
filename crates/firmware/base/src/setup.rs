//! The variable SetupData: what Setup's forms show, byte by byte, and how to read it.

use crate::variable::PLATFORM;
use crate::{Guid, Status, dxe, efi};

/// `setup_data[BOOT_TIMEOUT]` and so on.
pub const SIZE: usize = 16;
pub const BOOT_TIMEOUT: usize = 0;
pub const USB_POLICY: usize = 1;
pub const NETWORK_STACK: usize = 2;

/// `EFI_OS_INDICATIONS_BOOT_TO_FW_UI`
pub const BOOT_TO_FW_UI: u64 = 1;
/// Commands for Setup, one a line; without it, they come from COM1.
pub const SCRIPT: &str = "opt/org.smmlab/setup";

/// Setup as BDS starts it.
#[repr(C)]
pub struct Setup {
    /// The values that hold when nothing has been saved.
    pub defaults: [u8; SIZE],
    pub enter: extern "efiapi" fn(this: *const Setup) -> Status,
}

pub const SETUP_DATA: &[u16] = &utf16::<10>("SetupData");
pub const OS_INDICATIONS: &[u16] = &utf16::<14>("OsIndications");
pub const OS_INDICATIONS_SUPPORTED: &[u16] = &utf16::<23>("OsIndicationsSupported");

/// With the NUL.
pub const fn utf16<const N: usize>(text: &str) -> [u16; N] {
    let text = text.as_bytes();
    assert!(text.len() + 1 == N, "the NUL needs room");
    let (mut name, mut nth) = ([0; N], 0);
    while nth < text.len() {
        name[nth] = text[nth] as u16;
        nth += 1;
    }
    name
}

fn services() -> &'static efi::RuntimeServices {
    // SAFETY: the core's table.
    unsafe { &*dxe::system_table().runtime_services }
}

/// A variable into `data`; how much of it there is.
pub fn get(name: &[u16], vendor: Guid, data: &mut [u8]) -> Result<usize, Status> {
    let (mut vendor, mut size) = (vendor, data.len());
    let (name, vendor, data) = (name.as_ptr().cast_mut(), (&raw mut vendor).cast(), data.as_mut_ptr().cast());
    // SAFETY: the service's types.
    let status = unsafe { (services().get_variable)(name, vendor, core::ptr::null_mut(), &mut size, data) };
    crate::check(status).map(|()| size)
}

pub fn set(name: &[u16], vendor: Guid, attributes: u32, data: &[u8]) -> Result<(), Status> {
    let mut vendor = vendor;
    let (name, vendor, bytes) = (name.as_ptr().cast_mut(), (&raw mut vendor).cast(), data.as_ptr().cast_mut().cast());
    // SAFETY: the service's types.
    crate::check(unsafe { (services().set_variable)(name, vendor, attributes, data.len(), bytes) })
}

/// What was saved.
pub fn saved() -> Result<[u8; SIZE], Status> {
    let mut data = [0; SIZE];
    match get(SETUP_DATA, PLATFORM, &mut data)? {
        SIZE => Ok(data),
        _ => Err(Status::BAD_BUFFER_SIZE),
    }
}
