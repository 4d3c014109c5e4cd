//! The chipset's part of an SMI, handlers, processors.

use crate::{answers, booted, faulty, show};
use ::board::{Board, Machine, Stop};
use e2e::firmware::{Boot, PATIENCE, boot_several, boot_several_on_qemu, images, power_on_several};
use lab::say;
use protocol::Outcome;
use trace::{Input, Level, Output, Recorder};

const MS: u64 = 1_000_000;

fn press(machine: &mut Machine) -> u64 {
    let before = machine.smi_count(0);
    let mut silent = Recorder::new(Level::Output);
    machine.touch(Input::PowerButton(true), &mut silent);
    machine.run_until(machine.time() + MS, &mut silent);
    machine.touch(Input::PowerButton(false), &mut silent);
    machine.run_until(machine.time() + MS, &mut silent);
    u64::from(machine.smi_count(0) - before)
}

#[test]
fn without_eos_no_smi_follows_the_first() {
    show(&["eos-forgotten"], |image| {
        let firmware = booted(image);
        let pressed = press(&mut firmware.history.machine().clone());
        answers(&firmware, &["smi 42"])[0] == "smi 0x42: no answer" && pressed == 0
    });
}

#[test]
fn a_status_left_set_storms_until_the_os_gets_no_word_in() {
    show(&["status-left-set"], |image| {
        let mut machine = booted(image).history.machine().clone();
        press(&mut machine) > 5 && say(&mut machine, "help").answer.is_empty()
    });
}

/// Both pulses have come and gone before the SMI looks.
#[test]
fn a_status_cleared_by_read_modify_write_takes_another_with_it() {
    for (image, lost) in
        [(images().debug.clone(), false), (faulty(&images().debug, &["status-read-modify-write"]), true)]
    {
        let mut machine = booted(&image).history.machine().clone();
        let mut tape = Recorder::new(Level::Output);
        for (pin, high) in [(1, true), (1, false), (2, true), (2, false)] {
            machine.touch(Input::Gpio { pin, high }, &mut tape);
        }
        machine.run_until(machine.time() + MS, &mut tape);
        let log = String::from_utf8(e2e::machine::bytes(&tape.into_events(), Output::Debug402)).unwrap();
        assert!(log.contains("GPI 1 is low\n"), "{log}");
        assert_eq!(!log.contains("GPI 2 is low\n"), lost, "{log}");
    }
}

/// A run with several processors, to the end of the script.
fn console(image: &[u8], cpus: u8, script: &str) -> (Stop, String) {
    let mut tape = Recorder::new(Level::Output);
    let stop = power_on_several(Board::Ich9, cpus, image, script).run_instructions(PATIENCE, &mut tape);
    let console = e2e::machine::bytes(&tape.into_events(), Output::Serial);
    (stop, String::from_utf8_lossy(&console).into_owned())
}

/// Wrong sums of the tasks that compute in floating point while SMI 43h comes.
fn wrong_sums(image: &[u8]) -> u64 {
    let script = format!("fptask start\n{}fptask state\n", "wait 3\nsmi 43\n".repeat(20));
    let (stop, console) = console(image, 1, &script);
    assert_eq!(stop, Stop::Exit(0), "{console}");
    let words: Vec<&str> = console.split("> fptask state\r\n").nth(1).unwrap().split_whitespace().collect();
    let wrong = words.iter().position(|word| *word == "wrong,").unwrap();
    words[wrong - 1].parse().unwrap()
}

#[test]
fn floating_point_goes_wrong_only_if_a_handler_uses_it_and_nobody_saves_it() {
    const NOT_SAVED: &str = "fpu-not-saved";
    const USES: &str = "handler-uses-xmm";
    show(&[NOT_SAVED, USES], |image| wrong_sums(image) > 0);
    for alone in [NOT_SAVED, USES] {
        assert_eq!(wrong_sums(&faulty(&images().debug, &[alone])), 0, "{alone} alone is harmless");
    }
}

#[test]
fn a_slow_handler_takes_ticks_from_the_os() {
    show(&["handler-slow"], |image| {
        let firmware = booted(image);
        let answers = answers(&firmware, &["smi 42", "latency"]);
        !answers[1].contains("stopped 0 times")
    });
}

#[test]
fn a_wild_pointer_in_a_handler_ends_the_machine_in_smm() {
    show(&["handler-wild-pointer"], |image| {
        let mut machine = booted(image).history.machine().clone();
        let heard = say(&mut machine, "smi 43");
        heard.chronicle.outcome == Outcome::Hung && machine.in_smm(0)
    });
    let mut machine = booted(&faulty(&images().debug, &["handler-wild-pointer"])).history.machine().clone();
    let log = say(&mut machine, "smi 43").chronicle.log;
    assert!(log.iter().any(|line| line.text.contains("#PF - Page-Fault")));
}

