//! Does the machine do what the content says?

use content::source::{Catalogue, Fault, Item, Library, Rule};
use content::{Build, Chapter, Exercise, ImageName, Past, Probe, Query, Scene, Setup};
use lab::{Bench, Boot, grade, probe, say, touch};
use pi::Guid;
use protocol::{Failure, Outcome, Verdict};

pub fn all(library: &Library, bench: &mut Bench) -> Vec<Fault> {
    let mut faults = Vec::new();
    for item in &library.items {
        let proved = match (item.scene("en"), item.chapter("en"), item.exercise("en")) {
            (Some(scene), ..) => prove_scene(item, &scene, bench, &mut faults),
            (_, Some(chapter), _) => prove_chapter(item, &chapter, bench, &mut faults),
            (.., Some(exercise)) => prove_exercise(item, &exercise, bench, &mut faults),
            _ => Ok(()),
        };
        if let Err(fault) = proved {
            faults.push(fault);
        }
    }
    prove_catalogue(&library.catalogue, bench, &mut faults);
    faults
}

/// A fault of the image changes both; what comes of it is for tests to say.
fn prove_catalogue(catalogue: &Catalogue, bench: &Bench, faults: &mut Vec<Fault>) {
    for fault in catalogue.all("en").into_iter().filter(|fault| !fault.edit.is_empty()) {
        for build in Build::ALL {
            let images =
                bench.edited(build.id(), &[]).and_then(|own| Ok((own, bench.edited(build.id(), &fault.edit)?)));
            match images {
                Err(failure) => faults.push(catalogue.fault(&fault.id, Rule::Edit, failure)),
                Ok((own, edited)) if own == edited => {
                    let message = format!("{} leaves the image of {} as it is", fault.id, build.id());
                    faults.push(catalogue.fault(&fault.id, Rule::Edit, message));
                }
                Ok(_) => {}
            }
        }
    }
}

/// A fault at the first place that names this word.
fn failed(item: &Item, word: &str, failure: &Failure) -> Fault {
    let rule = if matches!(failure, Failure::Edit(_)) { Rule::Edit } else { Rule::Machine };
    item.fault(word, rule, failure)
}

fn prove_scene(item: &Item, scene: &Scene, bench: &mut Bench, faults: &mut Vec<Fault>) -> Result<(), Fault> {
    let Setup { image, build, edits, say: commands, marks, .. } = &scene.setup;
    if *image == ImageName::Demo {
        return Ok(());
    }
    let boot = bench.boot(build.id(), edits, &mut |_| {}).map_err(|failure| failed(item, "edit", &failure))?;
    let chronicle = &boot.firmware.chronicle;
    let prompt = (chronicle.outcome == Outcome::Prompt).then_some(chronicle.time);
    if prompt.is_none() && !commands.is_empty() {
        let message = format!("the OS doesn't come to its prompt: {:?}", chronicle.outcome);
        return Err(item.fault("say", Rule::Machine, message));
    }
    let mut machine = boot.firmware.history.machine().clone();
    let said: Vec<u64> = commands.iter().map(|command| say(&mut machine, command).chronicle.time).collect();
    let past = Past { post: &chronicle.post, records: &chronicle.records, prompt, said: &said };
    let mut last = 0;
    for mark in marks {
        match mark.when.time(past, |name| file(&boot, name)) {
            None => faults.push(item.fault(&mark.id, Rule::Machine, format!("{:?} never happens", mark.when))),
            Some(time) if time < last => {
                let message = format!("{:?} happens before the mark in front of it", mark.when);
                faults.push(item.fault(&mark.id, Rule::Machine, message));
            }
            Some(time) => last = time,
        }
    }
    for attempt in &scene.setup.attempts {
        faults.extend(prove_attempt(item, scene, attempt, bench)?);
    }
    for message in &scene.setup.messages {
        faults.extend(prove_message(item, scene, message, bench)?);
    }
    faults.extend(prove_checklist(item, scene, bench)?);
    faults.extend(scene.setup.trials.iter().filter_map(|trial| prove_trial(item, trial, &boot)));
    Ok(())
}

