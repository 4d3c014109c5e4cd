//! Edits of the training firmware give the same bytes as wasm as they do natively. Node.js runs these
//! tests: it builds the firmware, and lets `smmlab` do the edits, too.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod node;

use node::{HERE, Scratch, images, read, smmlab};
use pi::edit::{EditList, apply};
use wasm_bindgen_test::wasm_bindgen_test;

const EDITS: &str = include_str!("edits.json");

#[wasm_bindgen_test]
fn edits_give_the_same_bytes_here_and_natively() {
    let edits: EditList = serde_json::from_str(EDITS).unwrap();
    let scratch = Scratch::new();
    for path in images() {
        let image = read(&path);
        let output = scratch.path("edited.fd");
        smmlab(&["image", "apply", &path, &format!("{HERE}/edits.json"), "--output", &output]);
        let here = apply(&image, &edits.edit).unwrap_or_else(|error| panic!("{error}"));
        assert!(here == read(&output), "{path}");
        assert!(here != image);
    }
}
