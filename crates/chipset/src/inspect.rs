//! All registers as they stand, for whoever shows them: no side effects.

use crate::fields::{Field, fields};
use crate::regs::{Access, Lock, Reg};
use crate::{Chipset, Silicon, gpio, io_trap, lpc_regs, mch_regs, pm_regs, rcba, spi_regs, uhci};

/// One register.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where it lies: `MCH`, `LPC`, `PM`, `GPIO`, `RCBA`, `SPI`, `UHCI`.
    pub block: &'static str,
    pub reg: &'static Reg,
    pub value: u64,
    /// Out of reset, on this board.
    pub reset: u64,
    /// Bits that a lock holds now: writing them changes nothing.
    pub locked: u64,
    /// The locks that hold them.
    held: Vec<(Lock, u64)>,
    /// What a write does on this board while no lock holds.
    free: Access,
}

/// What a guest's write does to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldAccess {
    ReadOnly,
    ReadWrite,
    WriteOneToClear,
    /// A written 1 stays until a reset.
    SetOnce,
    /// A written 1 does something, and isn't kept.
    WriteOneActs,
}

/// Some bits of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownField {
    pub field: Field,
    pub value: u64,
    pub access: FieldAccess,
    /// Who holds it now, as register and bit; a bit that is set once holds itself.
    pub locked_by: Option<String>,
}

impl Shown {
    /// Its fields by their datasheet names, lowest first; none: the register is one number.
    pub fn fields(&self) -> Vec<ShownField> {
        let show = |field: Field| ShownField {
            value: field.of(self.value),
            access: self.access(field.mask()),
            locked_by: self.locked_by(&field),
            field,
        };
        fields(self.reg.name).into_iter().map(show).collect()
    }

    fn access(&self, mask: u64) -> FieldAccess {
        match self.free {
            Access { once, .. } if once & mask != 0 => FieldAccess::SetOnce,
            Access { w1c, .. } if w1c & mask != 0 => FieldAccess::WriteOneToClear,
            Access { rw, .. } if rw & mask != 0 => FieldAccess::ReadWrite,
            _ if self.reg.acts & mask != 0 => FieldAccess::WriteOneActs,
            _ => FieldAccess::ReadOnly,
        }
    }

    fn locked_by(&self, field: &Field) -> Option<String> {
        if let Some((lock, _)) = self.held.iter().find(|(_, bits)| bits & field.mask() != 0) {
            return Some(lock.name().to_owned());
        }
        let own = self.free.once & self.value & field.mask() != 0;
        own.then(|| format!("{}.{}", self.reg.name, field.name))
    }
}

impl Chipset {
    /// The registers of every block that this board has, holes left out.
    pub fn registers(&self, now: u64) -> Vec<Shown> {
        let free = |reg: &Reg| reg.access(|_| false);
        let here = |block| (self.silicon, block);
        let mut all = Vec::new();
        let config = |offset, size| self.mch.config_read(offset, size);
        show(&mut all, here("MCH"), mch_regs::TABLE, config, |reg| self.mch.access(reg), |lock| self.mch.holds(lock));
        let config = |offset, size| self.lpc.config_read(offset, size);
        show(&mut all, here("LPC"), lpc_regs::TABLE, config, |reg| self.lpc.access(reg), |lock| self.lpc.holds(lock));
        let port = |offset: u16, size: u8| {
            let low = u64::from(self.pm.read(now, offset, size.min(4)));
            if size > 4 { low | u64::from(self.pm.read(now, offset + 4, size - 4)) << 32 } else { low }
        };
        show(&mut all, here("PM"), pm_regs::TABLE, port, |reg| self.pm.access(reg), |lock| self.pm.holds(lock));
        if self.silicon == Silicon::Qemu {
            return all;
        }
        let port = |offset, size| self.gpio.read(offset, size).into();
        show(&mut all, here("GPIO"), gpio::TABLE, port, free, |_| false);
        let trap = |offset, size| self.chip_config.trap.read(offset, size);
        show(&mut all, here("RCBA"), io_trap::TABLE, trap, free, |_| false);
        let general = |offset: u16, size| self.chip_config.read(rcba::GENERAL + u64::from(offset), size);
        show(&mut all, here("RCBA"), rcba::TABLE, general, free, |lock| self.chip_config.holds(lock));
        let config = |offset, size| self.uhci.config_read(offset, size);
        show(&mut all, here("UHCI"), uhci::TABLE, config, free, |_| false);
        if let Some(spi) = &self.spi {
            show(&mut all, here("SPI"), spi_regs::TABLE, |at, size| spi.read(at, size), free, |lock| spi.holds(lock));
        }
        all
    }
}

