//! The edits made, one by one; each can be taken back on its own.

use crate::bench::Act;
use crate::bench::edit::Edit;
use crate::bench::facts;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use yew::prelude::*;

pub fn edits(list: &[Edit], act: &Callback<Act>, l: Lang) -> Html {
    if list.is_empty() {
        return Html::default();
    }
    let item = |(nth, edit): (usize, &Edit)| {
        let (op, what) = facts(edit);
        let label = t::edit_out(l, &format!("{op} {what}"));
        html! {
            <li key={nth}>
                <b>{ op }</b><span class="mono">{ what }</span>
                <button type="button" class="btn sm ghost ico" aria-label={label.clone()} title={label}
                    onclick={act.reform(move |_: MouseEvent| Act::Remove(nth))}>{ icon(Icon::Close) }</button>
            </li>
        }
    };
    html! {
        <div class="edits">
            <ol aria-label={t::edits(l)}>{ for list.iter().enumerate().map(item) }</ol>
            <button type="button" class="btn sm" data-act="clear" onclick={act.reform(|_: MouseEvent| Act::Edits(Vec::new()))}>
                { icon(Icon::Again) }{ t::edits_clear(l) }
            </button>
        </div>
    }
}
