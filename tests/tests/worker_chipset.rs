#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
//! The worker's desk and the chipset: touches, time that goes by, and registers at any moment.

use e2e::firmware::images;
use protocol::chipset::{ChipsetView, Held};
use protocol::{Failure, FromWorker, Rest, Said, Surroundings, ToWorker, Touched, decode, encode};
use session::Desk;
use story::{Caption, Flow, Stage, Tape};
use trace::{Input, SmiSource};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;

struct Bench {
    desk: Desk,
    /// Where the machine stands.
    home: u64,
}

impl Bench {
    fn new() -> Bench {
        let mut bench = Bench { desk: Desk::default(), home: 0 };
        let hold = ToWorker::Hold { image: "release".into(), bytes: images().release.clone() };
        bench.desk.answer(hold, &mut |answer| panic!("{answer:?}"));
        let boot = ToWorker::Boot {
            figure: 1,
            image: "release".into(),
            edits: String::new(),
            around: Surroundings::default(),
        };
        let FromWorker::Booted { booted, .. } = bench.ask(boot) else { panic!("no boot") };
        bench.home = booted.home.time;
        bench
    }

    /// The last answer, as it arrives in the page.
    fn ask(&mut self, message: ToWorker) -> FromWorker {
        let mut answers = Vec::new();
        self.desk.answer(decode(&encode(&message)).unwrap(), &mut |answer| answers.push(encode(&answer)));
        decode(answers.last().expect("an answer")).unwrap()
    }

    fn touch(&mut self, input: Option<Input>, wait: u64) -> Touched {
        match self.ask(ToWorker::Touch { figure: 1, at: self.home, input, wait }) {
            FromWorker::Touched { touched, .. } => {
                self.home = touched.home.time;
                *touched
            }
            other => panic!("{other:?}"),
        }
    }

    fn say(&mut self, text: &str) -> Said {
        match self.ask(ToWorker::Say { figure: 1, at: self.home, text: text.into() }) {
            FromWorker::Said { said, .. } => {
                self.home = said.home.time;
                *said
            }
            other => panic!("{other:?}"),
        }
    }

    fn inspect(&mut self, time: u64) -> ChipsetView {
        match self.ask(ToWorker::Inspect { figure: 1, time }) {
            FromWorker::Inspected { chipset, .. } => *chipset,
            other => panic!("{other:?}"),
        }
    }
}

fn told(touched: &Touched) -> (Tape, Flow) {
    let recorded = touched.tape.clone().expect("the hardware did something");
    let tape = Tape::new(recorded.start, recorded.rows);
    let flow = tape.flow(tape.beats().len());
    (tape, flow)
}

fn value(view: &ChipsetView, register: &str, field: &str) -> u64 {
    let register = view.registers.iter().find(|known| known.name == register).unwrap();
    register.fields.iter().find(|known| known.name == field).unwrap().value
}

fn held(view: &ChipsetView, cause: &str) -> Option<Held> {
    view.smi.as_ref().unwrap().causes.iter().find(|known| known.id == cause).unwrap().held
}

/// PM1_EN's upper byte: PWRBTN_EN.
const BUTTON_ON: &str = "out 603 1";
const BUTTON_OFF: &str = "out 603 0";
const PRESS: Option<Input> = Some(Input::PowerButton(true));
const LET_GO: Option<Input> = Some(Input::PowerButton(false));

#[test]
fn a_hand_stops_the_os_between_two_instructions_and_the_way_of_its_smi_is_on_tape() {
    use Stage::*;
    let mut bench = Bench::new();
    bench.say(BUTTON_ON);
    let home = bench.home;
    let touched = bench.touch(PRESS, 0);
    assert!(touched.from > home && touched.taken >= 1);
    let first = touched.asked[0];
    assert_eq!((first.time, first.source, first.sent), (touched.from, SmiSource::Pm1, true));
    let (tape, _) = told(&touched);
    let stages: Vec<_> = tape.visits().iter().map(|visit| visit.stage).collect();
    assert_eq!(stages[..5], [Os, Smi, SaveState, Smram, Rsm]);
    let flow = tape.flow(tape.visits()[1].end - 1);
    assert_eq!(flow.caption, Caption::Asserted(SmiSource::Pm1));
    assert_eq!(flow.os.before.len(), 2, "the OS was at work: {:?}", flow.os.before);
    let then = bench.inspect(touched.from + 1);
    assert_eq!((value(&then, "PM1_STS", "PWRBTN_STS"), value(&then, "SMI_EN", "EOS")), (1, 0));
    assert_eq!(held(&then, "power-button"), Some(Held::NoEos), "all else is open");
}

