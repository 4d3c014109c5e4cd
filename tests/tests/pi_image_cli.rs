//! `smmlab image` as a black box, on Debian's OVMF.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::cli::{Ran, smmlab};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const OVMF: &str = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
const VARIABLE_SMM: &str = "23A089B3-EED5-4AC5-B2AB-43E3298C2343";

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        assert!(fs::metadata(OVMF).is_ok(), "no {OVMF}: sudo apt-get install ovmf");
        Bench { folder: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        fs::write(self.at(name), bytes).unwrap();
        self.at(name).display().to_string()
    }
}

fn image(arguments: &[&str]) -> Ran {
    smmlab(&[&["image"], arguments].concat())
}

fn succeeds(arguments: &[&str]) -> String {
    let ran = image(arguments);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{arguments:?}");
    ran.out
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&succeeds(arguments)).unwrap()
}

/// Status 2, and one line that names the trouble.
fn refused(arguments: &[&str], names: &[&str]) {
    let ran = image(arguments);
    assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    assert_eq!(ran.err.trim_end().lines().count(), 1, "more than one line:\n{}", ran.err);
    for name in names {
        assert!(ran.err.contains(name), "nothing about {name:?} in: {}", ran.err);
    }
}

#[test]
fn list_shows_volumes_and_files_inside_compressed_sections() {
    Bench::new();
    let out = succeeds(&["list", OVMF]);
    let line = out.lines().find(|line| line.contains("VariableSmm")).unwrap();
    assert!(line.contains(&format!("smm-driver      {VARIABLE_SMM} VariableSmm")), "{line}");
    assert!(line.starts_with("0x90 > 0x"), "{line}");
    let listed = json(&["list", OVMF, "--json"]);
    let entries = listed["entries"].as_array().unwrap();
    let file = entries.iter().find(|entry| entry["name"] == "VariableSmm").unwrap();
    assert_eq!(
        (&file["item"], &file["type"], &file["guid"]),
        (&"file".into(), &"smm-driver".into(), &VARIABLE_SMM.into())
    );
    assert_eq!(listed["flaws"].as_array().unwrap().len(), 0);
}

#[test]
fn check_finds_nothing_in_a_stock_image_and_names_what_is_damaged() {
    let bench = Bench::new();
    assert!(succeeds(&["check", OVMF]).contains(" 0 errors, 0 warnings"));
    let mut bytes = fs::read(OVMF).unwrap();
    bytes[0x78 + 0x10] ^= 1;
    let damaged = bench.file("damaged.fd", &bytes);
    let ran = image(&["check", &damaged]);
    assert_eq!(ran.status, 2);
    let first = ran.out.lines().next().unwrap();
    for part in
        ["error: ", &damaged, "at 0x88", "9E21FD93-9C72-4C15-8C4B-E77F1DB2D792", "bytes of a file header sum to 0"]
    {
        assert!(first.contains(part), "{first}");
    }
    let ran = image(&["check", &damaged, "--json"]);
    let findings: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((findings[0]["severity"].as_str(), findings[0]["at"].as_str()), (Some("error"), Some("0x88")));
}

#[test]
fn depex_is_shown_with_its_steps() {
    Bench::new();
    let present =
        "gEfiPcdProtocolGuid,gEfiSmmBase2ProtocolGuid,gEfiSmmAccess2ProtocolGuid,gEfiDevicePathUtilitiesProtocolGuid";
    let out = succeeds(&["depex", OVMF, "VariableSmm", "--present", present]);
    assert!(out.contains("PUSH gEfiSmmAccess2ProtocolGuid = TRUE"), "{out}");
    assert!(out.contains("RESULT = TRUE"), "{out}");
    let shown = json(&["depex", OVMF, VARIABLE_SMM, "--json"]);
    let section = &shown["sections"][0];
    assert_eq!((&section["section"], &section["result"]), (&"smm".into(), &"FALSE".into()));
    assert_eq!(section["steps"][1]["name"], "gEfiSmmBase2ProtocolGuid");
    assert_eq!(section["steps"][1]["stack"], serde_json::json!([false, false]));
}

