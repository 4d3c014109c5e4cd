//! Locks that are left open: what the OS can then do, and what the audit says.

use crate::{answer, answers, booted, faulty, show};
use ::board::{Agent, View};
use audit::{Verdict, audit};
use e2e::firmware::images;
use lab::say;
use trace::Silent;

fn fails(image: &[u8], module: &str) -> bool {
    crate::fails(booted(image).history.machine(), module)
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
        let mut machine = booted(image).history.machine().clone();
        let answers = ["pci 1f 0 dc 2", "pci 1f 0 dc 3", "pci 1f 0 dc"].map(|text| say(&mut machine, text).answer);
        let left = u32::from_str_radix(answers[2].rsplit_once("0x").unwrap().1, 16).unwrap() & 1 != 0;
        left && crate::fails(&machine, "common.bios_wp")
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

/// As the SPI controller's registers have it: the OS, or another processor, programs a zero at FFF10000h. None of
/// it takes the time of an instruction of the first processor.
fn writes_flash_in_between(image: &[u8]) -> bool {
    const SPIBAR: u64 = 0xfed1_f800;
    const OEM: u64 = 0xfff1_0000;
    let mut machine = booted(image).history.machine().clone();
    let mut silent = Silent;
    machine.port_out(Agent::OS, 0xcf8, 4, 0x8000_f8dc, &mut silent);
    let control = machine.port_in(Agent::OS, 0xcfc, 1, &mut silent);
    machine.port_out(Agent::OS, 0xcfc, 1, control | 1, &mut silent);
    let region = machine.read_memory(Agent::OS, SPIBAR + 0x58, 4, &mut silent);
    let end = ((region >> 16 & 0x1fff) + 1) << 12;
    for (at, size, value) in [(0x04, 2, 7), (0x08, 4, end - ((1 << 32) - OEM)), (0x10, 4, 0), (0x06, 2, 2 << 1 | 1)] {
        machine.write_memory(Agent::OS, SPIBAR + at, size, value, &mut silent);
    }
    machine.run_until(machine.time() + 2_000_000, &mut silent);
    let mut byte = [0];
    machine.peek(View::Os, OEM, &mut byte);
    byte == [0]
}

#[test]
fn with_ble_alone_another_processor_writes_in_between() {
    show(&["bios-lock-ble-alone"], |image| writes_flash_in_between(image) && fails(image, "common.bios_wp"));
}

/// What each hole does to the audit, which finds nothing wrong with the image as it is built.
#[test]
fn the_audit_finds_each_hole_and_none_in_the_image_as_it_is_built() {
    let failed = |image: &[u8]| -> Vec<&str> {
        let mut machine = booted(image).history.machine().clone();
        // Flash was written once, as in any life of a machine.
        say(&mut machine, "setvar Taste 7 01");
        let findings = audit(&machine).into_iter();
        findings.filter(|one| one.verdict == Verdict::Failed).map(|one| one.module).collect()
    };
    for healthy in [&images().debug, &images().release] {
        assert_eq!(failed(healthy), [""; 0]);
        for (fault, modules) in [
            ("ready-to-lock-forgotten", &["common.smm"][..]),
            ("d-lck-forgotten", &["common.smm"]),
            ("smrr-missing", &["common.smrr"]),
            ("smi-lock-forgotten", &["common.bios_smi"]),
            ("flash-left-open", &["common.bios_wp"]),
            ("flash-not-locked", &["common.bios_wp"]),
            ("bios-lock-ble-alone", &["common.bios_wp"]),
        ] {
            let found = failed(&faulty(healthy, &[fault]));
            assert!(modules.iter().all(|module| found.contains(module)), "{fault}: {found:?}");
        }
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
