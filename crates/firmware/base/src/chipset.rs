//! Q35 MCH and ICH9: the registers this firmware touches. Intel 3 Series datasheet 316966, "Host
//! Bridge"; ICH9 datasheet 316972, "LPC Interface Bridge" and "Power Management".

use crate::arch::{in8, in32, out8, out32};

/// Configuration space of bus 0, by mechanism #1.
pub mod pci {
    use crate::arch::{in8, in16, in32, out8, out16, out32};

    const ADDRESS: u16 = 0xcf8;
    const DATA: u16 = 0xcfc;

    #[derive(Clone, Copy)]
    pub struct Function(pub u32);

    /// The function at bus, device and function number.
    pub const fn function(bus: u8, device: u8, function: u8) -> Function {
        Function(1 << 31 | (bus as u32) << 16 | (device as u32) << 11 | (function as u32) << 8)
    }

    /// In an SMI handler: whoever was interrupted may be about to use the data port.
    pub fn preserved<T>(work: impl FnOnce() -> T) -> T {
        let address = in32(ADDRESS);
        let done = work();
        out32(ADDRESS, address);
        done
    }

    impl Function {
        fn select(self, register: u8) -> u16 {
            out32(ADDRESS, self.0 | u32::from(register & !3));
            DATA + u16::from(register & 3)
        }
        pub fn read8(self, register: u8) -> u8 {
            in8(self.select(register))
        }
        pub fn read16(self, register: u8) -> u16 {
            in16(self.select(register))
        }
        pub fn read32(self, register: u8) -> u32 {
            in32(self.select(register))
        }
        pub fn write8(self, register: u8, value: u8) {
            out8(self.select(register), value);
        }
        pub fn write16(self, register: u8, value: u16) {
            out16(self.select(register), value);
        }
        pub fn write32(self, register: u8, value: u32) {
            out32(self.select(register), value);
        }
    }
}

/// Host bridge, 00:00.0.
pub mod mch {
    pub const FUNCTION: super::pci::Function = super::pci::function(0, 0, 0);
    pub const SMRAMC: u8 = 0x9d;
    pub const ESMRAMC: u8 = 0x9e;
    pub const GBSM: u8 = 0xa4;
    pub const BGSM: u8 = 0xa8;
    pub const TSEGMB: u8 = 0xac;
    pub const TOLUD: u8 = 0xb0;

    /// SMRAMC.
    pub const D_OPEN: u8 = 1 << 6;
    pub const D_CLS: u8 = 1 << 5;
    pub const D_LCK: u8 = 1 << 4;
    pub const G_SMRAME: u8 = 1 << 3;
    /// ESMRAMC.
    pub const TSEG_SZ_MASK: u8 = 3 << 1;
    pub const T_EN: u8 = 1;
}

/// LPC bridge of the ICH9, 00:1F.0.
pub mod lpc {
    pub const FUNCTION: super::pci::Function = super::pci::function(0, 0x1f, 0);
    pub const PMBASE: u8 = 0x40;
    pub const ACPI_CNTL: u8 = 0x44;
    pub const GPIOBASE: u8 = 0x48;
    pub const GC: u8 = 0x4c;
    pub const GEN_PMCON_1: u8 = 0xa0;
    pub const GPI_ROUT: u8 = 0xb8;
    pub const BIOS_CNTL: u8 = 0xdc;

    pub const ACPI_EN: u8 = 1 << 7;
    /// GC.
    pub const GPIO_EN: u8 = 1 << 4;
    pub const SMI_LOCK: u8 = 1 << 4;
    /// GEN_PMCON_1: 64, 32, 16, 8 seconds.
    pub const PER_SMI_SEL: u8 = 3;
    /// BIOS_CNTL.
    pub const BIOSWE: u8 = 1 << 0;
}

