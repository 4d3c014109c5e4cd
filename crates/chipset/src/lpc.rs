//! The LPC bridge's function D31:F0: configuration space, and what its registers decode.
//!
//! Source: Intel ICH9 datasheet 316972, "LPC Interface Bridge Registers (D31:F0)", PCI
//! configuration registers. Modelled: PMBASE, ACPI_CNTL, GEN_PMCON_1, GEN_PMCON_LOCK, RCBA and
//! their locks. The others keep what is written and decode nothing: GPIO, interrupt routing, LPC
//! decode ranges, BIOS_CNTL (flash protection comes with the SPI controller).

use crate::regs::{Access, Reg, RegBlock};
use crate::{Cx, Silicon};
use bitfield_struct::bitfield;
use trace::ChipReg;

/// PMBASE, ACPI Base Address, offset 40h.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Pmbase {
    /// RTE, read only 1: an I/O range.
    pub rte: bool,
    #[bits(6)]
    __: u8,
    /// Port bits 15:7 of 128 ports.
    #[bits(9)]
    pub base: u16,
    #[bits(16)]
    __: u16,
}

/// ACPI_CNTL, ACPI Control, offset 44h.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct AcpiCntl {
    #[bits(3)]
    pub sci_irq_sel: u8,
    #[bits(4)]
    __: u8,
    /// ACPI_EN: the ports at PMBASE are decoded.
    pub acpi_en: bool,
}

/// GEN_PMCON_1, General PM Configuration 1, offset A0h.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct GenPmcon1 {
    /// PER_SMI_SEL: 64, 32, 16, 8 seconds.
    #[bits(2)]
    pub per_smi_sel: u8,
    pub cpuslp_en: bool,
    #[bits(1)]
    __: u8,
    /// SMI_LOCK: set once; SMI_EN.GBL_SMI_EN is read only from then on.
    pub smi_lock: bool,
    #[bits(4)]
    __: u8,
    pub pwrbtn_lvl: bool,
    #[bits(6)]
    __: u8,
}

/// GEN_PMCON_LOCK, offset A6h.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct GenPmconLock {
    #[bits(1)]
    __: u8,
    /// ACPI_BASE_LOCK: PMBASE and ACPI_CNTL are read only until reset.
    pub acpi_base_lock: bool,
    pub slp_str_pol_lock: bool,
    #[bits(5)]
    __: u8,
}

/// RCBA, Root Complex Base Address, offset F0h.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Rcba {
    pub enable: bool,
    #[bits(13)]
    __: u16,
    /// Address bits 31:14 of 16 KiB.
    #[bits(18)]
    pub base: u32,
}

pub mod at {
    pub const PMBASE: u16 = 0x40;
    pub const ACPI_CNTL: u16 = 0x44;
    pub const GEN_PMCON_1: u16 = 0xa0;
    pub const GEN_PMCON_3: u16 = 0xa4;
    pub const GEN_PMCON_LOCK: u16 = 0xa6;
    pub const RCBA: u16 = 0xf0;
}

const DOC: &str = "ICH9 316972, LPC Interface Bridge Registers (D31:F0), PCI Configuration Registers";
const PM: &str = "ICH9 316972, LPC Interface Bridge Registers (D31:F0), General Power Management Configuration";
const QEMU: &str = "QEMU q35 machine: not in silicon";

const fn pirq(at: u16, name: &'static str) -> Reg {
    Reg::new(at, 1, name, DOC).reset(0x80).rw(0x8f)
}

