//! Which bits of a register have which name: the datasheets' own (sources: see the register's row).
//!
//! `7:6 NAME` are bits 7 to 6, `5 NAME` one bit. `31:16/1 GPI#_STS` is a row of fields of one bit each, and #
//! their number. Registers that aren't here are one number.

use std::borrow::Cow;

/// Some bits of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: Cow<'static, str>,
    /// The lowest bit, and how many.
    pub low: u8,
    pub width: u8,
}

impl Field {
    pub fn mask(&self) -> u64 {
        (u64::MAX >> (64 - u32::from(self.width))) << self.low
    }

    pub fn of(&self, value: u64) -> u64 {
        (value & self.mask()) >> self.low
    }
}

/// The fields of the register of this name, lowest first.
pub fn fields(register: &str) -> Vec<Field> {
    let row = NAMES.iter().find(|(names, _)| names.split('|').any(|name| name == register));
    row.map_or_else(Vec::new, |(_, layout)| layout.split(", ").flat_map(parse).collect())
}

/// One entry of a layout.
fn parse(entry: &'static str) -> Vec<Field> {
    let (bits, name) = entry.split_once(' ').expect("the tables below are tested");
    let number = |text: &str| text.parse::<u8>().expect("the tables below are tested");
    let (range, step) = bits.split_once('/').map_or((bits, None), |(range, step)| (range, Some(number(step))));
    let (high, low) = range.split_once(':').unwrap_or((range, range));
    let (high, low) = (number(high), number(low));
    match step {
        None => vec![Field { name: name.into(), low, width: high - low + 1 }],
        Some(width) => (0..(high - low + 1) / width)
            .map(|n| Field { name: name.replace('#', &n.to_string()).into(), low: low + n * width, width })
            .collect(),
    }
}