#[test]
fn a_source_that_is_switched_off_sets_its_status_and_the_os_goes_on() {
    let mut bench = Bench::new();
    bench.say(BUTTON_OFF);
    let touched = bench.touch(PRESS, 100 * MS);
    assert_eq!((touched.asked.len(), touched.taken, touched.rest), (0, 0, Rest::Os));
    let (tape, flow) = told(&touched);
    assert!(tape.visits().iter().all(|visit| visit.stage == Stage::Os));
    assert_eq!(flow.caption, Caption::Touched(Input::PowerButton(true)));
    let home = bench.home;
    let now = bench.inspect(home);
    assert_eq!(value(&now, "PM1_STS", "PWRBTN_STS"), 1);
    assert_eq!(held(&now, "power-button"), Some(Held::Disabled));
    assert_eq!(bench.touch(LET_GO, 0).rest, Rest::Os);
    assert!(bench.say("smi 41").answer.ends_with("EFI_SUCCESS"));
}

#[test]
fn a_step_taken_back_never_was_and_done_again_is_the_same() {
    let mut bench = Bench::new();
    let (prompt, before) = (bench.home, bench.say("smi 41"));
    for input in [PRESS, Some(Input::Thermal(true)), Some(Input::Gpio { pin: 3, high: true }), None] {
        bench.home = prompt;
        let once = bench.touch(input, 3 * MS);
        let home = bench.home;
        let FromWorker::At { moment, .. } = bench.ask(ToWorker::Seek { figure: 1, time: home }) else { panic!() };
        assert_eq!(moment, once.home, "{input:?}");
        bench.home = prompt;
        assert_eq!(bench.touch(input, 3 * MS), once, "{input:?}");
    }
    bench.home = prompt;
    assert_eq!(bench.say("smi 41"), before);
}

#[test]
fn held_for_four_seconds_the_button_switches_off_and_pressed_again_on() {
    let mut bench = Bench::new();
    bench.say(BUTTON_OFF);
    let touched = bench.touch(PRESS, 4 * SECOND + MS);
    assert_eq!(touched.rest, Rest::Off(7));
    assert_eq!(bench.touch(LET_GO, 0).rest, Rest::Off(7), "nobody has pressed it again");
    let home = bench.home;
    let off = bench.inspect(home);
    assert_eq!(value(&off, "PM1_STS", "PRBTNOR_STS"), 1);
    let on = bench.touch(PRESS, 0);
    assert_eq!((on.rest, on.tape), (Rest::Os, None), "it has booted");
    assert!(bench.say("help").answer.ends_with("EFI_SUCCESS"));
}

#[test]
fn seconds_go_by_in_a_moment_and_what_a_timer_does_then_is_on_tape() {
    let mut bench = Bench::new();
    // The watchdog is let go and loaded; 4 ticks of 0.6 s.
    bench.say("out 669 0");
    let started = bench.say("out 660 1").home.time;
    let touched = bench.touch(None, 3 * SECOND);
    assert!(touched.home.time >= started + 2 * SECOND);
    let asked = touched.asked.iter().find(|asked| asked.source == SmiSource::Tco).expect("the watchdog asks");
    let (tape, _) = told(&touched);
    assert!(tape.rows().len() < 20_000 && tape.rows().iter().any(|row| row.event.time == asked.time));
    let then = bench.inspect(asked.time + 1);
    assert_eq!(value(&then, "TCO1_STS", "TIMEOUT"), 1);
}

#[test]
fn nothing_is_touched_or_seen_where_no_machine_is() {
    let mut desk = Desk::default();
    let mut answers = Vec::new();
    for message in
        [ToWorker::Touch { figure: 7, at: 0, input: None, wait: 0 }, ToWorker::Inspect { figure: 7, time: 0 }]
    {
        desk.answer(message, &mut |answer| answers.push(answer));
    }
    let closed = FromWorker::Failed { figure: 7, failure: Failure::Closed };
    assert_eq!(answers, [closed.clone(), closed]);
}