pub const TABLE: &[Reg] = &[
    Reg::new(0x00, 2, "VID", DOC).reset(0x8086),
    Reg::new(0x02, 2, "DID", DOC).reset(0x2918),
    Reg::new(0x04, 2, "PCICMD", DOC).reset(0x0007).rw(0x0140).qemu_reset(0).qemu_rw(0x0507),
    Reg::new(0x06, 2, "PCISTS", DOC).reset(0x0210).w1c(0xf900).qemu_reset(0),
    Reg::new(0x08, 1, "RID", DOC).reset(0x02),
    Reg::new(0x09, 3, "CC", DOC).reset(0x06_0100),
    Reg::new(0x0c, 1, "CLS", QEMU).qemu_rw(0xff),
    Reg::new(0x0d, 1, "PLT", DOC),
    Reg::new(0x0e, 1, "HEADTYP", DOC).reset(0x80),
    Reg::hole(0x0f, 0x1d),
    Reg::new(0x2c, 4, "SS", DOC).qemu_reset(0x1100_1af4),
    Reg::hole(0x30, 0x0c),
    Reg::new(0x3c, 1, "INTRLINE", QEMU).qemu_rw(0xff),
    Reg::hole(0x3d, 3),
    Reg::new(at::PMBASE, 4, "PMBASE", DOC).reset(1).rw(0xff80).qemu_rw(0xff87).traced(ChipReg::Pmbase),
    Reg::new(at::ACPI_CNTL, 1, "ACPI_CNTL", DOC).rw(0x87).traced(ChipReg::AcpiCntl),
    Reg::hole(0x45, 3),
    Reg::new(0x48, 4, "GPIOBASE", DOC).reset(1).rw(0xffc0).qemu_reset(0),
    Reg::new(0x4c, 1, "GC", DOC).rw(0x11),
    Reg::hole(0x4d, 0x13),
    pirq(0x60, "PIRQA_ROUT"),
    pirq(0x61, "PIRQB_ROUT"),
    pirq(0x62, "PIRQC_ROUT"),
    pirq(0x63, "PIRQD_ROUT"),
    Reg::new(0x64, 1, "SIRQ_CNTL", DOC).reset(0x10).rw(0xff).qemu_reset(0),
    Reg::hole(0x65, 3),
    pirq(0x68, "PIRQE_ROUT"),
    pirq(0x69, "PIRQF_ROUT"),
    pirq(0x6a, "PIRQG_ROUT"),
    pirq(0x6b, "PIRQH_ROUT"),
    Reg::new(0x6c, 2, "LPC_IBDF", DOC).reset(0x00f8).rw(0xffff).qemu_reset(0),
    Reg::hole(0x6e, 0x12),
    Reg::new(0x80, 2, "LPC_I/O_DEC", DOC).rw(0x1377),
    Reg::new(0x82, 2, "LPC_EN", DOC).rw(0x3f0f),
    Reg::new(0x84, 4, "GEN1_DEC", DOC).rw(0x00fc_fffd),
    Reg::new(0x88, 4, "GEN2_DEC", DOC).rw(0x00fc_fffd),
    Reg::new(0x8c, 4, "GEN3_DEC", DOC).rw(0x00fc_fffd),
    Reg::new(0x90, 4, "GEN4_DEC", DOC).rw(0x00fc_fffd),
    Reg::hole(0x94, 0x0c),
    Reg::new(at::GEN_PMCON_1, 2, "GEN_PMCON_1", PM).rw(0x0017).traced(ChipReg::GenPmcon1),
    Reg::new(0xa2, 2, "GEN_PMCON_2", PM).rw(0x0080),
    Reg::new(at::GEN_PMCON_3, 2, "GEN_PMCON_3", PM).rw(0xfcf9),
    Reg::new(at::GEN_PMCON_LOCK, 1, "GEN_PMCON_LOCK", PM).rw(0x06),
    Reg::hole(0xa7, 5),
    Reg::new(0xac, 4, "ETR3", PM).rw(0x8010_0000),
    Reg::hole(0xb0, 8),
    Reg::new(0xb8, 4, "GPI_ROUT", PM).rw(0xffff_ffff),
    Reg::hole(0xbc, 0x14),
    Reg::new(0xd0, 4, "FWH_SEL1", DOC).reset(0x0011_2233).rw(0x0fff_ffff).qemu_reset(0),
    Reg::new(0xd4, 2, "FWH_SEL2", DOC).reset(0x4567).rw(0xffff).qemu_reset(0),
    Reg::hole(0xd6, 2),
    Reg::new(0xd8, 2, "FWH_DEC_EN1", DOC).reset(0xffcf).rw(0x7fcf).qemu_reset(0),
    Reg::hole(0xda, 2),
    Reg::new(0xdc, 1, "BIOS_CNTL", DOC).rw(0x0f),
    Reg::hole(0xdd, 0x13),
    Reg::new(at::RCBA, 4, "RCBA", DOC).rw(0xffff_c001).traced(ChipReg::Rcba),
    Reg::hole(0xf4, 0x0c),
];

#[derive(Clone, Hash)]
pub struct Lpc {
    silicon: Silicon,
    regs: RegBlock<256>,
}

impl Lpc {
    pub fn new(silicon: Silicon) -> Self {
        Lpc { silicon, regs: RegBlock::new(TABLE, silicon) }
    }

    /// GEN_PMCON_3 lives in the RTC well and survives; all else starts anew.
    pub fn reset(&mut self) {
        let kept = self.regs.get(at::GEN_PMCON_3, 2);
        self.regs = RegBlock::new(TABLE, self.silicon);
        if self.silicon == Silicon::Ich9 {
            self.regs.put(at::GEN_PMCON_3, 2, kept);
        }
    }

    pub fn config_read(&self, offset: u16, size: u8) -> u64 {
        self.regs.get(offset, size)
    }

    pub fn config_write(&mut self, cx: &mut Cx, offset: u16, size: u8, value: u64) {
        let before = self.regs.clone();
        let this = self.clone();
        self.regs.write(TABLE, offset, size, value, |reg| this.access(reg));
        self.regs.trace_changes(cx, TABLE, &before);
    }