#[test]
fn edits_from_a_file_are_done_and_seen_and_the_source_stays_as_it_is() {
    let bench = Bench::new();
    let before = fs::read(OVMF).unwrap();
    let source = bench.file("stock.fd", &before);
    let edits = bench.file("edits.toml", EDITS);
    let edited = bench.at("edited.fd").display().to_string();
    assert_eq!(succeeds(&["apply", &source, &edits, "--output", &edited]), "");
    assert!(fs::read(&source).unwrap() == before);
    assert!(succeeds(&["check", &edited]).contains(" 0 errors"));
    assert!(succeeds(&["depex", &edited, "VariableSmm"]).contains("RESULT = TRUE"));
    assert!(!succeeds(&["list", &edited]).contains("CpuHotplugSmm"));
    assert!(succeeds(&["apriori", &edited]).contains("    1. 2EC9DA37-EE35-4DE9-86C5-6D9A81DC38A7 AmdSevDxe"));
    let order = succeeds(&["order", &edited]);
    let place = |name: &str| order.find(name).unwrap();
    assert!(place("SmmLockBox") < place("CpuIo2Smm"), "{order}");
    let lists = json(&["apriori", &edited, "--json"]);
    assert_eq!(
        (&lists[1]["guid"], &lists[1]["files"][2]["name"]),
        (&"FC510EE7-FFDC-11D4-BD41-0080C73C8881".into(), &"PcdDxe".into())
    );
    let volumes = json(&["order", &edited, "--json"]);
    let drivers = volumes[1]["drivers"].as_array().unwrap();
    let variable = drivers.iter().find(|driver| driver["name"] == "VariableSmm").unwrap();
    assert_eq!((&variable["type"], &variable["depex"][0]["text"]), (&"smm-driver".into(), &"TRUE END".into()));
    let list = succeeds(&["list", &edited]);
    assert!(list.contains("dxe-driver      470CB248-E8AC-473C-BB4F-81069A1FE6FD SmmFaultTolerantWriteDxe"));
}

const EDITS: &str = r#"
[[edit]]
op = "depex"
file = "VariableSmm"
text = "TRUE END"

[[edit]]
op = "order"
file = "SmmLockBox"
before = "CpuIo2Smm"

[[edit]]
op = "drop"
file = "CpuHotplugSmm"

[[edit]]
op = "type"
file = "SmmFaultTolerantWriteDxe"
type = "dxe-driver"

[[edit]]
op = "apriori"
phase = "dxe"
files = ["AmdSevDxe", "DevicePathDxe", "PcdDxe"]
"#;

/// A small image, so that no test waits for the compressor.
fn small(bench: &Bench) -> String {
    use pi::image::{Body, File, Placed, Section, Sections, Volume};
    let driver = |nth: u8, name: &str| {
        let list = vec![
            Section::new(0x1c, vec![6, 8]),
            Section::new(0x10, b"not really PE32".to_vec()),
            Section::user_interface(name),
        ];
        let mut sections = Sections { list, tail: Vec::new() };
        sections.seal().unwrap();
        Placed::new(File::new(pi::Guid([nth; 16]), 0x0a, Body::Sections(sections)))
    };
    let mut volume = Volume::new(pi::layout::fv::FFS2, 1, 0x1000).unwrap();
    volume.files_mut().unwrap().extend([driver(1, "A"), driver(2, "B"), driver(3, "C")]);
    volume.place().unwrap();
    let mut bytes = Vec::new();
    volume.write(&mut bytes);
    bench.file("small.fd", bytes)
}

