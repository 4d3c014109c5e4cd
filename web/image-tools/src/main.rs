//! `lab::ImageTools` as a module of its own, for the worker: see there. What goes in and out beside
//! images and edits is bytes (`protocol::encode`).

use lab::{ImageTools, Linked, parse, unparse};
use protocol::{Chronicle, Failure, decode, encode};
use wasm_bindgen::prelude::wasm_bindgen;

fn main() {}

/// Not `case`: in JavaScript that is a word of the language, and wasm-bindgen exports it under another name.
#[wasm_bindgen]
pub fn case_of(exercise: &str, repair: &str) -> Vec<u8> {
    encode(&Linked.case(exercise, repair).map(|case| case.with_edits(|edits| unparse(&edits))))
}

#[wasm_bindgen]
pub fn edited(image: &[u8], edits: &str) -> Vec<u8> {
    encode(&parse(edits).and_then(|edits| Linked.edited(image, &edits)))
}

#[wasm_bindgen]
pub fn listing(image: &[u8]) -> Vec<u8> {
    encode(&Linked.listing(image))
}

#[wasm_bindgen]
pub fn absent(image: &[u8], boot: &[u8], healthy: &[u8]) -> Vec<u8> {
    let chronicle = |bytes| decode::<Chronicle>(bytes).ok_or_else(|| Failure::Tools("another version".to_owned()));
    encode(&chronicle(boot).and_then(|boot| Linked.absent(image, &boot, &chronicle(healthy)?)))
}
