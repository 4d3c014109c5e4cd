//! The chipset configuration registers behind RCBA, 16 KiB of memory space.
//!
//! Source: Intel ICH9 datasheet 316972, "Chipset Configuration Registers". Registers of the table act;
//! I/O traps stand in `io_trap.rs`, the SPI controller in `spi.rs`. All others keep what is written,
//! as all of them do on board `qemu`. HPET and device disable are not modelled.

use crate::io_trap::{self, IoTrap};
use crate::pages::Pages;
use crate::regs::{Lock, Reg, RegBlock, Since};
use crate::{Cx, Silicon};
use bitfield_struct::bitfield;
use trace::ChipReg;

pub const LEN: u64 = 16 << 10;
/// SPIBAR: where the SPI controller's registers begin.
pub const SPI: u64 = 0x3800;
const GCS: usize = 0x3410;
pub const GENERAL: u64 = 0x3400;
const CIR0: usize = 0x50;

mod at {
    pub const RC: u16 = 0x00;
    pub const GCS: u16 = 0x10;
    pub const BUC: u16 = 0x14;
}

/// GCS, General Control and Status, offset 3410h.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Gcs {
    /// BILD: set once; boot straps and top swap are read only from then on.
    pub bild: bool,
    #[bits(4)]
    __: u8,
    /// NO_REBOOT (NR): the TCO timer's second time-out does not reset. The SPKR strap holds it at 1; where the
    /// strap is low, software sets it. QEMU has it out of reset whatever the strap says.
    pub no_reboot: bool,
    #[bits(4)]
    __: u8,
    /// BBS, Boot BIOS Straps: 3 LPC, 2 PCI, 1 SPI.
    #[bits(2)]
    pub bbs: u8,
    #[bits(20)]
    __: u32,
}

/// RC, Lower and Upper 128 Byte Lock: CMOS bytes 38h to 3Fh of that bank can't be reached.
const RC_LL: u64 = 1 << 3;
const RC_UL: u64 = 1 << 4;

const DOC: &str = "ICH9 316972, Chipset Configuration Registers";

/// Offsets from RCBA+3400h.
pub const TABLE: &[Reg] = &[
    Reg::new(at::RC, 4, "RC", DOC).rw(0x04).once(RC_LL | RC_UL),
    Reg::new(0x04, 4, "HPTC", DOC).rw(0x83),
    Reg::hole(0x08, 8),
    Reg::new(at::GCS, 4, "GCS", DOC)
        .reset(0x0000_0400)
        .rw(0x0000_0e74)
        .once(1)
        .locks(&[(Lock::Bild, 0x0c00), (Lock::Spkr, 0x20)])
        .traced(ChipReg::Gcs),
    Reg::new(at::BUC, 1, "BUC", DOC).rw(0xa1).locks(&[(Lock::Bild, 0x01)]),
    Reg::hole(0x15, 3),
    Reg::new(0x18, 4, "FD", DOC).rw(0x03ff_07ff).since(Since::Ich9),
    Reg::hole(0x1c, 4),
];

/// ICH9 316972, "Functional Straps".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Straps {
    /// GNT3#: BUC.TS is held at 1.
    pub top_swap: bool,
    /// SPKR: GCS.NO_REBOOT is held at 1.
    pub no_reboot: bool,
}

#[derive(Clone, Hash)]
pub struct ChipConfig {
    silicon: Silicon,
    bytes: Pages,
    general: RegBlock<0x20>,
    straps: Straps,
    pub(crate) trap: IoTrap,
}

impl ChipConfig {
    pub fn new(silicon: Silicon, straps: Straps) -> Self {
        let mut bytes = Pages::filled(LEN as usize, 0);
        // D31IR..D25IR: interrupt routes of the device functions, datasheet defaults.
        for (offset, value) in
            [(0x3140, 0x3210), (0x3144, 0x3210_3210), (0x3148, 0x3210), (0x314c, 0x3210), (0x3150, 0x3210)]
        {
            bytes.write_value(offset, 4, value);
        }
        let gcs = Gcs::new().with_no_reboot(true);
        bytes.write_value(GCS, 4, gcs.into_bits().into());
        let general = RegBlock::new(TABLE, silicon);
        let mut config = ChipConfig { silicon, bytes, general, straps, trap: IoTrap::new() };
        config.hold_straps();
        config
    }

    fn hold_straps(&mut self) {
        if self.straps.top_swap {
            self.general.put(at::BUC, 1, self.general.get(at::BUC, 1) | 1);
        }
        if self.straps.no_reboot {
            self.general.put(at::GCS, 4, u64::from(self.gcs_register().with_no_reboot(true).into_bits()));
        }
    }

    fn gcs_register(&self) -> Gcs {
        Gcs::from_bits(self.general.get(at::GCS, 4) as u32)
    }

    pub fn holds(&self, lock: Lock) -> bool {
        match lock {
            Lock::Bild => self.gcs().bild(),
            Lock::Spkr => self.straps.no_reboot,
            _ => false,
        }
    }

    /// BUC.TS lies in the RTC well.
    pub fn reset(&mut self) {
        let buc = self.general.get(at::BUC, 1);
        *self = ChipConfig::new(self.silicon, self.straps);
        self.general.put(at::BUC, 1, buc);
    }

    pub fn gcs(&self) -> Gcs {
        match self.silicon {
            Silicon::Ich9 => self.gcs_register(),
            Silicon::Qemu => Gcs::from_bits(self.bytes.read_value(GCS, 4) as u32),
        }
    }

    /// The TCO timer's second time-out doesn't reset. QEMU's strap counts beside the bit.
    pub fn no_reboot(&self) -> bool {
        self.straps.no_reboot || self.gcs().no_reboot()
    }

