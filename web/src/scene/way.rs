//! A variable's way to flash: its stations, with what the machine tells of each, up to the one where the way
//! ends.

use super::walk::{Walk, buttons, faults};
use crate::bench::{Deed, Model};
use crate::content::prose;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::operations::operations;
use ::content::{Attempt, Facts, Scene, Station};
use protocol::{CutAt, LogText};
use yew::prelude::*;

/// Of the flash part that the board makes for the training firmware's image.
const PART: u32 = 2 << 20;
const MOST_OPERATIONS: usize = 8;

/// What is done at the prompt.
pub fn deeds(attempt: &Attempt) -> Vec<Deed> {
    let say = |text: &String| Deed::Say(text.clone());
    let write = match attempt.cut {
        Some(cut) => Deed::Cut(Some((attempt.write.clone(), CutAt { operation: cut.operation, done: cut.done }))),
        None => Deed::Say(attempt.write.clone()),
    };
    let before = attempt.before.iter().map(say);
    before.chain([write]).chain(attempt.after.iter().chain([&attempt.read]).map(say)).collect()
}

/// What the machine has told of an attempt that is over.
struct Seen<'a> {
    attempt: &'a Attempt,
    facts: Facts<'a>,
    /// The answer to the command that writes.
    answer: &'a str,
    /// The log of that command, and what came later.
    log: &'a [LogText],
    later: &'a [LogText],
    from: u64,
    stops: Option<Station>,
}

pub fn way(scene: &Scene, model: &Model, walk: &Walk, choose: &Callback<usize>, l: Lang) -> Html {
    let attempt = scene.setup.attempts.get(walk.nth);
    html! {
        <>
            { buttons(scene, walk, choose, l) }
            <div class="vway" tabindex="0" role="region" aria-label={scene.title.clone()} aria-live="polite">
                { for attempt.map(|attempt| shown(scene, attempt, model, walk.over, l)) }
            </div>
        </>
    }
}

fn shown(scene: &Scene, attempt: &Attempt, model: &Model, over: bool, l: Lang) -> Html {
    let stations = &scene.setup.stations;
    let caption = scene.captions.get(&attempt.id).map(|html| prose(html));
    let smis: Vec<bool> =
        told(model, attempt).map(|told| told.asked.iter().map(|asked| asked.sent).collect()).unwrap_or_default();
    let seen = seen(attempt, model, stations, &smis).filter(|_| over);
    let stops = seen.as_ref().and_then(|seen| seen.stops);
    let end = stops.and_then(|stops| stations.iter().position(|one| *one == stops));
    let one = |(nth, station): (usize, &Station)| {
        let state = match (&seen, end) {
            (None, _) => "waits",
            (_, Some(end)) if nth == end => "ends",
            (_, Some(end)) if nth > end && *station != Station::Later => "never",
            (Some(seen), _) if *station == Station::Ftw && !seen.facts.replaced() => "aside",
            (Some(seen), _) if *station == Station::Later && !kept(seen) => "lost",
            _ => "passed",
        };
        station_row(*station, state, seen.as_ref(), l)
    };
    html! {
        <>
            { faults(&attempt.faults, l) }
            <div class="md">{ for caption }</div>
            <ol class="stations" data-stops={seen.as_ref().map(|_| stops.map_or("none", name))}>{ for stations.iter().enumerate().map(one) }</ol>
            if let Some(seen) = &seen {
                <details class="way-ops"><summary>{ t::panel_operations(l) }</summary>{ operations_of(seen, model, l) }</details>
            }
        </>
    }
}

fn kept(seen: &Seen<'_>) -> bool {
    seen.facts.later.contains(&seen.attempt.holds)
}

fn operations_of(seen: &Seen<'_>, model: &Model, l: Lang) -> Html {
    let mut told = model.told.clone();
    let until = seen.facts.flash.last().map_or(0, |event| event.time);
    told.flash.retain(|event| event.time <= until);
    operations(&told, PART, seen.from, MOST_OPERATIONS, l)
}

fn told<'a>(model: &'a Model, attempt: &Attempt) -> Option<&'a crate::bench::Command> {
    model.told.commands.get(attempt.before.len())
}

fn seen<'a>(attempt: &'a Attempt, model: &'a Model, stations: &[Station], smis: &'a [bool]) -> Option<Seen<'a>> {
    let nth = attempt.before.len();
    let command = told(model, attempt)?;
    let later = model.said.get(nth + 1 + attempt.after.len())?.answer.as_deref()?;
    let (from, to) = (command.from, command.to);
    let flash = &model.told.flash;
    let flash =
        &flash[flash.partition_point(|event| event.time < from)..flash.partition_point(|event| event.time < to)];
    let log = &model.told.log;
    let (start, end) = (log.partition_point(|line| line.time < from), log.partition_point(|line| line.time < to));
    let cut = model.told.cuts.iter().copied().find(|time| (from..to).contains(time));
    let facts = Facts { smis, records: &command.records, flash, cut, later };
    let stops = facts.stops(attempt, stations);
    let answer = model.said.get(nth)?.answer.as_deref().unwrap_or_default();
    Some(Seen { attempt, facts, answer, log: &log[start..end], later: &log[end..], from, stops })
}

