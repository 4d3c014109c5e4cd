//! A setting's way to flash: Setup, policy, write protection, a full store; and an update of the flash.

use crate::{answers, booted, faulty, show};
use ::board::Board;
use e2e::firmware::{Boot, boot_with, images};
use lab::say;
use pi::Guid;
use pi::record::layout::Record;
use pi::variable::{Auth, Contents, find, set, stored_name};
use protocol::Outcome;

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
        let asks = |one: &Record| {
            matches!(one, Record::VariableRequest(request)
            if request.function.get() == SET && request.name.starts_with(b"SetupData"))
        };
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

fn flash_operations(boot: &Boot) -> usize {
    boot.records.iter().filter(|one| matches!(one, Record::FlashOperation(_))).count()
}

#[test]
fn settings_with_other_attributes_are_refused_or_unseen() {
    show(&["setup-attributes-wrong"], |image| saved(image).0.console.contains("Not saved: EFI_INVALID_PARAMETER"));
    let log = saved(&faulty(&images().debug, &["setup-attributes-wrong"])).0.log;
    assert!(log.contains("ValidateSetVariable - Bad Attributes. 0x3 <> 0x7:0x38\n"), "{log}");
    show(&["setup-data-without-rt"], |image| {
        let script = [(SETUP, "show\nexit\n"), (SCRIPT, "getvar SetupData\n")];
        let (first, left) = boot_with(Board::Ich9, image, &[(SETUP, "6 Enabled\nexit\n"), script[1]]);
        let (second, _) = boot_with(Board::Ich9, &left, &script);
        let kept = second.console.lines().any(|line| line.trim_end().ends_with("Network stack            Enabled"));
        assert!(first.console.contains("Saved\r\n") && kept, "{}", second.console);
        second.console.contains("getvar SetupData: EFI_NOT_FOUND")
    });
}

#[test]
fn a_locked_setting_never_reaches_flash() {
    show(&["setup-data-locked"], |image| {
        let (first, kept) = saved(image);
        first.console.contains("Not saved: EFI_WRITE_PROTECTED") && flash_operations(&first) == LOCK && !kept
    });
    let log = saved(&faulty(&images().debug, &["setup-data-locked"])).0.log;
    let line =
        "Variable Check ReadOnly variable fail Write Protected - 5E70DA7A-5A5A-4C41-8B53-4D4D4C414200:SetupData\n";
    assert!(log.contains(line), "{log}");
}
/// FvbServicesSmm tells when it locks the flash.
const LOCK: usize = 1;

/// RELEASE has no log.
#[test]
fn a_second_policy_is_not_taken() {
    let line = "Setup: RegisterVariablePolicy 'FirmwareUpdate': EFI_ALREADY_STARTED\n";
    let says = |faults: &[&str]| {
        boot_with(Board::Ich9, &faulty(&images().debug, faults), &[(SCRIPT, "")]).0.log.contains(line)
    };
    assert!(says(&["policy-registered-twice"]) && !says(&[]));
}

#[test]
fn a_pointer_that_was_not_moved_ends_the_os() {
    show(&["pointers-not-converted"], |image| {
        let answer = answers(&booted(image), &["getvar SetupData"]).concat();
        assert!(answer.contains("exception 0e") || answer == "getvar SetupData: EFI_NOT_FOUND", "{answer}");
        answer.contains("exception 0e")
    });
}

/// The SMM core's refusal is what Communicate() returns, and only DEBUG looks at it.
#[test]
fn a_message_that_the_core_refuses_succeeds_on_release() {
    const FAULT: &str = "comm-buffer-outside";
    let lies = |image: &[u8]| {
        let mut machine = booted(image).history.machine().clone();
        let before = machine.smi_count(0);
        let [set, get] = ["setvar Taste 7 01", "getvar Taste"].map(|command| say(&mut machine, command).answer);
        assert!(set.ends_with("EFI_SUCCESS") && machine.smi_count(0) > before, "{set}");
        get.ends_with("EFI_NOT_FOUND")
    };
    assert!(!lies(&images().release), "without the fault");
    assert!(lies(&faulty(&images().release, &[FAULT])));
    let debug = booted(&faulty(&images().debug, &[FAULT])).chronicle;
    let asserts = debug.log.iter().any(|line| line.text.contains("ASSERT_EFI_ERROR (Status = Access Denied)"));
    assert!(debug.outcome == Outcome::Hung && asserts, "{:?}", debug.outcome);
}

