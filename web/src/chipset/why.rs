//! Why did this SMI fire, or why didn't it: each gate between the cause and the processor, as it stood right
//! after the step, and a sentence on the first that was shut.

use super::steps::{Came, Step};
use super::stimulus::Stimulus;
use super::words;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::Rest;
use protocol::chipset::{Cause, ChipsetView, Gate, Held};
use yew::prelude::*;

pub fn why(step: Option<&Step>, request: Option<&ChipsetView>, now: Option<&ChipsetView>, l: Lang) -> Html {
    let answer = step.and_then(|step| {
        let came = step.came.as_ref()?;
        let cause = cause_of(step, came, request?)?;
        Some(explain(cause, came, now, l))
    });
    html! {
        <div class="whyp" aria-live="polite">
            { answer.unwrap_or_else(|| html! { <p class="none">{ t::why_none(l) }</p> }) }
        </div>
    }
}

/// The cause that the step is about. A command of the reader's has one if an SMI was asked for.
fn cause_of<'a>(step: &Step, came: &Came, view: &'a ChipsetView) -> Option<&'a Cause> {
    let causes = &view.smi.as_ref()?.causes;
    let find = |id: &str| causes.iter().find(|cause| cause.id == id);
    match &step.stimulus {
        Stimulus::Press | Stimulus::Hold => find("power-button"),
        Stimulus::Thermal(_) => find("thermal"),
        Stimulus::Intruder(_) => find("intruder"),
        Stimulus::Alarm => find("rtc-alarm"),
        Stimulus::Watchdog => find("tco-timeout"),
        Stimulus::Periodic => find("periodic-timer"),
        Stimulus::Software(_) => find("apm"),
        Stimulus::Pin(pin, _) => {
            let ways = [find(&format!("gpi{pin}"))?, find(&format!("gpi{pin}-gpe0"))?];
            let routed =
                |cause: &&&Cause| cause.gates.iter().all(|gate| gate.what != Held::RoutedElsewhere || open(gate));
            Some(ways.iter().find(routed).unwrap_or(&ways[0]))
        }
        Stimulus::Second | Stimulus::Say(_) => {
            let asked = came.asked.first()?;
            causes.iter().find(|cause| cause.source == asked.source && (cause.asks || !asked.sent && is_event(cause)))
        }
    }
}

fn open(gate: &Gate) -> bool {
    gate.value == gate.needed
}

fn is_event(cause: &Cause) -> bool {
    cause.gates.iter().any(|gate| gate.what == Held::NoEvent && open(gate))
}

fn explain(cause: &Cause, came: &Came, now: Option<&ChipsetView>, l: Lang) -> Html {
    let sent = came.asked.iter().any(|asked| asked.sent && asked.source == cause.source);
    let shut = cause.gates.iter().find(|gate| !(open(gate) || sent && gate.what == Held::NoEos));
    let (role, title) = match sent {
        true => ("ok", t::why_sent(l)),
        false => ("fault", t::why_not(l)),
    };
    let sentence = match shut {
        Some(gate) => words::held(gate, l),
        None => t::why_all_open(l, &came.taken.to_string()),
    };
    html! {
        <div data-role={role} data-why={cause.id.clone()} data-sent={sent.to_string()}>
            <h2>{ title }</h2>
            <p>{ sentence }</p>
            <ol class="gates">{ for cause.gates.iter().map(|row| gate(row, sent, shut.is_some_and(|shut| shut == row), l)) }</ol>
            { for after(cause, came, now, l).map(|text| html! { <p>{ text }</p> }) }
        </div>
    }
}

fn gate(row: &Gate, sent: bool, shut: bool, l: Lang) -> Html {
    // The SMI that was sent has shut it itself.
    let passed = open(row) || sent && row.what == Held::NoEos;
    let (role, sign) = if passed { ("ok", Icon::Check) } else { ("fault", Icon::Close) };
    let value = if sent && row.what == Held::NoEos { "1 → 0".to_owned() } else { row.value.to_string() };
    html! {
        <li class={classes!(shut.then_some("shut"))} data-role={role} data-gate={format!("{}.{}", row.reg, row.field)} data-open={passed.to_string()}>
            { icon(sign) }<code>{ format!("{}.{} = {value}", row.reg, row.field) }</code>
            if !passed { <small>{ t::gate_needed(l, &row.needed.to_string()) }</small> }
        </li>
    }
}

/// How it stands since.
fn after(cause: &Cause, came: &Came, now: Option<&ChipsetView>, l: Lang) -> Option<String> {
    if came.rest == Rest::Storm {
        return Some(t::after_storm(l).into());
    }
    let now = now?.smi.as_ref()?.causes.iter().find(|other| other.id == cause.id)?;
    if came.taken > 0 && is_event(now) {
        return Some(t::after_uncleared(l).into());
    }
    (came.taken > 0).then(|| t::after_cleared(l).into())
}
