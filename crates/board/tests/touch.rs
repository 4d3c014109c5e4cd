//! Touches of the board: they are logged, come again in replay, and switch the machine off and on.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Agent, Config, Given, History, Machine, Stop};
use trace::{Input, Kind, Level, Recorder, ResetKind, Silent};

const SECOND: u64 = 1_000_000_000;

/// Runs `jmp $` from the reset vector on; PMBASE at 600h, the watchdog halted.
fn machine() -> Machine {
    let mut bios = vec![0xf4; 64 << 10];
    bios[0xfff0..0xfff2].copy_from_slice(&[0xeb, 0xfe]);
    let mut machine = Machine::new(&Config { bios, ..Config::default() }).unwrap();
    let writes =
        [(0xcf8, 4, 0x8000_f840), (0xcfc, 4, 0x601), (0xcf8, 4, 0x8000_f844), (0xcfc, 1, 0x80), (0x668, 2, 0x800)];
    for (port, size, value) in writes {
        machine.port_out(Agent::OS, port, size, value, &mut Silent);
    }
    machine
}

#[test]
fn a_touch_is_logged_and_comes_again_when_the_past_is_run_anew() {
    let mut history = History::new(machine());
    history.run_until(200_000, &mut Silent);
    let mut tape = Recorder::new(Level::Events);
    history.touch(Input::Thermal(true), &mut tape);
    assert!(matches!(tape.into_events()[0].kind, Kind::Touched { input: Input::Thermal(true) }));
    history.run_until(500_000, &mut Silent);
    let hash = history.machine().state_hash();
    history.seek(100_000);
    let mut tape = Recorder::new(Level::Events);
    history.run_until(500_000, &mut tape);
    assert_eq!(history.machine().state_hash(), hash);
    assert!(tape.into_events().iter().any(|event| matches!(event.kind, Kind::Touched { .. })), "heard again");
    assert_eq!(history.inputs(), [(200_000, Given::Touched(Input::Thermal(true)))]);
}

#[test]
fn held_for_four_seconds_the_button_switches_off_and_pressed_again_on() {
    let mut bios = vec![0xf4; 64 << 10];
    bios[0xfff0..0xfff2].copy_from_slice(&[0xfa, 0xf4]);
    let mut halted = Machine::new(&Config { bios, ..Config::default() }).unwrap();
    halted.touch(Input::PowerButton(true), &mut Silent);
    let mut tape = Recorder::new(Level::Events);
    assert_eq!(halted.run_until(5 * SECOND, &mut tape), Stop::Off);
    assert_eq!(halted.asleep(), Some(7));
    let slept = tape.into_events().into_iter().find(|event| matches!(event.kind, Kind::Asleep { .. })).unwrap();
    assert_eq!(slept.time, 4 * SECOND);
    halted.touch(Input::PowerButton(false), &mut Silent);
    assert_eq!(halted.run_until(6 * SECOND, &mut Silent), Stop::Off);
    let mut tape = Recorder::new(Level::Events);
    halted.touch(Input::PowerButton(true), &mut tape);
    assert!(tape.into_events().iter().any(|event| event.kind == Kind::Reset { kind: ResetKind::Power }));
    assert_eq!(halted.asleep(), None);
    let before = halted.instructions();
    halted.run_until(halted.time() + 1000, &mut Silent);
    assert!(halted.instructions() > before, "it runs from the reset vector again");
}

#[test]
fn s3_keeps_ram_and_s5_does_not() {
    for (slp_typ, kept) in [(5, true), (7, false)] {
        let mut machine = machine();
        machine.write_memory(Agent::OS, 0x5000, 4, 0x1234_5678, &mut Silent);
        machine.port_out(Agent::OS, 0x604, 2, slp_typ << 10 | 0x2000, &mut Silent);
        assert_eq!(machine.run_until(1000, &mut Silent), Stop::Off);
        machine.touch(Input::PowerButton(true), &mut Silent);
        assert_eq!(machine.read_memory(Agent::OS, 0x5000, 4, &mut Silent) == 0x1234_5678, kept);
        assert_eq!(machine.run_instructions(10, &mut Silent), Stop::Limit);
    }
}

#[test]
fn an_interrupt_of_the_8259_wakes_the_first_processor() {
    // Local APIC off, as its LINT0 is masked out of reset; sti; hlt; out 80h, al; jmp $, with the timer's vector
    // 20h at 0:80h pointing to an IRET at F000:FF00.
    let mut bios = vec![0xf4; 64 << 10];
    bios[0xff00] = 0xcf;
    let code: [u8; 23] = [
        0x66, 0xb9, 0x1b, 0, 0, 0, 0x66, 0xb8, 0, 0, 0xe0, 0xfe, 0x66, 0x31, 0xd2, 0x0f, 0x30, // wrmsr
        0xfb, 0xf4, 0xe6, 0x80, 0xeb, 0xfe,
    ];
    bios[0xff80..0xff97].copy_from_slice(&code);
    bios[0xfff0..0xfff3].copy_from_slice(&[0xe9, 0x8d, 0xff]);
    let mut machine = Machine::new(&Config { bios, ..Config::default() }).unwrap();
    machine.write_memory(Agent::OS, 0x80, 4, 0xf000_ff00, &mut Silent);
    let bytes = [(0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0x21, 0xfe), (0x43, 0x30), (0x40, 0xe8), (0x40, 3)];
    for (port, value) in bytes {
        machine.port_out(Agent::OS, port, 1, value, &mut Silent);
    }
    let mut tape = Recorder::new(Level::Events);
    machine.run_until(SECOND / 100, &mut tape);
    let events = tape.into_events();
    let taken =
        events.iter().find(|event| matches!(event.kind, Kind::Interrupt { vector: 0x20 })).expect("the interrupt");
    assert_eq!(taken.time, 838_096, "1000 ticks of the 8254");
    assert!(events.iter().any(|event| matches!(event.kind, Kind::Output { to: trace::Output::Post, .. })));
}

/// LINT0 out of reset is masked (SDM vol. 3, "Local APIC State After Power-Up or Reset").
#[test]
fn an_interrupt_of_the_8259_waits_for_firmware_to_open_lint0() {
    let mut bios = vec![0xf4; 64 << 10];
    bios[0xfff0..0xfff6].copy_from_slice(&[0xfb, 0xf4, 0xe6, 0x80, 0xeb, 0xfe]);
    let mut machine = Machine::new(&Config { bios, ..Config::default() }).unwrap();
    for (port, value) in
        [(0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0x21, 0xfe), (0x43, 0x30), (0x40, 9), (0x40, 0)]
    {
        machine.port_out(Agent::OS, port, 1, value, &mut Silent);
    }
    let mut tape = Recorder::new(Level::Events);
    machine.run_until(SECOND / 100, &mut tape);
    assert!(!tape.into_events().iter().any(|event| matches!(event.kind, Kind::Interrupt { .. })));
}
