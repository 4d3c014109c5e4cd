//! Hangs at POST, and drivers that aren't dispatched or come too late.

use crate::{answers, booted, faulty, show};
use e2e::firmware::images;
use protocol::{Chronicle, Outcome};

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

#[test]
fn a_value_that_is_taken_costs_the_driver_and_who_waits_for_it() {
    show(&["sw-smi-value-taken"], |image| {
        let there = answers(&booted(image), &["smi 41", "smi 42", "smi 43"]);
        assert!(there[0].ends_with("EFI_SUCCESS"), "{there:?}");
        there[1].ends_with("EFI_NOT_FOUND") && there[2].ends_with("EFI_NOT_FOUND")
    });
}

#[test]
fn a_handler_under_another_value_answers_there() {
    show(&["sw-smi-value-wrong"], |image| {
        let there = answers(&booted(image), &["smi 42", "smi 44"]);
        there[0].ends_with("EFI_NOT_FOUND") && there[1].ends_with("EFI_SUCCESS")
    });
}

/// Driver C came: it waits for driver B's protocol.
#[test]
fn of_two_handlers_for_one_value_the_second_is_never_called() {
    show(&["sw-smi-value-shared"], |image| {
        let there = answers(&booted(image), &["smi 41", "smi 42", "smi 43"]);
        assert!(there[0].ends_with("EFI_SUCCESS") && there[2].ends_with("EFI_SUCCESS"), "{there:?}");
        there[1].ends_with("EFI_NOT_FOUND")
    });
}
