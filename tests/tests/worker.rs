#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
//! The worker's desk and the training firmware: boots with edits, commands, lists, exports.

use content::{BoardChange, Deed, Start, Stimulus, Touch};
use e2e::firmware::images;
use pi::dispatch::Reason;
use protocol::{Booted, Chronicle, Failure, FromWorker, Outcome, Said, Surroundings, ToWorker, decode, encode};
use session::Desk;
use story::{Flow, Stage, Tape};

const C_WAITS_FOR_NOBODY: &str = r#"{"edit": [{"op": "depex", "file": "DriverC",
    "text": "PUSH gEfiSmmSwDispatch2ProtocolGuid PUSH 00000000-0000-0000-0000-000000000001 AND END"}]}"#;

/// The last answer, as it arrives in the page.
fn ask(desk: &mut Desk, message: ToWorker) -> FromWorker {
    let mut answers = Vec::new();
    desk.answer(decode(&encode(&message)).unwrap(), &mut |answer| answers.push(encode(&answer)));
    decode(answers.last().expect("an answer")).unwrap()
}

fn desk() -> Desk {
    let mut desk = Desk::default();
    for (name, bytes) in [("debug", &images().debug), ("release", &images().release)] {
        let hold = ToWorker::Hold { image: name.into(), bytes: bytes.clone() };
        desk.answer(hold, &mut |answer| panic!("{answer:?}"));
    }
    desk
}

fn boot(desk: &mut Desk, image: &str, edits: &str) -> Booted {
    match ask(
        desk,
        ToWorker::Boot { figure: 1, image: image.into(), edits: edits.into(), around: Surroundings::default() },
    ) {
        FromWorker::Booted { figure: 1, booted } => *booted,
        other => panic!("{other:?}"),
    }
}

fn say(desk: &mut Desk, at: u64, text: &str) -> Said {
    match ask(desk, ToWorker::Say { figure: 1, at, text: text.into() }) {
        FromWorker::Said { figure: 1, said } => *said,
        other => panic!("{other:?}"),
    }
}

fn stages(tape: &Tape) -> Vec<Stage> {
    tape.visits().iter().map(|visit| visit.stage).collect()
}

fn told(said: &Said) -> (Tape, Flow) {
    let recorded = said.tape.clone().expect("the hardware did something");
    let tape = Tape::new(recorded.start, recorded.rows);
    let flow = tape.flow(tape.beats().len());
    (tape, flow)
}

#[test]
fn a_boot_tells_its_log_its_post_codes_its_records_and_its_files() {
    let mut desk = desk();
    for (image, logs) in [("debug", true), ("release", false)] {
        let booted = boot(&mut desk, image, "");
        let Chronicle { outcome, log, post, console, records, time, .. } = &booted.chronicle;
        assert_eq!(*outcome, Outcome::Prompt);
        assert_eq!(log.iter().any(|line| line.text == "SMM IPL locked SMRAM window"), logs);
        assert_eq!(log.is_empty(), !logs);
        assert_eq!(post.first().map(|(_, code)| *code), Some(1));
        assert_eq!(post.last().map(|(_, code)| *code), Some(0xb1));
        assert!(post.is_sorted() && log.is_sorted_by_key(|line| line.time) && post.last().unwrap().0 < *time);
        assert!(console.ends_with("> "), "{console}");
        assert!(pi::record::read(records).all(|record| record.is_ok()));
        let names: Vec<_> = booted.listing.volumes[0].files.iter().filter_map(|file| file.name.as_deref()).collect();
        let place = |name| names.iter().position(|other| *other == name).unwrap();
        assert!(place("DriverA") < place("DriverB") && place("DriverB") < place("DriverC"));
        assert_eq!(booted.listing.volumes[0].apriori.len(), 1);
        assert!(booted.smram.after.unwrap().os.iter().all(|byte| *byte == 0xff));
    }
}

#[test]
fn a_command_is_answered_and_its_smi_goes_there_and_back() {
    use Stage::*;
    let mut desk = desk();
    for image in ["debug", "release"] {
        let booted = boot(&mut desk, image, "");
        let mut home = booted.home.time;
        for (command, status) in [("smi 43", "EFI_SUCCESS"), ("smi 55", "EFI_NOT_FOUND")] {
            let said = say(&mut desk, home, command);
            assert_eq!(said.answer, format!("smi 0x{}: {status}", &command[4..]));
            assert_eq!(said.chronicle.outcome, Outcome::Prompt);
            let (tape, flow) = told(&said);
            println!("{image} {command}: {} rows, {} bytes", tape.rows().len(), encode(&said).len());
            assert_eq!(stages(&tape), [Os, Smi, SaveState, Smram, Rsm, Os], "{image}");
            let answer = flow.answer.unwrap();
            assert_eq!(story::efi_status(answer).unwrap_or("EFI_SUCCESS"), status);
            assert_eq!(flow.taken, 1);
            assert!(tape.start.time < said.home.time);
            home = said.home.time;
        }
    }
}

