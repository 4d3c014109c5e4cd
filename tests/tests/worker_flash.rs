#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
//! The worker's desk and the serial flash: its contents and guards at any moment, and power cuts.

use e2e::firmware::images;
use pi::variable::{Store, find};
use protocol::{Cut, CutAt, FlashView, FromWorker, Outcome, Surroundings, ToWorker, decode, encode};
use session::Desk;
use trace::{Event, FlashGuard, FlashWork, Kind};

struct Bench {
    desk: Desk,
    /// Where the machine stands.
    home: u64,
    flash: Vec<Event>,
}

impl Bench {
    fn new(edits: &str) -> Bench {
        let mut bench = Bench { desk: Desk::default(), home: 0, flash: Vec::new() };
        let hold = ToWorker::Hold { image: "debug".into(), bytes: images().debug.clone() };
        bench.desk.answer(hold, &mut |answer| panic!("{answer:?}"));
        let boot =
            ToWorker::Boot { figure: 1, image: "debug".into(), edits: edits.into(), around: Surroundings::default() };
        let FromWorker::Booted { booted, .. } = bench.ask(boot) else { panic!("no boot") };
        bench.home = booted.home.time;
        bench.flash = booted.chronicle.flash;
        bench
    }

    /// The last answer, as it arrives in the page.
    fn ask(&mut self, message: ToWorker) -> FromWorker {
        let mut answers = Vec::new();
        self.desk.answer(decode(&encode(&message)).unwrap(), &mut |answer| answers.push(encode(&answer)));
        decode(answers.last().expect("an answer")).unwrap()
    }

    fn say(&mut self, text: &str) -> String {
        match self.ask(ToWorker::Say { figure: 1, at: self.home, text: text.into() }) {
            FromWorker::Said { said, .. } => {
                self.home = said.home.time;
                self.flash = said.chronicle.flash.clone();
                said.answer
            }
            other => panic!("{other:?}"),
        }
    }

    fn cut(&mut self, command: Option<(&str, u32, u8)>) -> Cut {
        let command = command.map(|(text, operation, done)| (text.to_owned(), CutAt { operation, done }));
        match self.ask(ToWorker::Cut { figure: 1, at: self.home, command }) {
            FromWorker::Cut { cut, .. } => {
                self.home = cut.home.time;
                *cut
            }
            other => panic!("{other:?}"),
        }
    }

    fn flash(&mut self, time: u64) -> FlashView {
        match self.ask(ToWorker::Flash { figure: 1, time }) {
            FromWorker::Flash { flash, .. } => *flash,
            other => panic!("{other:?}"),
        }
    }

    fn value(&mut self, name: &str) -> Option<Vec<u8>> {
        let view = self.flash(self.home);
        let nvram = view.nvram.unwrap().1;
        let store: Store = find(&nvram, 0).unwrap().unwrap().store(&nvram).unwrap();
        assert_eq!(store.check(), Ok(()));
        let found = store.live().find(|one| one.contents.text().as_deref() == Ok(name));
        found.map(|one| one.contents.data.to_vec())
    }
}

/// The bytes of the store change as the command says, SMM writes them, and a moment before is as it was.
#[test]
fn a_command_changes_the_store_and_its_operations_are_told() {
    let mut bench = Bench::new("");
    let before = bench.home;
    assert_eq!(bench.say("setvar Demo 7 c0ffee"), "setvar Demo: EFI_SUCCESS");
    let programs: Vec<_> = bench.flash.iter().filter(|event| matches!(event.kind, Kind::Flash { .. })).collect();
    assert!(programs.len() >= 4, "header, its state, name and data, the record's state: {programs:?}");
    for event in programs {
        let Kind::Flash { work, at, until, smm, .. } = event.kind else { unreachable!() };
        assert!(work == FlashWork::Program && smm && until > event.time);
        assert!((0x10_0000..0x11_0000).contains(&at), "{at:x}");
    }
    assert_eq!(bench.value("Demo"), Some(vec![0xc0, 0xff, 0xee]));
    let view = bench.flash(before);
    let nvram = view.nvram.unwrap();
    assert_eq!(nvram.0, view.window);
    assert!(!nvram.1.windows(3).any(|bytes| bytes == [0xc0, 0xff, 0xee]), "not there yet");
}

