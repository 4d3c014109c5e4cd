//! Hints: the next one is shown when the reader asks for it, and stays shown.

use crate::content::prose;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::progress;
use ::content::Exercise;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub exercise: Rc<Exercise>,
    pub lang: Lang,
}

#[component]
pub fn Hints(props: &Props) -> Html {
    let Props { exercise, lang: l } = props;
    let shown = use_state_eq(|| progress::hints(&exercise.id));
    let more = {
        let (shown, id) = (shown.clone(), exercise.id.clone());
        move |_: MouseEvent| {
            progress::set_hints(&id, *shown + 1);
            shown.set(*shown + 1);
        }
    };
    let item = |(nth, hint): (usize, &String)| {
        html! {
            <li class={classes!((nth < *shown).then_some("shown"))} data-hint={(nth + 1).to_string()}>
                <span class="no" aria-hidden="true">{ nth + 1 }</span>
                if nth < *shown {
                    <div class="md">{ prose(hint) }</div>
                } else if nth == *shown {
                    <button type="button" class="btn sm" data-act="hint" onclick={more.clone()}>{ icon(Icon::Hint) }{ t::hint_show(*l) }</button>
                } else {
                    <span class="later">{ t::hint_after(*l, &nth.to_string()) }</span>
                }
            </li>
        }
    };
    html! {
        <section class="hints panel" aria-label={t::hints(*l)}>
            <div class="ph"><h2>{ t::hints(*l) }</h2></div>
            <ol aria-live="polite">{ for exercise.hints.iter().enumerate().map(item) }</ol>
        </section>
    }
}
