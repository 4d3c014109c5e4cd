//! One button, one boot: an attempt or a message of the scene, with the faults that it names.

use super::{message, way};
use crate::bench::{Deed, Model};
use crate::content::{self, prose};
use crate::i18n::{Lang, t};
use ::content::{Scene, Setup};
use pi::edit::Edit;
use yew::prelude::*;

/// The one that is shown.
#[derive(Default)]
pub struct Walk {
    pub nth: usize,
    /// Its commands have been given to the machine.
    walks: bool,
    /// They are answered.
    pub over: bool,
}

impl Walk {
    pub fn begin(&mut self, model: &mut Model, setup: &Setup, nth: usize) {
        let Some((edits, _)) = course(setup, nth) else { return };
        *self = Walk { nth, ..Walk::default() };
        let edits = [content::edits(&setup.edits), content::edits(edits)].concat();
        model.to_do.clear();
        model.with_draft(|draft| draft.set(edits));
        model.start();
    }

    pub fn follow(&mut self, model: &mut Model, setup: &Setup) {
        let Some((_, deeds)) = course(setup, self.nth) else { return };
        if model.booting.is_some() || !model.is_idle() || !model.is_fresh() {
            (self.walks, self.over) = (self.walks && model.booting.is_none(), false);
        } else if !self.walks {
            self.walks = true;
            model.run(deeds);
        } else {
            self.over = model.to_do.is_empty() && (setup.messages.is_empty() || message::looked(model));
        }
    }
}

/// The edits of the button's faults, and what is done at the prompt.
pub fn course(setup: &Setup, nth: usize) -> Option<(&[Edit], Vec<Deed>)> {
    let attempt = setup.attempts.get(nth).map(|attempt| (&*attempt.edits, way::deeds(attempt)));
    let message = || setup.messages.get(nth).map(|sent| (&*sent.edits, vec![Deed::Say(sent.say.clone())]));
    attempt.or_else(message)
}

pub fn buttons(scene: &Scene, walk: &Walk, choose: &Callback<usize>, l: Lang) -> Html {
    let setup = &scene.setup;
    let attempts = setup.attempts.iter().map(|attempt| &attempt.id);
    let ids = attempts.chain(setup.messages.iter().map(|message| &message.id));
    let button = |(nth, id): (usize, &String)| {
        let label = scene.labels.get(id).cloned().unwrap_or_default();
        html! {
            <button type="button" class="btn sm" data-attempt={id.clone()} aria-pressed={(walk.nth == nth).to_string()}
                aria-disabled={(!walk.over).to_string()} onclick={choose.reform(move |_: MouseEvent| nth)}><span>{ prose(&label) }</span></button>
        }
    };
    html! { <div class="tries" role="group" aria-label={t::way_attempts(l)}>{ for ids.enumerate().map(button) }</div> }
}

/// The faults that are in the machine.
pub fn faults(ids: &[String], l: Lang) -> Html {
    let list = ids.iter().map(|id| html! { <code>{ id.clone() }</code> });
    html! { <p class="way-f">{ if ids.is_empty() { t::way_no_fault(l) } else { t::way_faults(l) } }{ " " }{ for list }</p> }
}
