//! Chooses the SMI command byte, and raises the SMI.

use super::keys::Deed;
use crate::format::{decimal, hex_byte};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub command: u8,
    /// The command that the demo's handler answers.
    pub known: u8,
    pub ready: bool,
    /// An SMI is under way.
    pub again: bool,
    pub time: u64,
    pub choose: Callback<u8>,
    pub lang: Lang,
    pub deeds: Callback<Deed>,
}

const UNKNOWN: u8 = 0x17;

fn parse(text: &str) -> Option<u8> {
    let digits = text.trim().trim_end_matches(['h', 'H']);
    let digits = digits.strip_prefix("0x").or(digits.strip_prefix("0X")).unwrap_or(digits);
    u8::from_str_radix(digits, 16).ok().filter(|_| (1..=2).contains(&digits.len()))
}

#[component]
pub fn Command(props: &Props) -> Html {
    let l = props.lang;
    let typed = use_state_eq(String::new);
    let wrong = !typed.is_empty() && parse(&typed).is_none();
    let quick = |byte: u8| {
        let (choose, entry) = (props.choose.clone(), typed.clone());
        let onclick = move |_| {
            entry.set(String::new());
            choose.emit(byte);
        };
        html! {
            <button type="button" class="mono" data-command={hex_byte(byte)} disabled={!props.ready}
                aria-pressed={(props.command == byte && typed.is_empty()).to_string()} {onclick}>{ hex_byte(byte) }</button>
        }
    };
    let oninput = {
        let (choose, typed) = (props.choose.clone(), typed.clone());
        move |event: InputEvent| {
            let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) else { return };
            typed.set(input.value());
            if let Some(byte) = parse(&input.value()) {
                choose.emit(byte);
            }
        }
    };
    let onkeydown = {
        let deeds = props.deeds.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Enter" && !wrong {
                deeds.emit(Deed::Raise);
            }
        }
    };
    let word = if props.again { t::raise_again(l) } else { t::raise(l) };
    html! {
        <div class="bar try">
            <span class="lbl">{ t::command(l) }</span>
            <span class="seg" role="group" aria-label={t::command(l)}>{ quick(props.known) }{ quick(UNKNOWN) }</span>
            <span class={classes!("hexin", wrong.then_some("wrong"))}>
                <input class="mono" type="text" maxlength="4" placeholder="··" value={(*typed).clone()} disabled={!props.ready}
                    autocomplete="off" spellcheck="false" autocapitalize="characters"
                    aria-label={t::command_hex(l)} aria-invalid={wrong.to_string()} {oninput} {onkeydown} /><span aria-hidden="true">{ "h" }</span>
                if wrong {
                    <span class="tip" role="alert">{ t::command_invalid(l) }</span>
                }
            </span>
            <button type="button" class="btn raise" data-act="raise" disabled={!props.ready || wrong} title={format!("{word} (R)")}
                onclick={props.deeds.reform(|_| Deed::Raise)}>
                { icon(Icon::Raise) }{ word }<code>{ hex_byte(props.command) }</code>
            </button>
            <span class="clock">{ format!("t = {} ns", decimal(props.time)) }</span>
        </div>
    }
}
