//! A setting's way to flash: Setup, policy, write protection, a full store; and an update of the flash.

use crate::{answers, booted, faulty, show};
use ::board::Board;
use e2e::firmware::{Boot, boot_with, images};
use lab::say;
use pi::record::layout::Record;

const SETUP: &str = "opt/org.smmlab/setup";
const SCRIPT: &str = "opt/org.smmlab/script";

/// A person saves a setting in Setup; what is said then, and whether it is there at the next boot.
fn saved(image: &[u8]) -> (Boot, bool) {
    let (first, left) = boot_with(Board::Ich9, image, &[(SETUP, "6 Enabled\nexit\n"), (SCRIPT, "getvar SetupData\n")]);
    let (second, _) = boot_with(Board::Ich9, &left, &[(SCRIPT, "getvar SetupData\n")]);
    (first, second.console.contains("getvar SetupData: EFI_SUCCESS"))
}

fn kept(faults: &[&str]) -> bool {
    saved(&faulty(&images().debug, faults)).1
}

#[test]
fn a_setting_that_never_reaches_setvariable_is_gone() {
    const SET: u32 = 3;
    show(&["setup-never-saves"], |image| {
        let (first, kept) = saved(image);
        let asks = |one: &Record| matches!(one, Record::VariableRequest(request) if request.function.get() == SET);
        first.console.contains("Saved\r\n") && !first.records.iter().any(asks) && !kept
    });
}

#[test]
fn a_refused_setting_is_told_unless_setup_ignores_it() {
    show(&["policy-refuses-setup"], |image| saved(image).0.console.contains("Not saved: EFI_ACCESS_DENIED"));
    show(&["policy-refuses-setup", "setup-ignores-status"], |image| {
        let (first, kept) = saved(image);
        first.console.contains("Saved\r\n") && !kept
    });
    assert!(kept(&["setup-ignores-status"]), "alone it is harmless");
}

#[test]
fn flash_that_stays_protected_refuses_the_setting() {
    for fault in ["flash-not-opened", "nvram-protected"] {
        show(&[fault], |image| saved(image).0.console.contains("Not saved: EFI_WRITE_PROTECTED"));
        let log = saved(&faulty(&images().debug, &[fault])).0.log;
        assert!(log.contains("SpiFlash: WriteBlock failed: write protection enabled\n"), "{log}");
    }
}

#[test]
fn success_from_ram_is_gone_at_the_next_boot() {
    show(&["flash-status-ignored", "flash-not-opened"], |image| {
        let (first, kept) = saved(image);
        first.console.contains("Saved\r\n") && first.console.contains("getvar SetupData: EFI_SUCCESS") && !kept
    });
    assert!(kept(&["flash-status-ignored"]), "alone it is harmless");
}

#[test]
fn a_store_that_nobody_reclaims_stays_full() {
    let fill: String = (0..15).map(|round| format!("setvar Large 7 {round:02x}*700\n")).collect();
    show(&["no-reclaim"], |image| {
        let (_, left) = boot_with(Board::Ich9, image, &[(SCRIPT, &fill)]);
        let (second, _) = boot_with(Board::Ich9, &left, &[(SCRIPT, "setvar Large 7 ff*700\n")]);
        second.console.contains("setvar Large: EFI_OUT_OF_RESOURCES")
    });
}

#[test]
fn the_audit_finds_flash_that_is_left_open() {
    for fault in ["flash-left-open", "flash-not-locked"] {
        show(&[fault], |image| {
            let mut machine = booted(image).history.machine().clone();
            assert_eq!(say(&mut machine, "flash 33").answer, "flash: EFI_SUCCESS");
            let found = audit::audit(&machine).into_iter().find(|one| one.module == "common.bios_wp").unwrap();
            found.verdict == audit::Verdict::Failed
        });
    }
}

#[test]
fn an_update_that_only_says_so_changes_nothing() {
    show(&["update-pretends"], |image| {
        let said = answers(&booted(image), &["flash 48656c6c", "peek fff10000"]);
        said[0] == "flash: EFI_SUCCESS" && !said[1].ends_with("0x6c6c6548")
    });
}
