//! What stands where in flash: structures and constants, no behaviour. Multi-byte fields are
//! little-endian and unaligned.

pub mod depex;
pub mod ffs;
pub mod ftw;
pub mod fv;
pub mod section;
pub mod variable;
