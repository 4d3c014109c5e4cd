//! A file opened: its type, its DEPEX to edit, and what the boot did with it.

use super::apriori::{set, with, without};
use super::depex::DepexEditor;
use super::drag::edit_name;
use super::evaluation::Evaluations;
use super::pcd::PcdWords;
use super::{file, words};
use crate::bench::Act;
use crate::bench::edit::Edit;
use crate::bench::{Boot, type_name};
use crate::format::{decimal, status};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use std::rc::Rc;
use story::dispatch::{Dialect, File, FileType, Listing, Module};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub file: File,
    pub listing: Rc<Listing>,
    /// Without the reader's edits.
    pub given: Option<Rc<Listing>>,
    pub boot: Option<Rc<Boot>>,
    pub volume: usize,
    pub act: Callback<Act>,
    pub lang: Lang,
}

/// The types that a driver can have; others make no sense for one.
const TYPES: [u8; 6] = [0x06, 0x07, 0x08, 0x09, 0x0a, 0x0c];

#[component]
pub fn Details(props: &Props) -> Html {
    let Props { file, listing, boot, act, lang: l, .. } = props;
    let module = boot.as_ref().and_then(|boot| boot.dispatch.module(&file.guid));
    let absent = boot.as_ref().and_then(|boot| boot.absent.iter().find(|absent| absent.file == file.guid));
    html! {
        <div class="det">
            if let Some(absent) = absent {
                <p class="why">{ icon(Icon::Warn) }<span>{ words::why(&absent.why, &listing.names, *l) }</span></p>
            }
            { head(props) }
            if file.dispatcher().is_some() || file.depex.is_some() {
                <DepexEditor file={edit_name(file)} depex={file.depex.clone()} dialect={file.dispatcher().unwrap_or(Dialect::Dxe)}
                    listing={listing.clone()} act={act.clone()} lang={*l} />
            }
            if !file.words.is_empty() { { words_of(props) } }
            if let Some(module) = module {
                <Evaluations module={module.clone()} depex={file.depex.clone()} lang={*l} />
                { deeds(module, listing, *l) }
            } else if boot.is_some() && file.dispatcher().is_some() {
                <p class="none">{ t::never_found(*l) }</p>
            }
        </div>
    }
}

fn head(props: &Props) -> Html {
    let Props { file, listing, volume, act, lang: l, .. } = props;
    let name = edit_name(file);
    let kind = type_name(file.kind);
    let choose = {
        let (act, name) = (act.clone(), name.clone());
        move |event: Event| {
            let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            if let Some(select) = select {
                act.emit(Act::Edit(Edit::kind(&name, &select.value())));
            }
        }
    };
    let there = &listing.volumes[*volume];
    let listed = there.apriori.contains(&file.guid);
    let list = if listed { without(&there.apriori, &file.guid) } else { with(&there.apriori, file.guid) };
    let first = act.reform({
        let edit = set(there, listing, &list);
        move |_: Event| Act::Edit(edit.clone())
    });
    let out = act.reform(move |_: MouseEvent| Act::Edit(Edit::drop_file(&name)));
    let mut kinds: Vec<String> = TYPES.map(|kind| FileType(kind).to_string()).to_vec();
    if !kinds.contains(&kind) {
        kinds.insert(0, kind.clone());
    }
    html! {
        <div class="det-h">
            <label>{ t::file_type(*l) }
                <select class="mono" onchange={choose}>
                    { for kinds.into_iter().map(|name| html! { <option value={name.clone()} selected={name == kind}>{ name.clone() }</option> }) }
                </select>
            </label>
            <label class="tick"><input type="checkbox" checked={listed} onchange={first} />{ t::apriori(*l) }</label>
            <span class="sp"></span>
            <button type="button" class="btn sm" data-act="drop" onclick={out}>{ icon(Icon::Bin) }{ t::drop_file(*l) }</button>
            <code class="guid">{ file.guid.to_string() }</code>
        </div>
    }
}

fn words_of(props: &Props) -> Html {
    let Props { file, given, act, lang, .. } = props;
    let given =
        given.as_ref().and_then(|given| given.file(&file.guid)).map_or_else(Vec::new, |file| file.words.clone());
    html! { <PcdWords file={edit_name(file)} words={file.words.clone()} {given} act={act.clone()} lang={*lang} /> }
}

/// What it left behind.
fn deeds(module: &Module, listing: &Listing, l: Lang) -> Html {
    let Some(run) = module.run else { return Html::default() };
    html! {
        <dl class="deeds">
            <dt>{ t::ran(l) }</dt>
            <dd>{ format!("#{} · t = {} ns · {}", run.nth, decimal(run.time), file::address(run.base)) }</dd>
            if let Some(returned) = run.returned {
                <dt>{ t::returned(l) }</dt><dd>{ if returned.status == 0 { "EFI_SUCCESS".to_owned() } else { status(returned.status) } }</dd>
            }
            if !module.protocols.is_empty() {
                <dt>{ t::produced(l) }</dt>
                { for module.protocols.iter().map(|produced| html! { <dd>{ listing.names.of(&produced.guid) }</dd> }) }
            }
            if !module.handlers.is_empty() {
                <dt>{ t::registered(l) }</dt>
                { for module.handlers.iter().map(|handler| html! { <dd>{ words::handler(handler, &listing.names) }</dd> }) }
            }
        </dl>
    }
}
