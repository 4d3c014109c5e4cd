//! The catalogue of faults, static/content/faults.toml: what each shows on the machine, on DEBUG and on
//! RELEASE, and that the image as it is built doesn't. docs/faults.md lists fault, symptom and test.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Stop};
use content::KnownFault;
use content::source::Library;
use e2e::cli::smmlab;
use e2e::firmware::{Boot, PATIENCE, boot_with, images, power_on_several};
use lab::{Firmware, edited, edits_of, say};
use pi::record::layout::Record;
use protocol::{Chronicle, Outcome};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use trace::{Input, Level, Output, Recorder};

const MS: u64 = 1_000_000;

fn catalogue() -> &'static [KnownFault] {
    static ALL: OnceLock<Vec<KnownFault>> = OnceLock::new();
    ALL.get_or_init(|| {
        let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/content");
        Library::read(&content).unwrap().catalogue.all("en")
    })
}

fn faulty(image: &[u8], faults: &[&str]) -> Vec<u8> {
    edited(image, &edits_of(catalogue(), faults).unwrap()).unwrap()
}

/// With these faults the image has the symptom, without them it hasn't.
fn show(faults: &[&str], symptom: impl Fn(&[u8]) -> bool) {
    for healthy in [&images().debug, &images().release] {
        assert!(!symptom(healthy), "the image as it is built shows what {faults:?} do");
        assert!(symptom(&faulty(healthy, faults)), "{faults:?} don't show");
    }
}

/// Power-on to the prompt or to where it gets stuck, on board `ich9`.
fn booted(image: &[u8]) -> Firmware {
    lab::boot(image.to_vec(), Board::Ich9, |_| {}).unwrap()
}

/// What the OS answers to commands, one after the other; the machine stays as it was.
fn answers(firmware: &Firmware, commands: &[&str]) -> Vec<String> {
    let mut machine = firmware.history.machine().clone();
    commands.iter().map(|command| say(&mut machine, command).answer).collect()
}

fn answer(image: &[u8], command: &str) -> String {
    answers(&booted(image), &[command]).concat()
}

/// The boot gets stuck with this POST code.
fn hangs_at(fault: &str, code: u8) {
    show(&[fault], |image| {
        let Chronicle { outcome, post, .. } = booted(image).chronicle;
        outcome == Outcome::Hung && post.last().is_some_and(|(_, last)| *last == code)
    });
}

#[test]
fn each_hang_at_post_stops_at_its_code() {
    hangs_at("no-memory", 0x55);
    hangs_at("smram-not-reserved", 0x36);
    hangs_at("smram-not-found", 0x6a);
    hangs_at("smram-exhausted", 0x71);
    hangs_at("smm-core-missing", 0x71);
    hangs_at("arch-protocol-missing", 0xd3);
}

/// The service of driver C is gone, the SMIs beside it live.
#[test]
fn a_driver_that_is_not_dispatched_takes_its_service_with_it() {
    for fault in [
        "driver-behind-lock",
        "depex-never-true",
        "depex-malformed",
        "depex-before-protocol",
        "apriori-too-early",
        "wrong-module-type",
    ] {
        show(&[fault], |image| {
            let there = answers(&booted(image), &["smi 42", "smi 43"]);
            assert!(there[0].ends_with("EFI_SUCCESS"), "{there:?}");
            there[1].ends_with("EFI_NOT_FOUND")
        });
    }
    let log = booted(&faulty(&images().debug, &["depex-malformed"])).chronicle.log;
    assert!(log.iter().any(|line| line.text.contains("RESULT = FALSE (Unexpected error)")));
}

#[test]
fn drivers_that_wait_for_each_other_are_all_away() {
    show(&["depex-circle"], |image| {
        let there = answers(&booted(image), &["smi 41", "smi 42", "smi 43"]);
        there.iter().all(|answer| answer.ends_with("EFI_NOT_FOUND"))
    });
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

fn press(machine: &mut board::Machine) -> u64 {
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

/// Each fault of the catalogue has its line in the table, with a test of this file that names it.
#[test]
fn docs_list_the_faults_that_there_are_with_the_tests_that_show_them() {
    let docs = include_str!("../../docs/faults.md");
    let own = include_str!("faults.rs");
    let rows = docs.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut listed = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        let [id, _, test] = cells[..] else { panic!("{row}") };
        let (id, test) = (id.trim_end_matches('`'), test.trim_matches('`'));
        let body = own.split_once(&format!("fn {test}() {{")).unwrap_or_else(|| panic!("no test {test}")).1;
        let body = body.split("\n}\n").next().unwrap();
        assert!(body.contains(&format!("\"{id}\"")), "{test} doesn't name {id}");
        listed.push(id);
    }
    let known: Vec<&str> = catalogue().iter().map(|fault| fault.id.as_str()).collect();
    assert_eq!(listed, known);
    assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), known.len());
}

#[test]
fn smmlab_boot_takes_faults_by_name_and_lists_those_that_there_are() {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/content");
    let image = images().folder.join("release/smmlab.fd");
    let boot = |faults: &str| {
        let run =
            ["boot", "--board", "ich9", "--image", image.to_str().unwrap(), "--content", content.to_str().unwrap()];
        smmlab(&[&run[..], &["--faults", faults, "--serial", "-", "--until", "> ", "--limit", "8000000"]].concat())
    };
    assert_eq!(boot("eos-forgotten,handler-slow").status, 0);
    let hung = boot("handler-slow,smram-not-found");
    assert_eq!((hung.status, hung.out.as_str()), (7, ""), "{}", hung.err);
    let unknown = boot("handler-slow,eos-forgot");
    assert_eq!(unknown.status, 2);
    let wanted = "there is no fault \"eos-forgot\"; there are: no-memory, smram-not-reserved, ";
    assert!(unknown.err.contains(wanted), "{}", unknown.err);
}
