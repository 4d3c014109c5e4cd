//! Rules that a file's syntax doesn't show: values, sections, translations, links.

use super::files::{ChapterFile, Data, ExerciseFile, Source};
use super::item::Item;
use super::markup;
use super::prose::{Piece, Prose};
use super::{Fault, Rule};
use crate::{ImageName, Kind, Probe, Query, SHARED_CHECKS, Setup, Touch, View};
use std::collections::BTreeSet;

/// What an exercise must have at least.
const HINTS: usize = 3;
const WRONGS: usize = 2;

pub fn item(item: &Item, faults: &mut Vec<Fault>) {
    match &item.data {
        Data::Scene(setup) => scene(item, setup, faults),
        Data::Chapter(file) => chapter(item, file, faults),
        Data::Exercise(file) => exercise(item, file, faults),
    }
    for (source, prose) in &item.texts {
        if prose.summary.is_empty() {
            faults.push(Fault::at(&source.path, 1, Rule::Section, "behind the title stands a paragraph, the summary"));
        }
    }
    let [(_, english), others @ ..] = &item.texts[..] else { return };
    others.iter().for_each(|(source, prose)| translation(english, source, prose, faults));
}

fn ids<'a>(item: &Item, what: &str, ids: impl Iterator<Item = &'a String>, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            faults.push(item.fault(id, Rule::Twice, format!("there are two {what} with the id {id:?}")));
        }
    }
}

fn scene(item: &Item, setup: &Setup, faults: &mut Vec<Fault>) {
    ids(item, "marks", setup.marks.iter().map(|mark| &mark.id), faults);
    if setup.image == ImageName::Demo && !(setup.edits.is_empty() && setup.marks.is_empty()) {
        faults.push(item.fault("demo", Rule::Value, "the demo ROM has no files to edit and no records to mark"));
    }
    for text in setup.say.iter().filter(|text| setup.image == ImageName::Demo && u8::from_str_radix(text, 16).is_err())
    {
        faults.push(item.fault(text, Rule::Value, "the demo ROM's OS takes one byte, in hexadecimal: \"42\""));
    }
    trials(item, setup, faults);
    attempts(item, setup, faults);
    messages(item, setup, faults);
    checklist(item, setup, faults);
    let marks = setup.marks.iter().map(|mark| format!("mark-{}", mark.id));
    let trials = setup.trials.iter().map(|trial| format!("try-{}", trial.id));
    let attempts = setup.attempts.iter().map(|attempt| format!("attempt-{}", attempt.id));
    let messages = setup.messages.iter().map(|message| format!("message-{}", message.id));
    let items = setup.items.iter().map(|item| format!("item-{}", item.id));
    sections(item, &marks.chain(trials).chain(attempts).chain(messages).chain(items).collect::<Vec<_>>(), faults);
}

fn attempts(item: &Item, setup: &Setup, faults: &mut Vec<Fault>) {
    ids(item, "attempts", setup.attempts.iter().map(|attempt| &attempt.id), faults);
    let (way, none) = (setup.view == View::Way, setup.attempts.is_empty() || setup.stations.is_empty());
    let wrong = match (way, none) {
        (true, true) => "the view \"way\" has stations and at least one [[attempt]]",
        (false, false) => "stations and [[attempt]] belong to the view \"way\"",
        _ if way && setup.image == ImageName::Demo => {
            "the demo ROM has no variables: the view \"way\" wants the firmware"
        }
        _ => "",
    };
    if !wrong.is_empty() {
        faults.push(item.fault("view", Rule::Value, wrong));
    }
    for attempt in &setup.attempts {
        if let Some(stops) = attempt.stops.filter(|stops| !setup.stations.contains(stops)) {
            faults.push(item.fault(&attempt.id, Rule::Value, format!("{stops:?} isn't one of the stations")));
        }
        if !attempt.edits.is_empty() {
            faults.push(item.fault(&attempt.id, Rule::Value, "edits come from faults: name those"));
        }
    }
}