fn show(
    all: &mut Vec<Shown>,
    (silicon, block): (Silicon, &'static str),
    table: &'static [Reg],
    read: impl Fn(u16, u8) -> u64,
    access: impl Fn(&Reg) -> Access,
    holds: impl Fn(Lock) -> bool,
) {
    for reg in table.iter().filter(|reg| !reg.is_hole()) {
        let reset = reg.reset_on(silicon);
        let held: Vec<_> = reg.locks.iter().copied().filter(|(lock, _)| holds(*lock)).collect();
        let bits = held.iter().fold(0, |all, (_, bits)| all | bits);
        let (now, value) = (access(reg), read(reg.at, reg.size as u8));
        let free =
            Access { rw: now.rw | reg.rw & bits, w1c: now.w1c | reg.w1c & bits, once: now.once | reg.once & bits };
        // A bit that is set once is its own lock.
        all.push(Shown { block, reg, value, reset, locked: bits | value & free.once, held, free });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    fn find(bench: &Bench, name: &str) -> Shown {
        let all = bench.chipset.registers(bench.now);
        all.into_iter().find(|shown| shown.reg.name == name).unwrap_or_else(|| panic!("no {name}"))
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
            ("GCS", 0x420, 0x20),
        ] {
            let shown = find(&bench, name);
            assert_eq!((shown.value, shown.locked), (value, locked), "{name}");
        }
    }

    #[test]
    fn a_field_tells_its_value_what_a_write_does_and_who_holds_it() {
        let mut bench = Bench::ich9();
        let field = |bench: &Bench, register: &str, name: &str| {
            let fields = find(bench, register).fields();
            let field = fields.into_iter().find(|shown| shown.field.name == name).expect("a field of that name");
            (field.value, field.access, field.locked_by)
        };
        use FieldAccess::{ReadOnly, ReadWrite, SetOnce, WriteOneActs, WriteOneToClear};
        assert_eq!(field(&bench, "BIOS_CNTL", "BLE"), (0, SetOnce, None));
        assert_eq!(field(&bench, "SMRAM", "D_OPEN"), (0, ReadWrite, None));
        assert_eq!(field(&bench, "SMI_EN", "EOS"), (1, WriteOneActs, None));
        assert_eq!(field(&bench, "SMI_STS", "APM_STS"), (0, WriteOneToClear, None));
        assert_eq!(field(&bench, "SMI_STS", "GPI_STS"), (0, ReadOnly, None));
        bench.config_write(0xf8, 0xdc, 1, 2);
        bench.config_write(0, 0x9d, 1, 0x1a);
        bench.config_write(0xf8, 0xb8, 4, 2 << 10);
        bench.write(0x668, 2, 0x1800);
        assert_eq!(field(&bench, "BIOS_CNTL", "BLE"), (1, SetOnce, Some("BIOS_CNTL.BLE".into())));
        assert_eq!(field(&bench, "BIOS_CNTL", "SMM_BWP"), (0, ReadWrite, Some("BIOS_CNTL.BLE".into())));
        assert_eq!(field(&bench, "SMRAM", "D_OPEN"), (0, ReadWrite, Some("SMRAM.D_LCK".into())));
        assert_eq!(field(&bench, "SMRAM", "D_CLS"), (0, ReadWrite, None));
        assert_eq!(field(&bench, "SMI_EN", "TCO_EN"), (0, ReadWrite, Some("TCO1_CNT.TCO_LOCK".into())));
        assert_eq!(field(&bench, "GPI_ROUT", "GPI5_ROUT"), (2, ReadWrite, None));
    }
}
