//! The flash: an update from the OS, who may write what, and what the audit says of a booted image.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use audit::{Verdict, audit};
use board::Board;
use e2e::firmware::{boot, boot_and_keep, boot_on_qemu_and_keep, edited, images};
use e2e::prompt::{Prompt, Registers};
use pi::record::layout::{Record, flash};

/// Offsets in the image.
const OEM_BLOCK: std::ops::Range<usize> = 0x1_0000..0x1_1000;
const UPDATE: &str = "flash 48656c6c6f\npeek fff10000\nflash a5*1000\nflash a5*1001\ngetvar FirmwareUpdate\n\
    setvar FirmwareUpdate 7 01\n";
const RBX: usize = 3;
const COMMAND: u64 = 0x60;
const SECURITY_VIOLATION: u32 = 26;

fn pcd(file: &str, word: &str, value: u32) -> String {
    format!(r#"{{"op": "pcd", "file": "{file}", "word": "{word}", "value": {value}}}"#)
}

#[test]
fn the_os_updates_the_oem_block_and_only_smm_may_count_it() {
    for image in [&images().debug, &images().release] {
        let (reference, by_qemu) = boot_on_qemu_and_keep(image, UPDATE);
        let (ours, left) = boot_and_keep(Board::Qemu, image, UPDATE);
        assert_eq!(ours, reference);
        assert!(left == by_qemu);
        let (ich9, left) = boot_and_keep(Board::Ich9, image, UPDATE);
        assert_eq!(ich9.console, ours.console);
        for line in [
            "flash: EFI_SUCCESS",
            "peek 0xfff10000: EFI_SUCCESS 0x6c6c6548",
            "flash: EFI_BAD_BUFFER_SIZE",
            "getvar FirmwareUpdate: EFI_SUCCESS 0x7 02000000",
            "setvar FirmwareUpdate: EFI_WRITE_PROTECTED",
        ] {
            assert!(ich9.console.lines().any(|said| said == line), "{line}\n{}", ich9.console);
        }
        assert!(left[OEM_BLOCK].iter().all(|byte| *byte == 0xa5));
        assert!(left[OEM_BLOCK.end..] == image[OEM_BLOCK.end..], "code has changed");
    }
}

#[test]
fn an_update_that_pretends_says_success_and_changes_nothing() {
    let image = edited(&images().debug, &[&pcd("FlashUpdateSmm", "PcdFlashUpdateWrites", 0)]);
    for board in [Board::Ich9, Board::Qemu] {
        let (boot, left) = boot_and_keep(board, &image, UPDATE);
        assert!(boot.console.contains("flash: EFI_SUCCESS"), "{}", boot.console);
        assert!(left[OEM_BLOCK] == image[OEM_BLOCK]);
        assert!(boot.console.contains("getvar FirmwareUpdate: EFI_NOT_FOUND"));
        let of_flash = |record: &&Record| matches!(record, Record::FlashOperation(one) if one.operation != flash::LOCK);
        // The OS's own variable came no further, either.
        assert_eq!(boot.records.iter().filter(of_flash).count(), 0);
    }
}

/// RBX is whatever the OS likes.
#[test]
fn a_request_outside_the_buffer_is_refused_and_a_driver_that_trusts_rbx_gives_smram_away() {
    let careless = edited(&images().debug, &[&pcd("FlashUpdateSmm", "PcdFlashUpdateChecksBuffer", 0)]);
    for (image, trusts) in [(&images().debug, false), (&careless, true)] {
        let start = Prompt::boot(Board::Ich9, image);
        let secret = start.peek_smram();
        // Somewhere in SMRAM there is a small number with something behind it.
        let word = |at: usize| u32::from_le_bytes(secret[at..at + 4].try_into().unwrap());
        let small =
            |at: &usize| (0x40..0x1000).contains(&word(*at)) && secret[at + 8..at + 0x40].iter().any(|byte| *byte != 0);
        let at = (0..secret.len() - 0x1010).step_by(16).find(small).unwrap();
        let size = word(at) as usize;
        let mut prompt = start.clone();
        let mut registers = Registers([0; 16]);
        registers.0[0] = 0x5a5a_5a5a_5a5a_5a00 | COMMAND;
        registers.0[RBX] = prompt.smram.start + at as u64;
        let answer = prompt.raise(&registers, 0).unwrap();
        let left = e2e::firmware::flash(&prompt.machine, image.len());
        if trusts {
            assert_eq!(answer.rax, 0, "{}", answer.log);
            assert!(left[OEM_BLOCK][..size] == secret[at + 8..][..size], "what is in SMRAM is in flash");
        } else {
            assert_eq!(answer.rax, SECURITY_VIOLATION, "{}", answer.log);
            assert!(left[OEM_BLOCK] == image[OEM_BLOCK]);
        }
        for address in [0, u64::MAX - 4, prompt.buffer + 0x3ffc, prompt.buffer - 8] {
            let mut prompt = start.clone();
            registers.0[RBX] = address;
            let answer = prompt.raise(&registers, 0);
            if !trusts {
                assert_eq!(answer.unwrap().rax, SECURITY_VIOLATION, "{address:x}");
            }
        }
    }
}

fn verdicts(image: &[u8]) -> Vec<(&'static str, Verdict)> {
    let prompt = Prompt::boot(Board::Ich9, image);
    audit(&prompt.machine).into_iter().map(|finding| (finding.module, finding.verdict)).collect()
}

fn failed(image: &[u8]) -> Vec<&'static str> {
    verdicts(image).into_iter().filter(|(_, verdict)| *verdict == Verdict::Failed).map(|(module, _)| module).collect()
}

