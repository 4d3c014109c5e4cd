//! What the machine did for the last command: its tape, and the code at the moment shown.

use super::code::Code;
use crate::bench::Boot;
use crate::figure::{Feed, Figure};
use crate::i18n::{Lang, t};
use crate::later::use_later;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub boot: Option<Rc<Boot>>,
    pub feed: Option<Feed>,
    pub lang: Lang,
}

#[component]
pub fn Machine(props: &Props) -> Html {
    let l = props.lang;
    let shown = use_later(props.boot.clone().zip(props.feed.clone()));
    let Some((boot, feed)) = shown else { return html! { <p class="none">{ t::machine_none(l) }</p> } };
    html! {
        <>
            <Figure lang={l} feed={feed.clone()} />
            <Code {boot} tape={feed.tape} at={feed.at} lang={l} />
        </>
    }
}
