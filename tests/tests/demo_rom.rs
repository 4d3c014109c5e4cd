//! The demo ROM on QEMU and on ours: same words, same POST codes; and what its SMIs look like from
//! inside the machine.

use board::{Board, Machine, View};
use demo_rom::{POST_CODES, ROM, symbols};
use e2e::{machine, qemu};
use trace::{CpuReg, Event, Kind, Level, Output, Recorder};

const TSEG: u64 = 0xf0_0000;
const SCRIPT: &[u8] = &[0x42, 0x17, 0x42];
/// Command 42h is the key B.
const KNOWN: u8 = demo_rom::KNOWN_COMMAND;
const UNKNOWN: u8 = b'x';
const BOARDS: [Board; 2] = [Board::Ich9, Board::Qemu];

/// A machine whose OS polls COM1 and is at the top of its idle loop.
fn idle(board: Board) -> Machine {
    let mut machine = machine::power_on(board, ROM, None);
    machine::run_to(&mut machine, symbols::OS_LOOP);
    machine
}

fn instructions(events: &[Event]) -> impl Iterator<Item = (bool, u64)> {
    events.iter().filter_map(|event| match event.kind {
        Kind::Instruction { smm, linear, .. } => Some((smm, linear)),
        _ => None,
    })
}

fn position(events: &[Event], wanted: impl Fn(&Kind) -> bool) -> Option<usize> {
    events.iter().position(|event| wanted(&event.kind))
}

#[test]
fn self_driven_it_says_the_same_on_qemu_and_on_ours() {
    let reference = qemu::run(ROM, Some(SCRIPT));
    let ours = machine::run(&mut machine::power_on(Board::Qemu, ROM, Some(SCRIPT)));
    assert_eq!(ours, reference);
    assert_eq!(reference.post, POST_CODES);
    let answers: Vec<_> = reference.lines().into_iter().filter(|line| line.starts_with("OS: command")).collect();
    assert_eq!(
        answers,
        [
            "OS: command 42h answered, RAX = 000000004F4B0001",
            "OS: command 17h refused, RAX = 8000000000000003 (EFI_UNSUPPORTED)",
            "OS: command 42h answered, RAX = 000000004F4B0003",
        ]
    );
    assert_eq!(reference.lines().last(), Some(&"OS: done"));
}

#[test]
fn the_ich9_board_says_the_same_but_for_the_save_state_revision() {
    let qemu = machine::run(&mut machine::power_on(Board::Qemu, ROM, Some(SCRIPT)));
    let ich9 = machine::run(&mut machine::power_on(Board::Ich9, ROM, Some(SCRIPT)));
    let differences: Vec<_> = qemu.lines().into_iter().zip(ich9.lines()).filter(|(qemu, ich9)| qemu != ich9).collect();
    let [(qemu_line, ich9_line)] = differences[..] else { panic!("{differences:#?}") };
    assert!(qemu_line.ends_with("save-state revision 00020064"), "{qemu_line}");
    assert!(ich9_line.ends_with("save-state revision 00030101"), "{ich9_line}");
    assert_eq!((ich9.post, ich9.exit), (qemu.post, qemu.exit));
}

#[test]
fn two_runs_give_byte_identical_traces() {
    let trace = |board| {
        let mut machine = machine::power_on(board, ROM, Some(SCRIPT));
        let mut tape = Recorder::new(Level::Instructions);
        while let board::Stop::Time = machine.step(&mut tape) {}
        let mut file = Vec::new();
        trace::write_trace(&mut file, &tape.into_events()).unwrap();
        file
    };
    for board in BOARDS {
        assert!(trace(board) == trace(board), "{board:?}");
    }
}

#[test]
fn a_run_without_a_trace_ends_in_the_same_state_as_one_with() {
    for board in BOARDS {
        let mut stepped = machine::power_on(board, ROM, Some(SCRIPT));
        let mut tape = Recorder::new(Level::Instructions);
        while let board::Stop::Time = stepped.step(&mut tape) {}
        let mut free = machine::power_on(board, ROM, Some(SCRIPT));
        machine::run(&mut free);
        assert_eq!((stepped.time(), stepped.state_hash()), (free.time(), free.state_hash()), "{board:?}");
    }
}