fn name(station: Station) -> &'static str {
    match station {
        Station::Setup => "setup",
        Station::Os => "os",
        Station::Service => "service",
        Station::Smi => "smi",
        Station::Smm => "smm",
        Station::Ftw => "ftw",
        Station::Flash => "flash",
        Station::Later => "later",
    }
}

fn title(station: Station, l: Lang) -> (&'static str, &'static str, &'static str) {
    match station {
        Station::Setup => ("os", "Setup", "SetupDxe"),
        Station::Os => ("os", "OS", "SmallOs"),
        Station::Service => ("os", "SetVariable()", "VariableSmmRuntimeDxe"),
        Station::Smi => ("hw", "SMI#", "APM_CNT"),
        Station::Smm => ("smm", "SMM", "VariableSmm"),
        Station::Ftw => ("smm", "FTW", "FaultTolerantWriteSmm"),
        Station::Flash => ("flash", "SPI flash", "FvbServicesSmm"),
        Station::Later => ("hw", t::station_later(l), "GetVariable()"),
    }
}

fn station_row(station: Station, state: &'static str, seen: Option<&Seen<'_>>, l: Lang) -> Html {
    let (role, title, driver) = title(station, l);
    let (sign, word) = match state {
        "passed" => (Icon::Check, t::way_passed(l)),
        "ends" => (Icon::Close, t::way_ends(l)),
        "lost" => (Icon::Close, t::way_lost(l)),
        "aside" => (Icon::Arrow, t::way_aside(l)),
        "never" => (Icon::Arrow, t::way_never(l)),
        _ => (Icon::Play, t::waiting(l)),
    };
    let said = seen.map(|seen| says(station, seen, l)).unwrap_or_default();
    let lines = seen.map(|seen| lines(station, seen)).unwrap_or_default();
    html! {
        <li data-station={name(station)} data-state={state} data-role={role}>
            <div class="st-h"><b>{ title }</b><small>{ driver }</small><span class="sp"></span><span class="st-s">{ icon(sign) }{ word }</span></div>
            if !said.is_empty() { <p>{ said }</p> }
            if !lines.is_empty() { <pre>{ lines.join("\n") }</pre> }
        </li>
    }
}

/// What the machine tells of a station, beside its log.
fn says(station: Station, seen: &Seen<'_>, l: Lang) -> String {
    let facts = &seen.facts;
    let handled = facts.handled();
    let sent = facts.smis.iter().filter(|sent| **sent).count();
    match station {
        Station::Setup | Station::Os => format!("> {}\n{}", seen.attempt.write, first_line(seen.answer)),
        Station::Service if facts.smis.is_empty() => String::new(),
        Station::Service => t::way_raises(l).into(),
        Station::Smi if facts.smis.is_empty() => String::new(),
        Station::Smi => t::way_smis(l, &(facts.smis.len() - sent).to_string(), &sent.to_string()),
        Station::Smm => match handled.status {
            Some(0) => "EFI_SUCCESS".into(),
            Some(status) => crate::format::status(status),
            None => String::new(),
        },
        Station::Ftw => String::new(),
        Station::Flash => {
            let (done, refused) = facts.operations();
            t::way_operations(l, &done.to_string(), &refused.to_string())
        }
        Station::Later => format!("> {}\n{}", seen.attempt.read, first_line(facts.later)),
    }
}

/// Behind Setup's prompt, which stands in front of what was typed.
fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.starts_with("setup>")).unwrap_or_default()
}

/// Lines of the firmware's log, each where it comes from.
fn lines(station: Station, seen: &Seen<'_>) -> Vec<String> {
    let starts: &[&str] = match station {
        Station::Setup => &["Setup:", "SetVariable() ="],
        Station::Service => &["VariableSmm:"],
        Station::Smm => &["SmmVar:", "Variable: reclaim", "Variable Check", "UpdateVariable failed"],
        Station::Ftw => &["Ftw:"],
        Station::Flash => &["SpiFlash: WriteBlock", "SpiFlash: EraseBlock"],
        Station::Later => &["[Bds] SetupData:", "[Bds] defaults:"],
        Station::Os | Station::Smi => &[],
    };
    let log = if station == Station::Later { seen.later } else { seen.log };
    let wanted = |line: &&LogText| starts.iter().any(|start| line.text.starts_with(start));
    let mut all: Vec<String> = log.iter().filter(wanted).map(|line| line.text.clone()).collect();
    // A boot says it for each start: the last one counts.
    if station == Station::Later {
        all = all.split_off(all.len().saturating_sub(1));
    }
    all.truncate(MOST_LINES);
    all
}

const MOST_LINES: usize = 6;
