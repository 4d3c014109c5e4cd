//! Play, steps and speed.

use super::keys::{Deed, SPEEDS};
use super::model::Model;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use story::Grain;
use yew::prelude::*;

pub fn transport(model: &Model, deeds: &Callback<Deed>, l: Lang) -> Html {
    let act = |deed: Deed| deeds.reform(move |_: MouseEvent| deed);
    let player = model.player.as_ref();
    let (playing, at_end) = (player.is_some_and(|p| p.playing()), player.is_some_and(|p| p.at_end()));
    let (sign, word) = match () {
        () if playing => (Icon::Pause, t::pause(l)),
        () if at_end => (Icon::Again, t::again(l)),
        () if model.reduced() => (Icon::Forward, t::next(l)),
        () => (Icon::Play, t::play(l)),
    };
    let off = !model.ready();
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
                        <button type="button" aria-pressed={(model.grain == grain).to_string()} title={keys}
                            data-grain={format!("{grain:?}").to_lowercase()} onclick={act(Deed::Grain(grain))}>{ name }</button>
                    }) }
            </span>
            if !model.reduced() {
                <span class="seg" role="group" aria-label={t::speed(l)}>
                    { for SPEEDS.into_iter().map(|(speed, name, key)| html! {
                        <button type="button" aria-pressed={(model.speed == speed).to_string()} title={format!("{name} ({key})")}
                            onclick={act(Deed::Speed(speed))}>{ name }</button>
                    }) }
                </span>
            }
        </div>
    }
}
