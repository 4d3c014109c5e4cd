//! The page: a live figure of one SMI, and the text around it. Everything the figure shows is folded
//! from the trace of the machine that runs in the worker.

mod app;
mod events;
mod figure;
mod format;
mod header;
mod i18n;
mod icons;
mod link;
mod prefs;
mod rom;
mod words;

fn main() {
    let root = web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id("app"));
    if let Some(root) = root {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
