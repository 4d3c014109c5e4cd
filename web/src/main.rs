//! The page: all that an address can ask for.

use wasm_bindgen::prelude::wasm_bindgen;
use web::{AllPages, App};

/// Does nothing by itself: web/js/page.js calls `open_page`.
fn main() {}

#[wasm_bindgen]
pub fn open_page(root: web_sys::Element) {
    yew::Renderer::<App<AllPages>>::with_root(root).render();
}