/// On DEBUG and RELEASE, with no fault.
fn prove_checklist(item: &Item, scene: &Scene, bench: &mut Bench) -> Result<Vec<Fault>, Fault> {
    let mut faults = Vec::new();
    let builds = Build::ALL.iter().filter(|_| !scene.setup.items.is_empty());
    for build in builds {
        let boot = bench.boot(build.id(), &scene.setup.edits, &mut |_| {});
        let boot = boot.map_err(|failure| failed(item, "edit", &failure))?;
        for one in &scene.setup.items {
            for (_, Query { ask, is, .. }) in one.queries(*build) {
                named(item, ask, bench, &mut faults)?;
                let answer = probe(ask, &boot);
                if answer != *is {
                    let message = format!("with no fault {} answers {answer:?}, not {is:?}, to {ask:?}", build.id());
                    faults.push(item.fault(&one.id, Rule::Machine, message));
                }
            }
        }
    }
    Ok(faults)
}

/// Each trial begins at the prompt of the boot.
fn prove_trial(item: &Item, trial: &content::Trial, boot: &Boot) -> Option<Fault> {
    if boot.firmware.chronicle.outcome != Outcome::Prompt {
        return Some(item.fault(&trial.id, Rule::Machine, "the OS doesn't come to its prompt"));
    }
    let mut machine = boot.firmware.history.machine().clone();
    let (last, before) = trial.say.split_last().map_or((None, &[][..]), |(last, before)| (Some(last), before));
    before.iter().for_each(|command| _ = say(&mut machine, command));
    let mut count = machine.smi_count(0);
    if let Some(command) = last {
        say(&mut machine, command);
    }
    if let Some(input) = trial.touch {
        count = machine.smi_count(0);
        touch(&mut machine, Some(input.input(true)), 0);
    }
    let entered = machine.smi_count(0) != count;
    let wanted = if trial.enters { "no processor enters SMM" } else { "a processor enters SMM" };
    (entered != trial.enters).then(|| item.fault(&trial.id, Rule::Machine, wanted))
}

/// On both builds, each from power-on.
fn prove_attempt(
    item: &Item,
    scene: &Scene,
    attempt: &content::Attempt,
    bench: &mut Bench,
) -> Result<Option<Fault>, Fault> {
    let edits = [scene.setup.edits.clone(), attempt.edits.clone()].concat();
    for build in Build::ALL {
        let boot =
            bench.boot(build.id(), &edits, &mut |_| {}).map_err(|failure| failed(item, &attempt.id, &failure))?;
        let mut machine = boot.firmware.history.machine().clone();
        let stops = lab::attempt(&mut machine, attempt, &scene.setup.stations);
        if stops != attempt.stops {
            let message = format!("on {} the way ends at {stops:?}, not at {:?}", build.id(), attempt.stops);
            return Ok(Some(item.fault(&attempt.id, Rule::Machine, message)));
        }
    }
    Ok(None)
}

/// On both builds, each from power-on.
fn prove_message(
    item: &Item,
    scene: &Scene,
    message: &content::Message,
    bench: &mut Bench,
) -> Result<Option<Fault>, Fault> {
    let edits = [scene.setup.edits.clone(), message.edits.clone()].concat();
    for build in Build::ALL {
        let boot =
            bench.boot(build.id(), &edits, &mut |_| {}).map_err(|failure| failed(item, &message.id, &failure))?;
        let mut machine = boot.firmware.history.machine().clone();
        let (status, overwrites) = lab::message(&mut machine, message);
        if (status.as_str(), overwrites) != (&message.status, message.overwrites) {
            let smram = if overwrites { "written over" } else { "as it was" };
            let found = format!("on {} the answer is {status:?}, and SMRAM is {smram}", build.id());
            return Ok(Some(item.fault(&message.id, Rule::Machine, found)));
        }
    }
    Ok(None)
}

fn file(boot: &Boot, name: &str) -> Option<Guid> {
    boot.listing.files().find(|file| file.name.as_deref() == Some(name)).map(|file| file.guid)
}

