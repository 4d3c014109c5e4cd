//! What happened, in the order of machine time, one step after the other.

use crate::content::prose;
use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    pub id: String,
    pub time: u64,
    pub html: String,
}

#[derive(PartialEq, Properties)]
pub struct Props {
    pub list: Vec<Caption>,
    pub post: Vec<(u64, u8)>,
    pub lang: Lang,
}

#[component]
pub fn Captions(props: &Props) -> Html {
    let Props { list, post, lang: l } = props;
    let at = use_state_eq(|| 0_usize);
    let count = list.len();
    let now = (*at).min(count.saturating_sub(1));
    let Some(caption) = list.get(now) else { return Html::default() };
    let go = |to: usize| {
        let at = at.clone();
        move |_: MouseEvent| at.set(to)
    };
    let code = post.iter().take_while(|(time, _)| *time <= caption.time).last().map(|(_, code)| *code);
    let step = |(nth, one): (usize, &Caption)| {
        let class = match nth.cmp(&now) {
            std::cmp::Ordering::Less => "past",
            std::cmp::Ordering::Equal => "on",
            std::cmp::Ordering::Greater => "",
        };
        html! {
            <li {class}><button type="button" data-mark={one.id.clone()} aria-current={(nth == now).then_some("step")}
                aria-label={t::caption_step(*l, &(nth + 1).to_string(), &decimal(one.time))} onclick={go(nth)}>{ nth + 1 }</button></li>
        }
    };
    html! {
        <div class="caps" data-at={caption.id.clone()}>
            <div class="caps-h">
                <button type="button" class="btn sm ico" aria-label={t::back(*l)} title={t::back(*l)} disabled={now == 0} onclick={go(now.saturating_sub(1))}>{ icon(Icon::Back) }</button>
                <ol aria-label={t::captions(*l)}>{ for list.iter().enumerate().map(step) }</ol>
                <button type="button" class="btn sm pri" data-act="next" disabled={now + 1 >= count} onclick={go(now + 1)}>{ icon(Icon::Forward) }{ t::next(*l) }</button>
                <span class="sp"></span>
                <span class="clock">{ format!("t = {} ns", decimal(caption.time)) }</span>
                if let Some(code) = code { <span class="postd"><small>{ "POST" }</small><span>{ format!("{code:02X}") }</span></span> }
            </div>
            <div class="md" aria-live="polite">{ prose(&caption.html) }</div>
        </div>
    }
}