    /// RC.LL: bytes 38h to 3Fh of the CMOS memory's lower bank are locked.
    pub fn rtc_locked(&self) -> bool {
        self.silicon == Silicon::Ich9 && self.general.get(at::RC, 4) & RC_LL != 0
    }

    /// BUC.TS: the upper two 64 KiB blocks of the flash change places.
    pub fn top_swap(&self) -> bool {
        self.silicon == Silicon::Ich9 && self.general.get(at::BUC, 1) & 1 != 0
    }

    fn in_block(offset: u64, size: u8, base: u64, len: u64) -> Option<u16> {
        let inside = offset.checked_sub(base)?;
        (inside + u64::from(size) <= len).then_some(inside as u16)
    }

    pub fn read(&self, offset: u64, size: u8) -> u64 {
        if self.silicon == Silicon::Ich9 {
            if let Some(at) = Self::in_block(offset, size, GENERAL, 0x20) {
                return self.general.get(at, size);
            }
            if let Some(at) = Self::in_block(offset, size, io_trap::BASE, io_trap::LEN) {
                return self.trap.read(at, size);
            }
        }
        let mut out = [0; 8];
        let len = usize::from(size.min(8));
        self.bytes.read(offset as usize, &mut out[..len]);
        u64::from_le_bytes(out)
    }

    pub fn write(&mut self, cx: &mut Cx, offset: u64, size: u8, value: u64) {
        if self.silicon == Silicon::Ich9 {
            if let Some(at) = Self::in_block(offset, size, GENERAL, 0x20) {
                let (before, this) = (self.general.clone(), self.clone());
                self.general.write(TABLE, at, size, value, |reg| reg.access(|lock| this.holds(lock)));
                self.hold_straps();
                return self.general.trace_changes(cx, TABLE, &before);
            }
            if let Some(at) = Self::in_block(offset, size, io_trap::BASE, io_trap::LEN) {
                return self.trap.write(cx, at, size, value);
            }
        }
        // TCLOCKDN, bit 31 of 0050h, is set once.
        let held = (self.bytes.read_value(CIR0, 4) & 0x8000_0000) as u32;
        for (i, byte) in value.to_le_bytes().into_iter().take(size.into()).enumerate() {
            let at = offset as usize + i;
            if at < self.bytes.len() {
                self.bytes.write_value(at, 1, byte.into());
            }
        }
        if self.silicon == Silicon::Ich9 {
            self.bytes.write_value(CIR0, 4, self.bytes.read_value(CIR0, 4) | u64::from(held));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::Silent;

    const HIGH: Straps = Straps { top_swap: false, no_reboot: true };
    const LOW: Straps = Straps { top_swap: false, no_reboot: false };

    fn write(config: &mut ChipConfig, offset: u64, size: u8, value: u64) {
        config.write(&mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut Silent }, offset, size, value);
    }

    #[test]
    fn the_table_accounts_for_its_block() {
        crate::regs::check::table_is_gapless(TABLE, 0x20);
    }

    #[test]
    fn the_strap_holds_no_reboot_and_software_sets_it_where_the_strap_is_low() {
        for (silicon, strap, out_of_reset, cleared, counts) in [
            (Silicon::Ich9, HIGH, true, true, true),
            (Silicon::Ich9, LOW, false, false, false),
            (Silicon::Qemu, HIGH, true, false, true),
            (Silicon::Qemu, LOW, true, false, false),
        ] {
            let mut config = ChipConfig::new(silicon, strap);
            assert_eq!(config.gcs().no_reboot(), out_of_reset, "{silicon:?} {strap:?}");
            write(&mut config, 0x3410, 4, 0x400);
            assert_eq!((config.gcs().no_reboot(), config.no_reboot()), (cleared, counts), "{silicon:?} {strap:?}");
            write(&mut config, 0x3410, 4, 0x420);
            assert!(config.no_reboot());
        }
    }

    #[test]
    fn registers_keep_what_is_written_until_reset() {
        let mut config = ChipConfig::new(Silicon::Qemu, HIGH);
        write(&mut config, 0x3410, 4, 0);
        write(&mut config, 0x3ffe, 8, u64::MAX);
        assert!(!config.gcs().no_reboot());
        assert_eq!(config.read(0x3ffc, 4), 0xffff_0000);
        config.reset();
        assert_eq!(config.read(0x3410, 4), 0x20);
        assert_eq!(config.read(0x3144, 8), 0x0000_3210_3210_3210);
    }

    #[test]
    fn the_top_swap_strap_holds_its_bit() {
        let mut config = ChipConfig::new(Silicon::Ich9, Straps { top_swap: true, ..HIGH });
        assert_eq!((config.read(0x3414, 1), config.top_swap()), (1, true));
        write(&mut config, 0x3414, 1, 0);
        assert!(config.top_swap());
        config.reset();
        assert!(config.top_swap());
    }

    #[test]
    fn bild_freezes_boot_straps_and_top_swap_and_tclockdn_stays() {
        let mut config = ChipConfig::new(Silicon::Ich9, HIGH);
        write(&mut config, 0x3414, 1, 1);
        assert!(config.top_swap());
        write(&mut config, 0x3410, 4, 0x0421);
        write(&mut config, 0x3410, 4, 0x0c20);
        write(&mut config, 0x3414, 1, 0);
        assert_eq!(config.read(0x3410, 4), 0x0421);
        assert!(config.top_swap());
        write(&mut config, 0x50, 4, 0x8000_0001);
        write(&mut config, 0x50, 4, 0x10);
        assert_eq!(config.read(0x50, 4), 0x8000_0010);
        config.reset();
        assert_eq!((config.read(0x3410, 4), config.read(0x50, 4), config.top_swap()), (0x0420, 0, true));
    }
}
