//! The catalogue of faults, static/content/faults.toml: what each shows on the machine, on DEBUG and on
//! RELEASE, and that the image as it is built doesn't. docs/faults.md lists fault, symptom and test.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod board;
mod dispatch;
mod locks;
mod messages;
mod s3;
mod setting;
mod smi;

use ::board::{Board, Machine};
use audit::{Verdict, audit};
use content::KnownFault;
use content::source::Library;
use e2e::cli::smmlab;
use e2e::firmware::images;
use lab::{FaultSet, Firmware, edited, faults_of, say};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

fn catalogue() -> &'static [KnownFault] {
    static ALL: OnceLock<Vec<KnownFault>> = OnceLock::new();
    ALL.get_or_init(|| {
        let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/content");
        Library::read(&content).unwrap().catalogue.all("en")
    })
}

fn broken(faults: &[&str]) -> FaultSet {
    faults_of(catalogue(), faults).unwrap()
}

fn edited_with(image: &[u8], faults: &FaultSet) -> Vec<u8> {
    edited(image, &faults.edits).unwrap()
}

fn faulty(image: &[u8], faults: &[&str]) -> Vec<u8> {
    edited_with(image, &broken(faults))
}

/// With these faults the image has the symptom, without them it hasn't.
fn show(faults: &[&str], symptom: impl Fn(&[u8]) -> bool) {
    for healthy in [&images().debug, &images().release] {
        assert!(!symptom(healthy), "the image as it is built shows what {faults:?} do");
        assert!(symptom(&faulty(healthy, faults)), "{faults:?} don't show");
    }
}

/// The same for faults that aren't in the image alone.
fn show_on(faults: &[&str], symptom: impl Fn(&[u8], &FaultSet) -> bool) {
    for healthy in [&images().debug, &images().release] {
        assert!(!symptom(healthy, &FaultSet::default()), "without a fault it shows what {faults:?} do");
        assert!(symptom(healthy, &broken(faults)), "{faults:?} don't show");
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

/// The audit's verdict of this module is FAILED.
fn fails(machine: &Machine, module: &str) -> bool {
    audit(machine).iter().any(|finding| finding.module == module && finding.verdict == Verdict::Failed)
}

/// Each fault of the catalogue has its line in the table, with a test that names it.
#[test]
fn docs_list_the_faults_that_there_are_with_the_tests_that_show_them() {
    let docs = include_str!("../../../docs/faults.md");
    let own = [
        include_str!("board.rs"),
        include_str!("dispatch.rs"),
        include_str!("locks.rs"),
        include_str!("smi.rs"),
        include_str!("messages.rs"),
        include_str!("s3.rs"),
        include_str!("setting.rs"),
    ]
    .concat();
    let table = docs.lines().skip_while(|line| !line.starts_with("| fault |"));
    let rows = table.filter_map(|line| line.strip_prefix("| `"));
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
    let strapped = boot("top-swap-strapped");
    assert!(strapped.status != 0 && strapped.out.is_empty(), "{}: {}", strapped.status, strapped.err);
    let unknown = boot("handler-slow,eos-forgot");
    assert_eq!(unknown.status, 2);
    let wanted = "there is no fault \"eos-forgot\"; there are: no-memory, smram-not-reserved, ";
    assert!(unknown.err.contains(wanted), "{}", unknown.err);
}
