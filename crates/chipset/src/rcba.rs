//! The chipset configuration registers behind RCBA, 16 KiB of memory space.
//!
//! Source: Intel ICH9 datasheet 316972, "Chipset Configuration Registers". All of it keeps what is
//! written; only GCS.NO_REBOOT has an effect (on the TCO timer). SPI, HPET and device disable are
//! not modelled.

use crate::Silicon;
use crate::pages::Pages;
use bitfield_struct::bitfield;

pub const LEN: u64 = 16 << 10;
const GCS: usize = 0x3410;

/// GCS, General Control and Status, offset 3410h.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Gcs {
    #[bits(5)]
    __: u8,
    /// NO_REBOOT (NR): the TCO timer's second time-out does not reset. Sampled from the SPKR strap,
    /// which both boards pull up, as desktop boards do: firmware that leaves the watchdog running
    /// isn't rebooted by it.
    pub no_reboot: bool,
    #[bits(26)]
    __: u32,
}

#[derive(Clone, Hash)]
pub struct ChipConfig {
    silicon: Silicon,
    bytes: Pages,
}

impl ChipConfig {
    pub fn new(silicon: Silicon) -> Self {
        let mut bytes = Pages::filled(LEN as usize, 0);
        // D31IR..D25IR: interrupt routes of the device functions, datasheet defaults.
        for (offset, value) in
            [(0x3140, 0x3210), (0x3144, 0x3210_3210), (0x3148, 0x3210), (0x314c, 0x3210), (0x3150, 0x3210)]
        {
            bytes.write_value(offset, 4, value);
        }
        let gcs = Gcs::new().with_no_reboot(true);
        bytes.write_value(GCS, 4, gcs.into_bits().into());
        ChipConfig { silicon, bytes }
    }

    pub fn reset(&mut self) {
        *self = ChipConfig::new(self.silicon);
    }

    pub fn no_reboot(&self) -> bool {
        Gcs::from_bits(self.bytes.read_value(GCS, 4) as u32).no_reboot()
    }

    pub fn read(&self, offset: u64, size: u8) -> u64 {
        let mut out = [0; 8];
        let len = usize::from(size.min(8));
        self.bytes.read(offset as usize, &mut out[..len]);
        u64::from_le_bytes(out)
    }

    pub fn write(&mut self, offset: u64, size: u8, value: u64) {
        for (i, byte) in value.to_le_bytes().into_iter().take(size.into()).enumerate() {
            let at = offset as usize + i;
            if at < self.bytes.len() {
                self.bytes.write_value(at, 1, byte.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reboot_is_strapped_on_both_boards() {
        assert!(ChipConfig::new(Silicon::Qemu).no_reboot());
        assert!(ChipConfig::new(Silicon::Ich9).no_reboot());
    }

    #[test]
    fn registers_keep_what_is_written_until_reset() {
        let mut config = ChipConfig::new(Silicon::Qemu);
        config.write(0x3410, 4, 0);
        config.write(0x3ffe, 8, u64::MAX);
        assert!(!config.no_reboot());
        assert_eq!(config.read(0x3ffc, 4), 0xffff_0000);
        config.reset();
        assert_eq!(config.read(0x3410, 4), 0x20);
        assert_eq!(config.read(0x3144, 8), 0x0000_3210_3210_3210);
    }
}
