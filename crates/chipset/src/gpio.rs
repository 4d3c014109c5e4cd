//! The general-purpose pins: 64 ports at GPIOBASE.
//!
//! Source: Intel ICH9 datasheet 316972, "General Purpose I/O Registers (D31:F0)"; register places as
//! coreboot's and Linux's drivers have them. Pins 15:0 can raise SMI, SCI or NMI as inputs. On this
//! board nothing hangs on the other pins, and all lines are low until somebody pulls them up; so
//! defaults are those of a part whose pins 15:0 are GPIOs and inputs, the rest native.

use crate::Silicon;
use crate::regs::{Reg, RegBlock};

mod at {
    pub const USE_SEL: u16 = 0x00;
    pub const IO_SEL: u16 = 0x04;
    pub const LVL: u16 = 0x0c;
    pub const INV: u16 = 0x2c;
}

pub const PORTS: u16 = 64;
const DOC: &str = "ICH9 316972, General Purpose I/O Registers (D31:F0)";
const ALL: u64 = 0xffff_ffff;

pub const TABLE: &[Reg] = &[
    Reg::new(at::USE_SEL, 4, "GPIO_USE_SEL", DOC).reset(0xffff).rw(ALL),
    Reg::new(at::IO_SEL, 4, "GP_IO_SEL", DOC).reset(0xffff).rw(ALL),
    Reg::hole(0x08, 4),
    Reg::new(at::LVL, 4, "GP_LVL", DOC).rw(ALL),
    Reg::hole(0x10, 8),
    Reg::new(0x18, 4, "GPO_BLINK", DOC).reset(0x0004_0000).rw(ALL),
    Reg::hole(0x1c, 0x10),
    Reg::new(at::INV, 4, "GPI_INV", DOC).rw(ALL),
    Reg::new(0x30, 4, "GPIO_USE_SEL2", DOC).rw(ALL),
    Reg::new(0x34, 4, "GP_IO_SEL2", DOC).rw(ALL),
    Reg::new(0x38, 4, "GP_LVL2", DOC).rw(ALL),
    Reg::hole(0x3c, 4),
];

#[derive(Clone, Hash)]
pub struct Gpio {
    regs: RegBlock<64>,
    /// What hangs on pins 15:0 pulls them high.
    lines: u16,
}

impl Gpio {
    pub fn new() -> Self {
        Gpio { regs: RegBlock::new(TABLE, Silicon::Ich9), lines: 0 }
    }

    pub fn reset(&mut self) {
        *self = Gpio { lines: self.lines, ..Gpio::new() };
    }

    fn word(&self, at: u16) -> u16 {
        self.regs.get(at, 2) as u16
    }

    /// Pins that are GPIOs and inputs.
    fn inputs(&self) -> u16 {
        self.word(at::USE_SEL) & self.word(at::IO_SEL)
    }

    /// Inputs that are active: high, or low where GPI_INV says so.
    pub fn active(&self) -> u16 {
        (self.lines ^ self.word(at::INV)) & self.inputs()
    }

    pub fn drive(&mut self, pin: u8, high: bool) {
        if let Some(bit) = 1u16.checked_shl(pin.into()) {
            self.lines = if high { self.lines | bit } else { self.lines & !bit };
        }
    }

    pub fn read(&self, offset: u16, size: u8) -> u32 {
        let mut view = self.regs.clone();
        // An input reads its pin, an output what was written.
        let level = self.lines & self.inputs() | self.word(at::LVL) & !self.inputs();
        view.put(at::LVL, 2, level.into());
        view.get(offset, size) as u32
    }

    pub fn write(&mut self, offset: u16, size: u8, value: u32) {
        self.regs.write(TABLE, offset, size, value.into(), |reg| reg.access(|_| false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(gpio: &mut Gpio, at: u16, value: u32) {
        gpio.write(at, 4, value);
    }

    #[test]
    fn the_table_accounts_for_every_port() {
        crate::regs::check::table_is_gapless(TABLE, PORTS.into());
    }

    #[test]
    fn an_input_is_active_when_its_level_is_the_one_that_gpi_inv_asks_for() {
        let mut gpio = Gpio::new();
        gpio.drive(3, true);
        gpio.drive(77, true);
        assert_eq!((gpio.active(), gpio.read(at::LVL, 4)), (8, 8));
        write(&mut gpio, at::INV, 0x18);
        assert_eq!(gpio.active(), 0x10);
        write(&mut gpio, at::IO_SEL, 0xffe7);
        write(&mut gpio, at::LVL, 0x10);
        assert_eq!((gpio.active(), gpio.read(at::LVL, 4)), (0, 0x10));
        gpio.reset();
        assert_eq!(gpio.active(), 8, "the line is still pulled up");
    }
}