#[test]
fn each_command_changes_an_image() {
    let bench = Bench::new();
    let source = small(&bench);
    let out = bench.at("out.fd").display().to_string();
    let names = |path: &str| {
        let listed = json(&["list", path, "--json"]);
        let names =
            listed["entries"].as_array().unwrap().iter().filter_map(|entry| entry["name"].as_str().map(String::from));
        names.collect::<String>()
    };
    succeeds(&["order", &source, "C", "--first", "--output", &out]);
    assert_eq!(names(&out), "CAB");
    succeeds(&["drop", &source, "B", "--output", &out]);
    assert_eq!(names(&out), "AC");
    succeeds(&["type", &source, "A", "standalone-mm-driver", "--output", &out]);
    assert!(succeeds(&["list", &out]).contains("standalone-mm-driver 01010101"));
    succeeds(&["depex", &source, "A", "--set", "AFTER B END", "--output", &out]);
    assert!(succeeds(&["list", &out]).contains("smm-depex section: AFTER B END"));
    succeeds(&["apriori", &source, "--set", "C,B", "--output", &out]);
    assert!(succeeds(&["apriori", &out]).contains("    2. 02020202-0202-0202-0202-020202020202 B"));
    succeeds(&["apriori", &out, "--clear", "--volume", "0x0", "--output", &out]);
    assert_eq!(names(&out), "ABC");
    succeeds(&["extract", &source, "A", "--section", "pe32", "--output", &out]);
    assert_eq!(fs::read(&out).unwrap(), b"not really PE32");
}

#[test]
fn bad_input_is_refused_in_one_line_and_nothing_is_written() {
    let bench = Bench::new();
    let source = small(&bench);
    let out = bench.at("out.fd").display().to_string();
    let empty = bench.file("empty.fd", [0xff; 64]);
    let text = |name: &str, text: &str| bench.file(name, text);
    refused(&["list", "/nowhere.fd"], &["can't read the image /nowhere.fd"]);
    refused(&["list", &empty], &[&empty, "at 0x0", "there is no firmware volume"]);
    refused(&["drop", &source, "D", "--output", &out], &[&source, "edit 1 (drop)", "\"D\""]);
    refused(&["depex", &source, "A", "--set", "PUSH END", "--output", &out], &["file 01010101-", "(A)", "word 1"]);
    refused(
        &["depex", &source, "A", "--set", "AND END", "--output", &out],
        &["at 0x48", "DEPEX offset 0x0, opcode 03h"],
    );
    refused(
        &["depex", &source, "A", "--present", "gEfiSmmBase3ProtocolGuid"],
        &["did you mean gEfiSmmBase2ProtocolGuid?"],
    );
    refused(&["extract", &source, "A", "--section", "te", "--output", &out], &["(A)", "no te section"]);
    refused(&["apriori", &source, "--output", &out], &["--set or --clear"]);
    let wrong = text("wrong.toml", "[[edit]]\nop = \"drop\"\nfiles = \"A\"\n");
    refused(&["apply", &source, &wrong, "--output", &out], &[&wrong, "line 1", "files"]);
    let wrong = text("wrong.json", "{\"edit\": [{\"op\": \"melt\", \"file\": \"A\"}]}");
    refused(&["apply", &source, &wrong, "--output", &out], &[&wrong, "melt"]);
    let second = text("second.toml", "[[edit]]\nop='drop'\nfile='A'\n[[edit]]\nop='order'\nfile='A'\nto='last'\n");
    refused(&["apply", &source, &second, "--output", &out], &["edit 2 (order)", "no file has the GUID or name \"A\""]);
    assert!(!bench.at("out.fd").exists());
    refused(&["drop", &source, "A", "--output", "/nowhere/out.fd"], &["--output"]);
}

#[test]
fn a_damaged_image_is_listed_as_far_as_it_goes() {
    let bench = Bench::new();
    let source = small(&bench);
    let mut bytes = fs::read(&source).unwrap();
    let second = pi::image::Image::parse(&bytes).volumes().next().unwrap().files()[1].offset;
    bytes[second + 0x15] = 0xff;
    let damaged = bench.file("damaged.fd", &bytes);
    let ran = image(&["list", &damaged]);
    assert!(ran.out.contains(" A\n"), "{}", ran.out);
    assert_eq!(ran.status, 2);
    refused(&["list", &damaged], &[&damaged, &format!("at {second:#x}"), "a file ends inside its volume"]);
    refused(
        &["drop", &damaged, "A", "--output", "/nowhere/x"],
        &["the image is damaged", "a file ends inside its volume"],
    );
}
