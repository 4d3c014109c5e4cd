//! A message to SMM: where it lies, who lets it pass, and whether SMRAM is the same behind it.

use super::walk::{Walk, buttons, faults};
use crate::bench::{Model, short};
use crate::content::prose;
use crate::format::{dump, hex_short as hex};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use ::content::{HEADER, Letter, Message, Scene, overlap};
use protocol::{MOST_PEEKED, Memory};
use std::ops::Range;
use yew::prelude::*;

/// Asks for the message's bytes in front of the command and behind it; true when they are there.
pub fn looked(model: &mut Model) -> bool {
    let Some(command) = model.told.commands.first() else { return true };
    let Some(letter) = Letter::last(&command.records) else { return true };
    let (from, to) = (command.from, command.to);
    if model.peeked.is_empty() && !model.peeks() {
        let length = u32::try_from(letter.size).unwrap_or(u32::MAX).min(MOST_PEEKED);
        [from, to].into_iter().for_each(|time| model.peek(time, letter.buffer, length));
    }
    model.peeked.len() == 2
}

/// What the machine has told of a message.
struct Seen<'a> {
    message: &'a Message,
    answer: &'a str,
    sent: bool,
    /// With the bytes of the message in front of the SMI and behind it.
    found: Option<(Letter, &'a Memory, &'a Memory)>,
    log: Vec<String>,
}

pub fn message(scene: &Scene, model: &Model, walk: &Walk, choose: &Callback<usize>, l: Lang) -> Html {
    let shown = scene.setup.messages.get(walk.nth);
    html! {
        <>
            { buttons(scene, walk, choose, l) }
            <div class="vway" tabindex="0" role="region" aria-label={scene.title.clone()} aria-live="polite">
                { for shown.map(|message| view(scene, message, model, walk.over, l)) }
            </div>
        </>
    }
}

fn view(scene: &Scene, message: &Message, model: &Model, over: bool, l: Lang) -> Html {
    let seen = seen(message, model).filter(|_| over);
    let handler = seen.as_ref().and_then(|seen| seen.found.as_ref()?.0.handler);
    let who = handler.zip(model.boot.as_ref()).map(|(guid, boot)| short(&boot.listing.names.of(&guid)).to_owned());
    let who = who.unwrap_or_default();
    html! {
        <>
            { faults(&message.faults, l) }
            <div class="md">{ for scene.captions.get(&message.id).map(|html| prose(html)) }</div>
            { picture(seen.as_ref(), l) }
            <ol class="stations" data-answer={seen.as_ref().map(|seen| outcome(seen))}>{ stations(seen.as_ref(), &who, l) }</ol>
        </>
    }
}

fn outcome(seen: &Seen<'_>) -> &'static str {
    match &seen.found {
        None => "none",
        Some((letter, ..)) if letter.handler.is_none() => "refused",
        Some((letter, ..)) if letter.status != 0 => "nobody",
        Some(_) if changed(seen) > 0 => "overwritten",
        Some(_) => "answered",
    }
}

fn seen<'a>(message: &'a Message, model: &'a Model) -> Option<Seen<'a>> {
    let command = model.told.commands.first()?;
    let answer = model.said.first()?.answer.as_deref()?;
    let found = Letter::last(&command.records)
        .zip(model.peeked.first().zip(model.peeked.get(1)))
        .map(|(letter, (before, after))| (letter, before, after));
    let log = &model.told.log;
    let (from, to) =
        (log.partition_point(|line| line.time < command.from), log.partition_point(|line| line.time < command.to));
    let lines = log[from..to].iter().filter(|line| line.text.starts_with("SMM Core:"));
    let log = lines.map(|line| line.text.clone()).collect();
    Some(Seen { message, answer, sent: command.asked.iter().any(|asked| asked.sent), found, log })
}

/// Bytes of SMRAM, where the message lies, that aren't what they were.
fn changed(seen: &Seen<'_>) -> usize {
    let Some((letter, before, after)) = &seen.found else { return 0 };
    let range = part(&letter.in_smram(after.tseg), after);
    before.peek.smm[range.clone()].iter().zip(&after.peek.smm[range]).filter(|(old, new)| old != new).count()
}

/// Where addresses lie in what was peeked.
fn part(range: &Range<u64>, memory: &Memory) -> Range<usize> {
    let place = |addr: u64| (addr.saturating_sub(memory.addr) as usize).min(memory.peek.smm.len());
    place(range.start)..place(range.end)
}

/// The message beside SMRAM's edge, header and data each on the side on which they lie; not to scale.
fn picture(seen: Option<&Seen<'_>>, l: Lang) -> Html {
    let found = seen.and_then(|seen| seen.found.as_ref());
    let tseg = found.and_then(|(_, memory, _)| memory.tseg);
    let block = |what: &'static str, text: String, range: &Range<u64>| {
        (!range.is_empty()).then(|| {
            html! {
                <span class="msg-b" data-part={what}><b>{ text }</b><code>{ hex(range.start) }</code><small>{ t::msg_bytes(l, &(range.end - range.start).to_string()) }</small></span>
            }
        })
    };
    let parts: Vec<_> = found
        .map(|(letter, ..)| [("header", t::msg_header(l), letter.header()), ("data", t::msg_data(l), letter.data())])
        .into_iter()
        .flatten()
        .collect();
    let inside = |range: &Range<u64>| overlap(range, tseg);
    // What isn't inside lies in front of it, or is all there is.
    let outside = |range: &Range<u64>| {
        let within = inside(range);
        if within.is_empty() { range.clone() } else { range.start..within.start }
    };
    let across = found.is_some_and(|(letter, ..)| {
        let within = letter.in_smram(tseg);
        !within.is_empty() && within != (letter.buffer..letter.data().end)
    });
    let left = parts.iter().filter_map(|(what, text, range)| block(what, (*text).into(), &outside(range)));
    let right = parts.iter().filter_map(|(what, text, range)| block(what, (*text).into(), &inside(range)));
    html! {
        <div class="msg" role="group" data-across={across.then_some("")} aria-label={t::msg_place(l)}>
            <div class="msg-z"><span class="msg-t">{ t::msg_outside(l) }</span><div>{ for left }</div></div>
            <div class="msg-z room"><span class="msg-t">{ "SMRAM" }{ for tseg.map(|(base, _)| html! { <code>{ hex(base) }</code> }) }</span><div>{ for right }</div></div>
        </div>
    }
}

