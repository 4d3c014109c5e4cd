//! Who is late for SmmReadyToLock, and what a platform without it is open to.

use board::Board;
use e2e::firmware::{Boot, boot, boot_on_qemu, edited, images};

const SCRIPT: &str = "smi 41\nsmi 42\nsmi 43\npci 1f 0 a0\npci 0 0 9c 00380a00\npeek f00000\n";
const REPORT: &str = "SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!\n";
const C_BEHIND: &str = r#"{"op": "order", "file": "DriverC", "after": "PlatformSmm"}"#;
const C_IN_FRONT: &str = r#"{"op": "order", "file": "DriverC", "before": "PlatformSmm"}"#;
const NO_PLATFORM_SMM: &str = r#"{"op": "drop", "file": "PlatformSmm"}"#;
const BDS_IS_SILENT: &str = r#"{"op": "pcd", "file": "BdsDxe", "word": "PcdSignalReadyToLock", "value": 0}"#;
const NO_LAST_CHANCE: &str = r#"{"op": "pcd", "file": "PiSmmIpl", "word": "PcdLockAtReadyToBoot", "value": 0}"#;
/// After `pci 0 0 9c …`, which clears T_EN if nothing is locked.
const OPEN: &str = "pci 00.0 0x9c: EFI_SUCCESS 0x00380a00";
const ONES: &str = "peek 0x00f00000: EFI_SUCCESS 0xffffffff";

/// On QEMU and on both of ours; QEMU and our board of its kind agree in everything.
fn boots(image: &[u8]) -> [Boot; 2] {
    let qemu = boot(Board::Qemu, image, SCRIPT);
    assert_eq!(qemu, boot_on_qemu(image, SCRIPT));
    [qemu, boot(Board::Ich9, image, SCRIPT)]
}

fn says(boot: &Boot, line: &str) -> bool {
    boot.console.lines().any(|said| said == line)
}

#[test]
fn behind_the_driver_that_locks_driver_c_is_late_and_in_front_of_it_is_back() {
    for (image, is_debug) in [(&images().debug, true), (&images().release, false)] {
        let late = edited(image, &[C_BEHIND]);
        for boot in boots(&late) {
            assert!(says(&boot, "smi 0x42: EFI_SUCCESS"), "{}", boot.console);
            assert!(says(&boot, "smi 0x43: EFI_NOT_FOUND"), "{}", boot.console);
            assert!(!says(&boot, OPEN) && says(&boot, ONES), "{}", boot.console);
            assert_eq!(boot.log.contains(REPORT), is_debug, "{}", boot.log);
            assert_eq!(boot.log.is_empty(), !is_debug);
        }
        let repaired = edited(&late, &[C_IN_FRONT]);
        assert_eq!(&repaired, image);
        for boot in boots(&repaired) {
            assert!(says(&boot, "smi 0x43: EFI_SUCCESS"), "{}", boot.console);
            assert!(!boot.log.contains("not loaded"), "{}", boot.log);
        }
    }
}

#[test]
fn without_platform_smm_bds_locks() {
    let image = edited(&images().debug, &[NO_PLATFORM_SMM]);
    for boot in boots(&image) {
        assert!(boot.log.contains("SMM IPL locked SMRAM window\n"), "{}", boot.log);
        assert!(says(&boot, "smi 0x43: EFI_SUCCESS") && says(&boot, ONES) && !says(&boot, OPEN), "{}", boot.console);
        assert!(says(&boot, "pci 1f.0 0xa0: EFI_SUCCESS 0x00000010"), "{}", boot.console);
    }
}

/// SmmControl2 waits for the protocol, so SMI_LOCK stays clear.
#[test]
fn if_nobody_signals_ready_to_lock_the_ipl_locks_smram_at_ready_to_boot() {
    let image = edited(&images().debug, &[NO_PLATFORM_SMM, BDS_IS_SILENT]);
    const WARNING: &str = "SMM IPL!  DXE SMM Ready To Lock Protocol not installed before Ready To Boot signal\n";
    for boot in boots(&image) {
        assert!(boot.log.contains(WARNING), "{}", boot.log);
        assert!(says(&boot, ONES) && !says(&boot, OPEN), "{}", boot.console);
        assert!(says(&boot, "pci 1f.0 0xa0: EFI_SUCCESS 0x00000000"), "{}", boot.console);
    }
}

#[test]
fn smram_that_nobody_locks_can_be_opened_and_read_by_the_os() {
    for image in [&images().debug, &images().release] {
        let image = edited(image, &[NO_PLATFORM_SMM, BDS_IS_SILENT, NO_LAST_CHANCE]);
        for boot in boots(&image) {
            assert!(says(&boot, OPEN), "{}", boot.console);
            assert!(!says(&boot, ONES) && !boot.log.contains("locked SMRAM"), "{}", boot.console);
        }
    }
}
