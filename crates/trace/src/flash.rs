//! What the serial flash does, and who can refuse it, by the names of its data sheets.

use serde::{Deserialize, Serialize};

/// A command that the part carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FlashWork {
    Read,
    /// Page program: bits go from 1 to 0.
    Program,
    Erase,
    /// Write status register: the block-protect bits.
    Status,
    /// A register of the controller, which a lock holds; `at` is its offset from SPIBAR.
    Register,
}

/// Who refuses, each by itself (Intel ICH9 datasheet 316972, "Serial Peripheral Interface (SPI)" and
/// "BIOS_CNTL"; the part's own bits: JEDEC JESD216).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FlashGuard {
    /// PR0 to PR4: the range holds the place, and WPE (or RPE) is set.
    ProtectedRange(u8),
    /// The descriptor gives the BIOS master no right to this region: 0 to 4, FREG and FRAP.
    Region(u8),
    /// No region of the descriptor holds the place.
    NoRegion,
    /// BIOS_CNTL.BIOSWE is 0.
    Bioswe,
    /// BIOS_CNTL.SMM_BWP is 1, and not all processors are in SMM.
    SmmBwp,
    /// Below BBAR, by software sequencing.
    Bbar,
    /// HSFS.FDV is 0: hardware sequencing has no descriptor to go by.
    NoDescriptor,
    /// A cycle is in progress (SCIP), or the part is busy (WIP).
    Busy,
    /// The part's block-protect bits, BP2:0 and TB.
    BlockProtect,
    /// The part's write enable latch, WEL, is 0.
    Wel,
    /// HSFS.FLOCKDN is 1.
    Flockdn,
    /// LVSCC.VCL is 1.
    Vcl,
}

impl FlashGuard {
    /// The bit, and the value by which it refuses.
    pub fn bit(self) -> (String, u8) {
        let bit = |name: &str| name.to_owned();
        match self {
            FlashGuard::ProtectedRange(n) => (format!("PR{n}.WPE"), 1),
            FlashGuard::Region(n) => (format!("FRAP.BRWA[{n}]"), 0),
            FlashGuard::NoRegion => (bit("FREG"), 0),
            FlashGuard::Bioswe => (bit("BIOS_CNTL.BIOSWE"), 0),
            FlashGuard::SmmBwp => (bit("BIOS_CNTL.SMM_BWP"), 1),
            FlashGuard::Bbar => (bit("BBAR"), 1),
            FlashGuard::NoDescriptor => (bit("HSFS.FDV"), 0),
            FlashGuard::Busy => (bit("HSFS.SCIP"), 1),
            FlashGuard::BlockProtect => (bit("BP2:0"), 1),
            FlashGuard::Wel => (bit("WEL"), 0),
            FlashGuard::Flockdn => (bit("HSFS.FLOCKDN"), 1),
            FlashGuard::Vcl => (bit("LVSCC.VCL"), 1),
        }
    }
}
