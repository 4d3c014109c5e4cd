//! `smmlab image vars`, `setvar`, `delvar`, `export` and `import` as a black box, on Debian's OVMF.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::cli::{Ran, smmlab};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const EMPTY: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";
const ENROLLED: &str = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd";
const VENDOR: &str = "5A5A5A5A-0000-4000-8000-5A5A5A5A5A5A";

struct Bench(TempDir);

impl Bench {
    fn new() -> Bench {
        assert!(fs::metadata(ENROLLED).is_ok(), "no {ENROLLED}: sudo apt-get install ovmf");
        Bench(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
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

/// Status 2, and one line that names the trouble.
fn refused(arguments: &[&str], names: &[&str]) {
    let ran = image(arguments);
    assert_eq!((ran.status, ran.err.trim_end().lines().count()), (2, 1), "{arguments:?}: {}", ran.err);
    for name in names {
        assert!(ran.err.contains(name), "nothing about {name:?} in: {}", ran.err);
    }
}

fn variables(path: &str) -> Vec<Value> {
    let listed: Value = serde_json::from_str(&succeeds(&["vars", path, "--json"])).unwrap();
    listed["variables"].as_array().unwrap().clone()
}

fn data(path: &str, name: &str) -> Option<String> {
    let variable = variables(path).into_iter().find(|variable| variable["name"] == name)?;
    Some(variable["data"].as_str().unwrap().into())
}

/// JSON of the variables in force that doesn't depend on where in the store they are.
fn in_force(bench: &Bench, path: &str) -> Vec<String> {
    let json = bench.path("in-force.json");
    succeeds(&["export", path, "--output", &json]);
    let list: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let mut list: Vec<_> = list["variables"].as_array().unwrap().iter().map(Value::to_string).collect();
    list.sort();
    list
}

#[test]
fn vars_lists_what_is_in_force_and_with_all_what_was() {
    let bench = Bench::new();
    let out = succeeds(&["vars", ENROLLED]);
    let line = out.lines().find(|line| line.contains(" SecureBootEnable = 01")).unwrap();
    assert!(line.contains("nv,bs ") && line.contains(" gEfiSecureBootEnableDisableGuid "), "{line}");
    assert!(out.ends_with("authenticated store at 0x48: 0x3ffb8 bytes, 0x3a668 free, 31 variables\n"), "{out}");
    let all = succeeds(&["vars", ENROLLED, "--all"]);
    assert!(all.lines().any(|line| line.contains(" deleted ")) && all.lines().count() > out.lines().count());
    let listed: Value = serde_json::from_str(&succeeds(&["vars", EMPTY, "--json"])).unwrap();
    assert_eq!((&listed["format"], &listed["free"]), (&"authenticated".into(), &0x3_ff9c.into()));
    assert_eq!((&listed["warning"], listed["flaws"].as_array().unwrap().len()), (&Value::Null, 0));
    let bare = bench.path("bare");
    succeeds(&["export", ENROLLED, "--output", &bare]);
    assert_eq!(fs::read(&bare).unwrap(), fs::read(ENROLLED).unwrap()[0x48..0x4_0000]);
    assert_eq!(variables(&bare).len(), 31);
}

#[test]
fn a_variable_is_set_changed_and_deleted_and_nothing_else_changes() {
    let bench = Bench::new();
    let (one, two, three) = (bench.path("one.fd"), bench.path("two.fd"), bench.path("three.fd"));
    let before = in_force(&bench, ENROLLED);
    let set =
        ["setvar", ENROLLED, "BootTimeout", VENDOR, "--attributes", "nv,bs,rt", "--data", "0500", "--output", &one];
    assert_eq!(succeeds(&set), "");
    assert_eq!(data(&one, "BootTimeout").as_deref(), Some("0500"));
    let longer = bench.file("data", [7; 300]);
    succeeds(&["setvar", &one, "BootTimeout", VENDOR, "--file", &longer, "--output", &two]);
    let variable = variables(&two).pop().unwrap();
    assert_eq!((&variable["attributes"], &variable["state"]), (&"nv,bs,rt".into(), &"added".into()));
    assert_eq!(variable["data"], "07".repeat(300));
    succeeds(&["delvar", &two, "BootTimeout", VENDOR, "--output", &three]);
    assert_eq!(in_force(&bench, &three), before);
    // As flash does it: bits were only cleared, and only in the store.
    let images = [ENROLLED, &one, &two, &three].map(|path| fs::read(path).unwrap());
    for pair in images.windows(2) {
        assert!(pair[0].iter().zip(&pair[1]).all(|(old, new)| new & !old == 0));
        assert!(pair[0][0x4_0000..] == pair[1][0x4_0000..]);
    }
    assert_ne!(images[0], images[3]);
}

#[test]
fn a_set_of_keys_goes_as_json_and_as_a_store_into_an_empty_image() {
    let bench = Bench::new();
    let (json, by_json, by_store) = (bench.path("keys.json"), bench.path("json.fd"), bench.path("store.fd"));
    succeeds(&["export", ENROLLED, "--output", &json]);
    succeeds(&["import", EMPTY, &json, "--output", &by_json]);
    succeeds(&["import", EMPTY, ENROLLED, "--output", &by_store]);
    let before = in_force(&bench, ENROLLED);
    assert_eq!(in_force(&bench, &by_json), before);
    assert!(fs::read(&by_store).unwrap() == fs::read(ENROLLED).unwrap());
    // Into a store of another size go the variables in force.
    let smaller = bench.path("smaller.fd");
    succeeds(&["import", "/usr/share/OVMF/OVMF_VARS.fd", ENROLLED, "--output", &smaller]);
    assert_eq!(in_force(&bench, &smaller), before);
    // Without --only the others stay.
    let one = bench.file(
        "one.json",
        format!(r#"{{"version":2,"variables":[{{"name":"A","guid":"{VENDOR}","attr":3,"data":"01"}}]}}"#),
    );
    succeeds(&["import", ENROLLED, &one, "--output", &by_json]);
    assert_eq!(variables(&by_json).len(), 32);
    succeeds(&["import", ENROLLED, &one, "--only", "--output", &by_json]);
    assert_eq!((variables(&by_json).len(), data(&by_json, "A").as_deref()), (1, Some("01")));
}

#[test]
fn bad_input_is_refused_in_one_line_and_nothing_is_written() {
    let bench = Bench::new();
    let out = bench.path("out.fd");
    let set = |arguments: &[&'static str]| -> Vec<String> {
        let all = [&["setvar", ENROLLED], arguments, &["--output"]].concat();
        all.into_iter().map(String::from).chain([out.clone()]).collect()
    };
    let refused_set = |arguments: &[&'static str], names: &[&str]| {
        let arguments = set(arguments);
        refused(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), names);
    };
    refused_set(&["New", VENDOR, "--data", "01"], &["there is no New yet", "--attributes"]);
    refused_set(&["New", VENDOR, "--data", "0", "--attributes", "nv,bs"], &["--data", "two hexadecimal digits"]);
    refused_set(&["New", VENDOR, "--data", "", "--attributes", "nv,bs"], &["New", "DataSize", "found 0"]);
    refused_set(&["New", VENDOR, "--data", "01", "--attributes", "bs"], &["Attributes", "found 0x2"]);
    refused_set(&["New", VENDOR, "--data", "01", "--attributes", "nv+bs"], &["--attributes", "time-auth"]);
    refused_set(&["New", "nobody", "--data", "01", "--attributes", "nv,bs"], &["nobody", "GUID"]);
    refused_set(&["New", VENDOR], &["--data"]);
    refused(&["delvar", ENROLLED, "New", VENDOR, "--output", &out], &[ENROLLED, "New", "no variable of this name"]);
    let large = bench.file("large", vec![0; 0x4_0000]);
    refused(
        &["setvar", ENROLLED, "New", VENDOR, "--attributes", "nv,bs", "--file", &large, "--output", &out],
        &["New", "Size", "left"],
    );
    let code = "/usr/share/OVMF/OVMF_CODE_4M.fd";
    refused(&["vars", code], &[code, "no variable store"]);
    let twice = bench.file("twice.fd", [fs::read(EMPTY).unwrap(), fs::read(ENROLLED).unwrap()].concat());
    refused(&["vars", &twice], &["at 0x0, 0x84000", "--at"]);
    assert!(succeeds(&["vars", &twice, "--at", "0x84000"]).contains("31 variables"));
    refused(&["vars", &twice, "--at", "0x1000"], &["no variable store at 0x1000"]);
    let wrong = bench.file("wrong.json", r#"{"version": 2, "variables": [{"name": "A", "guid": "x"}]}"#);
    refused(&["import", EMPTY, &wrong, "--output", &out], &[&wrong, "XXXXXXXX-XXXX", "line 1"]);
    let wrong = bench.file("newer.json", r#"{"version": 3, "variables": []}"#);
    refused(&["import", EMPTY, &wrong, "--output", &out], &[&wrong, "\"version\" is 3"]);
    assert!(fs::metadata(&out).is_err());
}

#[test]
fn damage_is_named_by_its_place_field_and_rule_and_stops_every_change() {
    let bench = Bench::new();
    let stock = fs::read(ENROLLED).unwrap();
    let out = bench.path("out.fd");
    let damaged = |at: usize, value: u8| {
        let mut bytes = stock.clone();
        bytes[at] = value;
        bench.file("damaged.fd", bytes)
    };
    // The listing goes as far as it can; `certdb` is the second variable.
    let path = damaged(0xb8 + 0x2a, 0xff);
    let ran = image(&["vars", &path]);
    assert!(ran.status == 2 && ran.out.contains("0 variables"), "{}", ran.out);
    refused(&["delvar", &path, "PK", "gEfiGlobalVariableGuid", "--output", &out], &["at 0xb8", "NameSize, DataSize"]);
    let path = damaged(0x3_0000, 0);
    refused(&["export", &path, "--output", &bench.path("x.json")], &["at 0x30000", "StartId", "erased"]);
    refused(&["import", EMPTY, &path, "--output", &out], &["at 0x30000"]);
    let before = fs::read(&path).unwrap();
    succeeds(&["export", &path, "--output", &out]);
    assert_eq!(fs::read(&out).unwrap(), before[0x48..0x4_0000]);
    fs::remove_file(&out).unwrap();
    // Import repairs.
    succeeds(&["import", &path, ENROLLED, "--output", &out]);
    assert!(fs::read(&out).unwrap() == stock);
    refused(&["vars", &damaged(0x5c, 0)], &["at 0x5c", "Format", "found 0x0"]);
    refused(&["vars", &damaged(0x32, 0)], &["at 0x32", "words of a volume header"]);
    let shown = succeeds(&["vars", &damaged(0x4_1010, 0)]);
    assert!(shown.contains("warning: at 0x41010: Crc"), "{shown}");
}
