//! The power goes while variables are written: afterwards the old or the new value is there, and every
//! other variable. The machine is cloned at each flash operation, not booted anew.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Machine, Stop};
use e2e::firmware::{edited, flash, images, power_on_at_console};
use e2e::random::Random;
use pi::record::layout::Record;
use pi::variable::{Auth, Contents, Store, find, set, stored_name};
use pi::{Guid, record};
use std::collections::BTreeMap;
use trace::{Event, Input, Kind, Level, Output, Silent, Sink};

const PLATFORM: Guid = Guid::new("5E70DA7A-5A5A-4C41-8B53-4D4D4C414200");
const NAMES: [&str; 5] = ["A", "Bc", "Colour", "Drawer", "E"];
const PATIENCE: u64 = 40_000_000;
/// Of a step between two looks.
const STEP: u64 = 150;

type Values = BTreeMap<String, Vec<u8>>;

/// What the machine has said since it was last asked.
#[derive(Default)]
struct Ear {
    console: Vec<u8>,
    log: Vec<u8>,
    records: Vec<u8>,
}

impl Sink for Ear {
    fn level(&self) -> Level {
        Level::Output
    }
    fn event(&mut self, event: Event) {
        match event.kind {
            Kind::Output { to: Output::Serial, byte } => self.console.push(byte),
            Kind::Output { to: Output::Debug402, byte } => self.log.push(byte),
            Kind::Output { to: Output::FirmwareTrace, byte } => self.records.push(byte),
            _ => {}
        }
    }
}

impl Ear {
    /// Flash operations that are over.
    fn operations(&self) -> usize {
        let whole = record::read(&self.records).map_while(Result::ok);
        whole.filter(|one| matches!(one.record, Record::FlashOperation(_))).count()
    }
}

/// Runs to the next prompt; `look` sees the machine after each flash operation and, if it takes long, in its
/// middle.
fn to_prompt(machine: &mut Machine, mut look: impl FnMut(&Machine)) -> Ear {
    let (mut ear, mut done, mut since) = (Ear::default(), 0, machine.time());
    let (start, mut middle) = (machine.instructions(), false);
    while !ear.console.ends_with(b"> ") {
        let had = ear.records.len();
        assert_eq!(machine.run_instructions(STEP, &mut ear), Stop::Limit);
        assert!(machine.instructions() - start < PATIENCE, "{}", String::from_utf8_lossy(&ear.log));
        if ear.records.len() != had {
            let now = ear.operations();
            if now != done {
                (done, since, middle) = (now, machine.time(), false);
                look(machine);
            }
        } else if !middle && machine.time() - since > 20_000 && machine.in_smm(0) {
            middle = true;
            look(machine);
        }
    }
    ear
}

fn at_prompt(image: &[u8]) -> Machine {
    let mut machine = power_on_at_console(Board::Ich9, image);
    to_prompt(&mut machine, |_| ());
    machine
}

/// The variables in force in a store that keeps every rule.
fn values(flash: &[u8]) -> Values {
    let nvram = find(flash, 0).unwrap().unwrap();
    let store: Store = nvram.store(flash).unwrap();
    assert_eq!(store.check(), Ok(()));
    assert_eq!(nvram.settled(flash), Ok(()));
    store.live().map(|one| (one.contents.text().unwrap(), one.contents.data.to_vec())).collect()
}