/// Power management I/O block, at our choice.
pub mod pm {
    pub const BASE: u16 = 0x600;
    pub const PM1_STS: u16 = BASE;
    pub const PM1_EN: u16 = BASE + 0x02;
    pub const PM1_CNT: u16 = BASE + 0x04;
    pub const GPE0_STS: u16 = BASE + 0x20;
    pub const GPE0_EN: u16 = BASE + 0x28;
    pub const SMI_EN: u16 = BASE + 0x30;
    pub const SMI_STS: u16 = BASE + 0x34;
    pub const ALT_GP_SMI_EN: u16 = BASE + 0x38;
    pub const ALT_GP_SMI_STS: u16 = BASE + 0x3a;
    pub const GPE_CNTL: u16 = BASE + 0x42;
    pub const TCO1_STS: u16 = BASE + 0x64;
    pub const TCO2_STS: u16 = BASE + 0x66;
    pub const TCO1_CNT: u16 = BASE + 0x68;
    pub const TCO2_CNT: u16 = BASE + 0x6a;

    pub const GBL_SMI_EN: u32 = 1 << 0;
    pub const EOS: u32 = 1 << 1;
    pub const APMC_EN: u32 = 1 << 5;
    pub const APM_STS: u32 = 1 << 5;
    /// PM1_STS.
    pub const PRBTNOR_STS: u16 = 1 << 11;
    /// PM1_STS, and PM1_EN where it has them.
    pub const PWRBTN: u16 = 1 << 8;
    pub const RTC: u16 = 1 << 10;
    pub const WAK_STS: u16 = 1 << 15;
    /// PM1_CNT.
    pub const SLP_TYP_SHIFT: u32 = 10;
    pub const SLP_TYP: u16 = 7 << SLP_TYP_SHIFT;
    pub const SLP_EN: u16 = 1 << 13;
    /// GPE_CNTL.
    pub const THRM_POL: u8 = 1 << 0;
    /// TCO2_STS: a second time-out, and before the first instruction.
    pub const SECOND_TO_STS: u16 = 1 << 1;
    pub const BOOT_STS: u16 = 1 << 2;
    /// TCO1_CNT.
    pub const TCO_TMR_HLT: u16 = 1 << 11;
    pub const TCO_LOCK: u16 = 1 << 12;
}

/// General-purpose pins, at our choice: QEMU's fw_cfg has 510h.
pub mod gpio {
    pub const BASE: u16 = 0x480;
    pub const GP_LVL: u16 = BASE + 0x0c;
    pub const GPI_INV: u16 = BASE + 0x2c;
}

pub const APM_CNT: u16 = 0xb2;
/// A byte beside APM_CNT, by custom the command's data.
pub const APM_DATA: u16 = 0xb3;
pub const RST_CNT: u16 = 0xcf9;

/// A byte of CMOS RAM.
pub fn cmos(index: u8) -> u8 {
    out8(0x70, index);
    in8(0x71)
}

pub fn write_cmos(index: u8, value: u8) {
    out8(0x70, index);
    out8(0x71, value);
}

/// DRAM below 4 GiB, in bytes: the platform leaves it in CMOS, in units of 64 KiB above 16 MiB, or
/// for less in units of 1 KiB above 1 MiB.
pub fn low_memory() -> u64 {
    let word = |low| u64::from(cmos(low)) | u64::from(cmos(low + 1)) << 8;
    match word(0x34) {
        0 => (word(0x30) << 10) + 0x10_0000,
        above => (above << 16) + 0x100_0000,
    }
}

/// TSEG as SmmAccessPei programmed it.
pub fn tseg() -> core::ops::Range<u64> {
    let base = u64::from(mch::FUNCTION.read32(mch::TSEGMB) & 0xfff0_0000);
    let size = match (mch::FUNCTION.read8(mch::ESMRAMC) & mch::TSEG_SZ_MASK) >> 1 {
        0 => 1 << 20,
        1 => 2 << 20,
        _ => 8 << 20,
    };
    base..base + size
}

/// Ends an SMI: clears the status of the APM, and tells the chipset that another SMI may come. A
/// source that became active meanwhile raises one at once.
pub fn end_of_smi() {
    out32(pm::SMI_STS, pm::APM_STS);
    out32(pm::SMI_EN, in32(pm::SMI_EN) | pm::EOS);
}