fn messages(item: &Item, setup: &Setup, faults: &mut Vec<Fault>) {
    ids(item, "messages", setup.messages.iter().map(|message| &message.id), faults);
    let wrong = match (setup.view == View::Message, setup.messages.is_empty(), setup.image) {
        (true, true, _) => "the view \"message\" has at least one [[message]]",
        (true, false, ImageName::Demo) => "the demo ROM takes no messages: the view \"message\" wants the firmware",
        (false, false, _) => "[[message]] belongs to the view \"message\"",
        _ => "",
    };
    if !wrong.is_empty() {
        faults.push(item.fault("view", Rule::Value, wrong));
    }
    for message in &setup.messages {
        if !message.edits.is_empty() {
            faults.push(item.fault(&message.id, Rule::Value, "edits come from faults: name those"));
        }
        if !message.status.starts_with("EFI_") {
            let wrong = format!("{:?} is no status of the specification, as \"EFI_SUCCESS\"", message.status);
            faults.push(item.fault(&message.status, Rule::Value, wrong));
        }
    }
}

fn checklist(item: &Item, setup: &Setup, faults: &mut Vec<Fault>) {
    ids(item, "items", setup.items.iter().map(|one| &one.id), faults);
    let wrong = match (setup.view == View::Checklist, setup.items.is_empty(), setup.image) {
        (true, true, _) => "the view \"checklist\" has at least one [[item]]",
        (true, false, ImageName::Demo) => {
            "the demo ROM has nothing to ask for: the view \"checklist\" wants the firmware"
        }
        (false, false, _) => "[[item]] belongs to the view \"checklist\"",
        _ => "",
    };
    if !wrong.is_empty() {
        faults.push(item.fault("view", Rule::Value, wrong));
    }
    for (nth, one) in setup.items.iter().enumerate() {
        if one.holds.is_empty() {
            faults.push(item.fault(&one.id, Rule::Value, "an item asks at least one thing"));
        }
        if let Some(needs) =
            one.needs.as_ref().filter(|needs| setup.items[..nth].iter().all(|other| other.id != **needs))
        {
            faults.push(item.fault(needs, Rule::Link, format!("no item {needs:?} stands in front of {:?}", one.id)));
        }
        for Query { ask, is, .. } in &one.holds {
            answer(item, ask, is, faults);
        }
    }
}

fn trials(item: &Item, setup: &Setup, faults: &mut Vec<Fault>) {
    ids(item, "trials", setup.trials.iter().map(|trial| &trial.id), faults);
    let wrong = match (setup.view == View::Source, setup.trials.is_empty(), setup.image) {
        (true, true, _) => "the view \"source\" has at least one [[try]]",
        (true, false, ImageName::Demo) => "the demo ROM's OS has no shell: the view \"source\" wants the firmware",
        (false, false, _) => "[[try]] belongs to the view \"source\"",
        _ => "",
    };
    if !wrong.is_empty() {
        faults.push(item.fault("view", Rule::Value, wrong));
    }
    for trial in &setup.trials {
        if trial.say.is_empty() && trial.touch.is_none() {
            faults.push(item.fault(&trial.id, Rule::Value, "nothing is said and nothing touched"));
        }
        if matches!(trial.touch, Some(Touch::Gpio(pin)) if pin > 15) {
            faults.push(item.fault(&trial.id, Rule::Value, "only the pins 0 to 15 can raise an SMI"));
        }
    }
}

fn exercise(item: &Item, file: &ExerciseFile, faults: &mut Vec<Fault>) {
    let value = |message: String| Fault::at(&item.source.path, 1, Rule::Value, message);
    ids(item, "checks", file.checks.iter().map(|check| &check.id), faults);
    ids(item, "responses", file.responses.iter().map(|response| &response.id), faults);
    let broken = !(file.bug.is_empty() && file.faults.is_empty());
    if file.checks.is_empty() || !broken || file.fix.is_empty() {
        faults.push(value("an exercise has a fault or an edit in bug, an edit in fix, and a check".to_owned()));
    }
    if file.wrongs.len() < WRONGS {
        faults.push(value(format!("an exercise has at least {WRONGS} wrong repairs, this one {}", file.wrongs.len())));
    }
    if file.responses.last().is_none_or(|response| !response.when.is_empty()) {
        faults.push(value("the last response is for all that is left: without `when`".to_owned()));
    }
    for check in &file.checks {
        answer(item, &check.ask, &check.expect, faults);
    }
    for condition in file.responses.iter().flat_map(|response| &response.when) {
        answer(item, &condition.ask, &condition.is, faults);
    }
    for wrong in &file.wrongs {
        if !file.responses.iter().any(|response| response.id == wrong.response) {
            let message = format!("there is no response {:?}", wrong.response);
            faults.push(item.fault(&wrong.response, Rule::Link, message));
        }
    }
    let mut wanted = vec!["report".to_owned(), "solved".to_owned()];
    wanted.extend(file.responses.iter().map(|response| format!("response-{}", response.id)));
    let own = file.checks.iter().filter(|check| !SHARED_CHECKS.contains(&check.id.as_str()));
    wanted.extend(own.map(|check| format!("check-{}", check.id)));
    for (source, prose) in &item.texts {
        let hints = prose.sections.iter().filter(|section| section.id.as_deref() == Some("hint")).count();
        if hints < HINTS {
            let message = format!("an exercise has at least {HINTS} hints (## … {{#hint}}), this text {hints}");
            faults.push(Fault::at(&source.path, 1, Rule::Section, message));
        }
    }
    sections(item, &wanted, faults);
}

