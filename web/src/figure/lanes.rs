//! Time as a place: the SMI# line and the processor's lane, which are also the scrubber.

use crate::format::{decimal, fixed, hex_byte};
use crate::i18n::{Lang, t};
use crate::placed::Placed;
use crate::words;
use std::rc::Rc;
use story::{Lane, Player, Stage, Tape};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

pub fn lanes(player: Option<&Player>, scrub: Callback<f64>, l: Lang) -> Html {
    let tape = player.map(|p| p.tape());
    let (at, stage) = player.map_or((0.0, Stage::Os), |p| (p.at(), p.flow().stage));
    let length = tape.map_or(1.0, |t| t.length()).max(1.0);
    let percent = at / length * 100.0;
    let oninput = move |event: InputEvent| {
        if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
            scrub.emit(input.value_as_number());
        }
    };
    let now = t::scrub_at(l, words::stage(stage), &decimal(player.map_or(0, |p| p.moment())));
    html! {
        <div class="lanes">
            <Drawing tape={tape.cloned()} lang={l} />
            { ticks(tape, stage) }
            <input class="scrub" type="range" min="0" max={fixed(length, 0)} step="1" value={fixed(at, 0)}
                disabled={tape.is_none()} aria-label={t::scrub(l)} aria-valuetext={now} {oninput} />
            <div class="hd"><Placed class="head" left={percent} /></div>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct DrawingProps {
    tape: Option<Rc<Tape>>,
    lang: Lang,
}

#[component]
fn Drawing(props: &DrawingProps) -> Html {
    let l = props.lang;
    let tape = props.tape.as_deref();
    html! {
        <>
            <div class="lane">
                <span>{ "SMI#" }</span>
                <div class="trk">
                    { tape.map(wave).unwrap_or_default() }
                    { tape.map(marks).unwrap_or_default() }
                </div>
            </div>
            <div class="lane">
                <span>{ "CPU0" }</span>
                <div class="trk">{ tape.map(|t| segments(t, l)).unwrap_or_default() }</div>
            </div>
        </>
    }
}

fn share(tape: &Tape, at: f64) -> f64 {
    at / tape.length().max(1.0) * 100.0
}

/// SMI# is active low, and drawn so.
fn wave(tape: &Tape) -> Html {
    let mut d = String::from("M0 1");
    for (at, asserted) in tape.wave() {
        d += &format!("H{}V{}", fixed(share(tape, at), 2), if asserted { 11 } else { 1 });
    }
    d += "H100";
    html! { <svg class="wave" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true"><path {d}/></svg> }
}

fn marks(tape: &Tape) -> Html {
    let keys = tape.keys().into_iter().map(|(at, byte)| (share(tape, at), "key", hex_byte(byte)));
    let latches = tape.latches().into_iter().map(|at| (share(tape, at), "latch", String::new()));
    keys.chain(latches)
        .map(|(left, kind, text)| html! { <Placed class={classes!("mark", kind)} {left}>{ text }</Placed> })
        .collect()
}

fn segments(tape: &Tape, l: Lang) -> Html {
    let segment = |s: story::Segment| {
        let (class, role, name) = match s.lane {
            Lane::Os => ("", "os", t::lane_os(l)),
            Lane::Save => ("solid", "os", t::lane_save(l)),
            Lane::Smm => ("room", "smm", t::lane_smm(l)),
            Lane::Load => ("solid", "os", t::lane_load(l)),
        };
        let (from, to) = (share(tape, s.from), share(tape, s.to));
        html! {
            <Placed class={classes!("sg", class)} {role} left={from} width={to - from}>{ name }</Placed>
        }
    };
    tape.lane().into_iter().map(segment).collect()
}

/// The stages by name, where each is visited first.
fn ticks(tape: Option<&Rc<Tape>>, now: Stage) -> Html {
    let Some(tape) = tape else { return html! { <div class="ticks"></div> } };
    let tick = |stage: Stage| {
        let visit = tape.visits().iter().find(|v| v.stage == stage)?;
        let (from, to) = (tape.beats()[visit.first].at, tape.until(visit.end - 1));
        let left = if stage == Stage::Os { 0.0 } else { share(tape, (from + to) / 2.0) };
        let on = (stage == now).then_some("on");
        Some(html! { <Placed class={classes!(on)} {left}>{ words::stage(stage) }</Placed> })
    };
    html! { <div class="ticks" aria-hidden="true">{ for Stage::ALL.into_iter().filter_map(tick) }</div> }
}