fn prove_chapter(item: &Item, chapter: &Chapter, bench: &mut Bench, faults: &mut Vec<Fault>) -> Result<(), Fault> {
    for block in &chapter.blocks {
        let content::Block::Predict(question) = block else { continue };
        let predict = &question.predict;
        let boot = bench.boot(predict.build.id(), &predict.edits, &mut |_| {});
        let boot = boot.map_err(|failure| failed(item, &predict.id, &failure))?;
        named(item, &predict.ask, bench, faults)?;
        let answer = probe(&predict.ask, &boot);
        if !predict.choices.contains(&answer) {
            let message = format!("the machine answers {answer:?}, which is none of the choices");
            faults.push(item.fault(&predict.id, Rule::Machine, message));
        }
    }
    Ok(())
}

fn prove_exercise(item: &Item, exercise: &Exercise, bench: &mut Bench, faults: &mut Vec<Fault>) -> Result<(), Fault> {
    let task = &exercise.task;
    let conditions = task.responses.iter().flat_map(|response| &response.when).map(|condition| &condition.ask);
    for ask in task.checks.iter().map(|check| &check.ask).chain(conditions) {
        named(item, ask, bench, faults)?;
    }
    let mut run =
        |fix: &[_], word: &str| grade(task, fix, bench, &mut |_| {}).map_err(|failure| failed(item, word, &failure));
    if run(&[], "bug")?.passed {
        faults.push(item.fault("bug", Rule::Machine, "without a repair, all checks pass"));
    }
    let verdict = run(item.fix().unwrap_or_default(), "fix")?;
    if !verdict.passed {
        faults.push(item.fault("fix", Rule::Machine, format!("the reference repair fails: {}", what_fails(&verdict))));
    }
    for wrong in item.wrongs() {
        let verdict = run(wrong.edits, wrong.response)?;
        if verdict.passed || verdict.response.as_deref() != Some(wrong.response) {
            let drawn = verdict.response.as_deref().unwrap_or("none, it passes");
            let message = format!("the repair that is to draw the response {:?} draws {drawn}", wrong.response);
            faults.push(item.fault(wrong.response, Rule::Machine, message));
        }
    }
    Ok(())
}

fn what_fails(verdict: &Verdict) -> String {
    let all = verdict.trials.iter().flat_map(|trial| trial.checks.iter().map(move |check| (trial.build, check)));
    let failed = all.filter(|(_, check)| !check.passed);
    let text = failed.map(|(build, check)| {
        format!("{} on {} is {:?}, not {:?}", check.id, build.id(), check.answer, check.expected)
    });
    text.collect::<Vec<_>>().join("; ")
}

/// A module that a probe names is one of the firmware's, or of the audit's; a register is the chipset's.
fn named(item: &Item, ask: &Probe, bench: &mut Bench, faults: &mut Vec<Fault>) -> Result<(), Fault> {
    match ask {
        Probe::After(after) => return named(item, &after.ask, bench, faults),
        Probe::Audit(module) if !audit::modules().any(|known| known == module) => {
            let known: Vec<_> = audit::modules().collect();
            let message = format!("the audit has no module {module:?}; it has {}", known.join(", "));
            faults.push(item.fault(module, Rule::Link, message));
        }
        Probe::Register(name) => {
            let boot =
                bench.boot(Build::Debug.id(), &[], &mut |_| {}).map_err(|failure| failed(item, name, &failure))?;
            if probe(ask, &boot) == "no-answer" {
                faults.push(item.fault(name, Rule::Link, format!("the chipset has no register or field {name:?}")));
            }
        }
        _ => {}
    }
    let Some(module) = ask.module() else { return Ok(()) };
    let listing = bench.list(Build::Debug.id(), &[]).map_err(|failure| failed(item, module, &failure))?;
    if !listing.files().any(|file| file.name.as_deref() == Some(module)) {
        faults.push(item.fault(module, Rule::Link, format!("the firmware has no module {module:?}")));
    }
    Ok(())
}
