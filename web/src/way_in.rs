//! The figure of one SMI alone: the page's way in, with some text, which is there much sooner than all pages are;
//! and what an article loads that shows no other figure.

use wasm_bindgen::prelude::wasm_bindgen;
use web::{App, WayInAlone, close_worker};

/// Does nothing by itself: web/js/page.js calls `open_way_in`, web/js/smm-lab.js `mount`.
fn main() {}

web::mount!(web::embed::SmiFlow);

/// Open, until web/js/page.js has all pages to put in its place.
#[wasm_bindgen]
pub struct WayIn(yew::AppHandle<App<WayInAlone>>);

#[wasm_bindgen]
impl WayIn {
    pub fn close(self) {
        self.0.destroy();
        close_worker();
    }
}

#[wasm_bindgen]
pub fn open_way_in(root: web_sys::Element) -> WayIn {
    WayIn(yew::Renderer::<App<WayInAlone>>::with_root(root).render())
}
