//! Layouts of the LPC bridge's configuration registers, device 31 function 0, and their table.
//!
//! Source: Intel ICH9 datasheet 316972, "LPC Interface Bridge Registers (D31:F0)", PCI configuration
//! registers. BIOS_CNTL.SMM_BWP is of later PCHs (D1500 and 400 Series datasheets).

use crate::regs::{Lock, Reg};
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

/// GEN_PMCON_3, General PM Configuration 3, offset A4h. In the RTC well.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct GenPmcon3 {
    pub afterg3: bool,
    #[bits(5)]
    __: u8,
    /// SWSMI_RATE_SEL: 1.5, 16, 32, 64 ms.
    #[bits(2)]
    pub swsmi_rate_sel: u8,
    #[bits(8)]
    __: u8,
}

/// BIOS_CNTL, BIOS Control, offset DCh.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct BiosCntl {
    /// BIOSWE: the BIOS region may be written. Going from 0 to 1 while BLE is set raises an SMI.
    pub bioswe: bool,
    /// BLE: set once.
    pub ble: bool,
    #[bits(2)]
    pub src: u8,
    /// TSS, read only: top swap is on.
    pub tss: bool,
    /// SMM_BWP, later PCHs: only SMM may write, with all processors in it. Read only once BLE is set.
    pub smm_bwp: bool,
    #[bits(2)]
    __: u8,
}

/// GC, GPIO Control, offset 4Ch.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct Gc {
    /// GLE: GPIO lock-down.
    pub gle: bool,
    #[bits(3)]
    __: u8,
    /// GPIO_EN: the ports at GPIOBASE are decoded.
    pub gpio_en: bool,
    #[bits(3)]
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
    pub const GPIOBASE: u16 = 0x48;
    pub const GC: u16 = 0x4c;
    pub const SIRQ_CNTL: u16 = 0x64;
    pub const GEN_PMCON_1: u16 = 0xa0;
    pub const GEN_PMCON_3: u16 = 0xa4;
    pub const GEN_PMCON_LOCK: u16 = 0xa6;
    pub const ETR3: u16 = 0xac;
    pub const GPI_ROUT: u16 = 0xb8;
    pub const BIOS_CNTL: u16 = 0xdc;
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
    Reg::new(at::PMBASE, 4, "PMBASE", DOC)
        .reset(1)
        .rw(0xff80)
        .locks(&[(Lock::AcpiBase, 0xff80)])
        .qemu_rw(0xff87)
        .traced(ChipReg::Pmbase),
    Reg::new(at::ACPI_CNTL, 1, "ACPI_CNTL", DOC).rw(0x87).locks(&[(Lock::AcpiBase, 0x87)]).traced(ChipReg::AcpiCntl),
    Reg::hole(0x45, 3),
    Reg::new(at::GPIOBASE, 4, "GPIOBASE", DOC).reset(1).rw(0xffc0).qemu_reset(0),
    Reg::new(at::GC, 1, "GC", DOC).rw(0x11),
    Reg::hole(0x4d, 0x13),
    pirq(0x60, "PIRQA_ROUT"),
    pirq(0x61, "PIRQB_ROUT"),
    pirq(0x62, "PIRQC_ROUT"),
    pirq(0x63, "PIRQD_ROUT"),
    Reg::new(at::SIRQ_CNTL, 1, "SIRQ_CNTL", DOC).reset(0x10).rw(0xff).qemu_reset(0),
    Reg::hole(0x65, 3),
    pirq(0x68, "PIRQE_ROUT"),
    pirq(0x69, "PIRQF_ROUT"),
    pirq(0x6a, "PIRQG_ROUT"),
    pirq(0x6b, "PIRQH_ROUT"),
    Reg::new(0x6c, 2, "LPC_IBDF", DOC).reset(0x00f8).rw(0xffff).qemu_reset(0),
    Reg::hole(0x6e, 0x12),
    Reg::new(0x80, 2, "LPC_I/O_DEC", DOC).rw(0x1377),
    // QEMU shows the ports that it has: COM1.
    Reg::new(0x82, 2, "LPC_EN", DOC).rw(0x3f0f).qemu_reset(1),
    Reg::new(0x84, 4, "GEN1_DEC", DOC).rw(0x00fc_fffd),
    Reg::new(0x88, 4, "GEN2_DEC", DOC).rw(0x00fc_fffd),
    Reg::new(0x8c, 4, "GEN3_DEC", DOC).rw(0x00fc_fffd),
    Reg::new(0x90, 4, "GEN4_DEC", DOC).rw(0x00fc_fffd),
    Reg::hole(0x94, 0x0c),
    Reg::new(at::GEN_PMCON_1, 2, "GEN_PMCON_1", PM).rw(0x0007).once(0x0010).traced(ChipReg::GenPmcon1),
    Reg::new(0xa2, 2, "GEN_PMCON_2", PM).rw(0x0080),
    Reg::new(at::GEN_PMCON_3, 2, "GEN_PMCON_3", PM).rw(0xfcf9).traced(ChipReg::GenPmcon3),
    Reg::new(at::GEN_PMCON_LOCK, 1, "GEN_PMCON_LOCK", PM).once(0x06),
    Reg::hole(0xa7, 5),
    Reg::new(at::ETR3, 4, "ETR3", PM).rw(0x0010_0000).once(0x8000_0000).locks(&[(Lock::Cf9, 0x0010_0000)]),
    Reg::hole(0xb0, 8),
    Reg::new(at::GPI_ROUT, 4, "GPI_ROUT", PM).rw(0xffff_ffff).traced(ChipReg::GpiRout),
    Reg::hole(0xbc, 0x14),
    Reg::new(0xd0, 4, "FWH_SEL1", DOC).reset(0x0011_2233).rw(0x0fff_ffff).qemu_reset(0),
    Reg::new(0xd4, 2, "FWH_SEL2", DOC).reset(0x4567).rw(0xffff).qemu_reset(0),
    Reg::hole(0xd6, 2),
    Reg::new(0xd8, 2, "FWH_DEC_EN1", DOC).reset(0xffcf).rw(0x7fcf).qemu_reset(0),
    Reg::hole(0xda, 2),
    // ICH9 reserves bit 5; the PCHs that have it reset it to 1 (D1500, 400 Series) or 0 (5 and 6
    // Series): 0 here, so that firmware has to ask for it.
    Reg::new(at::BIOS_CNTL, 1, "BIOS_CNTL", DOC)
        .rw(0x2d)
        .once(0x02)
        .locks(&[(Lock::Ble, 0x20)])
        .traced(ChipReg::BiosCntl),
    Reg::hole(0xdd, 0x13),
    Reg::new(at::RCBA, 4, "RCBA", DOC).rw(0xffff_c001).traced(ChipReg::Rcba),
    Reg::hole(0xf4, 0x0c),
];
