//! The modules about the flash: BIOS_CNTL, its SMIs, and the SPI controller.

use crate::Verdict::{Failed, NotApplicable, Passed, Warning};
use crate::registers::{Function, Registers};
use crate::{Verdict, all};
use board::Board;

const DESCRIPTOR: u32 = 0;
const ME: u32 = 2;
const GBE: u32 = 3;

fn without_spi(registers: &Registers) -> Option<(Verdict, String)> {
    let why = "This board has parallel flash, which takes writes in SMM only, and no SPI controller.";
    (registers.board() == Board::Qemu).then(|| (NotApplicable, why.into()))
}

/// Bases and ends that PRx hold against writing, sorted.
fn protected(registers: &mut Registers) -> Vec<(u64, u64)> {
    let mut ranges = Vec::new();
    for (n, name) in ["PR0", "PR1", "PR2", "PR3", "PR4"].into_iter().enumerate() {
        let pr = registers.spi(name, 0x74 + 4 * n as u64, 4);
        let (base, limit) = (registers.field(&pr, "base", 0, 13), registers.field(&pr, "limit", 16, 13));
        if registers.bit(&pr, "WPE", 31) && base <= limit {
            ranges.push((base << 12, (limit + 1) << 12));
        }
    }
    ranges.sort_unstable();
    ranges
}

/// Whether the ranges leave no byte between.
fn cover(ranges: &[(u64, u64)], from: u64, to: u64) -> bool {
    let reached =
        ranges.iter().fold(from, |reached, (base, end)| if *base <= reached { reached.max(*end) } else { reached });
    reached >= to
}

/// The BIOS region can't be written from outside SMM.
pub fn bios_wp(registers: &mut Registers) -> (Verdict, String) {
    if let Some(verdict) = without_spi(registers) {
        return verdict;
    }
    let cntl = registers.config("BIOS_CNTL", Function::Lpc, 0xdc, 1);
    let open = registers.bit(&cntl, "BIOSWE", 0);
    let ble = registers.bit(&cntl, "BLE", 1);
    let smm_bwp = registers.bit(&cntl, "SMM_BWP", 5);
    if ble && !open && smm_bwp {
        return (Passed, "Only SMM, with all processors in it, can write the BIOS region.".into());
    }
    let region = registers.spi("FREG1", 0x58, 4);
    let (base, limit) =
        (registers.field(&region, "base", 0, 13) << 12, registers.field(&region, "limit", 16, 13) << 12);
    if cover(&protected(registers), base, limit + 0x1000) {
        return (Passed, "Protected ranges cover the whole BIOS region: not even SMM can write it.".into());
    }
    let why = match (open, ble) {
        (true, _) => "BIOSWE is 1: everybody can write the BIOS region.",
        (false, false) => "BLE is 0: the OS sets BIOSWE and writes the BIOS region; no SMI stops it.",
        (false, true) => {
            "BLE is set, but SMM_BWP is 0: between BIOSWE = 1 and the SMI's handler another processor can write \
             (VU#766164). Protected ranges don't cover the BIOS region either."
        }
    };
    (Failed, why.into())
}

/// The SMI that undoes BIOSWE can't be switched off. That SMM_BWP is 0 is the affair of `bios_wp`.
pub fn bios_smi(registers: &mut Registers) -> (Verdict, String) {
    let cntl = registers.config("BIOS_CNTL", Function::Lpc, 0xdc, 1);
    let smm_bwp = registers.bit(&cntl, "SMM_BWP", 5);
    let smi_en = registers.pm("SMI_EN", 0x30, 4);
    let global = registers.bit(&smi_en, "GBL_SMI_EN", 0);
    let tco = registers.bit(&smi_en, "TCO_EN", 13);
    let tco1_cnt = registers.pm("TCO1_CNT", 0x68, 2);
    let tco_lock = registers.bit(&tco1_cnt, "TCO_LOCK", 12);
    let pmcon = registers.config("GEN_PMCON_1", Function::Lpc, 0xa0, 2);
    let smi_lock = registers.bit(&pmcon, "SMI_LOCK", 4);
    let (verdict, why) = all(
        &[
            (global, "GBL_SMI_EN is 0: there are no SMIs at all."),
            (tco || !smm_bwp || !global, "TCO_EN is 0: setting BIOSWE raises no SMI that would clear it."),
            (tco_lock, "TCO_LOCK is 0: the OS can clear TCO_EN."),
            (smi_lock, "SMI_LOCK is 0: the OS can clear GBL_SMI_EN."),
        ],
        "The SMI that answers BIOSWE is enabled and locked.",
    );
    match verdict {
        Passed if !tco => (Warning, "TCO_EN is 0: firmware doesn't seem to use the SMI that answers BIOSWE.".into()),
        verdict => (verdict, why),
    }
}

