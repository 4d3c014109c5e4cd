//! What the OS can tell of an SMI: nothing between two instructions, but a clock that ran on.

use crate::format::{decimal, status};
use crate::i18n::{Lang, t};
use story::{Flow, Instruction, OsView};
use yew::prelude::*;

pub fn os_view(flow: Option<&Flow>, l: Lang) -> Html {
    let empty = OsView::default();
    let os = flow.map_or(&empty, |f| &f.os);
    let instruction = |i: Option<&Instruction>| {
        html! {
            <div class={classes!("ins", i.is_none().then_some("later"))}>
                <span>{ i.map(|i| format!("{:X}", i.rip)).unwrap_or_default() }</span>
                { i.map(|i| i.text.clone()).unwrap_or_default() }
            </div>
        }
    };
    let gap = if os.frozen { t::see_stopped(l) } else { t::see_next(l) };
    html! {
        <div class="osv">
            <h3>{ t::see_title(l) }</h3>
            <div class="see">
                { instruction(os.before.last()) }
                <div class={classes!("gap", os.frozen.then_some("frozen"))}>{ gap }</div>
                { instruction(os.after.first()) }
            </div>
            <dl class="wit">{ for witnesses(flow, os, l).into_iter().map(|(name, value, strong)| html! {
                <><dt>{ name }</dt><dd class={classes!(strong.then_some("strong"))}>{ value }</dd></>
            }) }</dl>
        </div>
    }
}

fn witnesses(flow: Option<&Flow>, os: &OsView, l: Lang) -> [(&'static str, String, bool); 5] {
    let dash = || "–".to_owned();
    let seen = |value: Option<String>| value.unwrap_or_else(dash);
    let w = os.witness;
    let in_smm = (os.in_smm() > 0).then(|| decimal(os.in_smm().into()));
    let count = match w {
        Some(w) => format!("{} → {}", w.smi_count.0, w.smi_count.1),
        None => flow.map_or_else(dash, |_| os.smi_count().to_string()),
    };
    let answer = flow.and_then(|f| f.answer).map(status);
    [
        (t::witness_between(l), seen(w.map(|w| w.between.to_string())), false),
        (t::witness_smm(l), seen(in_smm), false),
        (t::witness_lost(l), seen(w.map(|w| format!("{} ns", decimal(w.lost)))), w.is_some()),
        (t::witness_count(l), count, w.is_some()),
        (t::witness_answer(l), seen(answer), false),
    ]
}