fn answer(item: &Item, ask: &Probe, word: &str, faults: &mut Vec<Fault>) {
    if let Probe::After(after) = ask
        && after.ask.is_of_boot()
    {
        let message = format!("{:?} is about the boot: it can't be asked `after`", after.ask);
        faults.push(item.fault(word, Rule::Value, message));
    }
    let status = word.starts_with("EFI_") || word == "no-answer";
    let problem = match ask.answers() {
        Some(words) if !words.contains(&word) => format!("it answers {}", words.join(", ")),
        None if ask.is_status() && !status => "it answers with a status: EFI_SUCCESS, no-answer".to_owned(),
        _ => return,
    };
    faults.push(item.fault(word, Rule::Value, format!("{ask:?} never answers {word:?}: {problem}")));
}

/// Each of these ids once, and no other but hints.
fn sections(item: &Item, wanted: &[String], faults: &mut Vec<Fault>) {
    for (source, prose) in &item.texts {
        for id in wanted {
            let count = prose.sections.iter().filter(|section| section.id.as_ref() == Some(id)).count();
            if count != 1 {
                let message = format!("one section ## … {{#{id}}} is wanted, there are {count}");
                faults.push(Fault::at(&source.path, 1, Rule::Section, message));
            }
        }
        for section in &prose.sections {
            let known = section.id.as_ref().is_some_and(|id| wanted.contains(id));
            let hint = section.id.as_deref() == Some("hint") && item.kind() == Kind::Exercise;
            if !known && !hint {
                let id = section.id.as_deref().unwrap_or("none");
                let message = format!("no section of the id {id} belongs here; wanted: {}", wanted.join(", "));
                faults.push(Fault::at(&source.path, section.line, Rule::Section, message));
            }
            for piece in &section.pieces {
                if let Piece::Scene { line, .. } | Piece::Predict { line, .. } = piece {
                    faults.push(Fault::at(
                        &source.path,
                        *line,
                        Rule::Section,
                        "scenes and questions belong to chapters",
                    ));
                }
            }
        }
    }
}

fn chapter(item: &Item, file: &ChapterFile, faults: &mut Vec<Fault>) {
    ids(item, "questions", file.predicts.iter().map(|predict| &predict.id), faults);
    for predict in &file.predicts {
        ids(item, "choices", predict.choices.iter(), faults);
        if predict.choices.len() < 2 {
            faults.push(item.fault(&predict.id, Rule::Value, "a question has two choices or more"));
        }
        for choice in &predict.choices {
            answer(item, &predict.ask, choice, faults);
        }
    }
    for (source, prose) in &item.texts {
        questions(item, file, source, prose, faults);
    }
}

fn pieces(prose: &Prose) -> impl Iterator<Item = &Piece> {
    prose.intro.iter().chain(prose.sections.iter().flat_map(|section| &section.pieces))
}

