//! What the reader has done, step by step, and what came of each.

use super::stimulus::Stimulus;
use super::view::Act;
use super::words;
use crate::bench::Model;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::{Asked, Rest};
use trace::Kind;
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub stimulus: Stimulus,
    /// Where it began: the machine waits for the OS's user.
    pub home: u64,
    /// Commands that had been said before.
    pub said: usize,
    /// None: it is under way.
    pub came: Option<Came>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Came {
    pub asked: Vec<Asked>,
    /// SMIs that the processor took.
    pub taken: u32,
    pub rest: Rest,
    /// What the OS's shell answered last.
    pub answer: Option<String>,
}

/// From what the machine has told of this step.
pub fn came(model: &Model) -> Came {
    let mut asked: Vec<Asked> = model.touched.iter().flat_map(|touched| touched.asked.clone()).collect();
    let mut taken = model.touched.iter().map(|touched| touched.taken).sum();
    if model.touched.is_empty() {
        for row in model.tape.iter().flat_map(|tape| &tape.rows) {
            match row.event.kind {
                Kind::SmiRequest { source, sent } => asked.push(Asked { time: row.event.time, source, sent }),
                Kind::SmiTaken { .. } => taken += 1,
                _ => {}
            }
        }
    }
    let answer = model.said.last().and_then(|exchange| exchange.answer.clone());
    Came { asked, taken, rest: model.rest, answer: answer.filter(|_| model.touched.is_empty()) }
}

pub fn steps(all: &[Step], ready: bool, act: &Callback<Act>, l: Lang) -> Html {
    let step = |(nth, step): (usize, &Step)| {
        let back = act.reform(move |_: MouseEvent| Act::Back(nth));
        html! {
            <li data-step={step.stimulus.id()} data-taken={step.came.as_ref().map(|came| came.taken.to_string())}>
                <span class="no">{ nth + 1 }</span>
                <span>{ words::stimulus(&step.stimulus, l) }</span>
                { for step.came.as_ref().map(|came| result(came, l)) }
                <button type="button" class="btn sm ico ghost" aria-disabled={(!ready).to_string()} onclick={back}
                    aria-label={t::step_back_to(l, &(nth + 1).to_string())} title={t::step_back_to(l, &(nth + 1).to_string())}>{ icon(Icon::Undo) }</button>
            </li>
        }
    };
    html! {
        <div class="steps">
            <div class="ph"><h2>{ t::steps_title(l) }</h2></div>
            if all.is_empty() {
                <p class="none">{ t::steps_none(l) }</p>
            } else {
                <ol>{ for all.iter().enumerate().map(step) }</ol>
            }
        </div>
    }
}

/// In a chip.
fn result(came: &Came, l: Lang) -> Html {
    let (role, sign, text) = match came.rest {
        Rest::Storm => ("fault", Icon::Warn, t::came_storm(l).to_owned()),
        Rest::Off(_) | Rest::Dead | Rest::Busy => ("fault", Icon::Warn, words::rest(came.rest, l)),
        Rest::Os if came.taken > 0 => ("smm", Icon::Raise, t::came_taken(l, &came.taken.to_string())),
        Rest::Os => ("hw", Icon::Close, t::came_none(l).to_owned()),
    };
    html! { <span class="chip" data-role={role}>{ icon(sign) }<span>{ text }</span></span> }
}
