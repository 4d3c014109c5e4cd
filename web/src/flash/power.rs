//! The plug: pulled now, or while flash works for the next command.

use super::view::Act;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::tabs;
use protocol::CutAt;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// How far an operation has come when power goes, in 256ths.
const PARTS: [(u8, tabs::Name); 3] = [(0, t::cut_begun), (128, t::cut_half), (250, t::cut_late)];
const MOST: u32 = 999;

pub fn power(at: CutAt, armed: bool, ready: bool, act: &Callback<Act>, l: Lang) -> Html {
    let operation = act.reform({
        move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let wanted = input.and_then(|input| input.value().parse().ok()).unwrap_or(at.operation);
            Act::CutAt(CutAt { operation: wanted.clamp(1, MOST), ..at })
        }
    });
    let part = act.reform(move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        let done = select.and_then(|select| select.value().parse().ok()).unwrap_or(at.done);
        Act::CutAt(CutAt { done, ..at })
    });
    html! {
        <div class="cutp" data-armed={armed.to_string()}>
            <button type="button" class="btn sm" data-act="cut-now" aria-disabled={(!ready).to_string()} onclick={act.reform(|_: MouseEvent| Act::CutNow)}>
                { icon(Icon::Warn) }<span>{ t::cut_now(l) }</span>
            </button>
            <span class="grp">
                <label class="tick"><input type="checkbox" data-act="arm" checked={armed} onchange={act.reform(move |_: Event| Act::Arm(!armed))} />{ t::cut_next(l) }</label>
                <label>{ t::cut_operation(l) }<input class="mono" type="number" min="1" max={MOST.to_string()} value={at.operation.to_string()} onchange={operation} /></label>
                <select aria-label={t::cut_part(l)} onchange={part}>
                    { for PARTS.iter().map(|(done, name)| html! { <option value={done.to_string()} selected={*done == at.done}>{ name(l) }</option> }) }
                </select>
            </span>
            <small>{ if armed { t::cut_armed(l) } else { t::cut_hint(l) } }</small>
        </div>
    }
}
