//! Four I/O traps: a port access that matches one does not reach its device; it is written down, and
//! SMI_STS.MONITOR says so.
//!
//! Source: Intel ICH9 datasheet 316972, "Chipset Configuration Registers", TRSR, TRCR, TWDR, IOTR0–3.
//! A trapped read gives all ones; a handler answers through the save state.

use crate::regs::{Reg, RegBlock};
use crate::{Cx, Silicon};
use bitfield_struct::bitfield;
use trace::ChipReg;

/// Offset from RCBA, and bytes.
pub const BASE: u64 = 0x1e00;
pub const LEN: u64 = 0x100;

mod at {
    pub const TRSR: u16 = 0x00;
    pub const TRCR: u16 = 0x10;
    pub const TWDR: u16 = 0x18;
    pub const IOTR: u16 = 0x80;
}

/// IOTRn, I/O Trap Register.
#[bitfield(u64)]
#[derive(PartialEq, Eq, Hash)]
struct Iotr {
    /// TRSE: trap and SMI.
    trse: bool,
    #[bits(1)]
    __: u8,
    /// IOAD: port bits 15:2.
    #[bits(14)]
    ioad: u16,
    #[bits(2)]
    __: u8,
    /// ADMA: port bits 7:2 that don't matter.
    #[bits(6)]
    adma: u16,
    #[bits(8)]
    __: u8,
    /// TBE: byte enables, and those that don't matter.
    #[bits(4)]
    tbe: u8,
    #[bits(4)]
    bem: u8,
    #[bits(8)]
    __: u8,
    /// RWIO: 1 traps reads; RWM: both.
    rwio: bool,
    rwm: bool,
    #[bits(14)]
    __: u16,
}

const DOC: &str = "ICH9 316972, Chipset Configuration Registers, IOTR0–3, TRSR, TRCR, TWDR";
const IOTR_BITS: u64 = 0x0003_00ff_00fc_fffd;

pub const TABLE: &[Reg] = &[
    Reg::new(at::TRSR, 4, "TRSR", DOC).w1c(0x0f).traced(ChipReg::Trsr),
    Reg::hole(0x04, 12),
    Reg::new(at::TRCR, 8, "TRCR", DOC),
    Reg::new(at::TWDR, 8, "TWDR", DOC),
    Reg::hole(0x20, 0x60),
    Reg::new(0x80, 8, "IOTR0", DOC).rw(IOTR_BITS),
    Reg::new(0x88, 8, "IOTR1", DOC).rw(IOTR_BITS),
    Reg::new(0x90, 8, "IOTR2", DOC).rw(IOTR_BITS),
    Reg::new(0x98, 8, "IOTR3", DOC).rw(IOTR_BITS),
    Reg::hole(0xa0, 0x60),
];

#[derive(Clone, Hash)]
pub struct IoTrap {
    regs: RegBlock<256>,
}

impl IoTrap {
    pub fn new() -> Self {
        IoTrap { regs: RegBlock::new(TABLE, Silicon::Ich9) }
    }

    /// A cycle was caught and not acknowledged.
    pub fn active(&self) -> bool {
        self.regs.get(at::TRSR, 1) != 0
    }

    pub fn read(&self, offset: u16, size: u8) -> u64 {
        self.regs.get(offset, size)
    }

    pub fn write(&mut self, cx: &mut Cx, offset: u16, size: u8, value: u64) {
        let before = self.regs.clone();
        self.regs.write(TABLE, offset, size, value, |reg| reg.access(|_| false));
        self.regs.trace_changes(cx, TABLE, &before);
    }

    /// True: the cycle is caught. `written` is what it writes, `None` a read.
    pub fn catches(&mut self, cx: &mut Cx, port: u16, size: u8, written: Option<u32>) -> bool {
        let enables = (((1u16 << size) - 1) << (port & 3)) as u8 & 0xf;
        let hit = (0..4).find(|n| {
            let trap = Iotr::from_bits(self.regs.get(at::IOTR + 8 * n, 8));
            let address = ((port >> 2) ^ trap.ioad()) & !trap.adma() == 0;
            let bytes = (enables ^ trap.tbe()) & !trap.bem() == 0;
            trap.trse() && address && bytes && (trap.rwm() || trap.rwio() == written.is_none())
        });
        let Some(n) = hit else { return false };
        let cycle = u64::from(port & !3) | u64::from(enables) << 16 | u64::from(written.is_none()) << 24;
        let before = self.regs.clone();
        self.regs.put(at::TRCR, 8, cycle);
        if let Some(value) = written {
            self.regs.put(at::TWDR, 8, (u64::from(value) << (8 * (port & 3))) & 0xffff_ffff);
        }
        self.regs.set(at::TRSR, 1, 1 << n);
        self.regs.trace_changes(cx, TABLE, &before);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::Silent;

    #[test]
    fn the_table_accounts_for_its_block() {
        crate::regs::check::table_is_gapless(TABLE, LEN as usize);
    }

    /// Port, direction and byte enables all have to match, unless their masks say otherwise.
    #[test]
    fn a_cycle_is_caught_when_port_direction_and_byte_enables_match() {
        let read_64h = 0x0001_0001_0000_0065;
        for (trap, port, size, written, caught) in [
            (read_64h, 0x64, 1, None, true),
            (read_64h, 0x64, 1, Some(0), false),
            (read_64h | 1 << 49, 0x64, 1, Some(0), true),
            (read_64h, 0x65, 1, None, false),
            (read_64h | 0xf << 36, 0x65, 1, None, true),
            (read_64h, 0x64, 2, None, false),
            (read_64h, 0x60, 1, None, false),
            (read_64h | 1 << 18, 0x60, 1, None, true),
            (read_64h & !1, 0x64, 1, None, false),
        ] {
            let mut traps = IoTrap::new();
            let cx = &mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut Silent };
            traps.write(cx, at::IOTR + 8, 8, trap);
            assert_eq!(traps.catches(cx, port, size, written), caught, "{trap:x} {port:x} {size} {written:?}");
            assert_eq!(traps.active(), caught);
        }
    }

    #[test]
    fn what_was_caught_can_be_read_until_it_is_acknowledged() {
        let mut traps = IoTrap::new();
        let cx = &mut Cx { now: 0, cpu: 0, smm: false, all_smm: false, sink: &mut Silent };
        traps.write(cx, at::IOTR, 8, 0x0000_00f0_0000_0065);
        assert!(traps.catches(cx, 0x66, 1, Some(0x5a)));
        assert_eq!((traps.read(0x00, 4), traps.read(0x10, 4), traps.read(0x18, 4)), (1, 0x0004_0064, 0x005a_0000));
        traps.write(cx, at::TRSR, 4, 2);
        assert!(traps.active());
        traps.write(cx, at::TRSR, 4, 1);
        assert!(!traps.active());
    }
}
