//! The demo ROM's story, told from what the machine really did.

use demo_rom::{KNOWN_COMMAND, ROM, symbols};
use session::Session;
use story::{Caption, FieldState, Player, SHOWN, Stage, Tape};
use trace::{CpuReg, SaveField};

fn open() -> (Session, protocol::Opened) {
    Session::open(ROM.to_vec(), |_| {}).expect("the demo ROM boots")
}

fn record(command: u8) -> (Session, Tape, u64) {
    let (mut session, opened) = open();
    let (start, rows, end) = session.record(opened.home.time, command);
    (session, Tape::new(start, rows), end)
}

fn stages(tape: &Tape) -> Vec<Stage> {
    tape.visits().iter().map(|v| v.stage).collect()
}

#[test]
fn the_known_command_goes_there_and_back_and_is_answered() {
    use Stage::*;
    let (_, tape, _) = record(KNOWN_COMMAND);
    assert_eq!(stages(&tape), [Os, Smi, SaveState, Smram, Rsm, Os]);
    let end = tape.flow(tape.beats().len());
    assert_eq!(end.caption, Caption::Returned);
    assert_eq!(end.command, Some(KNOWN_COMMAND));
    assert_eq!(end.answer.map(|a| a >> 63), Some(0));
}

#[test]
fn an_unknown_command_is_refused_with_an_efi_error_in_the_saved_rax() {
    let (_, tape, _) = record(0x17);
    let end = tape.flow(tape.beats().len());
    assert_eq!(end.answer.and_then(story::efi_status), Some("EFI_UNSUPPORTED"));
    let rax = end.save.get(SaveField::Rax).unwrap();
    assert_eq!((rax.state, rax.by_handler), (FieldState::Restored, true));
}

#[test]
fn a_changed_handler_changes_the_story() {
    let mut rom = ROM.to_vec();
    rom[symbols::SMI_ANSWER_IN_ROM as usize] ^= 0x20;
    let (mut session, opened) = Session::open(rom, |_| {}).unwrap();
    let (start, rows, _) = session.record(opened.home.time, KNOWN_COMMAND);
    let tape = Tape::new(start, rows);
    let (_, ours, _) = record(KNOWN_COMMAND);
    assert_ne!(tape.flow(tape.beats().len()).answer, ours.flow(ours.beats().len()).answer);
}

#[test]
fn the_os_reads_the_handler_before_the_lock_and_all_ones_after_it() {
    let (_, opened) = open();
    let smram = opened.smram;
    let (before, after) = (smram.before.unwrap(), smram.after.unwrap());
    assert_eq!(before.os, before.smm);
    assert!(after.os.iter().all(|b| *b == 0xff));
    assert_eq!(after.smm, before.smm);
    assert!(before.time < after.time);
    let handler = &ROM[symbols::SMI_HANDLER_IN_ROM as usize..][..16];
    assert_eq!(before.os, handler);
}

#[test]
fn the_registers_told_are_the_registers_of_the_machine() {
    let (mut session, tape, end) = record(KNOWN_COMMAND);
    for (beat, time) in boundaries(&tape, end) {
        let (told, real) = (tape.flow(beat), session.seek(time));
        for (reg, value) in real.registers.iter().filter(|(r, _)| SHOWN.contains(r) && *r != CpuReg::Rip) {
            assert_eq!(told.registers.get(*reg), Some(*value), "{} after beat {beat}", reg.name());
        }
    }
}

/// Beats after which the machine stands between two instructions, and when.
fn boundaries(tape: &Tape, end: u64) -> Vec<(usize, u64)> {
    let rows = tape.rows();
    let whole = |b: &story::Beat| rows.get(b.end).is_none_or(|next| next.event.time > rows[b.end - 1].event.time);
    let beats = tape.beats().iter().enumerate().filter(|(_, b)| whole(b));
    beats.map(|(i, _)| (i, tape.moment(i, end))).collect()
}

#[test]
fn going_back_gives_the_hash_of_then() {
    let (mut session, opened) = open();
    let (start, rows, end) = session.record(opened.home.time, KNOWN_COMMAND);
    let middle = rows[rows.len() / 2].event.time;
    let then = session.seek(middle);
    let later = session.seek(end);
    assert_ne!(then.hash, later.hash);
    assert_eq!(session.seek(middle), then);
    assert_eq!(session.seek(start.time).hash, start.hash);
}

#[test]
fn a_key_during_the_handler_is_latched_and_taken_right_after_rsm() {
    use Stage::*;
    let (mut session, tape, end) = record(KNOWN_COMMAND);
    let mut player = Player::new(tape, end);
    let handler = player.tape().visits()[3].first;
    let row = player.tape().beats()[handler + 3].first;
    player.to_row(row);
    let (shown, flow) = (player.row(), player.flow().clone());
    let (from, rows, end) = session.insert(player.boundary(), 0x17);
    let other = player.tape().replaced_from(from, rows);
    player.replace(other, end);
    assert_eq!((player.row(), player.flow()), (shown, &flow), "the present stays");
    assert_eq!(stages(player.tape()), [Os, Smi, SaveState, Smram, Rsm, Smi, SaveState, Smram, Rsm, Os]);
    let flows: Vec<_> = (0..player.tape().beats().len()).map(|b| player.tape().flow(b)).collect();
    assert!(flows.iter().any(|f| f.latched && f.caption == Caption::Latched));
    let last = flows.last().unwrap();
    assert_eq!((last.taken, last.os.witness.unwrap().between), (2, 0));
}

#[test]
fn one_smi_lasts_about_seven_seconds_on_the_screen() {
    let (_, tape, _) = record(KNOWN_COMMAND);
    assert!((5000.0..9000.0).contains(&tape.length()), "{}", tape.length());
}

#[test]
fn a_rom_that_ends_says_how() {
    let rom = vec![0xf4; 64 << 10]; // HLT
    let failure = Session::open(rom, |_| {}).err();
    assert!(matches!(failure, Some(protocol::Failure::Ended { how: protocol::Ending::Halted, .. })), "{failure:?}");
    assert!(matches!(Session::open(vec![0; 1000], |_| {}), Err(protocol::Failure::Rom(_))));
}
