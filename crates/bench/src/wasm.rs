//! What node calls.

use wasm_bindgen::prelude::wasm_bindgen;

/// Runs a guest; `out` is called with each byte that it sends to COM1. Returns the instructions between
/// its marks B and C.
#[wasm_bindgen]
pub fn run(rom: Vec<u8>, events: bool, out: &js_sys::Function) -> Result<f64, String> {
    let mut put = |byte: u8| _ = out.call1(&wasm_bindgen::JsValue::NULL, &byte.into());
    crate::guest::run(rom, events, &mut put).map(|counted| counted.instructions as f64)
}
