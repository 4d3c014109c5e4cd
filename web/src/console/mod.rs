//! The OS's console: what it printed, and a line for commands.

use crate::bench::{Boot, Exchange};
use crate::board::words;
use crate::format::hex;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use std::rc::Rc;
use story::dispatch::Registered;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub boot: Option<Rc<Boot>>,
    pub said: Vec<Exchange>,
    pub ready: bool,
    /// Who waits for a command: `>`, or `setup>`.
    pub prompt: String,
    pub say: Callback<String>,
    pub lang: Lang,
    /// Commands to press, in place of software SMIs.
    #[prop_or_default]
    pub offers: &'static [&'static str],
}

/// Software SMIs that the training firmware's drivers register when it is healthy.
const SERVICES: [(u64, &str); 3] = [(0x41, "DriverA"), (0x42, "DriverB"), (0x43, "DriverC")];

#[component]
pub fn Console(props: &Props) -> Html {
    let Props { boot, said, ready, prompt, say, lang: l, .. } = props;
    let list = use_node_ref();
    let typed = use_state_eq(String::new);
    use_effect_with(said.clone(), {
        let list = list.clone();
        move |_| {
            if let Some(list) = list.cast::<Element>() {
                list.set_scroll_top(list.scroll_height());
            }
        }
    });
    let input = {
        let typed = typed.clone();
        move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
                typed.set(input.value());
            }
        }
    };
    let send = {
        let (typed, say, ready) = (typed.clone(), say.clone(), *ready);
        move |event: SubmitEvent| {
            event.prevent_default();
            if ready {
                say.emit((*typed).clone());
                typed.set(String::new());
            }
        }
    };
    let printed = boot.as_ref().map(|boot| boot.chronicle.console.replace('\r', "")).unwrap_or_default();
    let rings: Vec<Html> = if props.offers.is_empty() {
        services(boot.as_deref()).into_iter().map(|(value, name)| ring(value, name, props)).collect()
    } else {
        props.offers.iter().map(|text| offer(text, props)).collect()
    };
    html! {
        <>
            <div class="ph"><h2>{ t::panel_console(*l) }</h2><small>{ "COM1" }</small></div>
            <div class="rings" role="group" aria-label={t::ring(*l)}>{ for rings }</div>
            <div class="con" ref={list} tabindex="0" role="log" aria-label={t::panel_console(*l)}>
                { for printed.lines().filter(|line| line.trim() != ">").map(|line| html! { <p>{ line.to_owned() }</p> }) }
                { for said.iter().map(|exchange| exchanged(exchange, *l)) }
            </div>
            <form class="say" onsubmit={send}>
                <span class="mono" aria-hidden="true">{ prompt.clone() }</span>
                <input class="mono" type="text" value={(*typed).clone()} placeholder="help" autocomplete="off" spellcheck="false"
                    autocapitalize="off" aria-label={t::command_line(*l)} oninput={input} />
                <button class="btn sm" type="submit" aria-disabled={(!*ready).to_string()}>{ t::say(*l) }</button>
            </form>
        </>
    }
}

/// Whom to ring: the services of the healthy firmware, and whatever else was registered.
fn services(boot: Option<&Boot>) -> Vec<(u64, String)> {
    let mut all: Vec<(u64, String)> = SERVICES.iter().map(|(value, name)| (*value, (*name).to_owned())).collect();
    for module in boot.iter().flat_map(|boot| &boot.dispatch.modules) {
        let names = &boot.iter().next().expect("it has modules").listing.names;
        let software = |handler: &&Registered| words::handler(handler, names).starts_with("SwSmi");
        for handler in module.handlers.iter().filter(software) {
            if all.iter().all(|(value, _)| *value != handler.value) {
                all.push((handler.value, names.of(&module.file)));
            }
        }
    }
    all
}

fn ring(value: u64, name: String, props: &Props) -> Html {
    let text = format!("smi {value:x}");
    let answer =
        props.said.iter().rev().find(|exchange| exchange.text == text).and_then(|exchange| exchange.answer.clone());
    let heard = answer.as_deref().map(|answer| answer.contains("EFI_SUCCESS"));
    let role = match heard {
        None => "hw",
        Some(true) => "ok",
        Some(false) => "fault",
    };
    let (say, command) = (props.say.clone(), text);
    html! {
        <button type="button" class="btn sm ring" data-ring={hex(value, 2)} data-role={role} data-heard={heard.map(|heard| heard.to_string())}
            aria-disabled={(!props.ready).to_string()} title={t::ring_title(props.lang, &hex(value, 2), &name)} onclick={move |_| say.emit(command.clone())}>
            { icon(match heard { None => Icon::Raise, Some(true) => Icon::Check, Some(false) => Icon::Close }) }
            <span>{ name }</span><code>{ hex(value, 2) }</code>
        </button>
    }
}

fn offer(text: &'static str, props: &Props) -> Html {
    let say = props.say.clone();
    html! {
        <button type="button" class="btn sm ring" data-say={text} aria-disabled={(!props.ready).to_string()} onclick={move |_| say.emit(text.to_owned())}>
            <code>{ text }</code>
        </button>
    }
}

fn exchanged(exchange: &Exchange, l: Lang) -> Html {
    let bad =
        exchange.answer.as_deref().is_some_and(|answer| answer.contains("EFI_") && !answer.contains("EFI_SUCCESS"));
    html! {
        <>
            <p class="cmd">{ format!("{} {}", exchange.prompt, exchange.text) }</p>
            { match &exchange.answer {
                Some(answer) => html! { { for answer.lines().map(|line| html! { <p class={classes!("ans", bad.then_some("bad"))}>{ line.to_owned() }</p> }) } },
                None => html! { <p class="quiet">{ t::waiting(l) }</p> },
            } }
        </>
    }
}