/// The guards that the firmware has set are those that refuse.
#[test]
fn each_stretch_names_who_protects_it_and_a_write_of_the_os_is_refused_by_them() {
    let mut bench = Bench::new("");
    let view = bench.flash(bench.home);
    let at = |offset: u32| view.stretches.iter().find(|one| (one.from..one.from + one.len).contains(&offset)).unwrap();
    let (nvram, code) = (at(view.window), at(view.size - 1));
    assert_eq!((&nvram.os[..], &nvram.smm[..]), (&[FlashGuard::Bioswe, FlashGuard::SmmBwp][..], &[][..]));
    assert_eq!(code.os, [FlashGuard::ProtectedRange(0), FlashGuard::Bioswe, FlashGuard::SmmBwp]);
    assert_eq!(code.smm, [FlashGuard::ProtectedRange(0)]);
    assert_eq!(at(0).smm, [FlashGuard::Region(0)], "the descriptor");
    assert_eq!(view.stretches.iter().map(|one| one.len).sum::<u32>(), view.size);
    // FADDR, then HSFC with FCYCLE = write, FGO; PR0 while FLOCKDN holds it.
    bench.say("poke fed1f808 100000");
    bench.say("poke fed1f804 0005e003");
    let refused = |event: &Event| match &event.kind {
        Kind::FlashRefused { work, by, smm: false, .. } => Some((*work, by.clone())),
        _ => None,
    };
    let program = (FlashWork::Program, vec![FlashGuard::Bioswe, FlashGuard::SmmBwp]);
    assert_eq!(bench.flash.iter().filter_map(refused).collect::<Vec<_>>(), [program]);
    bench.say("poke fed1f874 0");
    let register = (FlashWork::Register, vec![FlashGuard::Flockdn]);
    assert_eq!(bench.flash.iter().filter_map(refused).collect::<Vec<_>>(), [register]);
}

/// Wherever power goes, the old or the new value is there at the next boot; and it can be taken back.
#[test]
fn power_is_cut_at_each_operation_and_the_old_or_the_new_value_is_there() {
    let mut bench = Bench::new("");
    bench.say("setvar Demo 7 11");
    let home = bench.home;
    let (mut old, mut new) = (0, 0);
    for operation in 1.. {
        bench.home = home;
        let cut = bench.cut(Some(("setvar Demo 7 22", operation, 128)));
        assert_eq!(cut.chronicle.outcome, Outcome::Prompt);
        let Some(time) = cut.time else { break };
        assert!(time > home && time < bench.home);
        let Kind::Flash { until, .. } = cut.chronicle.flash.iter().rfind(|event| event.time < time).unwrap().kind
        else {
            panic!("the last one before the cut was under way")
        };
        assert!(time < until);
        match bench.value("Demo").as_deref() {
            Some([0x11]) => old += 1,
            Some([0x22]) => new += 1,
            other => panic!("operation {operation}: {other:x?}"),
        }
    }
    assert!(old >= 2 && new >= 1, "{old} {new}");
    bench.home = home;
    assert!(bench.cut(None).time.is_some());
    assert_eq!(bench.say("getvar Demo"), "getvar Demo: EFI_SUCCESS 0x7 11");
}

#[test]
fn setup_takes_commands_from_the_console_and_its_setting_sticks() {
    let mut bench = Bench::new("");
    assert!(bench.say("setup").contains("Network stack"), "Setup's form");
    bench.say("1 3");
    assert!(bench.say("exit").contains("Saved"));
    assert!(bench.say("getvar SetupData").starts_with("getvar SetupData: EFI_SUCCESS 0x7 03"));
    assert_eq!(bench.value("SetupData").unwrap()[0], 3);
    // BDS waits three seconds now, and takes a key that is held.
    bench.say("reboot");
    assert_eq!(bench.say("getvar Nothing"), "getvar Nothing: EFI_NOT_FOUND");
    assert!(bench.say("reboot\u{7f}").contains("Network stack"), "Setup's form");
}
