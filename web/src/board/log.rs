//! The firmware's log (port 402h), with EDK II's levels to choose from.

use crate::bench::Boot;
use crate::i18n::{Lang, t};
use crate::later::use_later;
use gloo::render::request_animation_frame;
use std::rc::Rc;
use story::log::{Level, level};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub boot: Option<Rc<Boot>>,
    pub lang: Lang,
}

#[component]
pub fn Log(props: &Props) -> Html {
    let l = &props.lang;
    // Hundreds of lines: not in the task that brings them.
    let boot = &use_later(props.boot.clone());
    let least = use_state_eq(|| Level::Info);
    let choose = |wanted: Level| {
        let least = least.clone();
        html! {
            <button type="button" data-level={wanted.name()} aria-pressed={(*least == wanted).to_string()}
                onclick={move |_| least.set(wanted)}>{ wanted.name() }</button>
        }
    };
    let lines = boot.as_ref().map(|boot| boot.chronicle.log.as_slice()).unwrap_or_default();
    let shown = lines.iter().map(|line| (level(&line.text), line)).filter(|(level, _)| *level >= *least);
    let list = use_node_ref();
    use_effect_with((boot.clone(), *least), {
        let list = list.clone();
        move |_| {
            // With the frame's own layout: asked for earlier, it would be made twice.
            let frame = request_animation_frame(move |_| show_what_matters(&list));
            move || drop(frame)
        }
    });
    let silent = boot.is_some() && lines.is_empty();
    html! {
        <>
            <div class="ph"><h2>{ t::panel_log(*l) }</h2><small class="mono">{ "402h" }</small><span class="sp"></span>
                <span class="seg" role="group" aria-label={t::log_level(*l)}>{ for Level::ALL.into_iter().map(choose) }</span></div>
            <ol ref={list} class="dlog" tabindex="0" aria-label={t::panel_log(*l)}>
                { for shown.map(|(level, line)| html! { <li data-level={level.name()}>{ line.text.clone() }</li> }) }
                if silent { <li class="quiet">{ t::log_silent(*l) }</li> }
            </ol>
        </>
    }
}

/// Scrolls to the last warning or error of the boot, or else to its end.
fn show_what_matters(list: &NodeRef) {
    let Some(list) = list.cast::<HtmlElement>() else { return };
    let marked = list.query_selector_all(":is([data-level=WARN], [data-level=ERROR])").ok();
    let last = marked.and_then(|lines| lines.item(lines.length().checked_sub(1)?)?.dyn_into::<HtmlElement>().ok());
    let top =
        last.map_or(list.scroll_height(), |line| line.offset_top() - list.offset_top() - list.client_height() / 2);
    list.set_scroll_top(top);
}
