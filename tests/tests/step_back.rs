#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
//! Time travel on the firmware's machine: any past moment is the one that was.

use board::{Board, Config, Machine};
use e2e::firmware::images;
use lab::{Bench, say};
use session::Session;
use trace::Silent;

const POINTS: usize = 200;

/// Marsaglia's xorshift: the same points in each run.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn a_step_back_returns_the_earlier_state_from_anywhere_in_a_boot_and_its_commands() {
    let image = &images().debug;
    let mut bench = Bench::default();
    bench.hold("debug", image.clone());
    let firmware = bench.boot("debug", &[], &mut |_| {}).unwrap().firmware;
    let home = firmware.history.machine().time();
    let mut session = Session::of(firmware);
    let said = session.say(home, "smi 43");
    assert_eq!(said.answer, "smi 0x43: EFI_SUCCESS");
    let end = said.home.time;

    // A machine without a history goes the same way once; half of the points lie in the command.
    let mut seed = 0x5eed_0001;
    let command = said.tape.unwrap();
    let mut times: Vec<u64> = (0..POINTS)
        .map(|nth| match nth % 2 {
            0 => random(&mut seed) % end,
            _ => {
                command.start.time + random(&mut seed) % (command.rows.last().unwrap().event.time - command.start.time)
            }
        })
        .collect();
    times.sort_unstable();
    let mut machine = Machine::new(&Config { board: Board::Ich9, bios: image.clone(), ..Config::default() }).unwrap();
    let mut reference: Vec<(u64, u64)> = Vec::new();
    let mut typed = false;
    for time in &times {
        if !typed && *time > home {
            machine.run_until(home, &mut Silent);
            machine.serial_input(b"smi 43\r");
            typed = true;
        }
        machine.run_until(*time, &mut Silent);
        reference.push((machine.time(), machine.state_hash()));
    }
    // In random order, each with a step forward in between.
    for _ in 0..POINTS {
        let nth = random(&mut seed) as usize % POINTS;
        let here = session.seek(times[nth]);
        assert_eq!((here.time, here.hash), reference[nth], "at {} ns", times[nth]);
        let next = session.seek(here.time + 1);
        assert!(next.time > here.time && next.hash != here.hash);
        assert_eq!(session.seek(here.time), here, "a step back from {} ns", next.time);
    }
    assert_eq!(session.seek(end).hash, said.home.hash);
    let again = say(&mut machine.clone(), "help");
    assert!(again.answer.contains("smi VALUE"));
}