#[test]
fn the_audit_of_a_booted_image_finds_what_a_fault_leaves_open() {
    let image = &images().release;
    let healthy = failed(image);
    let with = |fault: &str| {
        let failed = failed(&edited(image, &[fault]));
        failed.into_iter().filter(|module| !healthy.contains(module)).collect::<Vec<_>>()
    };
    // The chipset has no lock for the reclaim window, the processor no MSR_LT_LOCK_MEMORY; this firmware keeps
    // nothing in CMOS memory.
    for (module, verdict) in verdicts(image) {
        let wanted = match module {
            "common.remap" | "common.rtclock" => Verdict::Warning,
            "common.memlock" => Verdict::NotApplicable,
            _ => Verdict::Passed,
        };
        assert_eq!(verdict, wanted, "{module}");
    }
    assert_eq!(
        with(&pcd("FvbServicesSmm", "PcdFlashLock", 0)),
        ["common.bios_wp", "common.bios_ts", "common.spi_lock"]
    );
    let open = edited(image, &[&pcd("FvbServicesSmm", "PcdFlashCloseWrites", 0)]);
    // Open once somebody has written.
    let mut prompt = Prompt::boot(Board::Ich9, &open);
    let mut registers = Registers([0; 16]);
    registers.0[0] = 0x5a5a_5a5a_5a5a_5a00 | COMMAND;
    registers.0[RBX] = prompt.buffer;
    let buffer = prompt.buffer;
    prompt.poke(buffer, &[1, 0, 0, 0, 0, 0, 0, 0, 0x33]);
    assert_eq!(prompt.raise(&registers, 0).unwrap().rax, 0);
    let bios_wp = audit(&prompt.machine).into_iter().find(|finding| finding.module == "common.bios_wp").unwrap();
    assert_eq!(bios_wp.verdict, Verdict::Failed, "{}", bios_wp.why);
}

/// What takes flash's time, as the records tell.
#[test]
fn flash_operations_are_told_with_place_size_and_status() {
    let boot = boot(Board::Ich9, &images().release, "flash 01\n");
    let of_flash = |record: &Record| match record {
        Record::FlashOperation(one) => Some((one.operation, one.address.get(), one.size.get(), one.status.get())),
        _ => None,
    };
    let operations: Vec<_> = boot.records.iter().filter_map(of_flash).collect();
    assert_eq!(operations[0], (flash::LOCK, 0, 0, 0));
    assert_eq!(operations[1], (flash::ERASE, 0xfff1_0000, 0x1000, 0));
    assert_eq!(operations[2], (flash::PROGRAM, 0xfff1_0000, 1, 0));
    // And the variable that counts.
    assert!(operations[3..].iter().all(|(operation, address, _, status)| {
        *operation == flash::PROGRAM && (0xfff0_0048..0xfff0_7000).contains(address) && *status == 0
    }));
}
