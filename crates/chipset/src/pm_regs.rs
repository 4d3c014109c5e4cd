//! Layouts of the 128 power management ports at PMBASE, TCO block included, and their table.
//!
//! Source: Intel ICH9 datasheet 316972, "LPC Interface Bridge Registers (D31:F0)", sections "Power
//! Management I/O Registers" and "System Management TCO Registers".

use crate::regs::{Lock, Reg};
use bitfield_struct::bitfield;
use trace::ChipReg;

/// PM1_STS, Power Management 1 Status, PMBASE+00h (316972, "PM1_STS"); PM1_EN has the enables of
/// bits 0, 5, 8 and 10 at the same places.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct Pm1Sts {
    pub tmrof: bool,
    #[bits(3)]
    __: u8,
    pub bm: bool,
    /// GBL_STS: the BIOS wrote BIOS_RLS.
    pub gbl: bool,
    #[bits(2)]
    __: u8,
    pub pwrbtn: bool,
    #[bits(1)]
    __: u8,
    pub rtc: bool,
    /// PRBTNOR_STS: the button was held for 4 s. Keeps EOS from being set.
    pub prbtnor: bool,
    #[bits(2)]
    __: u8,
    pub pciexpwak: bool,
    pub wak: bool,
}

/// PM1_CNT, Power Management 1 Control, PMBASE+04h (316972, "PM1_CNT").
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Pm1Cnt {
    /// SCI_EN: events give SCI instead of SMI.
    pub sci_en: bool,
    pub bm_rld: bool,
    /// GBL_RLS, write only.
    pub gbl_rls: bool,
    #[bits(7)]
    __: u8,
    #[bits(3)]
    pub slp_typ: u8,
    /// SLP_EN, write only.
    pub slp_en: bool,
    #[bits(18)]
    __: u32,
}

/// SMI_EN, SMI Control and Enable, PMBASE+30h (316972, "SMI_EN").
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct SmiEn {
    /// GBL_SMI_EN: the master switch. Read only once GEN_PMCON_1.SMI_LOCK is set.
    pub gbl_smi_en: bool,
    /// EOS, End of SMI: hardware clears it when it sends an SMI, software sets it when it is done;
    /// writing 0 does nothing (RW/1S in later PCH register tables).
    pub eos: bool,
    pub bios_en: bool,
    pub legacy_usb_en: bool,
    pub slp_smi_en: bool,
    /// APMC_EN: a write to APM_CNT asks for an SMI.
    pub apmc_en: bool,
    pub swsmi_tmr_en: bool,
    /// BIOS_RLS, write only: sets PM1_STS.GBL_STS.
    pub bios_rls: bool,
    #[bits(3)]
    __: u8,
    pub mcsmi_en: bool,
    #[bits(1)]
    __: u8,
    /// TCO_EN: TCO events ask for SMIs. Read only once TCO1_CNT.TCO_LOCK is set.
    pub tco_en: bool,
    pub periodic_en: bool,
    #[bits(2)]
    __: u8,
    pub legacy_usb2_en: bool,
    pub intel_usb2_en: bool,
    #[bits(13)]
    __: u16,
}

/// SMI_STS, SMI Status, PMBASE+34h (316972, "SMI_STS").
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct SmiSts {
    #[bits(2)]
    __: u8,
    pub bios: bool,
    pub legacy_usb: bool,
    pub slp_smi: bool,
    pub apm: bool,
    pub swsmi_tmr: bool,
    #[bits(1)]
    __: u8,
    pub pm1: bool,
    pub gpe0: bool,
    pub gpi: bool,
    pub mcsmi: bool,
    pub devmon: bool,
    pub tco: bool,
    pub periodic: bool,
    pub serirq: bool,
    pub smbus: bool,
    pub legacy_usb2: bool,
    pub intel_usb2: bool,
    #[bits(1)]
    __: u8,
    pub pci_exp: bool,
    pub monitor: bool,
    #[bits(4)]
    __: u8,
    pub spi: bool,
    #[bits(5)]
    __: u8,
}

/// TCO1_STS, TCOBASE+04h (316972, "TCO1_STS"). Sticky; a written 1 clears.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct Tco1Sts {
    pub nmi2smi: bool,
    /// SW_TCO_SMI: TCO_DAT_IN was written.
    pub sw_tco_smi: bool,
    /// TCO_INT_STS: TCO_DAT_OUT was written.
    pub tco_int: bool,
    /// TIMEOUT: the timer reached 0.
    pub timeout: bool,
    #[bits(3)]
    __: u8,
    pub newcentury: bool,
    pub bioswr: bool,
    pub dmisci: bool,
    pub dmismi: bool,
    #[bits(1)]
    __: u8,
    pub dmiserr: bool,
    #[bits(3)]
    __: u8,
}

