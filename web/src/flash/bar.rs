//! Over the page of flash: the image, its faults, steps to take back, and what is saved.

use super::view::{Act, FlashPage};
use crate::bars::{Parts, small};
use crate::chipset::words;
use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::{Outcome, Rest};
use yew::prelude::*;

pub fn bar(page: &FlashPage, parts: Parts<'_>, act: &Callback<Act>) -> Html {
    let l = parts.l;
    let on = |deed: Act| act.reform(move |_: MouseEvent| deed.clone());
    let back = |deed: Act, id: &'static str, sign: Icon, name: &'static str| {
        html! {
            <button type="button" class="btn sm" data-act={id} disabled={page.steps().is_empty()} aria-disabled={(!page.is_ready()).to_string()}
                onclick={on(deed)}>{ icon(sign) }<span>{ name }</span></button>
        }
    };
    let seen = page.is_seen();
    html! {
        <div class="bbar">
            { parts.image("smmlab.fd") }
            { parts.builds() }
            { parts.faults() }
            { parts.undo_redo() }
            { back(Act::Back(page.steps().len().saturating_sub(1)), "back", Icon::Back, t::step_back_one(l)) }
            { back(Act::Back(0), "afresh", Icon::Again, t::steps_afresh(l)) }
            <span class="sp"></span>
            <span class="run" role="status" data-rest={(page.model().rest == Rest::Os).then_some("os")}>{ status(page, l) }</span>
            { parts.copy_link() }
            { small("save-store", t::store_save(l), "", Icon::Save, !seen, on(Act::SaveStore)) }
            <button type="button" class="btn sm" data-act="save-json" aria-label={t::store_save_json(l)} title={t::store_save_json(l)} disabled={!seen}
                onclick={on(Act::SaveJson)}>{ "JSON" }</button>
            { parts.bring(t::store_bring(l)) }
        </div>
    }
}

fn status(page: &FlashPage, l: Lang) -> String {
    let model = page.model();
    let stuck = model.boot.as_ref().filter(|boot| boot.chronicle.outcome != Outcome::Prompt);
    if let Some(boot) = stuck.filter(|_| model.booting.is_none()) {
        let post = boot.chronicle.post.last().map_or_else(String::new, |(_, code)| format!(" · POST {code:02X}"));
        let how = match boot.chronicle.outcome {
            Outcome::Shutdown { .. } => "shutdown",
            Outcome::Exit { .. } => "exit",
            Outcome::Endless => "endless",
            Outcome::Off => "off",
            Outcome::Hung | Outcome::Prompt => "hung",
        };
        return format!("{}{post}", crate::words::answer(how, l));
    }
    match (model.booting, page.is_ready()) {
        (Some(time), _) => t::booting(l, &decimal(time)),
        (None, false) if model.trouble.is_none() && model.is_idle() => t::chips_running(l).into(),
        _ => words::rest(model.rest, l),
    }
}
