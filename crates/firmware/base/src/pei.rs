//! PEI: services and PPIs. PI 1.8 Vol. 1, "PEI Services Table"; here are those that our PEIMs use,
//! and the structure is our own, smaller one: a PEIM is not binary compatible with other firmware.

use crate::hob::{Handoff, Header};
use crate::{Guid, Status};
use core::ffi::c_void;

/// Installed PPIs are never moved: they lie in flash or in permanent memory.
#[repr(C)]
pub struct Services {
    pub install_ppi: extern "efiapi" fn(this: *mut Services, guid: &'static Guid, ppi: *const c_void) -> Status,
    pub locate_ppi: extern "efiapi" fn(this: *mut Services, guid: &Guid, ppi: *mut *const c_void) -> Status,
    /// Address of the HOB list.
    pub hob_list: extern "efiapi" fn(this: *mut Services) -> u64,
    /// A HOB of this length at the end of the list, its header filled in.
    pub create_hob: extern "efiapi" fn(this: *mut Services, kind: u16, length: u16, hob: *mut *mut Header) -> Status,
    /// From here on HOBs and pages lie in this memory.
    pub install_memory: extern "efiapi" fn(this: *mut Services, start: u64, length: u64) -> Status,
    /// Pages of permanent memory, recorded in a memory allocation HOB.
    pub allocate_pages: extern "efiapi" fn(this: *mut Services, kind: u32, pages: usize, memory: *mut u64) -> Status,
}

impl Services {
    /// `EFI_BOOT_MODE`, in the hand-off block.
    pub fn boot_mode(&mut self) -> &mut u32 {
        // SAFETY: the list begins with it.
        unsafe { &mut (*((self.hob_list)(self) as *mut Handoff)).boot_mode }
    }

    /// A HOB with this content; the header of `value` is filled in.
    pub fn add_hob<T>(&mut self, kind: u16, value: T) -> Result<(), Status> {
        let mut hob = core::ptr::null_mut();
        crate::check((self.create_hob)(self, kind, size_of::<T>() as u16, &mut hob))?;
        // SAFETY: the core made room for a `T`, which begins with a `Header` that stays as it is.
        unsafe {
            let header = hob.read();
            hob.cast::<T>().write_unaligned(value);
            hob.write(header);
        }
        Ok(())
    }
}

/// A header for `Services::add_hob` to fill in.
pub const HEADER: Header = Header { kind: 0, length: 0, reserved: 0 };

/// `EFI_DXE_IPL_PPI`
#[repr(C)]
pub struct DxeIplPpi {
    pub entry: extern "efiapi" fn(services: *mut Services) -> Status,
}

pub type PeimEntry = extern "efiapi" fn(services: *mut Services) -> Status;

/// Defines the entry point of a PEIM: `peim_entry!(main)` with `fn main(&mut Services) -> Result<(), Status>`.
#[macro_export]
macro_rules! peim_entry {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "efiapi" fn efi_main(services: *mut $crate::pei::Services) -> $crate::Status {
            // SAFETY: the PEI core passes its table, and nothing else uses it meanwhile.
            $crate::status($main(unsafe { &mut *services }))
        }
    };
}
