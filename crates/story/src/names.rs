//! Names inside words: bits of the registers a figure shows, and UEFI status codes.

use trace::ChipReg;

/// Named bits (ICH9 datasheet 316972, 13.8.3.7 SMI_EN and 13.8.3.8 SMI_STS; Intel 3 Series datasheet
/// 316966, 5.1.30 SMRAM and 5.1.31 ESMRAMC).
fn bit_names(reg: ChipReg) -> &'static [(u8, &'static str)] {
    match reg {
        ChipReg::SmiEn => &[(0, "GBL_SMI_EN"), (1, "EOS"), (5, "APMC_EN"), (6, "SWSMI_TMR_EN"), (13, "TCO_EN")],
        ChipReg::SmiSts => &[(5, "APM_STS"), (6, "SWSMI_TMR_STS"), (13, "TCO_STS")],
        ChipReg::Smramc => &[(3, "G_SMRAME"), (4, "D_LCK"), (5, "D_CLS"), (6, "D_OPEN")],
        ChipReg::Esmramc => &[(0, "T_EN")],
        _ => &[],
    }
}

/// The bits that changed, by name and new value; `None` when a changed bit has no name here, so that
/// the whole word must be shown.
pub fn bit_changes(reg: ChipReg, old: u32, new: u32) -> Option<Vec<(&'static str, bool)>> {
    let changed = old ^ new;
    let named: Vec<_> = bit_names(reg).iter().filter(|(bit, _)| changed >> bit & 1 == 1).collect();
    let covered = named.iter().fold(0, |mask, (bit, _)| mask | 1 << bit);
    (changed != 0 && covered == changed).then(|| named.iter().map(|(bit, name)| (*name, new >> bit & 1 == 1)).collect())
}

/// UEFI 2.10, appendix D: status codes of a 64-bit machine.
pub fn efi_status(value: u64) -> Option<&'static str> {
    const ERROR: u64 = 1 << 63;
    Some(match value ^ ERROR {
        1 => "EFI_LOAD_ERROR",
        2 => "EFI_INVALID_PARAMETER",
        3 => "EFI_UNSUPPORTED",
        4 => "EFI_BAD_BUFFER_SIZE",
        5 => "EFI_BUFFER_TOO_SMALL",
        6 => "EFI_NOT_READY",
        7 => "EFI_DEVICE_ERROR",
        8 => "EFI_WRITE_PROTECTED",
        9 => "EFI_OUT_OF_RESOURCES",
        14 => "EFI_NOT_FOUND",
        15 => "EFI_ACCESS_DENIED",
        26 => "EFI_SECURITY_VIOLATION",
        ERROR => "EFI_SUCCESS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_bits_are_named_with_their_new_value() {
        assert_eq!(bit_changes(ChipReg::SmiSts, 0, 0x20), Some(vec![("APM_STS", true)]));
        assert_eq!(bit_changes(ChipReg::SmiEn, 0x23, 0x21), Some(vec![("EOS", false)]));
        assert_eq!(bit_changes(ChipReg::SmiEn, 0, 0x8000_0000), None);
        assert_eq!(bit_changes(ChipReg::ApmCnt, 0, 0x42), None);
    }

    #[test]
    fn status_codes_have_their_uefi_names() {
        assert_eq!(efi_status(0), Some("EFI_SUCCESS"));
        assert_eq!(efi_status(0x8000_0000_0000_0003), Some("EFI_UNSUPPORTED"));
        assert_eq!(efi_status(0x42), None);
    }
}
