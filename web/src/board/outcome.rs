//! What the boot came to, in a few lines: the OS's prompt or where it hung, the POST codes, and where it
//! left the healthy boot.

use super::words;
use crate::bench::{Boot, Model};
use crate::format::decimal;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::Outcome;
use yew::prelude::*;

pub fn outcome(model: &Model, exercise: bool, l: Lang) -> Html {
    let boot = model.boot.as_deref();
    html! {
        <section class="out" aria-label={t::outcome(l)} aria-live="polite" data-outcome={boot.map(|boot| id(&boot.chronicle.outcome))}>
            { match (model.booting, boot) {
                (Some(time), _) => html! { <p class="run"><span class="live"></span>{ t::booting(l, &decimal(time)) }</p> },
                (None, None) => html! { <p class="run">{ t::not_booted(l) }</p> },
                (None, Some(boot)) if !model.is_fresh() => html! { <p class="run stale">{ icon(Icon::Warn) }{ t::stale(l) }<span class="sr">{ came_to(boot, l) }</span></p> },
                (None, Some(boot)) => html! { <>{ verdict(boot, exercise, l) }{ posts(boot, l) }</> },
            } }
        </section>
    }
}

fn id(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Prompt => "prompt",
        Outcome::Hung => "hung",
        Outcome::Shutdown { .. } => "shutdown",
        Outcome::Exit { .. } => "exit",
        Outcome::Endless => "endless",
        Outcome::Off => "off",
    }
}

fn came_to(boot: &Boot, l: Lang) -> String {
    let time = decimal(boot.chronicle.time);
    let post = boot.chronicle.post.last().map(|(_, code)| format!("{code:02X}h")).unwrap_or_default();
    match &boot.chronicle.outcome {
        Outcome::Prompt => t::out_prompt(l, &decimal(boot.chronicle.instructions), &time),
        Outcome::Hung => t::out_hung(l, &post, &time),
        Outcome::Shutdown { why } => t::out_shutdown(l, &time, why),
        Outcome::Exit { value } => t::out_exit(l, &time, &value.to_string()),
        Outcome::Endless => t::out_endless(l, &post),
        Outcome::Off => t::out_off(l, &time),
    }
}

fn verdict(boot: &Boot, exercise: bool, l: Lang) -> Html {
    let good = boot.chronicle.outcome == Outcome::Prompt;
    let names = &boot.listing.names;
    let difference = boot.difference.as_ref().filter(|_| !exercise);
    html! {
        <>
            <p class="run">
                <span class="chip" data-role={if good { "ok" } else { "fault" }}>{ icon(if good { Icon::Check } else { Icon::Close }) }
                    { if good { t::out_ok(l) } else { t::out_bad(l) } }</span>
                <span>{ came_to(boot, l) }</span>
            </p>
            if boot.dispatch.lock.is_none() && !boot.dispatch.modules.is_empty() {
                <p class="diff" data-open="true">{ icon(Icon::Warn) }<span>{ t::never_locked(l) }</span></p>
            }
            if let Some(difference) = difference {
                <p class="diff" data-difference="true">{ icon(Icon::Warn) }<span>{ words::difference(difference, names, l) }</span></p>
            } else if !exercise && !boot.edits.is_empty() {
                <p class="diff same">{ icon(Icon::Check) }<span>{ t::no_difference(l) }</span></p>
            }
            { for boot.absent.iter().filter(|_| !exercise).map(|absent| html! {
                <p class="diff">{ icon(Icon::Close) }<span><b class="mono">{ absent.name.clone().unwrap_or_else(|| absent.file.to_string()) }</b>
                    { ": " }{ words::why(&absent.why, names, l) }</span></p>
            }) }
        </>
    }
}

fn posts(boot: &Boot, l: Lang) -> Html {
    let code = |(time, code): &(u64, u8)| html! { <li title={format!("t = {} ns", decimal(*time))}>{ format!("{code:02X}") }</li> };
    html! { <ol class="posts" aria-label={t::post_codes(l)} tabindex="0">{ for boot.chronicle.post.iter().map(code) }</ol> }
}
