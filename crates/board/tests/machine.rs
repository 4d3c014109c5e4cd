//! The machine as a value: clones, time travel, state hash, input log.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, Config, History, Machine, Stop, View};
use trace::{CpuReg, Level, Recorder, Silent};

fn demo(board: Board) -> Machine {
    Machine::new(&Config { board, bios: demo_rom::ROM.to_vec(), ..Config::default() }).unwrap()
}

/// Booted, the OS polls COM1.
fn booted(board: Board) -> Machine {
    let mut m = demo(board);
    let idle = u64::from(demo_rom::symbols::OS_LOOP);
    while m.register(0, CpuReg::Rip) != idle {
        assert_eq!(m.run_instructions(1, &mut Silent), Stop::Limit);
        assert!(m.instructions() < 1_000_000, "the demo ROM boots");
    }
    m
}

#[test]
fn a_clone_goes_its_own_way_and_the_same_way() {
    let mut a = booted(Board::Ich9);
    let mut b = a.clone();
    assert_eq!(a.state_hash(), b.state_hash());
    a.serial_input(b"B");
    a.run_instructions(500, &mut Silent);
    assert_ne!(a.state_hash(), b.state_hash());
    b.serial_input(b"B");
    b.run_instructions(500, &mut Silent);
    assert_eq!(a.state_hash(), b.state_hash());
}

#[test]
fn running_in_pieces_equals_running_at_once() {
    for board in [Board::Ich9, Board::Qemu] {
        let mut whole = demo(board);
        whole.run_until(100_000, &mut Silent);
        let mut pieces = demo(board);
        for t in (0..=100_000).step_by(777).chain([100_000]) {
            pieces.run_until(t, &mut Silent);
        }
        // PAUSE may carry a piece's end beyond its time: compare at a common later moment.
        whole.run_until(200_000, &mut Silent);
        pieces.run_until(200_000, &mut Silent);
        assert_eq!(whole.time(), pieces.time());
        assert_eq!(whole.state_hash(), pieces.state_hash());
    }
}

#[test]
fn stepping_with_all_events_leads_to_the_state_of_a_silent_run() {
    let mut silent = booted(Board::Ich9);
    silent.serial_input(b"B");
    let mut stepped = silent.clone();
    let mut recorder = Recorder::new(Level::Instructions);
    while stepped.instructions() < silent.instructions() + 300 {
        stepped.step(&mut recorder);
    }
    let n = stepped.instructions() - silent.instructions();
    silent.run_instructions(n, &mut Silent);
    // The step tier takes an SMI as a step of its own and so may stand before or behind it.
    silent.run_instructions(40, &mut Silent);
    stepped.run_instructions(40, &mut Silent);
    assert_eq!(silent.state_hash(), stepped.state_hash());
}

#[test]
fn two_runs_of_one_rom_give_byte_identical_traces() {
    let trace = |board| {
        let mut m = demo(board);
        m.serial_input(&[0x42, 0x17]);
        let mut recorder = Recorder::new(Level::Events);
        m.run_until(300_000, &mut recorder);
        let mut bytes = Vec::new();
        trace::write_trace(&mut bytes, &recorder.into_events()).unwrap();
        bytes
    };
    for board in [Board::Ich9, Board::Qemu] {
        let first = trace(board);
        assert!(first.len() > 10_000);
        assert!(first == trace(board));
    }
}

#[test]
fn seeking_back_returns_the_earlier_state_hash_from_anywhere() {
    let mut history = History::new(booted(Board::Ich9));
    let start = history.machine().time();
    let mut moments = Vec::new();
    for round in 0..40u64 {
        if round % 5 == 0 {
            history.serial_input(&[0x42 + (round % 3) as u8]);
        }
        history.run_until(start + (round + 1) * 33_333, &mut Silent);
        moments.push((history.machine().time(), history.machine().state_hash()));
    }
    let mut at = 7usize;
    for _ in 0..60 {
        at = (at * 31 + 17) % moments.len();
        let (time, hash) = moments[at];
        history.seek(time);
        assert_eq!((history.machine().time(), history.machine().state_hash()), (time, hash));
    }
}

#[test]
fn typing_in_the_past_replaces_the_future() {
    let mut history = History::new(booted(Board::Ich9));
    let start = history.machine().time();
    history.run_until(start + 20_000, &mut Silent);
    let fork = history.machine().time();
    history.serial_input(&[0x42]);
    history.run_until(fork + 50_000, &mut Silent);
    let first = history.machine().state_hash();
    history.seek(fork);
    history.serial_input(&[0x17]);
    history.run_until(fork + 50_000, &mut Silent);
    assert_ne!(history.machine().state_hash(), first);
    assert_eq!(history.inputs().len(), 1);
}

