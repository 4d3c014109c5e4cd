#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
//! Each exercise, headless, on DEBUG and RELEASE; its faulty image on QEMU; `smmlab grade`.

use content::source::{Item, Library};
use content::{Build, Kind};
use e2e::cli::smmlab;
use e2e::firmware::{boot_on_qemu, images};
use lab::{Bench, edits_of, grade, probe};
use pi::edit::EditList;
use protocol::Verdict;
use std::fs;
use std::path::Path;

fn library() -> Library {
    Library::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/content")).unwrap()
}

fn exercises(library: &Library) -> Vec<&Item> {
    let all: Vec<_> = library.items.iter().filter(|item| item.kind() == Kind::Exercise).collect();
    assert!(all.len() >= 3);
    all
}

fn bench() -> Bench {
    let mut bench = Bench::default();
    bench.hold("debug", images().debug.clone());
    bench.hold("release", images().release.clone());
    bench
}

/// Both builds were tried, each with all of its checks.
fn builds(verdict: &Verdict) -> Vec<Build> {
    assert!(verdict.trials.iter().all(|trial| !trial.checks.is_empty()));
    verdict.trials.iter().map(|trial| trial.build).collect()
}

/// Which check shows the fault, and how, on both builds.
fn symptom(exercise: &str) -> (&'static str, &'static str) {
    match exercise {
        "spi-write-protected" => ("variable-kept", "EFI_NOT_FOUND"),
        "false-success" => ("variable-there", "EFI_NOT_FOUND"),
        "variable-locked" => ("setting-kept", "EFI_NOT_FOUND"),
        "half-inside" => ("wakes", "no-answer"),
        _ => ("service-c", "EFI_NOT_FOUND"),
    }
}

#[test]
fn unrepaired_fails_the_reference_passes_and_wrong_repairs_draw_their_response() {
    let (library, mut bench) = (library(), bench());
    for item in exercises(&library) {
        let exercise = item.exercise("en").unwrap();
        let mut run = |fix: &[_]| grade(&exercise.task, fix, &mut bench, &mut |_| {}).unwrap();
        let unrepaired = run(&[]);
        assert!(!unrepaired.passed && unrepaired.response.is_some(), "{}", item.id());
        assert_eq!(builds(&unrepaired), Build::ALL);
        let (symptom, wanted) = symptom(item.id());
        for trial in &unrepaired.trials {
            let found = trial.checks.iter().find(|check| check.id == symptom).unwrap();
            assert_eq!(found.answer, wanted, "{} on {:?}", item.id(), trial.build);
        }
        let repaired = run(item.fix().unwrap());
        assert!(repaired.passed && repaired.response.is_none(), "{}: {repaired:?}", item.id());
        assert_eq!(builds(&repaired), Build::ALL);
        assert!(item.wrongs().count() >= 2);
        for wrong in item.wrongs() {
            let verdict = run(wrong.edits);
            assert!(!verdict.passed, "{} {}", item.id(), wrong.response);
            assert_eq!(verdict.response.as_deref(), Some(wrong.response), "{}", item.id());
            for lang in content::LANGUAGES {
                assert!(!item.exercise(lang).unwrap().responses[wrong.response].is_empty());
            }
        }
    }
}

