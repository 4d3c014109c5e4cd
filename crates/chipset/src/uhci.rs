//! The first UHCI controller's function D29:F0, as far as firmware that makes a USB keyboard look like a PS/2
//! one needs it: its configuration space, and the trap of ports 60h and 64h.
//!
//! Source: Intel ICH9 datasheet 316972, "UHCI Controllers Registers", "USB_LEGKEY". The controller itself,
//! its ports and its interrupt are not modelled; neither is the A20GATE pass-through sequence, so that
//! SMIBYENDPS and PSTATE stay 0. A trapped cycle goes on to where it was going.

use crate::regs::{Reg, RegBlock};
use crate::{Cx, Silicon};
use bitfield_struct::bitfield;
use trace::ChipReg;

/// USB_LEGKEY, USB Legacy Keyboard/Mouse Control, offset C0h. A trap's status is set whether or not it is
/// enabled.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct UsbLegkey {
    /// 60REN, 60WEN, 64REN, 64WEN.
    #[bits(4)]
    pub enables: u8,
    pub usbsmien: bool,
    pub a20passen: bool,
    pub pstate: bool,
    pub smiatendps: bool,
    /// TRAPBY60R, TRAPBY60W, TRAPBY64R, TRAPBY64W.
    #[bits(4)]
    pub traps: u8,
    pub smibyusb: bool,
    pub usbpirqen: bool,
    #[bits(1)]
    __: u8,
    pub smibyendps: bool,
}

mod at {
    pub const USB_LEGKEY: u16 = 0xc0;
}

const DOC: &str = "ICH9 316972, UHCI Controllers Registers (D29:F0)";

pub const TABLE: &[Reg] = &[
    Reg::new(0x00, 2, "VID", DOC).reset(0x8086),
    Reg::new(0x02, 2, "DID", DOC).reset(0x2934),
    Reg::new(0x04, 2, "PCICMD", DOC).rw(0x0405),
    Reg::new(0x06, 2, "PCISTS", DOC).reset(0x0280).w1c(0x2800),
    Reg::new(0x08, 1, "RID", DOC).reset(0x02),
    Reg::new(0x09, 3, "CC", DOC).reset(0x0c_0300),
    Reg::hole(0x0c, 0x14),
    Reg::new(0x20, 4, "BASE", DOC).reset(0x0000_0001).rw(0xffe0),
    Reg::hole(0x24, 8),
    Reg::new(0x2c, 4, "SS", DOC),
    Reg::hole(0x30, 0x0c),
    Reg::new(0x3c, 1, "INT_LN", DOC).rw(0xff),
    Reg::hole(0x3d, 0x23),
    Reg::new(0x60, 1, "USB_RELNUM", DOC).reset(0x10),
    Reg::hole(0x61, 0x5f),
    Reg::new(at::USB_LEGKEY, 2, "USB_LEGKEY", DOC).reset(0x2000).rw(0x20bf).w1c(0x8f00).traced(ChipReg::UsbLegkey),
    Reg::hole(0xc2, 0x3e),
];

#[derive(Clone, Hash)]
pub struct Uhci {
    regs: RegBlock<256>,
}

impl Uhci {
    pub fn new() -> Self {
        Uhci { regs: RegBlock::new(TABLE, Silicon::Ich9) }
    }

    pub fn config_read(&self, offset: u16, size: u8) -> u64 {
        self.regs.get(offset, size)
    }

    pub fn config_write(&mut self, cx: &mut Cx, offset: u16, size: u8, value: u64) {
        let before = self.regs.clone();
        self.regs.write(TABLE, offset, size, value, |reg| reg.access(|_| false));
        self.regs.trace_changes(cx, TABLE, &before);
    }

    /// A cycle on the bus: is it one of the keyboard controller's?
    pub fn watch(&mut self, cx: &mut Cx, port: u16, size: u8, written: bool) {
        let touches = |of: u16| (port..port.saturating_add(size.into())).contains(&of);
        let traps = u16::from(touches(0x60)) | u16::from(touches(0x64)) << 2;
        if traps != 0 {
            let before = self.regs.clone();
            self.regs.set(at::USB_LEGKEY, 2, u64::from(traps << u16::from(written)) << 8);
            self.regs.trace_changes(cx, TABLE, &before);
        }
    }

    /// SMI_STS.LEGACY_USB_STS: "a logical OR of each of the SMI status bits … ANDed with the corresponding
    /// enable bits" (316972, SMI_STS).
    pub fn smi(&self) -> bool {
        let legkey = UsbLegkey::from_bits(self.regs.get(at::USB_LEGKEY, 2) as u16);
        legkey.traps() & legkey.enables() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_accounts_for_every_byte_of_the_configuration_space() {
        crate::regs::check::table_is_gapless(TABLE, 256);
    }

    #[test]
    fn each_direction_of_each_port_has_its_own_trap() {
        for (port, size, written, traps) in
            [(0x60u16, 1, false, 1u8), (0x60, 1, true, 2), (0x64, 1, false, 4), (0x64, 1, true, 8), (0x63, 2, true, 8)]
        {
            for (enables, smi) in [(traps, true), (!traps & 0xf, false)] {
                let mut uhci = Uhci::new();
                let cx = &mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut trace::Silent };
                uhci.config_write(cx, at::USB_LEGKEY, 2, u64::from(enables));
                uhci.watch(cx, 0x61, 1, written);
                assert!(!uhci.smi());
                uhci.watch(cx, port, size, written);
                assert_eq!((uhci.config_read(0xc1, 1), uhci.smi()), (traps.into(), smi), "{port:x} {written}");
                uhci.config_write(cx, 0xc1, 1, u64::from(traps));
                assert!(!uhci.smi());
            }
        }
    }
}