fn questions(item: &Item, file: &ChapterFile, source: &Source, prose: &Prose, faults: &mut Vec<Fault>) {
    let mut asked = BTreeSet::new();
    for piece in pieces(prose) {
        let Piece::Predict { words, line } = piece else { continue };
        if !asked.insert(words.id.as_str()) {
            faults.push(Fault::at(&source.path, *line, Rule::Twice, format!("{:?} is asked before", words.id)));
        }
        let Some(predict) = file.predicts.iter().find(|predict| predict.id == words.id) else {
            let message = format!("chapter.toml has no [[predict]] with the id {:?}", words.id);
            faults.push(Fault::at(&source.path, *line, Rule::Link, message));
            continue;
        };
        let texts: BTreeSet<_> = words.choices.keys().collect();
        if texts != predict.choices.iter().collect() {
            let message = format!("[choices] has a text for each of: {}", predict.choices.join(", "));
            faults.push(Fault::at(&source.path, *line, Rule::Section, message));
        }
        for text in words.choices.values().chain([&words.question, &words.because]) {
            markup::inline(text, &source.path, *line, faults);
        }
    }
    for predict in file.predicts.iter().filter(|predict| !asked.contains(predict.id.as_str())) {
        let message = format!("{} doesn't ask it", source.path.display());
        faults.push(item.fault(&predict.id, Rule::Section, message));
    }
}

/// Built alike, with the same words in code style.
fn translation(english: &Prose, source: &Source, prose: &Prose, faults: &mut Vec<Fault>) {
    let mut theirs = english.shape.iter();
    for (shape, line) in &prose.shape {
        match theirs.next() {
            Some((wanted, _)) if wanted == shape => {}
            Some((wanted, there)) => {
                let message = format!("here is {shape}; in the English text, line {there}, it is {wanted}");
                faults.push(Fault::at(&source.path, *line, Rule::Translation, message));
                return;
            }
            None => {
                let message = format!("here is {shape}; the English text ends before");
                faults.push(Fault::at(&source.path, *line, Rule::Translation, message));
                return;
            }
        }
    }
    if let Some((wanted, there)) = theirs.next() {
        let message = format!("the text ends; the English one goes on with {wanted}, line {there}");
        faults.push(Fault::at(&source.path, source.text.lines().count().max(1), Rule::Translation, message));
        return;
    }
    for (nth, (ours, wanted)) in prose.code.iter().zip(&english.code).enumerate() {
        if let Some(word) = ours.symmetric_difference(wanted).next() {
            let line = nth.checked_sub(1).and_then(|nth| prose.sections.get(nth)).map_or(1, |section| section.line);
            let whose = if ours.contains(word) { "isn't in the English section" } else { "is missing in this section" };
            faults.push(Fault::at(&source.path, line, Rule::Translation, format!("the code word `{word}` {whose}")));
        }
    }
}

/// Links between items, and out of the lab. `ids`: of all items, the damaged ones too.
pub fn links(items: &[Item], ids: &[(Kind, String)], faults: &mut Vec<Fault>) {
    let exists = |kind: Kind, id: &str| ids.iter().any(|(other, name)| *other == kind && name == id);
    for item in items {
        if let Data::Chapter(file) = &item.data {
            for id in file.exercises.iter().filter(|id| !exists(Kind::Exercise, id)) {
                faults.push(item.fault(id, Rule::Link, format!("there is no exercise {id:?}")));
            }
        }
        for (source, prose) in &item.texts {
            for piece in pieces(prose) {
                if let Piece::Scene { id, line } = piece
                    && !exists(Kind::Scene, id)
                {
                    faults.push(Fault::at(&source.path, *line, Rule::Link, format!("there is no scene {id:?}")));
                }
            }
            for (target, line) in prose.links.iter().filter(|(target, _)| !leads(target, &exists)) {
                let message = format!(
                    "{target:?} leads nowhere: write https://…, #/board, #/smi, #/flash, #/scene/ID, #/chapter/ID or #/exercise/ID of what is there"
                );
                faults.push(Fault::at(&source.path, *line, Rule::Link, message));
            }
        }
    }
}

fn leads(target: &str, exists: &impl Fn(Kind, &str) -> bool) -> bool {
    match target.strip_prefix("#/") {
        Some("" | "board" | "smi" | "flash") => true,
        Some(route) => match route.split_once('/') {
            Some(("scene", id)) => exists(Kind::Scene, id),
            Some(("chapter", id)) => exists(Kind::Chapter, id),
            Some(("exercise", id)) => exists(Kind::Exercise, id),
            _ => false,
        },
        None => target.starts_with("https://"),
    }
}
