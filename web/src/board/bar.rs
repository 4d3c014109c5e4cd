//! Over the board: the image, its build, and what can be done with it.

use super::Act;
use crate::bench::{Build, Model};
use crate::format::hex_byte;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use web_sys::File;
use yew::prelude::*;

pub fn bar(
    model: &Model,
    own: Option<&str>,
    picking: bool,
    act: &Callback<Act>,
    file: Callback<File>,
    exercise: bool,
    l: Lang,
) -> Html {
    let on = |deed: Act| act.reform(move |_: MouseEvent| deed.clone());
    let small = |deed: Act, name: &'static str, key: &str, sign: Icon, off: bool| {
        let title = if key.is_empty() { name.to_owned() } else { format!("{name} ({key})") };
        html! {
            <button type="button" class="btn sm ico" data-act={act_id(&deed)} aria-label={name} {title} disabled={off} onclick={on(deed)}>
                { icon(sign) }
            </button>
        }
    };
    let edits = model.draft.edits().len();
    let pick = crate::rom::picked(file);
    let post = model.boot.as_ref().and_then(|boot| boot.chronicle.post.last()).map(|(_, code)| *code);
    html! {
        <div class="bbar">
            <span class="img"><b>{ own.unwrap_or("smmlab.fd") }</b>{ " · ich9" }
                if edits > 0 { { " · " }<em>{ t::edits_count(l, &edits.to_string()) }</em> }
            </span>
            <span class="seg" role="group" aria-label={t::build(l)}>
                { for Build::ALL.into_iter().map(|build| html! {
                    <button type="button" data-build={build.id()} onclick={on(Act::Build(build))}
                        aria-pressed={(model.build == build && !model.is_own()).to_string()}>{ build.name() }</button>
                }) }
            </span>
            { small(Act::Undo, t::undo(l), "Ctrl+Z", Icon::Undo, !model.draft.can_undo()) }
            { small(Act::Redo, t::redo(l), "Ctrl+Shift+Z", Icon::Redo, !model.draft.can_redo()) }
            <button type="button" class="btn pri boot" data-act="boot" disabled={model.listing.is_none()}
                aria-disabled={model.booting.is_some().to_string()} onclick={on(Act::Boot)}>
                { icon(Icon::Play) }{ t::build_boot(l) }
            </button>
            <span class="postd" role="img" aria-label={t::post_now(l, &post.map(hex_byte).unwrap_or_default())}>
                <small>{ "POST" }</small><span>{ post.map_or_else(|| "··".to_owned(), |code| format!("{code:02X}")) }</span>
            </span>
            <span class="sp"></span>
            if !exercise {
                <button type="button" class="btn sm" data-act="faults" aria-expanded={picking.to_string()} onclick={on(Act::ShowFaults)}>
                    { icon(Icon::Warn) }<span>{ t::faults(l) }</span>
                </button>
                { small(Act::CopyLink, t::copy_link(l), "", Icon::Link, model.is_own()) }
                <label class="btn sm ico" title={t::import_file(l)}>
                    { icon(Icon::Rom) }<input class="sr" type="file" aria-label={t::import_file(l)} onchange={pick} />
                </label>
            }
            { small(Act::Export, t::export(l), "", Icon::Save, model.listing.is_none()) }
        </div>
    }
}

fn act_id(act: &Act) -> &'static str {
    match act {
        Act::Undo => "undo",
        Act::Redo => "redo",
        Act::CopyLink => "copy-link",
        Act::Export => "export",
        _ => "",
    }
}