/// The variable isn't there, and nobody told.
#[test]
fn a_setvar_without_an_smi_succeeds_and_saves_nothing() {
    show(&["apmc-en-cleared"], |image| {
        let firmware = booted(image);
        let mut machine = firmware.history.machine().clone();
        let before = machine.smi_count(0);
        let [set, get] = ["setvar Taste 7 01", "getvar Taste"].map(|command| say(&mut machine, command).answer);
        assert!(set.contains("EFI_SUCCESS"), "{set}");
        get.contains("EFI_NOT_FOUND") && machine.smi_count(0) == before
    });
}

#[test]
fn a_handler_that_goes_while_the_list_is_walked_takes_its_neighbours_turn() {
    show(&["handler-unregisters-itself"], |image| {
        let there = answers(&booted(image), &["smi 42", "smi 42"]);
        assert!(there[0].ends_with("EFI_SUCCESS"), "{there:?}");
        there[1].ends_with("no answer")
    });
}

/// The command's SMI never returns.
fn is_the_end(image: &[u8], command: &str) -> bool {
    let mut machine = booted(image).history.machine().clone();
    match say(&mut machine, command).chronicle.outcome {
        Outcome::Hung => machine.in_smm(0),
        outcome => matches!(outcome, Outcome::Shutdown { .. }),
    }
}

#[test]
fn a_handler_that_leaves_smram_or_waits_for_an_smi_never_returns() {
    show(&["nested-smi-awaited"], |image| is_the_end(image, "smi 41"));
    show(&["boot-services-in-smm"], |image| is_the_end(image, "smi 41"));
    show(&["dxe-protocol-in-smm"], |image| is_the_end(image, "smi 42"));
}

/// EFI_SUCCESS for RAX is a CR0 without PE and PG.
#[test]
fn with_the_other_save_state_map_the_answer_is_restored_as_cr0() {
    show(&["save-state-map-wrong"], |image| {
        let mut machine = booted(image).history.machine().clone();
        matches!(say(&mut machine, "smi 42").chronicle.outcome, Outcome::Shutdown { .. })
    });
}

#[test]
fn processors_with_one_smbase_end_each_other() {
    const SCRIPT: &str = "smi 42\n";
    for fault in ["smbase-shared", "smbase-tiles-overlap"] {
        show(&[fault], |image| {
            let (stop, console) = console(image, 2, SCRIPT);
            stop != Stop::Exit(0) && !console.contains("> ")
        });
        let alone = console(&faulty(&images().debug, &[fault]), 1, SCRIPT).0;
        assert_eq!(alone, Stop::Exit(0), "{fault}: one processor has its SMBASE for itself");
    }
}

#[test]
fn without_a_rendezvous_smm_bwp_refuses_the_write() {
    show(&["rendezvous-left-out"], |image| {
        let (stop, console) = console(image, 2, "setvar Taste 7 01\n");
        assert_eq!(stop, Stop::Exit(0), "{console}");
        console.contains("setvar Taste: EFI_WRITE_PROTECTED")
    });
}

/// The longest gap that a program of the OS sees, which raises an SMI in it; the same on QEMU.
#[test]
fn an_smi_for_one_processor_makes_it_wait() {
    const SCRIPT: &str = "latency 10 42\n";
    let gap = |boot: &Boot| -> u64 {
        let answer = boot.console.lines().find_map(|line| line.strip_prefix("latency: EFI_SUCCESS ")).unwrap();
        answer.strip_suffix(" ns").unwrap().parse().unwrap()
    };
    const LIMIT: u64 = 50_000;
    show(&["smi-not-broadcast"], |image| gap(&boot_several(Board::Qemu, 2, image, SCRIPT)) > LIMIT);
    let image = faulty(&images().release, &["smi-not-broadcast"]);
    let (ours, theirs) = (boot_several(Board::Qemu, 2, &image, SCRIPT), boot_several_on_qemu(2, &image, SCRIPT));
    assert!(gap(&ours) > LIMIT && gap(&theirs) > LIMIT, "{} ns, QEMU {} ns", gap(&ours), gap(&theirs));
}

#[test]
fn a_processor_that_waits_for_sipi_takes_no_smi() {
    const FAULT: &str = "processors-not-parked";
    show(&[FAULT], |image| {
        let mut machine = power_on_several(Board::Ich9, 2, image, "smi 42\n");
        assert_eq!(machine.run_instructions(PATIENCE, &mut trace::Silent), Stop::Exit(0));
        let [first, second] = [0, 1].map(|cpu| machine.smi_count(cpu));
        // One that waits has both time-outs, so 2 ms.
        second < first / 2 && machine.time() > u64::from(first) * MS
    });
    let boot = boot_several(Board::Ich9, 2, &faulty(&images().debug, &[FAULT]), "smi 42\n");
    let line = "SmmWaitForApArrival: Failed to wait all APs enter SMI. Delayed AP Count = 1";
    assert!(boot.log.contains(line) && boot.console.contains("smi 0x42: EFI_SUCCESS"), "{}", boot.log);
}