/// TCO2_STS, TCOBASE+06h (316972, "TCO2_STS"). Sticky; a written 1 clears; survives a reset.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct Tco2Sts {
    pub intrd_det: bool,
    /// SECOND_TO_STS: the timer reached 0 a second time without a reload.
    pub second_to: bool,
    /// BOOT_STS: that, before the processor's first fetch. Only QEMU sets it here.
    pub boot: bool,
    #[bits(1)]
    __: u8,
    pub smlink_slv_smi: bool,
    #[bits(11)]
    __: u16,
}

/// TCO1_CNT, TCOBASE+08h (316972, "TCO1_CNT").
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct Tco1Cnt {
    #[bits(8)]
    __: u8,
    /// NMI_NOW: a written 1 forces an NMI; the next one clears the bit.
    pub nmi_now: bool,
    pub nmi2smi_en: bool,
    pub send_now: bool,
    /// TCO_TMR_HLT: the timer stands still.
    pub tmr_hlt: bool,
    /// TCO_LOCK: set once; SMI_EN.TCO_EN is read only from then on.
    pub tco_lock: bool,
    #[bits(3)]
    __: u8,
}

/// TCO2_CNT, TCOBASE+0Ah (316972, "TCO2_CNT").
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct Tco2Cnt {
    #[bits(1)]
    __: u8,
    /// INTRD_SEL: 1 gives an interrupt, 2 an SMI.
    #[bits(2)]
    pub intrd_sel: u8,
    pub smb_alert_disable: bool,
    #[bits(2)]
    pub os_policy: u8,
    #[bits(10)]
    __: u16,
}

/// Bits of GPE0_STS and GPE0_EN, PMBASE+20h and 28h (316972, "GPE0_STS"); GPIn is bit 16+n.
pub mod gpe0 {
    pub const THRM: u64 = 1 << 0;
    pub const SWGPE: u64 = 1 << 2;
    pub const GPI_SHIFT: u32 = 16;
}

/// Bits of GPE_CNTL, PMBASE+42h (316972, "GPE_CNTL").
pub mod gpe_cntl {
    /// THRM#_POL: THRM# is active high.
    pub const THRM_POL: u64 = 1 << 0;
    pub const SWGPE_CTRL: u64 = 1 << 1;
}

pub mod at {
    pub const PM1_STS: u16 = 0x00;
    pub const PM1_EN: u16 = 0x02;
    pub const PM1_CNT: u16 = 0x04;
    pub const PM1_TMR: u16 = 0x08;
    pub const GPE0_STS: u16 = 0x20;
    pub const GPE0_EN: u16 = 0x28;
    pub const SMI_EN: u16 = 0x30;
    pub const SMI_STS: u16 = 0x34;
    pub const ALT_GP_SMI_EN: u16 = 0x38;
    pub const ALT_GP_SMI_STS: u16 = 0x3a;
    pub const GPE_CNTL: u16 = 0x42;
    pub const TCO_RLD: u16 = 0x60;
    pub const TCO_DAT_IN: u16 = 0x62;
    pub const TCO_DAT_OUT: u16 = 0x63;
    pub const TCO1_STS: u16 = 0x64;
    pub const TCO2_STS: u16 = 0x66;
    pub const TCO1_CNT: u16 = 0x68;
    pub const TCO2_CNT: u16 = 0x6a;
    pub const TCO_TMR: u16 = 0x72;
}

const PM: &str = "ICH9 316972, LPC Interface Bridge Registers (D31:F0), Power Management I/O Registers";
const TCO: &str = "ICH9 316972, LPC Interface Bridge Registers (D31:F0), System Management TCO Registers";