/// Nobody but firmware decides which block the processor starts from.
pub fn bios_ts(registers: &mut Registers) -> (Verdict, String) {
    if let Some(verdict) = without_spi(registers) {
        return verdict;
    }
    let gcs = registers.rcba("GCS", 0x3410, 4);
    let bild = registers.bit(&gcs, "BILD", 0);
    let buc = registers.rcba("BUC", 0x3414, 1);
    registers.bit(&buc, "TS", 0);
    all(
        &[(bild, "BILD is 0: the OS can set top swap, and the next boot starts from another block.")],
        "BILD is set: boot straps and top swap can't be changed until the next reset.",
    )
}

pub fn spi_lock(registers: &mut Registers) -> (Verdict, String) {
    if let Some(verdict) = without_spi(registers) {
        return verdict;
    }
    let hsfs = registers.spi("HSFS", 0x04, 2);
    let locked = registers.bit(&hsfs, "FLOCKDN", 15);
    all(
        &[(locked, "FLOCKDN is 0: the OS can clear the protected ranges and fill the opcode menu as it likes.")],
        "FLOCKDN holds protected ranges, rights and opcode menu until the next reset.",
    )
}

pub fn spi_access(registers: &mut Registers) -> (Verdict, String) {
    if let Some(verdict) = without_spi(registers) {
        return verdict;
    }
    let hsfs = registers.spi("HSFS", 0x04, 2);
    let valid = registers.bit(&hsfs, "FDV", 14);
    let frap = registers.spi("FRAP", 0x50, 4);
    let writes = registers.field(&frap, "BRWA", 8, 8);
    if !valid {
        return (
            Warning,
            "FDV is 0: there is no valid flash descriptor, and nobody's rights are limited by one.".into(),
        );
    }
    match (writes >> DESCRIPTOR & 1, writes >> ME & 1, writes >> GBE & 1) {
        (1, ..) => (Failed, "The processors may write the flash descriptor, and with it these rights.".into()),
        (_, 1, _) => (Failed, "The processors may write the ME's region.".into()),
        (.., 1) => (Warning, "The processors may write the GbE's region; its driver may need that.".into()),
        _ => (Passed, "The processors may write no region that belongs to others.".into()),
    }
}

pub fn spi_desc(registers: &mut Registers) -> (Verdict, String) {
    if let Some(verdict) = without_spi(registers) {
        return verdict;
    }
    let frap = registers.spi("FRAP", 0x50, 4);
    let writes = registers.field(&frap, "BRWA", 8, 8);
    all(
        &[(writes >> DESCRIPTOR & 1 == 0, "BRWA lets the processors write the flash descriptor.")],
        "The processors may not write the flash descriptor.",
    )
}

pub fn spi_fdopss(registers: &mut Registers) -> (Verdict, String) {
    if let Some(verdict) = without_spi(registers) {
        return verdict;
    }
    let hsfs = registers.spi("HSFS", 0x04, 2);
    let held = registers.bit(&hsfs, "FDOPSS", 13);
    all(
        &[(held, "FDOPSS is 0: the strap overrides the descriptor, and its rights don't hold.")],
        "FDOPSS is 1: the descriptor's rights hold.",
    )
}

#[cfg(test)]
mod tests {
    use super::cover;

    #[test]
    fn ranges_cover_when_they_leave_no_gap() {
        assert!(cover(&[(0, 0x2000), (0x1000, 0x5000)], 0x1000, 0x5000));
        assert!(!cover(&[(0, 0x2000), (0x3000, 0x5000)], 0x1000, 0x5000));
        assert!(!cover(&[(0x1000, 0x4000)], 0x1000, 0x5000));
        assert!(!cover(&[], 0x1000, 0x5000));
    }
}
