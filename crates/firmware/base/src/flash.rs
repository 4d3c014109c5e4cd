//! `EFI_SMM_FIRMWARE_VOLUME_BLOCK_PROTOCOL`: PI 1.8 Vol. 3, "Firmware Volume Block Protocol"; and
//! EDK II's `EFI_SMM_FAULT_TOLERANT_WRITE_PROTOCOL`.

use crate::nvram::BLOCK;
use crate::{Guid, Handle, Status, check};
use core::ffi::c_void;

type Access =
    extern "efiapi" fn(this: *const Fvb, lba: u64, offset: usize, size: *mut usize, buffer: *mut u8) -> Status;

#[repr(C)]
pub struct Fvb {
    pub get_attributes: extern "efiapi" fn(this: *const Fvb, attributes: *mut u32) -> Status,
    pub set_attributes: extern "efiapi" fn(this: *const Fvb, attributes: *mut u32) -> Status,
    pub get_physical_address: extern "efiapi" fn(this: *const Fvb, address: *mut u64) -> Status,
    /// Of the block, and how many such follow, itself included.
    pub get_block_size: extern "efiapi" fn(this: *const Fvb, lba: u64, size: *mut usize, count: *mut usize) -> Status,
    pub read: Access,
    /// Within one block.
    pub write: Access,
    /// The specification's list of ranges has one here: first block, number of blocks, its end.
    pub erase_blocks: extern "efiapi" fn(this: *const Fvb, first: u64, count: usize, end: u64) -> Status,
    pub parent_handle: Handle,
}

/// `EFI_LBA_LIST_TERMINATOR`
pub const LIST_END: u64 = u64::MAX;

impl Fvb {
    /// Where its first block is mapped.
    pub fn address(&self) -> u64 {
        let mut address = 0;
        // It fails for want of a variable only.
        let _ = (self.get_physical_address)(self, &mut address);
        address
    }

    /// Clears the bits that are 0 in `bytes`, from `offset` of the volume on.
    pub fn program(&self, offset: usize, bytes: &[u8]) -> Result<(), Status> {
        let (mut offset, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.len().min(BLOCK - offset % BLOCK));
            let mut size = piece.len();
            check((self.write)(self, (offset / BLOCK) as u64, offset % BLOCK, &mut size, piece.as_ptr().cast_mut()))?;
            (offset, rest) = (offset + piece.len(), behind);
        }
        Ok(())
    }

    /// Whole blocks.
    pub fn erase(&self, offset: usize, size: usize) -> Result<(), Status> {
        check((self.erase_blocks)(self, (offset / BLOCK) as u64, size / BLOCK, LIST_END))
    }
}

#[repr(C)]
pub struct Ftw {
    pub get_max_block_size: extern "efiapi" fn(this: *const Ftw, size: *mut usize) -> Status,
    pub allocate:
        extern "efiapi" fn(this: *const Ftw, caller: *const Guid, private_size: usize, writes: usize) -> Status,
    /// Into the volume NVRAM; no private data.
    pub write: extern "efiapi" fn(
        this: *const Ftw,
        lba: u64,
        offset: usize,
        length: usize,
        private: *const c_void,
        volume: Handle,
        buffer: *const u8,
    ) -> Status,
    pub restart: extern "efiapi" fn(this: *const Ftw, volume: Handle) -> Status,
    pub abort: extern "efiapi" fn(this: *const Ftw) -> Status,
    pub get_last_write: usize,
}
