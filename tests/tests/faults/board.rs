//! Faults of the board, and what happens to it from outside.

use crate::{broken, edited_with, show_on};
use ::board::{Board, Config, Machine};
use e2e::firmware::{boot_and_keep, images};
use lab::{FaultSet, Firmware, Hand, boot_with, say};
use protocol::Outcome;
use trace::{Level, Output, Recorder};

/// Power-on with these faults, until the hand rests.
fn booted_with(image: &[u8], faults: &FaultSet) -> Firmware {
    let config = faults.wired(Config { bios: edited_with(image, faults), ..Config::default() });
    boot_with(&config, &mut Hand::new(&faults.around.stimuli), |_| {}).unwrap()
}

#[test]
fn a_swapped_top_block_never_comes_to_the_first_post_code() {
    show_on(&["top-swap-strapped"], |image, faults| {
        let chronicle = booted_with(image, faults).chronicle;
        chronicle.outcome != Outcome::Prompt && !chronicle.post.iter().any(|(_, code)| *code == 0x01)
    });
}

#[test]
fn a_part_that_protects_itself_fails_without_a_bit_in_the_chipset() {
    let saves = |image: &[u8], faults: &FaultSet| {
        let mut machine = booted_with(image, faults).history.machine().clone();
        let asked = say(&mut machine, "setvar Taste 7 01");
        let log: Vec<String> = asked.chronicle.log.into_iter().map(|line| line.text).collect();
        (asked.answer, log.concat())
    };
    show_on(&["flash-part-protected"], |image, faults| {
        let config = faults.wired(Config {
            bios: edited_with(image, faults),
            fw_cfg: vec![("opt/org.smmlab/setup".into(), b"6 Enabled\nexit\n".to_vec())],
            ..Config::default()
        });
        let said = boot_with(&config, &mut Hand::default(), |_| {}).unwrap().chronicle.console;
        said.contains("Not saved: EFI_DEVICE_ERROR") && saves(image, faults).0.ends_with("EFI_DEVICE_ERROR")
    });
    let (_, log) = saves(&images().debug, &broken(&["flash-part-protected"]));
    assert!(log.contains("SpiFlash: WriteBlock failed: the flash is not as written"), "{log}");
}

#[test]
fn a_stuck_power_button_switches_off_what_has_booted() {
    show_on(&["power-button-stuck"], |image, faults| {
        let firmware = booted_with(image, faults);
        let machine = firmware.history.machine();
        assert!(firmware.chronicle.console.ends_with("> "), "it has come to its prompt");
        machine.asleep().is_some() && machine.time() >= 4_000_000_000
    });
}

#[test]
fn a_bouncing_pin_takes_the_os_s_time() {
    let smis = |image: &[u8], faults: &FaultSet| {
        let mut machine = booted_with(image, faults).history.machine().clone();
        (machine.smi_count(0), say(&mut machine, "latency").answer)
    };
    for image in [&images().debug, &images().release] {
        let (quiet, _) = smis(image, &FaultSet::default());
        let (storm, told) = smis(image, &broken(&["gpio-storm"]));
        assert!(storm > quiet + 900, "{storm} SMIs, {quiet} without: {told}");
    }
}

/// A store full of what was written over, and a variable that must last.
fn worn(image: &[u8]) -> Vec<u8> {
    let fill: String = (0..15).map(|round| format!("setvar Large 7 {round:02x}*700\n")).collect();
    boot_and_keep(Board::Ich9, image, &format!("setvar Dear 7 2a\n{fill}")).1
}

/// The next boot reclaims.
fn loses_all(image: &[u8], faults: &FaultSet) -> bool {
    let firmware = booted_with(&worn(image), faults);
    let mut machine: Machine = firmware.history.machine().clone();
    let resets = firmware.chronicle.post.iter().filter(|(_, code)| *code == 0x01).count();
    assert_eq!(resets, if faults.around.stimuli.is_empty() { 1 } else { 2 }, "the power went once");
    !say(&mut machine, "getvar Dear").answer.contains("EFI_SUCCESS")
}

#[test]
fn a_power_cut_loses_everything_if_nobody_recovers() {
    show_on(&["power-cut-in-reclaim", "ftw-no-recovery"], loses_all);
    for alone in ["power-cut-in-reclaim", "ftw-no-recovery"] {
        assert!(!loses_all(&images().debug, &broken(&[alone])), "{alone} alone is harmless");
    }
}

/// `setvar`, and three seconds.
fn waits(image: &[u8], faults: &FaultSet) -> (String, bool) {
    let mut machine = booted_with(image, faults).history.machine().clone();
    let mut tape = Recorder::new(Level::Output);
    machine.serial_input(b"setvar Taste 7 01\r");
    machine.run_until(machine.time() + 3_000_000_000, &mut tape);
    let console = e2e::machine::bytes(&tape.into_events(), Output::Serial);
    (String::from_utf8(console).unwrap(), machine.in_smm(0))
}

#[test]
fn a_wait_without_a_limit_waits_for_ever() {
    show_on(&["flash-part-stuck"], |image, faults| waits(image, faults).0.contains("setvar Taste: EFI_TIMEOUT"));
    show_on(&["flash-part-stuck", "flash-wait-endless"], |image, faults| {
        let (console, in_smm) = waits(image, faults);
        in_smm && !console.contains("setvar Taste: ")
    });
    let alone = waits(&images().debug, &broken(&["flash-wait-endless"])).0;
    assert!(alone.contains("setvar Taste: EFI_SUCCESS"), "{alone}");
}
