//! What tests in Node.js may do beside running wasm: read files, run cargo.

#![allow(dead_code, reason = "each test uses some of it")]

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "fs")]
extern "C" {
    #[wasm_bindgen(js_name = readFileSync)]
    fn read_file(path: &str) -> Uint8Array;
    #[wasm_bindgen(js_name = writeFileSync)]
    fn write_file(path: &str, bytes: &[u8]);
    #[wasm_bindgen(js_name = mkdtempSync)]
    fn make_folder(prefix: &str) -> String;
    #[wasm_bindgen(js_name = rmSync)]
    fn delete(path: &str, options: &Object);
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

pub const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

fn options(pairs: &[(&str, JsValue)]) -> Object {
    let options = Object::new();
    for (key, value) in pairs {
        Reflect::set(&options, &(*key).into(), value).unwrap();
    }
    options
}

pub fn read(path: &str) -> Vec<u8> {
    read_file(path).to_vec()
}

pub fn write(path: &str, bytes: &[u8]) {
    write_file(path, bytes);
}

/// What a program of ours prints.
fn run(package: &[&str], arguments: &[&str]) -> String {
    let all = ["run", "--quiet", "--package"].iter().chain(package).chain(&["--"]).chain(arguments);
    let all: Array = all.map(|argument| JsValue::from(*argument)).collect();
    execute("cargo", &all, &options(&[("cwd", HERE.into()), ("encoding", "utf8".into())]))
}

pub fn smmlab(arguments: &[&str]) -> String {
    run(&["cli", "--bin", "smmlab"], arguments)
}

/// Builds the training firmware; where its images are, DEBUG and RELEASE.
pub fn images() -> [String; 2] {
    let built = run(&["xtask"], &["firmware"]);
    let images: Vec<String> = built.lines().filter(|line| line.ends_with("smmlab.fd")).map(str::to_owned).collect();
    images.try_into().unwrap_or_else(|_| panic!("{built}"))
}

/// A folder that goes when this is dropped.
pub struct Scratch(String);

impl Scratch {
    pub fn new() -> Scratch {
        Scratch(make_folder(&format!("{}/smmlab-", tmpdir())))
    }

    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        delete(&self.0, &options(&[("recursive", true.into())]));
    }
}