/// PMBASE+00h to 7Fh. QEMU knows PM1, PM1_TMR, GPE0, SMI and TCO alone; the ports between are not
/// decoded there.
pub const TABLE: &[Reg] = &[
    Reg::new(at::PM1_STS, 2, "PM1_STS", PM).w1c(0xcd31).traced(ChipReg::Pm1Sts),
    Reg::new(at::PM1_EN, 2, "PM1_EN", PM).rw(0x4521).qemu_rw(0xffff).traced(ChipReg::Pm1En),
    Reg::new(at::PM1_CNT, 4, "PM1_CNT", PM).rw(0x1c03).acts(0x2004).qemu_rw(0xdfff).traced(ChipReg::Pm1Cnt),
    Reg::new(at::PM1_TMR, 4, "PM1_TMR", PM),
    Reg::hole(0x0c, 0x14),
    Reg::new(at::GPE0_STS, 4, "GPE0_STS", PM).w1c(0xffff_7fff).traced(ChipReg::Gpe0Sts),
    Reg::new(0x24, 4, "GPE0_STS (63:32)", PM).w1c(1),
    Reg::new(at::GPE0_EN, 4, "GPE0_EN", PM).rw(0xffff_7fff).qemu_rw(0xffff_ffff).traced(ChipReg::Gpe0En),
    Reg::new(0x2c, 4, "GPE0_EN (63:32)", PM).rw(1).qemu_rw(0xffff_ffff),
    // Reset value: EOS set, as the ICH8 and later tables print it (00000002h); older ones print 0 and
    // note that the first SMI after reset needs no EOS, which comes to the same. QEMU: 0.
    Reg::new(at::SMI_EN, 4, "SMI_EN", PM)
        .reset(0x0000_0002)
        .rw(0x0006_687d)
        .acts(0x0000_0082)
        .locks(&[(Lock::Smi, 1), (Lock::Tco, 1 << 13)])
        .qemu_reset(0)
        .qemu_rw(0xffff_ffff)
        .traced(ChipReg::SmiEn),
    Reg::new(at::SMI_STS, 4, "SMI_STS", PM).w1c(0x0001_6874).traced(ChipReg::SmiSts),
    Reg::new(at::ALT_GP_SMI_EN, 2, "ALT_GP_SMI_EN", PM).rw(0xffff).traced(ChipReg::AltGpSmiEn),
    Reg::new(at::ALT_GP_SMI_STS, 2, "ALT_GP_SMI_STS", PM).w1c(0xffff).traced(ChipReg::AltGpSmiSts),
    Reg::hole(0x3c, 6),
    Reg::new(at::GPE_CNTL, 1, "GPE_CNTL", PM).rw(0x03),
    Reg::hole(0x43, 1),
    Reg::new(0x44, 2, "DEVACT_STS", PM).w1c(0x13c1),
    Reg::hole(0x46, 0x0a),
    Reg::new(0x50, 1, "PM2_CNT", PM).rw(0x01),
    Reg::hole(0x51, 0x0f),
    Reg::new(at::TCO_RLD, 2, "TCO_RLD", TCO),
    Reg::new(at::TCO_DAT_IN, 1, "TCO_DAT_IN", TCO).rw(0xff),
    Reg::new(at::TCO_DAT_OUT, 1, "TCO_DAT_OUT", TCO).rw(0xff),
    Reg::new(at::TCO1_STS, 2, "TCO1_STS", TCO).w1c(0x178e).traced(ChipReg::Tco1Sts),
    Reg::new(at::TCO2_STS, 2, "TCO2_STS", TCO).w1c(0x0017).traced(ChipReg::Tco2Sts),
    Reg::new(at::TCO1_CNT, 2, "TCO1_CNT", TCO)
        .rw(0x0a00)
        .once(0x1000)
        .acts(0x0100)
        .qemu_rw(0xfeff)
        .traced(ChipReg::Tco1Cnt),
    Reg::new(at::TCO2_CNT, 2, "TCO2_CNT", TCO).reset(0x0008).rw(0x003f).qemu_rw(0xffff),
    Reg::new(0x6c, 1, "TCO_MESSAGE1", TCO).rw(0xff),
    Reg::new(0x6d, 1, "TCO_MESSAGE2", TCO).rw(0xff),
    Reg::new(0x6e, 1, "TCO_WDCNT", TCO).rw(0xff),
    Reg::hole(0x6f, 1),
    Reg::new(0x70, 1, "SW_IRQ_GEN", TCO).reset(0x03).rw(0x03).qemu_rw(0xff),
    Reg::hole(0x71, 1),
    // In ticks of 0.6 s.
    Reg::new(at::TCO_TMR, 2, "TCO_TMR", TCO).reset(0x0004).rw(0x03ff).qemu_rw(0xffff),
    Reg::hole(0x74, 0x0c),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_accounts_for_every_port_at_pmbase() {
        crate::regs::check::table_is_gapless(TABLE, 128);
    }

    #[test]
    fn the_masks_of_the_table_are_those_of_the_layouts() {
        let tco1 = Tco1Sts::new()
            .with_sw_tco_smi(true)
            .with_tco_int(true)
            .with_timeout(true)
            .with_newcentury(true)
            .with_bioswr(true)
            .with_dmisci(true)
            .with_dmismi(true)
            .with_dmiserr(true);
        assert_eq!(tco1.into_bits(), 0x178e);
        assert_eq!(Tco1Cnt::new().with_tmr_hlt(true).with_tco_lock(true).into_bits(), 0x1800);
        assert_eq!(SmiEn::new().with_gbl_smi_en(true).with_apmc_en(true).with_tco_en(true).into_bits(), 0x2021);
        assert_eq!(SmiSts::new().with_apm(true).with_tco(true).with_spi(true).into_bits(), 0x0400_2020);
    }
}
