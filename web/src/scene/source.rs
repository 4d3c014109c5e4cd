//! A scene of SMI sources: something to press or to write, and the way of the SMI that comes of it. Each
//! trial begins at the OS's prompt.

use crate::bench::{Deed, Model};
use crate::content::prose;
use crate::figure::{Feed, Figure};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::words;
use ::content::{Scene, Setup, Trial};
use protocol::{Recorded, Rest};
use std::rc::Rc;
use trace::Kind;
use yew::prelude::*;

/// So long a hand stays.
const HELD: u64 = 100_000_000;

/// The trial that is shown.
#[derive(Default)]
pub struct Tried {
    nth: Option<usize>,
    by_reader: bool,
    running: bool,
    pub tape: Option<Rc<Recorded>>,
    rest: Option<Rest>,
}

impl Tried {
    pub fn begin(&mut self, model: &mut Model, scene: &Setup, nth: usize, by_reader: bool) {
        let Some((trial, boot)) = scene.trials.get(nth).zip(model.boot.clone()) else { return };
        if !model.is_idle() || !model.to_do.is_empty() {
            return;
        }
        (self.nth, self.by_reader, self.running) = (Some(nth), by_reader, true);
        model.go_back(boot.opened.home.time);
        model.said.clear();
        model.touched.clear();
        model.run(deeds(trial));
    }

    /// The first trial is made when the machine has booted; a trial is over when all of it is done.
    pub fn follow(&mut self, model: &mut Model, scene: &Setup) {
        if !model.is_fresh() || model.booting.is_some() {
            (self.running, self.nth) = (false, None);
        } else if self.nth.is_none() {
            self.begin(model, scene, 0, false);
        } else if self.running && model.is_idle() && model.to_do.is_empty() {
            self.running = false;
            self.tape = model.tape.clone();
            self.rest = model.touched.first().map(|touched| touched.rest);
        }
    }

    /// The id of the trial that is over and shown.
    pub fn done(&self, scene: &Setup) -> Option<String> {
        self.nth.filter(|_| !self.running).and_then(|nth| scene.trials.get(nth)).map(|trial| trial.id.clone())
    }
}

fn deeds(trial: &Trial) -> Vec<Deed> {
    let says = trial.say.iter().cloned().map(Deed::Say);
    let touches =
        trial.touch.map(|touch| [(true, HELD), (false, 0)].map(|(on, wait)| Deed::Touch(Some(touch.input(on)), wait)));
    says.chain(touches.into_iter().flatten()).collect()
}

pub fn source(
    scene: &Scene,
    model: &Model,
    tried: &Tried,
    choose: &Callback<usize>,
    seek: Callback<u64>,
    l: Lang,
) -> Html {
    let trial = tried.nth.and_then(|nth| scene.setup.trials.get(nth));
    let button = |(nth, trial): (usize, &Trial)| {
        let label = scene.labels.get(&trial.id).cloned().unwrap_or_default();
        html! {
            <button type="button" class="btn sm" data-try={trial.id.clone()} aria-pressed={(tried.nth == Some(nth)).to_string()}
                aria-disabled={tried.running.to_string()} onclick={choose.reform(move |_: MouseEvent| nth)}>
                <span>{ prose(&label) }</span>
            </button>
        }
    };
    let feed = model.boot.as_ref().zip(tried.tape.as_ref()).map(|(boot, tape)| Feed {
        opened: boot.opened.clone(),
        tape: tape.clone(),
        play: tried.by_reader,
        at: model.at.clone(),
        seek,
    });
    html! {
        <>
            <div class="tries" role="group" aria-label={t::scene_tries(l)}>{ for scene.setup.trials.iter().enumerate().map(button) }</div>
            <div class="told" aria-live="polite">
                <div class="path">{ for trial.map(|trial| path(trial, model, tried, l)) }</div>
                <div class="md">{ for trial.and_then(|trial| scene.captions.get(&trial.id)).map(|html| prose(html)) }</div>
            </div>
            { for feed.map(|feed| html! { <Figure lang={l} feed={feed} /> }) }
        </>
    }
}

/// How far it got, as the tape tells.
fn path(trial: &Trial, model: &Model, tried: &Tried, l: Lang) -> Html {
    let chip = |role: &'static str, text: String, sign: Option<Icon>| html! { <span class="chip" data-role={role}>{ for sign.map(icon) }{ text }</span> };
    let first = match (trial.touch, trial.say.last()) {
        (Some(touch), _) => chip("hw", words::touched(touch.input(true), l), None),
        (None, Some(command)) => chip("os", format!("> {command}"), None),
        (None, None) => Html::default(),
    };
    let Some(tape) = tried.tape.as_ref().filter(|_| !tried.running) else {
        return html! { <>{ first }<span>{ t::waiting(l) }</span></> };
    };
    let taken = tape.rows.iter().filter(|row| matches!(row.event.kind, Kind::SmiTaken { .. })).count();
    let answer = model.said.last().filter(|_| trial.touch.is_none()).and_then(|exchange| exchange.answer.clone());
    let status = answer.as_deref().and_then(|answer| answer.split(": ").nth(1)).map(str::to_owned);
    let back = status.unwrap_or_else(|| t::scene_goes_on(l).to_owned());
    html! {
        <>
            { first }{ icon(Icon::Arrow) }
            if taken == 0 {
                { chip("fault", t::scene_no_smi(l).into(), Some(Icon::Close)) }
            } else {
                { chip("hw", "SMI#".into(), None) }{ icon(Icon::Arrow) }{ chip("smm", "SMM".into(), None) }
            }
            { icon(Icon::Arrow) }
            if tried.rest == Some(Rest::Storm) {
                { chip("fault", t::came_storm(l).into(), Some(Icon::Warn)) }{ icon(Icon::Arrow) }
            }
            { chip("os", back, None) }
        </>
    }
}