#[test]
fn a_key_becomes_an_smi_and_its_answer_comes_back_in_rax() {
    for board in BOARDS {
        for (key, next, rax) in
            [(KNOWN, symbols::OS_ANSWERED, 0x4f4b_0001), (UNKNOWN, symbols::OS_REFUSED, 0x8000_0000_0000_0003)]
        {
            let mut machine = idle(board);
            machine.serial_input(&[key]);
            let events = machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
            assert!(position(&events, |kind| matches!(kind, Kind::SmiTaken { .. })).is_some(), "{board:?}");
            assert_eq!(machine.register(0, CpuReg::Rax), rax, "{board:?}, key {key:02x}");
            assert_eq!(machine.register(0, CpuReg::Rip), u64::from(symbols::OS_RESUMED));
            machine::run_to(&mut machine, next);
        }
    }
}

#[test]
fn an_smi_changes_no_register_of_the_os_but_rax() {
    for board in BOARDS {
        let mut machine = idle(board);
        machine.serial_input(&[KNOWN]);
        machine::run_to(&mut machine, symbols::OS_RAISE);
        let registers = |machine: &Machine| {
            let kept = |reg: &&CpuReg| !matches!(reg, CpuReg::Rax | CpuReg::Rip);
            CpuReg::ALL.iter().filter(kept).map(|reg| (*reg, machine.register(0, *reg))).collect::<Vec<_>>()
        };
        let before = registers(&machine);
        machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
        assert_eq!(registers(&machine), before, "{board:?}");
    }
}

#[test]
fn an_smi_raised_in_smm_is_taken_right_after_rsm() {
    for board in BOARDS {
        let mut machine = idle(board);
        machine.serial_input(&[KNOWN]);
        machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmEntered { .. }));
        machine.serial_input(&[UNKNOWN]);
        let first = machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
        let latched = position(&first, |kind| matches!(kind, Kind::SmiLatched));
        let rsm = position(&first, |kind| matches!(kind, Kind::Rsm { .. }));
        assert!(latched.is_some() && latched < rsm, "{board:?}: latched {latched:?}, RSM {rsm:?}");
        let second = machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmEntered { .. }));
        assert_eq!(instructions(&second).count(), 0, "{board:?}: the OS ran between the two SMIs");
        let rip = |events: &[Event]| {
            events.iter().find_map(|event| match event.kind {
                Kind::SmiTaken { rip, .. } | Kind::SmmLeft { rip, .. } => Some(rip),
                _ => None,
            })
        };
        assert_eq!(rip(&second), Some(u64::from(symbols::OS_RESUMED)), "{board:?}");
        assert_eq!(rip(&first), rip(&second), "{board:?}");
        // The OS asked for 42h only, and gets the answer to that.
        machine::run_to(&mut machine, symbols::OS_RESUMED);
        assert_eq!(machine.register(0, CpuReg::Rax), 0x4f4b_0001, "{board:?}");
    }
}

#[test]
fn eos_is_what_sends_the_second_smi_on_the_ich9_board() {
    let mut machine = idle(Board::Ich9);
    machine.serial_input(&[KNOWN]);
    machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmEntered { .. }));
    machine.serial_input(&[UNKNOWN]);
    let events = machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmiLatched));
    let held = position(&events, |kind| matches!(kind, Kind::SmiRequest { sent: false, .. }));
    let eos = events.iter().rposition(|event| matches!(event.kind, Kind::PortOut { port: 0x630, .. }));
    assert!(held.is_some(), "APM_CNT was written while EOS was 0");
    assert!(held < eos, "request held at event {held:?}, EOS set at {eos:?}");
}

