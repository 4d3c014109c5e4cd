//! Edits of the training firmware give the same bytes as wasm as they do natively. Node.js runs these
//! tests: it builds the firmware, and lets `smmlab` do the edits, too.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use js_sys::{Array, Object, Reflect, Uint8Array};
use pi::edit::{EditList, apply};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "fs")]
extern "C" {
    #[wasm_bindgen(js_name = readFileSync)]
    fn read(path: &str) -> Uint8Array;
    #[wasm_bindgen(js_name = mkdtempSync)]
    fn make_folder(prefix: &str) -> String;
    #[wasm_bindgen(js_name = unlinkSync)]
    fn delete(path: &str);
    #[wasm_bindgen(js_name = rmdirSync)]
    fn delete_folder(path: &str);
}

#[wasm_bindgen(module = "os")]
extern "C" {
    fn tmpdir() -> String;
}

#[wasm_bindgen(module = "child_process")]
extern "C" {
    #[wasm_bindgen(js_name = execFileSync)]
    fn execute(program: &str, arguments: &Array, options: &Object) -> String;
}

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
const EDITS: &str = include_str!("edits.json");

/// What cargo prints.
fn cargo(arguments: &[&str]) -> String {
    let options = Object::new();
    for (key, value) in [("cwd", HERE), ("encoding", "utf8")] {
        Reflect::set(&options, &key.into(), &value.into()).unwrap();
    }
    let arguments: Array = ["run", "--quiet", "--package"].iter().chain(arguments).map(|a| JsValue::from(*a)).collect();
    execute("cargo", &arguments, &options)
}

#[wasm_bindgen_test]
fn edits_give_the_same_bytes_here_and_natively() {
    let edits: EditList = serde_json::from_str(EDITS).unwrap();
    let built = cargo(&["xtask", "--", "firmware"]);
    let images: Vec<&str> = built.lines().filter(|line| line.ends_with("smmlab.fd")).collect();
    assert_eq!(images.len(), 2, "{built}");
    let folder = make_folder(&format!("{}/smmlab-", tmpdir()));
    for path in images {
        let image = read(path).to_vec();
        let output = format!("{folder}/edited.fd");
        cargo(&[
            "cli",
            "--bin",
            "smmlab",
            "--",
            "image",
            "apply",
            path,
            &format!("{HERE}/edits.json"),
            "--output",
            &output,
        ]);
        let here = apply(&image, &edits.edit).unwrap_or_else(|error| panic!("{error}"));
        assert!(here == read(&output).to_vec(), "{path}");
        assert!(here != image);
        delete(&output);
    }
    delete_folder(&folder);
}