#[test]
fn the_machine_can_be_seen_at_every_moment_of_a_tape_and_an_earlier_prompt_is_a_place_to_go_on() {
    let mut desk = desk();
    let booted = boot(&mut desk, "release", "");
    let said = say(&mut desk, booted.home.time, "smi 41");
    let recorded = said.tape.clone().unwrap();
    let mut seek = |time| match ask(&mut desk, ToWorker::Seek { figure: 1, time }) {
        FromWorker::At { moment, .. } => moment,
        other => panic!("{other:?}"),
    };
    assert_eq!(seek(recorded.start.time).hash, recorded.start.hash);
    assert_eq!(seek(recorded.end).hash, said.home.hash);
    assert!(seek(recorded.rows[recorded.rows.len() / 2].event.time).in_smm);
    assert_eq!(seek(booted.home.time).hash, booted.home.hash);
    assert_eq!(say(&mut desk, booted.home.time, "smi 41"), said, "the same command at the same moment");
    let locked = say(&mut desk, said.home.time, "peek f00000");
    assert_eq!(locked.answer, "peek 0x00f00000: EFI_SUCCESS 0xffffffff");
    assert!(locked.tape.is_some(), "SMRAM refused it");
    assert_eq!(say(&mut desk, locked.home.time, "help").tape, None);
}

#[test]
fn an_edit_silences_a_service_and_only_debug_says_so() {
    const REPORT: &str = "SMM Driver 0000000C-5A5A-4C41-8B53-4D4D4C414200 was discovered but not loaded!!";
    let mut desk = desk();
    for (image, reports) in [("debug", true), ("release", false)] {
        let booted = boot(&mut desk, image, C_WAITS_FOR_NOBODY);
        assert_eq!(booted.chronicle.log.iter().any(|line| line.text == REPORT), reports);
        let [absent] = &booted.absent[..] else { panic!("{:?}", booted.absent) };
        assert_eq!(absent.name.as_deref(), Some("DriverC"));
        assert!(matches!(&absent.why, Reason::DepexFalse { missing } if missing.len() == 1), "{absent:?}");
        assert_eq!(say(&mut desk, booted.home.time, "smi 43").answer, "smi 0x43: EFI_NOT_FOUND");
        let again = boot(&mut desk, image, C_WAITS_FOR_NOBODY);
        assert_eq!(again, booted, "a boot of the same bytes is the same");
        let FromWorker::Healthy { chronicle, .. } =
            ask(&mut desk, ToWorker::Healthy { figure: 1, image: image.into() })
        else {
            panic!("no answer");
        };
        assert_ne!(chronicle.records, booted.chronicle.records);
        assert_eq!(*chronicle, boot(&mut desk, image, "").chronicle);
    }
}

#[test]
fn an_exported_image_is_the_one_that_was_booted() {
    let mut desk = desk();
    let (image, edits) = ("release".to_owned(), C_WAITS_FOR_NOBODY.to_owned());
    let listed = ask(&mut desk, ToWorker::List { figure: 1, image: image.clone(), edits: edits.clone() });
    let FromWorker::Listed { listing, .. } = listed else { panic!("{listed:?}") };
    assert_eq!(*listing, boot(&mut desk, "release", C_WAITS_FOR_NOBODY).listing);
    let exported = ask(&mut desk, ToWorker::Export { figure: 1, image, edits });
    let FromWorker::Exported { bytes, .. } = exported else { panic!("{exported:?}") };
    desk.answer(ToWorker::Hold { image: "mine".into(), bytes }, &mut |answer| panic!("{answer:?}"));
    assert_eq!(boot(&mut desk, "mine", ""), boot(&mut desk, "release", C_WAITS_FOR_NOBODY));
}

