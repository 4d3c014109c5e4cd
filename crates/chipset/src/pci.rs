//! PCI configuration space: the port mechanism (CF8h, CFCh), the memory window (PCIEXBAR), and which
//! functions there are.
//!
//! Source: PCI Local Bus Specification 3.0, "Configuration Mechanism #1"; PCI Express Base
//! Specification, "Enhanced Configuration Access Mechanism". Two functions exist: 00:00.0 and
//! 00:1f.0; on board `ich9` 00:1d.0 too. All others, and offsets beyond 256 bytes, read as all ones.

use crate::{Chipset, Cx, Silicon};
use bitfield_struct::bitfield;

/// CONFIG_ADDRESS, port CF8h, double words only.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct ConfigAddress {
    /// Bits 1:0 are stored; silicon ignores them, QEMU adds them to the port's.
    pub register: u8,
    /// Device and function.
    pub devfn: u8,
    pub bus: u8,
    #[bits(7)]
    __: u8,
    pub enable: bool,
}

const MCH: u8 = 0x00;
const LPC: u8 = 0x1f << 3;
const UHCI: u8 = 0x1d << 3;

fn ones(size: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(size.clamp(1, 8)))
}

impl Chipset {
    fn function_read(&self, bus: u8, devfn: u8, offset: u16, size: u8) -> u64 {
        let inside = offset + u16::from(size) <= 256;
        match (bus, devfn) {
            (0, MCH) if inside => self.mch.config_read(offset, size),
            (0, LPC) if inside => self.lpc.config_read(offset, size),
            (0, UHCI) if inside && self.silicon == Silicon::Ich9 => self.uhci.config_read(offset, size),
            _ => ones(size),
        }
    }

    fn function_write(&mut self, cx: &mut Cx, (bus, devfn): (u8, u8), offset: u16, size: u8, value: u64) {
        if offset + u16::from(size) > 256 {
            return;
        }
        match (bus, devfn) {
            (0, MCH) => {
                let before = self.memory_map();
                self.mch.config_write(cx, offset, size, value);
                self.bump_epoch_if(before != self.memory_map());
            }
            (0, LPC) => {
                let opened = self.lpc.config_write(cx, offset, size, value);
                if opened {
                    self.pm.bios_write_enabled(cx);
                }
            }
            (0, UHCI) if self.silicon == Silicon::Ich9 => self.uhci.config_write(cx, offset, size, value),
            _ => {}
        }
    }

    /// The register that an access to port CFCh + `lane` means.
    fn config_offset(&self, lane: u8) -> u16 {
        let register = self.config_address.register();
        u16::from(match self.silicon {
            Silicon::Ich9 => register & 0xfc | lane,
            Silicon::Qemu => register | lane,
        })
    }

    /// Ports CFCh to CFFh; `lane` is the port's low two bits.
    pub(crate) fn config_data_read(&self, lane: u8, size: u8) -> u32 {
        let (at, offset) = (self.config_address, self.config_offset(lane));
        match at.enable() {
            true => self.function_read(at.bus(), at.devfn(), offset, size) as u32,
            false => ones(size) as u32,
        }
    }

    pub(crate) fn config_data_write(&mut self, cx: &mut Cx, lane: u8, size: u8, value: u32) {
        let (at, offset) = (self.config_address, self.config_offset(lane));
        if at.enable() {
            self.function_write(cx, (at.bus(), at.devfn()), offset, size, value.into());
        }
    }

    /// `offset` from PCIEXBAR: bus, device and function in steps of 4 KiB.
    pub(crate) fn ecam_read(&self, offset: u64, size: u8) -> u64 {
        self.function_read((offset >> 20) as u8, (offset >> 12) as u8, offset as u16 & 0xfff, size)
    }

    pub(crate) fn ecam_write(&mut self, cx: &mut Cx, offset: u64, size: u8, value: u64) {
        let function = ((offset >> 20) as u8, (offset >> 12) as u8);
        self.function_write(cx, function, offset as u16 & 0xfff, size, value);
    }
}
