//! Over the picture: what is still loading, what went wrong, and what to do about it.

use super::model::{Load, Notice, Trouble};
use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::{Ending, Failure};
use yew::prelude::*;

pub fn loading(load: &Load, retry: Callback<MouseEvent>, l: Lang) -> Html {
    let (step, text) = match load {
        Load::Ready => return Html::default(),
        Load::Rom => ("1", t::load_rom(l).to_owned()),
        Load::Worker => ("2", t::load_worker(l).to_owned()),
        Load::Boot(time) => ("3", t::load_boot(l, &decimal(*time))),
        Load::Failed(trouble) => {
            return html! {
                <div class="over bad" role="alert">
                    <p>{ icon(Icon::Warn) }{ trouble_text(trouble, l) }</p>
                    <button type="button" class="btn pri" data-act="retry" onclick={retry}>
                        { icon(Icon::Again) }{ t::retry(l) }
                    </button>
                </div>
            };
        }
    };
    html! {
        <div class="over" role="status">
            <p>{ text }</p>
            <progress max="4" value={step} aria-hidden="true"></progress>
        </div>
    }
}

fn trouble_text(trouble: &Trouble, l: Lang) -> String {
    match trouble {
        Trouble::Rom(why) => t::load_failed_rom(l, why),
        Trouble::Worker => t::load_failed_worker(l).into(),
        Trouble::Boot(failure) => t::load_failed_boot(l, &failure_text(t::demo_rom(l), failure, l)),
    }
}

pub fn notice(notice: &Notice, dismiss: Callback<MouseEvent>, l: Lang) -> Html {
    let text = match notice {
        Notice::Size { name, bytes } => t::rom_bad_size(l, name, &decimal(*bytes)),
        Notice::Unreadable { name } => t::rom_unreadable(l, name),
        Notice::Failed { name, failure } => failure_text(name, failure, l),
    };
    html! {
        <div class="notice" role="alert">
            { icon(Icon::Warn) }
            <p>{ text }</p>
            <button type="button" class="btn sm ghost ico" aria-label={t::dismiss(l)} title={t::dismiss(l)}
                onclick={dismiss}>{ icon(Icon::Close) }</button>
        </div>
    }
}

fn failure_text(name: &str, failure: &Failure, l: Lang) -> String {
    match failure {
        Failure::Rom(why) => t::rom_refused(l, name, why),
        Failure::Ended { time, how: Ending::Halted } => t::rom_halted(l, name, &decimal(*time)),
        Failure::Ended { time, how: Ending::Shutdown } => t::rom_shutdown(l, name, &decimal(*time)),
        Failure::Ended { time, how: Ending::Exit(value) } => {
            t::rom_exited(l, name, &decimal(*time), &value.to_string())
        }
        Failure::Endless { time } => t::rom_endless(l, name, &decimal(*time)),
        Failure::Closed => t::load_failed_worker(l).into(),
        Failure::NoImage(what) | Failure::Tools(what) | Failure::Edits(what) | Failure::Exercise(what) => what.clone(),
        Failure::Edit(trouble) => trouble.reason.clone(),
    }
}