#[test]
fn a_message_that_the_handler_refuses_succeeds() {
    show(&["variable-message-refused"], |image| {
        let (first, kept) = saved(image);
        first.console.contains("Saved\r\n") && flash_operations(&first) == LOCK && !kept
    });
    let log = saved(&faulty(&images().debug, &["variable-message-refused"])).0.log;
    assert!(log.contains("SmmVariableHandler: SMM communication buffer payload size invalid!\n"), "{log}");
}

/// The lines of the variable stack, on DEBUG; RELEASE has none.
#[test]
fn what_smm_prints_hangs_on_its_level() {
    let log = |faults: &[&str]| saved(&faulty(&images().debug, faults)).0.log;
    let has = |log: &str| {
        ["VariableSmm: Waiting for SMM...", "SmmVar: Handler entered", "SpiFlash: WriteBlock failed"]
            .map(|line| log.contains(line))
    };
    assert_eq!(has(&log(&["flash-not-opened"])), [true, true, true]);
    assert_eq!(has(&log(&["flash-not-opened", "smm-log-silent"])), [true, false, false]);
    assert_eq!(has(&log(&["flash-not-opened", "smm-log-level-low"])), [true, false, true]);
}

/// Variables in force, until none has room any more.
fn full(image: &[u8]) -> Vec<u8> {
    const VENDOR: Guid = Guid::new("5E70DA7A-5A5A-4C41-8B53-4D4D4C414200");
    let (mut image, mut nth) = (image.to_vec(), 0);
    for size in [0x700, 0x80, 1] {
        loop {
            let nvram = find(&image, 0).unwrap().unwrap();
            let (name, data) = (stored_name(&format!("Full{nth}")), vec![0x5a; size]);
            let contents = Contents { attributes: 7, auth: Auth::default(), vendor: VENDOR, name: &name, data: &data };
            if set(&mut image, &nvram, &contents).is_err() {
                break;
            }
            nth += 1;
        }
    }
    image
}

#[test]
fn a_reclaim_without_a_status_succeeds_and_saves_nothing() {
    show(&["reclaim-status-lost"], |image| {
        let (first, kept) = saved(&full(image));
        let console = first.console;
        assert!(!kept && console.contains("getvar SetupData: EFI_NOT_FOUND"), "{console}");
        let lies = console.contains("Saved\r\n");
        assert!(lies || console.contains("Not saved: EFI_OUT_OF_RESOURCES"), "{console}");
        lies
    });
    assert!(kept(&["reclaim-status-lost"]), "harmless while there is room");
}

#[test]
fn a_store_at_another_address_is_never_written() {
    show(&["nv-store-elsewhere"], |image| {
        let (first, kept) = saved(image);
        first.console.contains("Not saved: EFI_NOT_AVAILABLE_YET") && flash_operations(&first) == LOCK && !kept
    });
    let log = saved(&faulty(&images().debug, &["nv-store-elsewhere"])).0.log;
    let line = "Update NV variable before EFI_VARIABLE_WRITE_ARCH_PROTOCOL ready - Not Available Yet\n";
    assert!(log.contains(line), "{log}");
}

#[test]
fn a_store_in_ram_is_gone_at_the_next_boot() {
    show(&["nv-store-emulated"], |image| {
        let (first, kept) = saved(image);
        let there = first.console.contains("Saved\r\n") && first.console.contains("getvar SetupData: EFI_SUCCESS");
        there && flash_operations(&first) == LOCK && !kept
    });
    let log = saved(&faulty(&images().debug, &["nv-store-emulated"])).0.log;
    assert!(log.contains("Variable driver will work at emulated non-volatile variable mode!\n"), "{log}");
}