#[test]
fn after_the_lock_the_os_reads_all_ones_where_smm_reads_its_handler() {
    for board in BOARDS {
        let mut machine = idle(board);
        let handler = &ROM[symbols::SMI_HANDLER_IN_ROM as usize..][..16];
        let (mut os, mut smm) = ([0; 16], [0; 16]);
        machine.peek(View::Os, TSEG + u64::from(symbols::SMI_ENTRY_OFFSET), &mut os);
        machine.peek(View::Smm, TSEG + u64::from(symbols::SMI_ENTRY_OFFSET), &mut smm);
        assert_eq!((os, &smm[..]), ([0xff; 16], handler), "{board:?}");
        // And the ROM itself found so.
        let ran = machine::run(&mut machine::power_on(board, ROM, Some(&[])));
        assert!(ran.log.contains("SMRAM before lock at 00F08000: 2E 66 FF 06"), "{}", ran.log);
        assert!(ran.log.contains("SMRAM after lock at 00F08000: FF FF FF FF FF FF FF FF\n"), "{}", ran.log);
        machine.serial_input(&[KNOWN]);
        machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
        machine.peek(View::Os, TSEG + u64::from(symbols::SMI_COUNT_OFFSET), &mut os[..4]);
        machine.peek(View::Smm, TSEG + u64::from(symbols::SMI_COUNT_OFFSET), &mut smm[..4]);
        assert_eq!((&os[..4], &smm[..4]), (&[0xff; 4][..], &[1, 0, 0, 0][..]), "{board:?}");
    }
}

#[test]
fn another_handler_gives_another_answer() {
    let mut rom = ROM.to_vec();
    let at = symbols::SMI_ANSWER_IN_ROM as usize;
    rom[at..at + 4].copy_from_slice(&0x1234_0000u32.to_le_bytes());
    let line = "OS: command 42h answered, RAX = 0000000012340001";
    let ours = machine::run(&mut machine::power_on(Board::Qemu, &rom, Some(&[KNOWN])));
    assert!(ours.lines().contains(&line), "{}", ours.log);
    assert_eq!(ours, qemu::run(&rom, Some(&[KNOWN])));
}

#[test]
fn the_os_keeps_counting_and_answers_on_its_console() {
    for board in BOARDS {
        let mut machine = idle(board);
        let mut counter = [0; 8];
        machine.serial_input(&[KNOWN, UNKNOWN]);
        let mut tape = Recorder::new(Level::Output);
        let until = machine.time() + 1_000_000;
        machine.run_until(until, &mut tape);
        let console = machine::bytes(&tape.into_events(), Output::Serial);
        let console = String::from_utf8_lossy(&console);
        assert!(console.ends_with("42h ok\r\n"), "{board:?}: {console:?}");
        machine.peek(View::Os, u64::from(symbols::OS_COUNTER), &mut counter);
        assert!(u64::from_le_bytes(counter) > 100, "{board:?}: {counter:?}");
    }
}

/// The page animates each instruction: these paths must stay short enough to watch.
#[test]
fn the_paths_that_are_animated_are_short() {
    for board in BOARDS {
        let mut machine = idle(board);
        let lap = {
            machine.step(&mut trace::Silent);
            machine::step_until(&mut machine, |kind| at(kind, symbols::OS_LOOP))
        };
        assert!(instructions(&lap).count() <= 8, "{board:?}: idle loop {}", instructions(&lap).count());
        machine.serial_input(&[KNOWN]);
        let raise = machine::step_until(&mut machine, |kind| at(kind, symbols::OS_RAISE));
        assert!(instructions(&raise).count() <= 8 + 12, "{board:?}: key to OUT {}", instructions(&raise).count());
        let handler = machine::step_until(&mut machine, |kind| matches!(kind, Kind::SmmLeft { .. }));
        let in_smm = instructions(&handler).filter(|(smm, _)| *smm).count();
        assert!((20..=50).contains(&in_smm), "{board:?}: handler {in_smm}");
    }
}

fn at(kind: &Kind, address: u32) -> bool {
    matches!(kind, Kind::Instruction { linear, .. } if *linear == u64::from(address))
}
