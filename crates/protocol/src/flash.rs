//! The serial flash at one moment, and what came of a power cut.

use crate::{Chronicle, Moment};
use serde::{Deserialize, Serialize};
use trace::FlashGuard;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashView {
    /// Machine time.
    pub time: u64,
    /// Bytes of the part; the last one is mapped at FFFFFFFFh.
    pub size: u32,
    /// Where in the part the memory window begins.
    pub window: u32,
    /// The part's status register: BP2:0 in bits 4:2, TB in bit 5.
    pub status: u8,
    /// Firmware volumes: offset in the part, size, GUID of the file system.
    pub volumes: Vec<(u32, u32, [u8; 16])>,
    /// How the part is protected, from its first byte on.
    pub stretches: Vec<Stretch>,
    /// The volume that holds variables, and where it begins in the part.
    pub nvram: Option<(u32, Vec<u8>)>,
}

/// Neighbouring 4 KiB blocks that the same guards protect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Offset in the part.
    pub from: u32,
    pub len: u32,
    /// Who refuses writes of the OS, with BIOSWE as it stands.
    pub os: Vec<FlashGuard>,
    /// Who refuses writes from SMM when it has set BIOSWE.
    pub smm: Vec<FlashGuard>,
}

/// When the plug is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutAt {
    /// Which program, erase or status write of the command, from 1.
    pub operation: u32,
    /// How far it has come, in 256ths.
    pub done: u8,
}

/// A command, a power cut while it is at work, and the boot that follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// When it came. `None`: the command has fewer operations, and power stayed.
    pub time: Option<u64>,
    /// From the command on.
    pub chronicle: Chronicle,
    pub home: Moment,
}
