//! Where the training firmware stops, and what it says then: no SMRAM, exceptions.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Config, Machine, Stop};
use e2e::firmware::{Boot, PATIENCE, boot, edited, images, power_on, stops_on_qemu};
use e2e::machine::bytes;
use trace::{Level, Output, Recorder, Silent};

const SCRIPT: &str = "smi 43\n";

fn pcd(file: &str, word: &str, value: u32) -> String {
    format!(r#"{{"op": "pcd", "file": "{file}", "word": "{word}", "value": {value}}}"#)
}

/// DEBUG and RELEASE, on QEMU and on both of ours, all in a hang after `post`; returns DEBUG's log.
fn stops(edit: &str, post: u8) -> String {
    let [debug, release] = [&images().debug, &images().release].map(|image| {
        let image = edited(image, &[edit]);
        let ours = boot(Board::Qemu, &image, SCRIPT);
        assert_eq!(ours.exit, None, "{}", ours.console);
        stops_on_qemu(&image, SCRIPT, &ours);
        let ich9 = boot(Board::Ich9, &image, SCRIPT);
        assert_eq!((ich9.post.last(), ich9.exit), (Some(&post), None), "{}", ich9.log);
        assert_eq!(ours.post, ich9.post);
        ours
    });
    assert!(release.log.is_empty(), "{}", release.log);
    assert_eq!(release.post, debug.post);
    debug.log
}

fn last_line(log: &str) -> &str {
    log.lines().last().unwrap_or_default()
}

#[test]
fn without_memory_pei_stops_at_55h_and_without_an_architectural_protocol_dxe_at_d3h() {
    let log = stops(r#"{"op": "drop", "file": "PlatformPei"}"#, 0x55);
    assert_eq!(last_line(&log), "PEI: no PEIM installed memory");
    let log = stops(r#"{"op": "drop", "file": "RuntimeDxe"}"#, 0xd3);
    assert_eq!(last_line(&log), "Runtime Arch Protocol not present!!");
}

#[test]
fn a_machine_with_less_memory_than_the_firmware_needs_stops_at_55h() {
    for (ram_mib, board) in [(1, Board::Ich9), (2, Board::Ich9), (1, Board::Qemu), (2, Board::Qemu)] {
        let config = Config { board, ram_mib, bios: images().debug.clone(), ..Config::default() };
        let mut machine = Machine::new(&config).unwrap();
        let mut tape = Recorder::new(Level::Output);
        assert_eq!(machine.run_instructions(PATIENCE, &mut tape), Stop::Halted, "{ram_mib} MiB");
        let events = tape.into_events();
        assert_eq!(bytes(&events, Output::Post), [0x01, 0x02, 0x03, 0x10, 0x55], "{ram_mib} MiB");
        let log = String::from_utf8_lossy(&bytes(&events, Output::Debug402)).into_owned();
        assert_eq!(last_line(&log), "PEI: no PEIM installed memory");
    }
}

#[test]
fn tseg_of_a_size_that_cannot_be_reserved_stops_pei_at_36h() {
    for size in [0, 3, 8] {
        let log = stops(&pcd("SmmAccessPei", "PcdQ35TsegMbytes", size), 0x36);
        assert_eq!(last_line(&log), "SmmAccessPei: SMRAM can't be reserved");
    }
}

#[test]
fn without_the_smram_hob_dxe_stops_at_6ah() {
    let log = stops(r#"{"op": "drop", "file": "SmmAccessPei"}"#, 0x6a);
    assert_eq!(last_line(&log), "SMM Core: SMRAM not found");
}

#[test]
fn smram_too_small_for_the_smm_core_stops_at_71h() {
    let log = stops(&pcd("SmmAccessPei", "PcdSmramKeptKbytes", 1020), 0x71);
    assert!(log.contains("SMM Core: Failed to allocate SMRAM\nSMM IPL could not load and execute"), "{log}");
}

#[test]
fn without_the_smm_core_dxe_stops_at_71h() {
    let log = stops(r#"{"op": "drop", "file": "PiSmmCore"}"#, 0x71);
    assert_eq!(last_line(&log), "SMM IPL closed SMRAM window: Not Found");
}

/// The lines of an exception report.
fn report(log: &str) -> Vec<&str> {
    log.lines().skip_while(|line| !line.starts_with("!!!! X64 Exception Type - ")).collect()
}

#[test]
fn an_exception_in_an_smi_handler_is_reported_with_module_and_rva() {
    let log = stops(&pcd("DriverC", "PcdFault", 1), 0xb1);
    let report = report(&log);
    assert!(report[0].contains("- 0E(#PF - Page-Fault) "), "{log}");
    assert!(report[1].ends_with("W:0 P:0"), "{log}");
    assert!(report.iter().any(|line| line.contains("CR2  - 00005AFAFAFAFAF8")), "{log}");
    assert!(last_line(&log).contains(" DriverC.efi (ImageBase="), "{log}");
    assert!(last_line(&log).contains(", RVA=0000"), "{log}");
}

#[test]
fn an_exception_in_a_dxe_driver_is_reported_with_module_and_rva() {
    let log = stops(&pcd("BdsDxe", "PcdFault", 1), 0x90);
    assert!(report(&log)[0].contains("- 06(#UD - Invalid Opcode) "), "{log}");
    assert!(last_line(&log).contains(" BdsDxe.efi (ImageBase="), "{log}");
}

/// A timer event each second.
#[test]
fn bds_waits_for_the_boot_time_out() {
    const SECOND: u64 = 1_000_000_000;
    let image = edited(&images().debug, &[&pcd("BdsDxe", "PcdPlatformBootTimeOut", 2)]);
    for board in [Board::Ich9, Board::Qemu] {
        let mut machine: Machine = power_on(board, &image, SCRIPT);
        assert_eq!(machine.run_instructions(PATIENCE, &mut Silent), Stop::Exit(0));
        assert!((2 * SECOND..3 * SECOND).contains(&machine.time()), "{} ns", machine.time());
    }
    let ours: Boot = boot(Board::Qemu, &image, SCRIPT);
    assert!(ours.log.contains("[Bds]BdsWait(2)..Zzzz...\n[Bds]BdsWait(1)..Zzzz...\n[Bds]Exit the waiting!\n"));
    assert_eq!(e2e::firmware::boot_on_qemu(&image, SCRIPT), ours);
}
