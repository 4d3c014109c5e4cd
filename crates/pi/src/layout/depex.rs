//! DEPEX opcodes: PI 1.8 Vol. 2, 10.7 "Dependency Expression Instruction Set".

/// A file's GUID follows.
pub const BEFORE: u8 = 0x00;
/// A file's GUID follows.
pub const AFTER: u8 = 0x01;
/// A protocol's or PPI's GUID follows.
pub const PUSH: u8 = 0x02;
pub const AND: u8 = 0x03;
pub const OR: u8 = 0x04;
pub const NOT: u8 = 0x05;
pub const TRUE: u8 = 0x06;
pub const FALSE: u8 = 0x07;
pub const END: u8 = 0x08;
pub const SOR: u8 = 0x09;
/// EDK II's `EFI_DEP_REPLACE_TRUE`: overwrites, in memory, a PUSH whose protocol was found.
pub const REPLACE_TRUE: u8 = 0xff;
