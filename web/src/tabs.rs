//! A row of tabs; arrows move between them.

use crate::i18n::{Lang, t};
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// A text in the reader's language.
pub type Name = fn(Lang) -> &'static str;

pub fn tabs(all: &'static [(&'static str, Name)], now: &'static str, choose: Callback<&'static str>, l: Lang) -> Html {
    let tab = |(nth, (id, name)): (usize, &(&'static str, Name))| {
        let id = *id;
        let key = choose.clone();
        let on_key = move |event: KeyboardEvent| {
            if let Some(there) = moved(nth, &event, all.len()) {
                event.prevent_default();
                focus(&event, there);
                key.emit(all[there].0);
            }
        };
        let selected = id == now;
        html! {
            <button type="button" role="tab" data-tab={id} aria-selected={selected.to_string()} onkeydown={on_key}
                tabindex={if selected { "0" } else { "-1" }} onclick={choose.reform(move |_: MouseEvent| id)}>{ name(l) }</button>
        }
    };
    html! { <div class="tabs seg" role="tablist" aria-label={t::tabs(l)}>{ for all.iter().enumerate().map(tab) }</div> }
}

fn moved(here: usize, event: &KeyboardEvent, count: usize) -> Option<usize> {
    match event.key().as_str() {
        "ArrowRight" => Some((here + 1) % count),
        "ArrowLeft" => Some((here + count - 1) % count),
        _ => None,
    }
}

fn focus(event: &KeyboardEvent, nth: usize) {
    let row = event.target_dyn_into::<web_sys::Element>().and_then(|tab| tab.parent_element());
    let tab =
        row.and_then(|row| row.children().item(nth as u32)).and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(tab) = tab {
        // Focus is a courtesy; the panel changes all the same.
        let _ = tab.focus();
    }
}