/// The plug is pulled and put back; what the next boot makes of the flash.
fn after_a_cut(machine: &Machine, image: &[u8]) -> (Values, String) {
    let mut machine = machine.clone();
    machine.touch(Input::PowerCut, &mut Silent);
    let ear = to_prompt(&mut machine, |_| ());
    (values(&flash(&machine, image.len())), String::from_utf8_lossy(&ear.log).into_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random updates; at every `rare`th look, from the `first` on, the power goes.
fn updates(image: &[u8], rounds: usize, first: usize, rare: usize, seed: u64) {
    let mut machine = at_prompt(image);
    let (mut random, mut now, mut cuts, mut seen) = (Random(seed), Values::new(), 0, 0);
    let (mut olds, mut news) = (0, 0);
    for round in 0..rounds {
        let name = random.pick(&NAMES);
        let old = now.clone();
        let command = if old.contains_key(name) && random.below(5) == 0 {
            now.remove(name);
            format!("delvar {name}\r")
        } else {
            let size = 1 + random.below(40);
            let data = random.bytes(size);
            now.insert(name.to_owned(), data.clone());
            format!("setvar {name} 7 {}\r", hex(&data))
        };
        machine.serial_input(command.as_bytes());
        let mut looks = Vec::new();
        to_prompt(&mut machine, |machine| {
            if seen % rare == first {
                looks.push(machine.clone());
            }
            seen += 1;
        });
        for look in looks {
            cuts += 1;
            let (after, log) = after_a_cut(&look, image);
            assert!(after == old || after == now, "round {round}, {command}: {after:?}\n{old:?}\n{now:?}\n{log}");
            olds += usize::from(after == old);
            news += usize::from(after == now);
        }
    }
    println!("{rounds} updates, {cuts} cuts: {olds} times the old value, {news} times the new one");
    assert!(olds > 0 && news > 0);
    assert_eq!(values(&flash(&machine, image.len())), now);
}

#[test]
fn a_cut_in_an_update_leaves_the_old_or_the_new_value_and_the_others() {
    updates(&images().release, 200, 40, 41, 1);
}

#[test]
#[ignore = "soak"]
fn a_cut_at_each_operation_of_200_updates_leaves_the_old_or_the_new_value_and_the_others() {
    const PARTS: usize = 4;
    std::thread::scope(|all| {
        for image in [&images().release, &images().debug] {
            (0..PARTS).for_each(|part| _ = all.spawn(move || updates(image, 200, part, PARTS, 2)));
        }
    });
}

/// A store so full that the next boot reclaims it, and what is in force in it.
fn full(image: &[u8]) -> (Vec<u8>, Values) {
    let mut image = image.to_vec();
    for round in 0..19u8 {
        let nvram = find(&image, 0).unwrap().unwrap();
        let name = stored_name(NAMES[usize::from(round) % 3]);
        let data = vec![round; 0x500];
        let contents = Contents { attributes: 7, auth: Auth::default(), vendor: PLATFORM, name: &name, data: &data };
        set(&mut image, &nvram, &contents).unwrap();
    }
    let there = values(&image);
    assert_eq!(there.len(), 3);
    (image, there)
}

/// The looks at a boot that reclaims.
fn reclaiming(image: &[u8]) -> Vec<Machine> {
    let mut machine = power_on_at_console(Board::Ich9, image);
    let mut looks = Vec::new();
    to_prompt(&mut machine, |machine| looks.push(machine.clone()));
    assert!(looks.len() > 60, "only {} looks", looks.len());
    looks
}

fn reclaim_cut_everywhere(rare: usize) {
    let (image, there) = full(&images().debug);
    let mut said = BTreeMap::new();
    let looks = reclaiming(&image);
    for look in looks.iter().step_by(rare) {
        let (after, log) = after_a_cut(look, &image);
        assert_eq!(after, there, "{log}");
        for line in log.lines().filter(|line| line.starts_with("Ftw: ")) {
            *said.entry(line.to_owned()).or_insert(0) += 1;
        }
    }
    println!("{} looks: {said:?}", looks.len());
    for line in ["Ftw: Restart last write - Success", "Ftw: Init.. find first record not SpareCompleted, abort()"] {
        assert!(said.contains_key(line), "{said:?}");
    }
}

#[test]
fn a_cut_in_a_reclaim_loses_nothing() {
    reclaim_cut_everywhere(5);
}

#[test]
#[ignore = "soak"]
fn a_cut_at_each_operation_of_a_reclaim_loses_nothing() {
    reclaim_cut_everywhere(1);
}

#[test]
fn without_recovery_a_cut_in_a_reclaim_loses_variables() {
    const NO_RECOVERY: &str = r#"{"op": "pcd", "file": "FaultTolerantWriteSmm", "word": "PcdFtwRecovery", "value": 0}"#;
    let (image, there) = full(&edited(&images().release, &[NO_RECOVERY]));
    let lost = reclaiming(&image).into_iter().step_by(5).filter(|look| {
        let mut machine = look.clone();
        machine.touch(Input::PowerCut, &mut Silent);
        to_prompt(&mut machine, |_| ());
        let left = flash(&machine, image.len());
        let nvram = find(&left, 0).unwrap().unwrap();
        let store = nvram.store(&left).unwrap();
        store.live().count() < there.len()
    });
    assert!(lost.count() > 0, "nothing was lost");
}
