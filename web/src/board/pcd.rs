//! The PCD words of a module: numbers that stand in its image under a name.

use crate::bench::Act;
use crate::bench::edit::Edit;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use story::dispatch::Word;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub file: String,
    pub words: Vec<Word>,
    /// As they were without the reader's edits.
    pub given: Vec<Word>,
    pub act: Callback<Act>,
    pub lang: Lang,
}

#[component]
pub fn PcdWords(props: &Props) -> Html {
    let Props { file, words, given, act, lang: l } = props;
    let row = |word: &Word| {
        let given = given.iter().find(|given| given.name == word.name).map_or(word.value, |given| given.value);
        let set = act.reform({
            let (file, name) = (file.clone(), word.name.clone());
            move |value| Act::Edit(Edit::pcd(&file, &name, value))
        });
        html! { <PcdWord key={word.name.clone()} name={word.name.clone()} value={word.value} {given} {set} lang={*l} /> }
    };
    html! {
        <section class="pcds" aria-label={t::pcd_of(*l, file)}>
            <h3>{ t::pcd(*l) }</h3>
            <ul>{ for words.iter().map(row) }</ul>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct WordProps {
    name: String,
    value: u32,
    given: u32,
    set: Callback<u32>,
    lang: Lang,
}

#[component]
fn PcdWord(props: &WordProps) -> Html {
    let WordProps { name, value, given, set, lang: l } = props;
    // What is typed counts as long as the word has the value that it was typed over.
    let typed = use_state_eq(|| None::<(u32, String)>);
    let text =
        typed.as_ref().filter(|(over, _)| over == value).map_or_else(|| value.to_string(), |(_, text)| text.clone());
    let read = parse(&text);
    let input = {
        let (typed, value) = (typed.clone(), *value);
        move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
                typed.set(Some((value, input.value())));
            }
        }
    };
    let send = {
        let (set, value) = (set.clone(), *value);
        move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(new) = read.filter(|new| *new != value) {
                set.emit(new);
            }
        }
    };
    let back = {
        let (set, given) = (set.clone(), *given);
        move |_: MouseEvent| set.emit(given)
    };
    let changed = value != given;
    html! {
        <li data-word={name.clone()} data-value={value.to_string()} data-changed={changed.to_string()}>
            <form onsubmit={send}>
                <label><code>{ name.clone() }</code>
                    <input class="mono" type="text" inputmode="numeric" autocomplete="off" spellcheck="false" value={text}
                        aria-invalid={read.is_none().to_string()} oninput={input} />
                </label>
                <button type="submit" class="btn sm" aria-label={t::pcd_set(*l, name)} aria-disabled={(read.is_none() || read == Some(*value)).to_string()}>{ t::depex_set(*l) }</button>
                if changed {
                    <button type="button" class="btn sm ghost" data-act="given" onclick={back}>{ icon(Icon::Undo) }{ t::pcd_given(*l, &given.to_string()) }</button>
                }
            </form>
            if read.is_none() { <p class="fault" role="alert">{ icon(Icon::Warn) }<span>{ t::pcd_number(*l) }</span></p> }
        </li>
    }
}

/// `255`, `0xff`, `FFh`.
fn parse(text: &str) -> Option<u32> {
    let text = text.trim();
    let hex = text.strip_prefix("0x").or(text.strip_suffix(['h', 'H']));
    match hex {
        // from_str_radix() takes a sign, too.
        Some(digits) if digits.starts_with('+') => None,
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_value_is_decimal_or_hexadecimal_and_fits_32_bits() {
        assert_eq!([" 255", "0xff", "FFh"].map(parse), [Some(255); 3]);
        assert_eq!(parse("4294967295"), Some(u32::MAX));
        for text in ["", "-1", "+1", "0x", "0x+1", "4294967296", "1.5", "on"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
