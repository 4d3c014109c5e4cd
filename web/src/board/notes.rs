//! What the reader should know: a damaged link, a refused edit, a link copied.

use super::{Act, words};
use crate::bench::{Damage, Model};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use yew::prelude::*;

pub fn notes(model: &Model, damage: Option<&Damage>, note: Option<&'static str>, act: &Callback<Act>, l: Lang) -> Html {
    let bad = damage
        .map(|damage| words::damaged(damage, l))
        .or_else(|| model.trouble.as_ref().map(|trouble| words::trouble(trouble, l)));
    let note = note.map(|note| if note == "copied" { t::link_copied(l) } else { t::link_not_copied(l) });
    html! {
        <>
            if let Some(text) = bad {
                <div class="notice wide" role="alert">
                    { icon(Icon::Warn) }<p>{ text }</p>
                    <button type="button" class="btn sm ghost ico" aria-label={t::dismiss(l)} onclick={act.reform(|_| Act::Dismiss)}>
                        { icon(Icon::Close) }
                    </button>
                </div>
            }
            <p class="said" role="status">{ note.unwrap_or_default() }</p>
        </>
    }
}
