//! Boots that overtake each other: what comes back is told from what was asked since.

use super::*;

const FIGURE: FigureId = 1;

fn booted() -> FromWorker {
    let chronicle = Chronicle {
        outcome: Outcome::Prompt,
        time: 1,
        instructions: 1,
        log: Vec::new(),
        post: Vec::new(),
        console: "> ".to_owned(),
        records: Vec::new(),
        flash: Vec::new(),
        asked: Vec::new(),
    };
    let (listing, absent) = (Listing::default(), Vec::new());
    let home = Moment { time: 1, hash: 0, in_smm: false, registers: Vec::new() };
    let now = protocol::Peek { time: 1, os: Vec::new(), smm: Vec::new() };
    let smram = protocol::Smram { addr: 0, before: None, after: None, now };
    let booted = Box::new(Booted { listing, absent, chronicle, home, ram_mib: 1, cpus: 1, smram });
    FromWorker::Booted { figure: FIGURE, booted }
}

/// A model whose image is with the worker; the worker has answered all but the boot.
fn booting() -> Model {
    let mut model = Model::new(FIGURE, Build::Debug, Vec::new(), Vec::new());
    model.image_held();
    assert_eq!(model.outgoing().len(), 4);
    model.asked.retain(|asked| *asked == Asked::Boot);
    model
}

fn boots(model: &mut Model) -> usize {
    model.outgoing().iter().filter(|message| matches!(message, ToWorker::Boot { .. })).count()
}

#[test]
fn a_boot_is_of_the_edits_that_it_was_asked_for_with() {
    let mut model = booting();
    model.draft.push(Edit::drop_file("A"));
    model.start();
    assert_eq!(boots(&mut model), 1);
    model.received(booted());
    assert!(!model.is_fresh() && model.booting.is_some());
    model.received(booted());
    assert!(model.is_fresh() && model.booting.is_none());
}

#[test]
fn a_boot_is_of_the_image_that_it_was_asked_for_with() {
    let mut model = booting();
    model.choose(Build::Release);
    model.start();
    assert_eq!(boots(&mut model), 1);
    model.received(booted());
    assert!(!model.is_fresh());
    model.received(booted());
    assert!(model.is_fresh());
}

#[test]
fn the_same_is_not_booted_twice_at_a_time_but_another_own_image_is() {
    let mut model = booting();
    model.start();
    assert_eq!(boots(&mut model), 0);
    for _ in 0..2 {
        model.choose_own(Vec::new());
        model.start();
    }
    assert_eq!(boots(&mut model), 2);
    model.received(booted());
    model.received(booted());
    assert!(!model.is_fresh());
    model.received(booted());
    assert!(model.is_fresh());
}

#[test]
fn what_makes_the_machine_another_is_counted() {
    let mut model = booting();
    let mut turns = vec![model.turn];
    model.start();
    assert_eq!(model.turn, turns[0]);
    model.choose(Build::Release);
    turns.push(model.turn);
    model.start();
    turns.push(model.turn);
    model.choose_own(Vec::new());
    turns.push(model.turn);
    assert!(turns.is_sorted_by(|one, next| one < next), "{turns:?}");
}