fn stations(seen: Option<&Seen<'_>>, who: &str, l: Lang) -> Html {
    let Some(seen) = seen else {
        let titles = [
            ("os", "OS"),
            ("os", "Communicate()"),
            ("hw", "SMI#"),
            ("smm", "SMM core"),
            ("smm", "SMI handler"),
            ("smm", "SMRAM"),
        ];
        let waits = |(role, title)| station(role, title, "", State::Waits, String::new(), &[], l);
        return titles.into_iter().map(waits).collect();
    };
    let letter = seen.found.as_ref().map(|(letter, ..)| letter);
    let tseg = seen.found.as_ref().and_then(|(_, memory, _)| memory.tseg);
    let within = letter.map_or(0..0, |letter| letter.in_smram(tseg));
    let count = within.end - within.start;
    let refused = letter.is_some_and(|letter| letter.handler.is_none());
    let nobody = letter.is_some_and(|letter| !refused && letter.status != 0);
    let reached = |end: bool, before: bool| match (before, end) {
        (false, _) => State::Never,
        (true, true) => State::Ends,
        (true, false) => State::Passed,
    };
    let (size, some) = (letter.map_or(0, |letter| letter.size).to_string(), count.to_string());
    let call = letter.map_or_else(String::new, |letter| t::msg_buffer(l, &hex(letter.buffer), &size));
    let core = match letter {
        None => String::new(),
        Some(letter) if letter.size < HEADER && refused => t::msg_short(l).into(),
        Some(_) if refused && count > 0 => t::msg_refused(l, &some, &size),
        Some(_) if refused => t::msg_no_region(l).into(),
        Some(_) if count > 0 => t::msg_let_in(l, &some, &size),
        Some(_) => t::msg_let(l).into(),
    };
    let handler = match letter {
        Some(_) if nobody => t::msg_nobody(l, who),
        Some(_) if !refused => t::msg_handled(l, who),
        _ => String::new(),
    };
    let over = changed(seen);
    let (smram, lines) = match &seen.found {
        Some((_, before, after)) if over > 0 => {
            let range = part(&within, after);
            let row = |memory: &Memory| format!("{}  {}", hex(within.start), dump(&memory.peek.smm[range.clone()]));
            (t::msg_overwritten(l, &over.to_string()), vec![row(before), row(after)])
        }
        Some(_) if count > 0 => (t::msg_same(l, &some), Vec::new()),
        _ => (t::msg_untouched(l).to_owned(), Vec::new()),
    };
    let missed = count > 0 && !refused;
    let came = seen.sent && letter.is_some();
    html! {
        <>
            { station("os", "OS", "SmallOs", State::Passed, format!("> {}\n{}", seen.message.say, seen.answer.lines().next().unwrap_or_default()), &[], l) }
            { station("os", "Communicate()", "PiSmmIpl", State::Passed, call, &[], l) }
            { station("hw", "SMI#", "APM_CNT", reached(!seen.sent, true), String::new(), &[], l) }
            { station("smm", "SMM core", "PiSmmCore", if missed { State::Missed } else { reached(refused, came) }, core, &seen.log, l) }
            { station("smm", "SMI handler", "SmiManage()", reached(nobody, came && !refused), handler, &[], l) }
            { station("smm", "SMRAM", "TSEG", if over > 0 { State::Overwritten } else { State::Same }, smram, &lines, l) }
        </>
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Waits,
    Passed,
    Ends,
    Never,
    Same,
    Missed,
    Overwritten,
}

fn station(
    role: &'static str,
    title: &str,
    driver: &str,
    state: State,
    says: String,
    lines: &[String],
    l: Lang,
) -> Html {
    let (name, sign, word) = match state {
        State::Waits => ("waits", Icon::Play, t::waiting(l)),
        State::Passed => ("passed", Icon::Check, t::way_passed(l)),
        State::Ends => ("ends", Icon::Close, t::way_ends(l)),
        State::Never => ("never", Icon::Arrow, t::way_never(l)),
        State::Same => ("passed", Icon::Check, t::msg_as_it_was(l)),
        State::Missed => ("lost", Icon::Close, t::msg_missed(l)),
        State::Overwritten => ("lost", Icon::Close, t::msg_over(l)),
    };
    html! {
        <li data-station={title.to_owned()} data-state={name} data-role={role}>
            <div class="st-h"><b>{ title.to_owned() }</b><small>{ driver.to_owned() }</small><span class="sp"></span><span class="st-s">{ icon(sign) }{ word }</span></div>
            if !says.is_empty() { <p>{ says }</p> }
            if !lines.is_empty() { <pre>{ lines.join("\n") }</pre> }
        </li>
    }
}