/// What the board of the page can do beside the reference.
#[test]
fn another_way_that_works_passes_too() {
    let library = library();
    let table = [
        ("late-by-order", r#"{"op": "order", "file": "PlatformSmm", "to": "last"}"#),
        ("late-by-order", r#"{"op": "depex", "file": "DriverC", "text": "BEFORE PlatformSmm END"}"#),
        ("never-true", r#"{"op": "depex", "file": "DriverC", "text": "AFTER DriverB END"}"#),
    ];
    let mut bench = bench();
    for (id, edit) in table {
        let task = library.find(Kind::Exercise, id).unwrap().exercise("en").unwrap().task;
        let fix: EditList = serde_json::from_str(&format!(r#"{{"edit": [{edit}]}}"#)).unwrap();
        let verdict = grade(&task, &fix.edit, &mut bench, &mut |_| {}).unwrap();
        assert!(verdict.passed, "{id} {edit}: {verdict:?}");
    }
}

#[test]
fn the_faulty_image_shows_the_same_symptom_on_qemu() {
    let library = library();
    let bench = bench();
    let of_drivers = |item: &&Item| symptom(item.id()).0 == "service-c";
    for item in exercises(&library).into_iter().filter(of_drivers) {
        let bug = item.exercise("en").unwrap().task.bug;
        for build in Build::ALL {
            let boot = boot_on_qemu(&bench.edited(build.id(), &bug).unwrap(), "smi 41\nsmi 42\nsmi 43\n");
            let says = |line: &str| boot.console.lines().any(|said| said == line);
            assert!(says("smi 0x41: EFI_SUCCESS") && says("smi 0x42: EFI_SUCCESS"), "{}", boot.console);
            assert!(says("smi 0x43: EFI_NOT_FOUND"), "{} {build:?}: {}", item.id(), boot.console);
            assert_eq!(boot.log.contains("was discovered but not loaded!!"), build == Build::Debug, "{}", item.id());
        }
    }
    let bug = library.find(Kind::Exercise, "false-success").unwrap().exercise("en").unwrap().task.bug;
    let image = bench.edited(Build::Release.id(), &bug).unwrap();
    let boot = boot_on_qemu(&image, "setvar Colour 7 05\ngetvar Colour\nsmi 41\n");
    for line in ["setvar Colour: EFI_SUCCESS", "getvar Colour: EFI_NOT_FOUND", "smi 0x41: no answer"] {
        assert!(boot.console.lines().any(|said| said == line), "{line}: {}", boot.console);
    }
    let item = library.find(Kind::Exercise, "half-inside").unwrap();
    let (bug, fix) = (item.exercise("en").unwrap().task.bug, item.fix().unwrap());
    const ACROSS: &str = "comm C0000000-5A5A-4C41-8B53-4D4D4C41420C efffe8";
    for (more, status) in [(&[][..], "EFI_SUCCESS"), (fix, "EFI_ACCESS_DENIED")] {
        let image = bench.edited(Build::Release.id(), &[&bug[..], more].concat()).unwrap();
        let boot = boot_on_qemu(&image, &format!("{ACROSS}\n"));
        assert!(boot.console.contains(&format!("41420C: {status}")), "{}", boot.console);
    }
}

/// Without a fault every point holds (`check content` looks); with one, the first that doesn't is the fitting one.
#[test]
fn the_checklist_breaks_where_the_fault_is() {
    let library = library();
    let setup = library.find(Kind::Scene, "setting-not-persisting").unwrap().scene("en").unwrap().setup;
    let catalogue = library.catalogue.all("en");
    let mut bench = bench();
    for (fault, first) in [
        ("apmc-en-cleared", "smi"),
        ("setup-never-saves", "calls"),
        ("policy-refuses-setup", "accepted"),
        ("no-reclaim", "room"),
        ("flash-not-locked", "range"),
    ] {
        let edits = [&setup.edits[..], &edits_of(&catalogue, &[fault]).unwrap()].concat();
        for build in Build::ALL {
            let boot = bench.boot(build.id(), &edits, &mut |_| {}).unwrap();
            let fails =
                |item: &&content::Item| item.queries(build).any(|(_, query)| probe(&query.ask, &boot) != query.is);
            // That Setup calls SetVariable() is in the log alone: RELEASE finds the setting unused.
            let first = if (build, first) == (Build::Release, "calls") { "used" } else { first };
            assert_eq!(setup.items.iter().find(fails).map(|item| &*item.id), Some(first), "{fault} {build:?}");
        }
    }
}

#[test]
fn smmlab_grade_says_by_its_exit_status_how_it_went() {
    let images = &images().folder;
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/content");
    let scratch = tempfile::tempdir().unwrap();
    let fix = scratch.path().join("fix.toml");
    let run = |id: &str, edits: Option<&str>, more: &[&str]| {
        let mut arguments = vec!["grade", id, "--content", content.to_str().unwrap(), "--images"];
        arguments.push(images.to_str().unwrap());
        if let Some(edits) = edits {
            fs::write(&fix, edits).unwrap();
            arguments.extend(["--fix", fix.to_str().unwrap()]);
        }
        arguments.extend(more);
        smmlab(&arguments)
    };
    const IN_FRONT: &str = "[[edit]]\nop = \"order\"\nfile = \"DriverC\"\nbefore = \"PlatformSmm\"\n";
    let failed = run("late-by-order", None, &[]);
    assert_eq!(failed.status, 1);
    assert!(failed.out.contains("expected EFI_SUCCESS") && failed.out.contains("[still-late] "), "{}", failed.out);
    let passed = run("late-by-order", Some(IN_FRONT), &[]);
    assert_eq!((passed.status, passed.out.contains("late-by-order: passed")), (0, true), "{}", passed.out);
    let json: serde_json::Value = serde_json::from_str(&run("late-by-order", Some(IN_FRONT), &["--json"]).out).unwrap();
    assert_eq!(json["verdict"]["passed"], true);
    assert_eq!(json["verdict"]["trials"][1]["build"], "release");
    for (id, edits, wanted) in [
        ("late", None, "there is no exercise \"late\"; there are: false-success, half-inside, late-by-depex"),
        ("late-by-order", Some("[[edit]]\nop = \"order\"\nfile = \"DriverC\"\n"), "edit 1 (order)"),
        (
            "late-by-order",
            Some("[[edit]]\nop = \"drop\"\nfile = \"DriverX\"\n"),
            "no file has the GUID or name \"DriverX\"",
        ),
        ("late-by-order", Some("[[edit]]\nop = \"dro\"\n"), "fix.toml: line"),
    ] {
        let ran = run(id, edits, &[]);
        assert_eq!(ran.status, 2, "{}", ran.err);
        assert!(ran.err.contains(wanted), "wanted {wanted:?} in {}", ran.err);
    }
}
