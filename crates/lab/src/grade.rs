//! Does a repair hold? Both builds are booted and asked.

use crate::bench::Progress;
use crate::{Bench, Boot, probe};
use content::{Build, Check, Condition, Response, Task};
use pi::edit::Edit;
use protocol::{Failure, Found, Trial, Verdict};

/// Runs the faulty image with a repair, edits behind those of the fault, on DEBUG and RELEASE.
pub fn grade(task: &Task, fix: &[Edit], bench: &mut Bench, progress: Progress) -> Result<Verdict, Failure> {
    let edits: Vec<Edit> = task.bug.iter().chain(fix).cloned().collect();
    let mut trials = Vec::new();
    let mut response = None;
    for build in Build::ALL {
        let boot = bench.boot(build.id(), &edits, progress).map_err(|failure| of_fix(failure, task.bug.len()))?;
        let checks = task.checks.iter().filter(|check| check.only.is_none_or(|only| only == build));
        let found: Vec<Found> = checks.map(|check| found(check, &boot)).collect();
        if response.is_none() && found.iter().any(|found| !found.passed) {
            response = task.responses.iter().find(|response| fits(response, &boot)).map(|response| response.id.clone());
        }
        let outcome = boot.firmware.chronicle.outcome;
        trials.push(Trial { build, outcome, checks: found });
    }
    let passed = trials.iter().flat_map(|trial| &trial.checks).all(|check| check.passed);
    Ok(Verdict { passed, trials, response })
}

fn found(check: &Check, boot: &Boot) -> Found {
    let answer = probe(&check.ask, boot);
    Found { id: check.id.clone(), passed: answer == check.expect, expected: check.expect.clone(), answer }
}

fn fits(response: &Response, boot: &Boot) -> bool {
    response.when.iter().all(|Condition { ask, is }| probe(ask, boot) == *is)
}

/// The repair's edits are counted from its own first one.
fn of_fix(failure: Failure, bug: usize) -> Failure {
    match failure {
        Failure::Edit(mut trouble) => {
            if let Some((nth, _)) = trouble.edit.as_mut().filter(|(nth, _)| *nth > bug) {
                *nth -= bug;
            }
            Failure::Edit(trouble)
        }
        other => other,
    }
}