#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    // Q35 MCH, D0:F0
    ("PCIEXBAR", "0 PCIEXBAREN, 2:1 LENGTH, 35:26 PCIEXBAR"),
    ("PAM0", "5:4 HIENABLE"),
    ("PAM1|PAM2|PAM3|PAM4|PAM5|PAM6", "1:0 LOENABLE, 5:4 HIENABLE"),
    ("REMAPBASE", "9:0 REMAPBASE"),
    ("REMAPLIMIT", "9:0 REMAPLMT"),
    ("F_SMBASE", "7:0 F_SMBASE"),
    ("SMRAM", "2:0 C_BASE_SEG, 3 G_SMRAME, 4 D_LCK, 5 D_CLS, 6 D_OPEN"),
    ("ESMRAMC", "0 T_EN, 2:1 TSEG_SZ, 3 SM_L2, 4 SM_L1, 5 SM_CACHE, 6 E_SMERR, 7 H_SMRAME"),
    ("TSEGMB", "31:20 TSEGMB"),
    ("TOLUD", "15:4 TOLUD"),
    // LPC bridge, D31:F0
    ("PMBASE", "0 RTE, 15:7 BASE"),
    ("ACPI_CNTL", "2:0 SCI_IRQ_SEL, 7 ACPI_EN"),
    ("GPIOBASE", "0 RTE, 15:6 BASE"),
    ("GC", "0 GLE, 4 EN"),
    ("SIRQ_CNTL", "1:0 SFPW, 5:2 SIRQSZ, 6 SIRQMD, 7 SIRQEN"),
    ("GEN_PMCON_1", "1:0 PER_SMI_SEL, 2 CPUSLP_EN, 4 SMI_LOCK, 9 PWRBTN_LVL"),
    ("GEN_PMCON_3", "0 AFTERG3_EN, 3 SLP_S4_ASE, 5:4 SLP_S4_MAW, 7:6 SWSMI_RATE_SEL, 15:10 RSVD"),
    ("GEN_PMCON_LOCK", "1 ACPI_BASE_LOCK, 2 SLP_STR_POL_LOCK"),
    ("ETR3", "20 CF9GR, 31 CF9LOCK"),
    ("GPI_ROUT", "31:0/2 GPI#_ROUT"),
    ("BIOS_CNTL", "0 BIOSWE, 1 BLE, 3:2 SRC, 4 TSS, 5 SMM_BWP"),
    ("RCBA", "0 EN, 31:14 BA"),
    // UHCI controller, D29:F0
    ("USB_LEGKEY", "0 60REN, 1 60WEN, 2 64REN, 3 64WEN, 4 USBSMIEN, 5 A20PASSEN, 6 PSTATE, 7 SMIATENDPS, 8 TRAPBY60R, 9 TRAPBY60W, 10 TRAPBY64R, 11 TRAPBY64W, 12 SMIBYUSB, 13 USBPIRQEN, 15 SMIBYENDPS"),
    // PMBASE
    ("PM1_STS", "0 TMROF_STS, 4 BM_STS, 5 GBL_STS, 8 PWRBTN_STS, 10 RTC_STS, 11 PRBTNOR_STS, 14 PCIEXPWAK_STS, 15 WAK_STS"),
    ("PM1_EN", "0 TMROF_EN, 5 GBL_EN, 8 PWRBTN_EN, 10 RTC_EN, 14 PCIEXPWAK_DIS"),
    ("PM1_CNT", "0 SCI_EN, 1 BM_RLD, 2 GBL_RLS, 12:10 SLP_TYP, 13 SLP_EN"),
    ("PM1_TMR", "23:0 TMR_VAL"),
    ("GPE0_STS", "0 THRM_STS, 1 HOT_PLUG_STS, 2 SWGPE_STS, 3 USB1_STS, 4 USB2_STS, 5 USB5_STS, 6 TCOSCI_STS, 7 SMB_WAK_STS, 8 RI_STS, 9 PCI_EXP_STS, 10 BATLOW_STS, 11 PME_STS, 12 USB3_STS, 13 PME_B0_STS, 14 USB4_STS, 31:16/1 GPI#_STS"),
    ("GPE0_STS (63:32)", "0 USB6_STS"),
    ("GPE0_EN", "0 THRM_EN, 1 HOT_PLUG_EN, 2 SWGPE_EN, 3 USB1_EN, 4 USB2_EN, 5 USB5_EN, 6 TCOSCI_EN, 7 SMB_WAK_EN, 8 RI_EN, 9 PCI_EXP_EN, 10 BATLOW_EN, 11 PME_EN, 12 USB3_EN, 13 PME_B0_EN, 14 USB4_EN, 31:16/1 GPI#_EN"),
    ("GPE0_EN (63:32)", "0 USB6_EN"),
    ("SMI_EN", "0 GBL_SMI_EN, 1 EOS, 2 BIOS_EN, 3 LEGACY_USB_EN, 4 SLP_SMI_EN, 5 APMC_EN, 6 SWSMI_TMR_EN, 7 BIOS_RLS, 11 MCSMI_EN, 13 TCO_EN, 14 PERIODIC_EN, 17 LEGACY_USB2_EN, 18 INTEL_USB2_EN"),
    ("SMI_STS", "2 BIOS_STS, 3 LEGACY_USB_STS, 4 SLP_SMI_STS, 5 APM_STS, 6 SWSMI_TMR_STS, 8 PM1_STS_REG, 9 GPE0_STS, 10 GPI_STS, 11 MCSMI_STS, 12 DEVMON_STS, 13 TCO_STS, 14 PERIODIC_STS, 15 SERIRQ_SMI_STS, 16 SMBUS_SMI_STS, 17 LEGACY_USB2_STS, 18 INTEL_USB2_STS, 20 PCI_EXP_SMI_STS, 21 MONITOR_STS, 26 SPI_STS"),
    ("ALT_GP_SMI_EN", "15:0/1 GPI#_SMI_EN"),
    ("ALT_GP_SMI_STS", "15:0/1 GPI#_SMI_STS"),
    ("GPE_CNTL", "0 THRM#_POL, 1 SWGPE_CTRL"),
    ("PM2_CNT", "0 ARB_DIS"),
    // TCO
    ("TCO_RLD", "9:0 TCO_RLD"),
    ("TCO1_STS", "0 NMI2SMI_STS, 1 SW_TCO_SMI, 2 TCO_INT_STS, 3 TIMEOUT, 7 NEWCENTURY_STS, 8 BIOSWR_STS, 9 DMISCI_STS, 10 DMISMI_STS, 12 DMISERR_STS"),
    ("TCO2_STS", "0 INTRD_DET, 1 SECOND_TO_STS, 2 BOOT_STS, 4 SMLINK_SLV_SMI_STS"),
    ("TCO1_CNT", "8 NMI_NOW, 9 NMI2SMI_EN, 11 TCO_TMR_HLT, 12 TCO_LOCK"),
    ("TCO2_CNT", "0 RSVD, 2:1 INTRD_SEL, 3 GPIO11_ALERT_DISABLE, 5:4 OS_POLICY"),
    ("SW_IRQ_GEN", "0 IRQ1_CAUSE, 1 IRQ12_CAUSE"),
    ("TCO_TMR", "9:0 TCO_TMR"),
    // GPIOBASE
    ("GPIO_USE_SEL|GP_IO_SEL|GP_LVL|GPI_INV|GPO_BLINK", "31:0/1 GPIO#"),
    // RCBA
    ("RC", "2 UE, 3 LL, 4 UL"),
    ("GCS", "0 BILD, 2 RPR, 4 AME, 5 NO_REBOOT, 6 FME, 9 SERM, 11:10 BBS"),
    ("BUC", "0 TS, 5 LAN_DISABLE, 7 CPU_BIST_EN"),
    ("TRSR", "3:0/1 CTSS#"),
    ("TRCR", "15:2 TIOA, 19:16 AHBE, 24 RWI"),
    ("TWDR", "31:0 TIOD"),
    ("IOTR0|IOTR1|IOTR2|IOTR3", "0 TRSE, 15:2 IOAD, 23:18 ADMA, 35:32 TBE, 39:36 BEM, 48 RWIO, 49 RWM"),
    // SPIBAR
    ("BFPR", "12:0 PRB, 28:16 PRL"),
    ("HSFS", "0 FDONE, 1 FCERR, 2 AEL, 4:3 BERASE, 5 SCIP, 13 FDOPSS, 14 FDV, 15 FLOCKDN"),
    ("HSFC", "0 FGO, 2:1 FCYCLE, 13:8 FDBC, 15 SME"),
    ("FADDR", "24:0 FLA"),
    ("FRAP", "7:0 BRRA, 15:8 BRWA, 23:16 BMRAG, 31:24 BMWAG"),
    ("FREG0|FREG1|FREG2|FREG3|FREG4", "12:0 RB, 28:16 RL"),
    ("PR0|PR1|PR2|PR3|PR4", "12:0 PRB, 15 RPE, 28:16 PRL, 31 WPE"),
    ("SSFS", "0 SCIP, 2 CDS, 3 FCERR, 4 AEL"),
    ("SSFC", "1 SCGO, 2 ACS, 3 SPOP, 6:4 COP, 13:8 DBC, 14 DS, 15 SME, 18:16 SCF"),
    ("PREOP", "15:0/8 PREOP#"),
    ("OPTYPE", "15:0/2 OPTYPE#"),
    ("OPMENU", "63:0/8 OPMENU#"),
    ("BBAR", "23:8 BBAR"),
    ("FDOC", "11:2 FDSI, 14:12 FDSS"),
    ("LVSCC", "1:0 LBES, 2 LWG, 3 LWSR, 4 LWEWS, 15:8 LEO, 23 VCL"),
    ("UVSCC", "1:0 UBES, 2 UWG, 3 UWSR, 4 UWEWS, 15:8 UEO"),
    ("FPB", "12:0 FPBA"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{CHIPSET_CONFIG, GPIO, IO_TRAP, LPC, MCH, PM, SPI, UHCI};

    /// Every bit that a guest can change has a name, and no two names share one.
    #[test]
    fn the_fields_of_a_register_lie_inside_it_and_cover_what_can_be_written() {
        let all = [CHIPSET_CONFIG, GPIO, IO_TRAP, LPC, MCH, PM, SPI, UHCI].concat();
        for (names, _) in NAMES {
            for name in names.split('|') {
                assert!(all.iter().any(|reg| reg.name == name), "no register {name}");
            }
        }
        for reg in all.iter().filter(|reg| !fields(reg.name).is_empty()) {
            let mut named = 0;
            for field in fields(reg.name) {
                assert_eq!(named & field.mask(), 0, "{} {}", reg.name, field.name);
                assert!(u16::from(field.low + field.width) <= 8 * reg.size, "{} {}", reg.name, field.name);
                named |= field.mask();
            }
            let written = reg.rw | reg.w1c | reg.once | reg.acts;
            assert_eq!(written & !named, 0, "{}: bits without a name", reg.name);
        }
    }

    #[test]
    fn a_row_of_fields_is_numbered() {
        let rout = fields("GPI_ROUT");
        assert_eq!(rout.len(), 16);
        assert_eq!(rout[7], Field { name: "GPI7_ROUT".into(), low: 14, width: 2 });
        assert_eq!(rout[7].of(0x4000), 1);
    }
}