#[test]
fn what_cannot_be_done_is_named_and_the_machine_stays() {
    let mut desk = desk();
    let home = boot(&mut desk, "release", "").home.time;
    let mut fail = |image: &str, edits: &str| {
        let message =
            ToWorker::Boot { figure: 1, image: image.into(), edits: edits.into(), around: Surroundings::default() };
        match ask(&mut desk, message) {
            FromWorker::Failed { figure: 1, failure } => failure,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fail("none", ""), Failure::NoImage("none".into()));
    assert!(matches!(fail("release", "{"), Failure::Edits(why) if why.contains("line 1")));
    let unended =
        r#"{"edit": [{"op": "drop", "file": "DriverA"}, {"op": "depex", "file": "DriverC", "text": "TRUE"}]}"#;
    let Failure::Edit(trouble) = fail("release", unended) else { panic!("no edit failed") };
    assert_eq!((trouble.edit, trouble.key.as_str()), (Some((2, "depex".into())), "depex"));
    assert!(trouble.at.is_some() && trouble.file.unwrap().contains("DriverC") && trouble.reason.contains("END"));
    assert_eq!(say(&mut desk, home, "smi 41").answer, "smi 0x41: EFI_SUCCESS");
}

#[test]
fn a_boot_that_gets_stuck_tells_where() {
    let mut desk = desk();
    let edits = r#"{"edit": [{"op": "drop", "file": "SmmAccessPei"}]}"#;
    let booted = boot(&mut desk, "debug", edits);
    assert_eq!(booted.chronicle.outcome, Outcome::Hung, "{:?}", booted.chronicle.post);
    assert_eq!(booted.chronicle.post.last().map(|(_, code)| *code), Some(0x6a));
    let edits = r#"{"edit": [{"op": "drop", "file": "DxeCore"}]}"#;
    assert_ne!(boot(&mut desk, "release", edits).chronicle.outcome, Outcome::Prompt);
}

#[test]
fn whatever_is_typed_ends_at_a_prompt_or_says_how_it_ended() {
    let mut desk = desk();
    let home = boot(&mut desk, "release", "").home.time;
    let long = "x".repeat(500);
    for (text, answer) in [
        ("", ""),
        ("   ", ""),
        ("smi", "smi: EFI_INVALID_PARAMETER"),
        ("smi 41\r\nsmi 42", "smi: EFI_INVALID_PARAMETER"),
        ("Tiếng Việt、日本語", ": EFI_INVALID_PARAMETER"),
        (&long, "x: EFI_INVALID_PARAMETER"),
        ("reboot", "ResetSystem()"),
    ] {
        let said = say(&mut desk, home, text);
        assert_eq!(said.chronicle.outcome, Outcome::Prompt, "{text:?}");
        assert!(said.answer.contains(answer), "{text:?}: {:?}", said.answer);
        if text == "reboot" {
            assert_eq!(said.chronicle.post.last().map(|(_, code)| *code), Some(0xb1), "it has booted again");
        }
    }
    let off = say(&mut desk, home, "poweroff");
    assert_ne!(off.chronicle.outcome, Outcome::Prompt);
    let gone = say(&mut desk, off.home.time, "smi 41");
    assert_eq!((gone.answer.as_str(), gone.tape), ("", None), "nobody hears it");
}

#[test]
fn an_image_that_is_none_is_refused_or_found_to_hang() {
    let mut desk = desk();
    let mut hold_and_boot = |bytes: Vec<u8>| {
        desk.answer(ToWorker::Hold { image: "mine".into(), bytes }, &mut |answer| panic!("{answer:?}"));
        ask(
            &mut desk,
            ToWorker::Boot { figure: 1, image: "mine".into(), edits: String::new(), around: Surroundings::default() },
        )
    };
    for wrong in [Vec::new(), vec![0; 1000], vec![0; 17 << 20]] {
        let answer = hold_and_boot(wrong);
        assert!(matches!(answer, FromWorker::Failed { failure: Failure::Rom(_), .. }), "{answer:?}");
    }
    let release = &images().release;
    let overwritten = [&release[..release.len() / 2], &vec![0xff; release.len() / 2]].concat();
    for damaged in [vec![0; 64 << 10], vec![0xff; 1 << 20], overwritten] {
        let FromWorker::Booted { booted, .. } = hold_and_boot(damaged) else { panic!("no machine") };
        assert_ne!(booted.chronicle.outcome, Outcome::Prompt);
        assert_eq!(booted.chronicle.console, "");
    }
}

/// Nor is the boot without anything taken for one of them.
#[test]
fn a_boot_is_one_of_its_board_and_of_what_happens_to_it() {
    let mut desk = desk();
    let mut boot = |around: &Surroundings| {
        let message =
            ToWorker::Boot { figure: 1, image: "release".into(), edits: String::new(), around: around.clone() };
        let FromWorker::Booted { booted, .. } = ask(&mut desk, message) else { panic!("it boots") };
        let said = (booted.chronicle.outcome == Outcome::Prompt)
            .then(|| say(&mut desk, booted.home.time, "setvar Taste 7 01").answer);
        (booted.chronicle, said)
    };
    let usual = Surroundings::default();
    let board = BoardChange { block_protect: Some(6), ..BoardChange::default() };
    let protected = Surroundings { board, ..Surroundings::default() };
    let deed = Deed::Touch(Touch::PowerButton);
    let held = Stimulus { when: Start::PowerOn, deed, held_us: 6_000_000, times: 1, every_us: 0 };
    let pressed = Surroundings { stimuli: vec![held], ..Surroundings::default() };
    for round in 0..2 {
        assert_eq!(boot(&usual).1.as_deref(), Some("setvar Taste: EFI_SUCCESS"), "{round}");
        assert_eq!(boot(&protected).1.as_deref(), Some("setvar Taste: EFI_DEVICE_ERROR"), "{round}");
        let off = boot(&pressed).0;
        assert!(off.outcome == Outcome::Off && off.time >= 4_000_000_000, "{round}: {:?}", off.outcome);
        assert!(off.console.ends_with("> "), "it had come to its prompt");
    }
    let both = Surroundings { board: protected.board.clone(), stimuli: pressed.stimuli.clone() };
    assert_eq!(boot(&both).0.outcome, Outcome::Off);
}
