//! The page's way in alone: it needs no more than the figures, so it is there sooner than all pages are.

use crate::app::{App, Pages};
use crate::home::Home;
use crate::i18n::Lang;
use crate::link;
use crate::route::Route;
use wasm_bindgen::prelude::wasm_bindgen;
use yew::prelude::*;

struct WayInAlone;

impl Pages for WayInAlone {
    fn page(_: &Route, lang: Lang) -> Html {
        html! { <Home {lang} /> }
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