    fn access(&self, reg: &Reg) -> Access {
        let qemu = self.silicon == Silicon::Qemu;
        let mut rw = match reg.qemu_rw {
            Some(rw) if qemu => rw,
            _ if qemu && reg.at >= 0x40 => u64::MAX,
            _ if qemu => 0,
            _ => reg.rw,
        };
        let lock = GenPmconLock::from_bits(self.regs.get(at::GEN_PMCON_LOCK, 1) as u8);
        match reg.at {
            at::GEN_PMCON_1 if self.smi_lock() => {
                rw &= !u64::from(GenPmcon1::new().with_smi_lock(true).into_bits());
            }
            at::PMBASE | at::ACPI_CNTL if !qemu && lock.acpi_base_lock() => rw = 0,
            at::GEN_PMCON_LOCK if !qemu => rw &= !u64::from(lock.into_bits()),
            _ => {}
        }
        Access { rw, w1c: if qemu { 0 } else { reg.w1c } }
    }

    /// First of the 128 ACPI ports, if they are decoded.
    pub fn pmbase(&self) -> Option<u16> {
        let cntl = AcpiCntl::from_bits(self.regs.get(at::ACPI_CNTL, 1) as u8);
        let base = Pmbase::from_bits(self.regs.get(at::PMBASE, 4) as u32).base() << 7;
        cntl.acpi_en().then_some(base)
    }

    pub fn smi_lock(&self) -> bool {
        GenPmcon1::from_bits(self.regs.get(at::GEN_PMCON_1, 2) as u16).smi_lock()
    }

    /// First byte of the 16 KiB of chipset registers, if they are decoded.
    pub fn rcba(&self) -> Option<u64> {
        let rcba = Rcba::from_bits(self.regs.get(at::RCBA, 4) as u32);
        rcba.enable().then_some(u64::from(rcba.base()) << 14)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::Silent;

    fn write(lpc: &mut Lpc, offset: u16, size: u8, value: u64) {
        let mut sink = Silent;
        lpc.config_write(&mut Cx { now: 0, cpu: 0, smm: false, sink: &mut sink }, offset, size, value);
    }

    #[test]
    fn the_table_accounts_for_every_byte_of_the_configuration_space() {
        crate::regs::check::table_is_gapless(TABLE, 256);
    }

    #[test]
    fn registers_hold_what_the_table_of_resets_and_writes_says() {
        for (at, size, ich9, qemu) in [
            (0x00, 4, [0x2918_8086, 0x2918_8086], [0x2918_8086, 0x2918_8086]),
            (0x08, 4, [0x0601_0002, 0x0601_0002], [0x0601_0002, 0x0601_0002]),
            (0x40, 4, [0x0001, 0xff81], [0x0001, 0xff87]),
            (0x44, 4, [0, 0x87], [0, 0xffff_ffff]),
            (0x60, 4, [0x8080_8080, 0x8f8f_8f8f], [0x8080_8080, 0xffff_ffff]),
            (0xa0, 2, [0, 0x17], [0, 0xffff]),
            (0xd8, 2, [0xffcf, 0xffcf], [0, 0xffff]),
            (0xf0, 4, [0, 0xffff_c001], [0, 0xffff_ffff]),
        ] {
            for (silicon, [reset, full]) in [(Silicon::Ich9, ich9), (Silicon::Qemu, qemu)] {
                let mut lpc = Lpc::new(silicon);
                assert_eq!(lpc.config_read(at, size), reset, "{silicon:?} {at:x} reset");
                write(&mut lpc, at, size, u64::MAX);
                let read = lpc.config_read(at, size);
                assert_eq!(read, full, "{silicon:?} {at:x}");
            }
        }
    }

    #[test]
    fn acpi_ports_are_decoded_only_while_acpi_en_is_set() {
        let mut lpc = Lpc::new(Silicon::Ich9);
        write(&mut lpc, at::PMBASE, 4, 0x0600);
        assert_eq!(lpc.pmbase(), None);
        write(&mut lpc, at::ACPI_CNTL, 1, 0x80);
        assert_eq!(lpc.pmbase(), Some(0x600));
        write(&mut lpc, at::GEN_PMCON_LOCK, 1, 0x02);
        write(&mut lpc, at::GEN_PMCON_LOCK, 1, 0x00);
        write(&mut lpc, at::PMBASE, 4, 0x0400);
        assert_eq!(lpc.pmbase(), Some(0x600), "ACPI_BASE_LOCK");
    }

    #[test]
    fn smi_lock_stays_until_reset() {
        for silicon in [Silicon::Ich9, Silicon::Qemu] {
            let mut lpc = Lpc::new(silicon);
            write(&mut lpc, at::GEN_PMCON_1, 1, 0x10);
            write(&mut lpc, at::GEN_PMCON_1, 1, 0x03);
            assert!(lpc.smi_lock());
            assert_eq!(lpc.config_read(at::GEN_PMCON_1, 1), 0x13);
            lpc.reset();
            assert!(!lpc.smi_lock());
        }
    }
}
