//! Locks that are left open: what the OS can then do, and what the audit says.

use crate::{answer, answers, booted, faulty, show};
use audit::{Verdict, audit};
use e2e::firmware::images;

/// The audit's verdict of this module is FAILED.
fn fails(image: &[u8], module: &str) -> bool {
    let findings = audit(booted(image).history.machine());
    findings.iter().any(|finding| finding.module == module && finding.verdict == Verdict::Failed)
}

/// T_EN cleared by the OS, and SMRAM read: no ones.
fn is_open(image: &[u8]) -> bool {
    let firmware = booted(image);
    let at = firmware.smram.addr & !0xfff;
    let read = answers(&firmware, &["pci 0 0 9c 00380a00", &format!("peek {at:x}")]);
    !read[1].ends_with("0xffffffff")
}

#[test]
fn without_ready_to_lock_the_os_opens_smram_and_reads_it() {
    show(&["ready-to-lock-forgotten"], |image| {
        is_open(image) && answer(image, "pci 1f 0 a0").ends_with("EFI_SUCCESS 0x00000000")
    });
}

/// BLE is set by the firmware's lock, or here.
#[test]
fn a_ble_handler_that_leaves_bioswe_set_protects_nothing() {
    show(&["bios-write-left-open"], |image| {
        let answers = answers(&booted(image), &["pci 1f 0 dc 2", "pci 1f 0 dc 3", "pci 1f 0 dc"]);
        u32::from_str_radix(answers[2].rsplit_once("0x").unwrap().1, 16).unwrap() & 1 != 0
    });
}

#[test]
fn without_d_lck_the_os_clears_t_en_and_without_smrr_it_reads_smram() {
    const D_LCK: &str = "d-lck-forgotten";
    const SMRR: &str = "smrr-missing";
    show(&[D_LCK], |image| fails(image, "common.smm") && answer(image, "pci 0 0 9c 00380a00").ends_with("0x00380a00"));
    show(&[SMRR], |image| fails(image, "common.smrr"));
    show(&[D_LCK, SMRR], is_open);
    for alone in [D_LCK, SMRR] {
        assert!(!is_open(&faulty(&images().debug, &[alone])), "{alone}: the other still hides SMRAM");
    }
}

/// EOS and APMC_EN are kept.
#[test]
fn without_smi_lock_the_os_switches_smis_off() {
    show(&["smi-lock-forgotten"], |image| {
        let there = answers(&booted(image), &["smi 42", "out 630 22", "smi 42"]);
        assert!(there[0].ends_with("EFI_SUCCESS"), "{there:?}");
        fails(image, "common.bios_smi") && there[2].ends_with("no answer")
    });
}