#[test]
fn after_the_lock_the_os_reads_all_ones_where_smm_reads_the_handler() {
    let m = booted(Board::Ich9);
    let at = m.register(0, CpuReg::Smbase) + 0x8000;
    let read = |view| {
        let mut bytes = [0; 16];
        m.peek(view, at, &mut bytes);
        bytes
    };
    assert_eq!(read(View::Os), [0xff; 16]);
    let handler = demo_rom::symbols::SMI_HANDLER_IN_ROM as usize;
    assert_eq!(read(View::Smm), demo_rom::ROM[handler..handler + 16]);
}

#[test]
fn a_rom_of_halts_halts_and_a_rom_of_nothing_shuts_down() {
    let rom = |code: &[u8]| {
        let mut bios = vec![0xf4; 64 << 10];
        bios[0xfff0..0xfff0 + code.len()].copy_from_slice(code);
        Machine::new(&Config { bios, ..Config::default() }).unwrap()
    };
    assert_eq!(rom(&[0xfa, 0xf4]).run_instructions(100, &mut Silent), Stop::Halted);
    // lidt [cs:…] of a zero limit, then UD2.
    let mut m = rom(&[0x2e, 0x0f, 0x01, 0x1e, 0x00, 0x00, 0x0f, 0x0b]);
    let stop = m.run_instructions(100, &mut Silent);
    assert!(matches!(stop, Stop::Shutdown | Stop::Limit), "{stop:?}");
    // mov al, 5; out F4h, al
    assert_eq!(rom(&[0xb0, 0x05, 0xe6, 0xf4]).run_instructions(100, &mut Silent), Stop::Exit(5));
}

#[test]
fn poke_changes_ram_and_the_code_in_it_but_not_what_this_world_may_not_write() {
    let mut m = booted(Board::Ich9);
    let smram = 0xf0_8000;
    let peek = |m: &Machine, view, at| {
        let mut byte = [0];
        m.peek(view, at, &mut byte);
        byte[0]
    };
    let before = peek(&m, View::Smm, smram);
    m.poke(View::Os, smram, &[!before]);
    m.poke(View::Os, 0xffff_fff0, &[0]);
    assert_eq!(peek(&m, View::Smm, smram), before);
    // Round the end of the address space.
    let mut bytes = [0; 3];
    m.poke(View::Os, u64::MAX, &[0x5a; 3]);
    m.peek(View::Os, u64::MAX, &mut bytes);
    assert_eq!(bytes, [0xff, 0x5a, 0x5a]);
    // The code that the processor was about to run, and has run before: a jump to itself.
    let rip = m.register(0, CpuReg::Rip);
    m.poke(View::Os, rip, &[0xeb, 0xfe]);
    m.run_instructions(100, &mut Silent);
    assert_eq!(m.register(0, CpuReg::Rip), rip);
}

#[test]
fn code_that_a_bus_master_overwrites_runs_as_it_is_then() {
    const CODE: u64 = 0x1000;
    let mut rom = vec![0; 64 << 10];
    // jmp 0:1000h
    rom[0xfff0..0xfff5].copy_from_slice(&[0xea, 0, 0x10, 0, 0]);
    let code = [
        &[0xe8, 0xfd, 0x0f][..],                                             // call 2000h
        &[0x66, 0x31, 0xc0, 0xba, 0x14, 0x05, 0x66, 0xef, 0xba, 0x18, 0x05], // fw_cfg's DMA address, high half
        &[0x66, 0xb8, 0, 0, 0x30, 0, 0x66, 0xef],                            // low half: 3000h
        &[0x66, 0xb8, 0, 0, 0x30, 0x10, 0x66, 0xef],                         // 3010h
        &[0xe8, 0xdf, 0x0f, 0xf4],                                           // call 2000h; hlt
    ]
    .concat();
    for board in [Board::Ich9, Board::Qemu] {
        let mut m = Machine::new(&Config { board, bios: rom.clone(), ..Config::default() }).unwrap();
        m.poke(View::Os, CODE, &code);
        // inc cx; ret
        m.poke(View::Os, 0x2000, &[0x41, 0xc3]);
        // Skip a byte of the signature, "QEMU"; read one to 2000h: inc bp.
        m.poke(View::Os, 0x3000, &[0, 0, 0, 0xc, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        m.poke(View::Os, 0x3010, &[0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x20, 0]);
        m.run_until(10_000, &mut Silent);
        let [cx, bp] = [CpuReg::Rcx, CpuReg::Rbp].map(|reg| m.register(0, reg));
        assert_eq!((cx & 0xffff, bp & 0xffff), (1, 1), "{board:?}");
    }
}
