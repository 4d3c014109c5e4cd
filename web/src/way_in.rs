//! The page's way in alone: one figure and some text. It is there much sooner than all pages are.
#![allow(dead_code, unused_imports, reason = "the modules are the page's, which uses more of them")]

mod app;
mod bench;
mod content;
mod events;
mod figure;
mod files;
mod format;
mod header;
mod home;
mod i18n;
mod icons;
mod link;
mod operations;
mod placed;
mod prefs;
mod progress;
mod rom;
mod route;
mod save;
mod tabs;
mod words;

use app::{App, Pages};
use i18n::Lang;
use route::Route;
use wasm_bindgen::prelude::wasm_bindgen;
use yew::prelude::*;

/// Does nothing by itself: web/js/page.js calls `open_way_in`.
fn main() {}

struct WayInAlone;

impl Pages for WayInAlone {
    fn page(_: &Route, lang: Lang) -> Html {
        html! { <home::Home {lang} /> }
    }
}

/// Open, until web/js/page.js has all pages to put in its place.
#[wasm_bindgen]
pub struct WayIn(yew::AppHandle<App<WayInAlone>>);

#[wasm_bindgen]
impl WayIn {
    pub fn close(self) {
        self.0.destroy();
        link::close();
    }
}

#[wasm_bindgen]
pub fn open_way_in(root: web_sys::Element) -> WayIn {
    WayIn(yew::Renderer::<App<WayInAlone>>::with_root(root).render())
}
