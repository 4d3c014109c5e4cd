//! All registers as they stand, for whoever shows them: no side effects.

use crate::regs::{Lock, Reg};
use crate::{Chipset, Silicon, gpio, io_trap, lpc_regs, mch_regs, pm_regs, rcba, spi_regs};

/// One register.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Where it lies: `MCH`, `LPC`, `PM`, `GPIO`, `RCBA`, `SPI`.
    pub block: &'static str,
    pub reg: &'static Reg,
    pub value: u64,
    /// Bits that a lock holds now: writing them changes nothing.
    pub locked: u64,
}

impl Chipset {
    /// The registers of every block that this board has, holes left out.
    pub fn registers(&self, now: u64) -> Vec<Shown> {
        let mut all = Vec::new();
        let config = |offset, size| self.mch.config_read(offset, size);
        show(&mut all, "MCH", mch_regs::TABLE, config, |lock| self.mch.holds(lock));
        let config = |offset, size| self.lpc.config_read(offset, size);
        show(&mut all, "LPC", lpc_regs::TABLE, config, |lock| self.lpc.holds(lock));
        let port = |offset: u16, size: u8| {
            let low = u64::from(self.pm.read(now, offset, size.min(4)));
            if size > 4 { low | u64::from(self.pm.read(now, offset + 4, size - 4)) << 32 } else { low }
        };
        show(&mut all, "PM", pm_regs::TABLE, port, |lock| self.pm.holds(lock));
        if self.silicon == Silicon::Qemu {
            return all;
        }
        let port = |offset, size| self.gpio.read(offset, size).into();
        show(&mut all, "GPIO", gpio::TABLE, port, |_| false);
        let trap = |offset, size| self.chip_config.trap.read(offset, size);
        show(&mut all, "RCBA", io_trap::TABLE, trap, |_| false);
        let general = |offset: u16, size| self.chip_config.read(rcba::GENERAL + u64::from(offset), size);
        show(&mut all, "RCBA", rcba::TABLE, general, |lock| lock == Lock::Bild && self.chip_config.gcs().bild());
        if let Some(spi) = &self.spi {
            show(&mut all, "SPI", spi_regs::TABLE, |offset, size| spi.read(offset, size), |lock| spi.holds(lock));
        }
        all
    }
}

fn show(
    all: &mut Vec<Shown>,
    block: &'static str,
    table: &'static [Reg],
    read: impl Fn(u16, u8) -> u64,
    holds: impl Fn(Lock) -> bool,
) {
    for reg in table.iter().filter(|reg| !reg.is_hole()) {
        let held = reg.locks.iter().filter(|(lock, _)| holds(*lock)).fold(0, |held, (_, bits)| held | bits);
        let value = read(reg.at, reg.size as u8);
        // A bit that is set once is its own lock.
        all.push(Shown { block, reg, value, locked: held | value & reg.once });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    fn find(bench: &Bench, name: &str) -> Shown {
        let all = bench.chipset.registers(bench.now);
        *all.iter().find(|shown| shown.reg.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    #[test]
    fn values_and_locked_bits_are_those_that_a_guest_meets() {
        let mut bench = Bench::ich9();
        assert_eq!((find(&bench, "BIOS_CNTL").value, find(&bench, "BIOS_CNTL").locked), (0, 0));
        bench.config_write(0xf8, 0xdc, 1, 0x22);
        bench.config_write(0, 0x9d, 1, 0x1a);
        bench.rcba_write(0x3804, 2, 0x8000);
        bench.config_write(0xf8, 0xa0, 1, 0x10);
        bench.write(0x602, 2, 0x100);
        for (name, value, locked) in [
            ("BIOS_CNTL", 0x22, 0x22),
            ("SMRAM", 0x1a, 0x58),
            ("ESMRAMC", 0x38, 0x87),
            ("PR3", 0, 0x9fff_9fff),
            ("HSFS", 0xe000, 0x8000),
            ("SMI_EN", 0x02, 0x01),
            ("PM1_EN", 0x100, 0),
            ("GCS", 0x420, 0),
        ] {
            let shown = find(&bench, name);
            assert_eq!((shown.value, shown.locked), (value, locked), "{name}");
        }
    }
}
