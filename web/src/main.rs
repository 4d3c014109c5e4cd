//! The page: a live figure of one SMI, and the text around it. Everything the figure shows is folded
//! from the trace of the machine that runs in the worker.

mod app;
mod bench;
mod board;
mod chapter;
mod chipset;
mod console;
mod content;
mod events;
mod exercise;
mod faults;
mod figure;
mod files;
mod flash;
mod format;
mod header;
mod home;
mod i18n;
mod icons;
mod later;
mod link;
mod operations;
mod pages;
mod placed;
mod prefs;
mod progress;
mod rom;
mod route;
mod save;
mod scene;
mod tabs;
mod words;

use wasm_bindgen::prelude::wasm_bindgen;

/// Does nothing by itself: web/js/page.js calls `open_page`.
fn main() {}

#[wasm_bindgen]
pub fn open_page(root: web_sys::Element) {
    yew::Renderer::<app::App<pages::All>>::with_root(root).render();
}
