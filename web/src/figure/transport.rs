//! Play, steps and speed.

use super::keys::{Deed, SPEEDS};
use crate::i18n::{t, use_lang};
use crate::icons::{Icon, icon};
use story::Grain;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub playing: bool,
    pub at_end: bool,
    pub ready: bool,
    pub reduced: bool,
    pub speed: f64,
    pub grain: Grain,
    pub deeds: Callback<Deed>,
}

#[component]
pub fn Transport(props: &Props) -> Html {
    let l = use_lang();
    let act = |deed: Deed| props.deeds.reform(move |_: MouseEvent| deed);
    let (sign, word) = match props {
        Props { playing: true, .. } => (Icon::Pause, t::pause(l)),
        Props { at_end: true, .. } => (Icon::Again, t::again(l)),
        Props { reduced: true, .. } => (Icon::Forward, t::next(l)),
        _ => (Icon::Play, t::play(l)),
    };
    let off = !props.ready;
    let step = |forward: bool, name: &'static str, keys: &str, sign| {
        html! {
            <button type="button" class="btn ico" data-act={if forward { "forward" } else { "back" }} aria-label={name}
                title={format!("{name} ({keys})")} disabled={off} onclick={act(Deed::Step { forward })}>
                { icon(sign) }
            </button>
        }
    };
    html! {
        <div class="bar">
            { step(false, t::back(l), "←", Icon::Back) }
            <button type="button" class="btn pri" data-act="play" disabled={off} title={format!("{word} (Space)")}
                onclick={act(Deed::Play)}>
                { icon(sign) }{ word }
            </button>
            { step(true, t::forward(l), "→", Icon::Forward) }
            <span class="seg" role="group" aria-label={t::grain(l)}>
                { for [(Grain::Instruction, t::grain_instruction(l), "← →"), (Grain::Micro, t::grain_micro(l), "Shift + ← →")]
                    .into_iter()
                    .map(|(grain, name, keys)| html! {
                        <button type="button" aria-pressed={(props.grain == grain).to_string()} title={keys}
                            data-grain={format!("{grain:?}").to_lowercase()} onclick={act(Deed::Grain(grain))}>{ name }</button>
                    }) }
            </span>
            if !props.reduced {
                <span class="seg" role="group" aria-label={t::speed(l)}>
                    { for SPEEDS.into_iter().map(|(speed, name, key)| html! {
                        <button type="button" aria-pressed={(props.speed == speed).to_string()} title={format!("{name} ({key})")}
                            onclick={act(Deed::Speed(speed))}>{ name }</button>
                    }) }
                </span>
            }
        </div>
    }
}
