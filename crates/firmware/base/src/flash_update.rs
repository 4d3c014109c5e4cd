//! What the OS asks FlashUpdateSmm for, by a software SMI.

pub const COMMAND: u8 = 0x60;
/// Bytes of data.
pub const MOST: usize = crate::nvram::BLOCK;

/// Its physical address is in RBX; the data follow.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Request {
    pub size: u32,
    pub reserved: u32,
}
