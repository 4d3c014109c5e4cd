//! Does a repair hold? Both builds are booted and asked.

use crate::bench::Progress;
use crate::{Bench, BenchWith, Boot, ImageTools, probe};
use content::{Build, Check, Condition, Response, Task};
use pi::edit::Edit;
use protocol::{Failure, Found, Trial, Verdict};
use serde::{Deserialize, Serialize};

/// A fault with a repair, and what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case<E> {
    /// Those of the fault, then those of the repair.
    pub edits: E,
    /// How many are the fault's.
    pub bug: usize,
    pub checks: Vec<Check>,
    pub responses: Vec<Response>,
}

impl Case<Box<[Edit]>> {
    pub fn of(task: &Task, repair: &[Edit]) -> Self {
        let edits = task.bug.iter().chain(repair).cloned().collect();
        Case { edits, bug: task.bug.len(), checks: task.checks.clone(), responses: task.responses.clone() }
    }
}

impl<E> Case<E> {
    pub fn with_edits<F>(self, change: impl FnOnce(E) -> F) -> Case<F> {
        let Case { edits, bug, checks, responses } = self;
        Case { edits: change(edits), bug, checks, responses }
    }
}

/// Runs the faulty image with a repair on DEBUG and RELEASE.
pub fn grade(task: &Task, repair: &[Edit], bench: &mut Bench, progress: Progress) -> Result<Verdict, Failure> {
    prove(&Case::of(task, repair), bench, progress)
}

pub fn prove<T: ImageTools>(
    case: &Case<Box<T::Edits>>,
    bench: &mut BenchWith<T>,
    progress: Progress,
) -> Result<Verdict, Failure> {
    let mut trials = Vec::new();
    let mut response = None;
    for build in Build::ALL {
        let boot = bench.boot(build.id(), &case.edits, progress).map_err(|failure| of_fix(failure, case.bug))?;
        let checks = case.checks.iter().filter(|check| check.only.is_none_or(|only| only == build));
        let found: Vec<Found> = checks.map(|check| found(check, &boot)).collect();
        if response.is_none() && found.iter().any(|found| !found.passed) {
            response = case.responses.iter().find(|response| fits(response, &boot)).map(|response| response.id.clone());
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
