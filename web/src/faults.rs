//! The catalogue of faults to choose from by name: what is chosen becomes edits of the image.

use crate::bench::edit::Edit;
use crate::content::{self, Loaded};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use ::content::KnownFault;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    /// The draft as it stands.
    pub edits: Vec<Edit>,
    /// Takes the draft as it shall be.
    pub choose: Callback<Vec<Edit>>,
    pub lang: Lang,
}

#[component]
pub fn Faults(props: &Props) -> Html {
    let l = props.lang;
    let loaded = content::use_faults(l);
    let sought = use_state_eq(String::new);
    let seek = {
        let sought = sought.clone();
        move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
                sought.set(input.value());
            }
        }
    };
    let list = match &loaded {
        Loaded::Loading => return html! { <p class="none" role="status">{ t::content_loading(l) }</p> },
        Loaded::Failed(why) => {
            return html! { <p class="fault pad" role="alert">{ icon(Icon::Warn) }<span>{ t::content_failed(l, why) }</span></p> };
        }
        Loaded::Ready(list, _) => list,
    };
    let shown: Vec<&KnownFault> =
        list.iter().filter(|fault| !fault.edit.is_empty() && is_like(fault, &sought)).collect();
    let groups = groups(&shown);
    html! {
        <div class="flts">
            <label class="seek">{ icon(Icon::Seek) }<span class="sr">{ t::faults_seek(l) }</span>
                <input type="search" value={(*sought).clone()} placeholder={t::faults_seek(l)} autocomplete="off" spellcheck="false" oninput={seek} />
                <small role="status">{ t::faults_count(l, &shown.len().to_string()) }</small>
            </label>
            <div class="flt-l" tabindex="0" role="group" aria-label={t::faults(l)}>
                { for groups.into_iter().map(|(group, faults)| html! {
                    <fieldset><legend>{ group_name(&group, l) }</legend>{ for faults.into_iter().map(|fault| row(fault, props)) }</fieldset>
                }) }
                if shown.is_empty() { <p class="none">{ t::faults_none(l) }</p> }
            </div>
        </div>
    }
}

/// Each word sought stands in id, name or symptom.
fn is_like(fault: &KnownFault, sought: &str) -> bool {
    let text = format!("{} {} {}", fault.id, fault.name, fault.shows).to_lowercase();
    sought.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn groups<'a>(faults: &[&'a KnownFault]) -> Vec<(String, Vec<&'a KnownFault>)> {
    let mut all: Vec<(String, Vec<&KnownFault>)> = Vec::new();
    for fault in faults {
        match all.iter_mut().find(|(group, _)| *group == fault.group) {
            Some((_, list)) => list.push(fault),
            None => all.push((fault.group.clone(), vec![fault])),
        }
    }
    all
}

fn group_name(group: &str, l: Lang) -> &'static str {
    match group {
        "post" => t::group_post(l),
        "dispatch" => t::group_dispatch(l),
        "locks" => t::group_locks(l),
        "smi" => t::group_smis(l),
        "handlers" => t::group_handlers(l),
        "messages" => t::group_messages(l),
        "setting" => t::group_setting(l),
        _ => t::group_other(l),
    }
}

fn row(fault: &KnownFault, props: &Props) -> Html {
    let own = content::edits(&fault.edit);
    let chosen = own.iter().all(|edit| props.edits.contains(edit));
    let toggle = {
        let (choose, now) = (props.choose.clone(), props.edits.clone());
        move |_: Event| {
            let rest = now.iter().filter(|edit| !own.contains(edit)).cloned();
            let added = if chosen { &[] } else { own.as_slice() };
            choose.emit(rest.chain(added.iter().cloned()).collect());
        }
    };
    html! {
        <label class={classes!("flt", chosen.then_some("on"))} key={fault.id.clone()} data-fault={fault.id.clone()}>
            <input type="checkbox" checked={chosen} onchange={toggle} />
            <span><b>{ fault.name.clone() }</b><small>{ shows(&fault.shows) }</small></span>
        </label>
    }
}

/// Plain text with words in backquotes.
fn shows(text: &str) -> Html {
    let piece = |(nth, piece): (usize, &str)| {
        if nth % 2 == 1 {
            html! { <code>{ piece.to_owned() }</code> }
        } else {
            html! { { piece.to_owned() } }
        }
    };
    text.split('`').enumerate().map(piece).collect()
}
