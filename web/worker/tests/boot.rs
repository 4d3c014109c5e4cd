//! A boot with edits leaves the same behind as wasm as it does natively, to the nanosecond. Node.js runs
//! these tests: it builds the firmware, and lets `smmlab` boot it, too.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod node;

use node::{Scratch, images, read, smmlab, write};
use protocol::{Booted, Chronicle, FromWorker, Outcome, Surroundings, ToWorker};
use session::Desk;
use wasm_bindgen_test::wasm_bindgen_test;
use xxhash_rust::xxh3::xxh3_64;

const EDITS: &str = r#"{"edit": [{"op": "order", "file": "DriverC", "after": "PlatformSmm"}]}"#;

fn ask(desk: &mut Desk, message: ToWorker) -> FromWorker {
    let mut last = None;
    desk.answer(message, &mut |answer| last = Some(answer));
    last.expect("an answer")
}

fn boot(desk: &mut Desk, image: Vec<u8>) -> Booted {
    desk.answer(ToWorker::Hold { image: "image".into(), bytes: image }, &mut |_| {});
    match ask(
        desk,
        ToWorker::Boot { figure: 1, image: "image".into(), edits: EDITS.into(), around: Surroundings::default() },
    ) {
        FromWorker::Booted { booted, .. } => *booted,
        other => panic!("{other:?}"),
    }
}

/// POST codes and log as `smmlab boot` writes them.
fn post(chronicle: &Chronicle) -> String {
    chronicle.post.iter().map(|(_, code)| format!("{code:02x}\n")).collect()
}

fn log(chronicle: &Chronicle) -> String {
    chronicle.log.iter().map(|line| format!("{}\n", line.text)).collect()
}

/// One hash over all that left the machine.
fn hash(parts: &[&[u8]]) -> u64 {
    xxh3_64(&parts.iter().flat_map(|part| [&(part.len() as u64).to_le_bytes()[..], part].concat()).collect::<Vec<_>>())
}

#[wasm_bindgen_test]
fn a_boot_with_edits_leaves_the_same_chronicle_here_and_natively() {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.path(name);
    for path in images() {
        let mut desk = Desk::default();
        let image = read(&path);
        let booted = boot(&mut desk, image);
        let chronicle = &booted.chronicle;
        assert_eq!(chronicle.outcome, Outcome::Prompt);
        let exported = ask(&mut desk, ToWorker::Export { figure: 1, image: "image".into(), edits: EDITS.into() });
        let FromWorker::Exported { bytes, .. } = exported else { panic!("{exported:?}") };
        write(&at("edited.fd"), &bytes);
        let (log_file, post_file, records, console) = (at("log"), at("post"), at("records"), at("console"));
        smmlab(&[
            "boot",
            "--ram",
            "16",
            "--image",
            &at("edited.fd"),
            "--until",
            "\r\n> ",
            "--debugcon",
            &log_file,
            "--post",
            &post_file,
            "--fwtrace",
            &records,
            "--serial",
            &console,
        ]);
        let natively = hash(&[&read(&log_file), &read(&post_file), &read(&console), &read(&records)]);
        let here = hash(&[
            log(chronicle).as_bytes(),
            post(chronicle).as_bytes(),
            chronicle.console.as_bytes(),
            &chronicle.records,
        ]);
        assert_eq!(here, natively, "{path}");
        let said = ask(&mut desk, ToWorker::Say { figure: 1, at: booted.home.time, text: "smi 43".into() });
        let FromWorker::Said { said, .. } = said else { panic!("{said:?}") };
        assert_eq!(said.answer, "smi 0x43: EFI_NOT_FOUND");
    }
}
