//! Random instructions, one at a time, on QEMU and on ours: registers, flags, memory, exceptions and
//! their error codes must agree. What isn't compared stands in `table`, a row an opcode, and is printed.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod flow;
mod form;
mod forms;
mod guest;
mod legacy;
mod paging;
mod simd;
mod table;
mod tasks;
mod x87;

use board::{Board, Config, Machine, Stop};
use e2e::{machine, qemu, rom};
use guest::{Places, Segment, Trial};
use rom_build::Rom;
use std::ops::RangeInclusive;
use trace::{Level, Mode, Output, Recorder};

const IMAGE: usize = 4 << 20;
const HEAD: usize = 64 << 10;
const HASH: usize = 4;
/// Records that one image holds.
const MOST: usize = (IMAGE - HEAD - 16) / guest::RECORD;
/// Those of each run.
const SEEDS: RangeInclusive<u64> = 0x5eed_0001..=0x5eed_000d;
/// Records of an image that are looked at in full.
const FULL: usize = 40;

fn image(rom: &Rom, trials: &[Trial], in_full: bool) -> Vec<u8> {
    let mut image = Vec::with_capacity(IMAGE);
    for word in [trials.len() as u32, in_full.into(), 0, 0] {
        image.extend(word.to_le_bytes());
    }
    trials.iter().for_each(|t| image.extend(&t.record));
    padded(image, rom)
}

/// The payload below the ROM that runs it.
fn padded(mut image: Vec<u8>, rom: &Rom) -> Vec<u8> {
    image.resize(IMAGE - HEAD, 0xff);
    image.extend(&rom.bytes);
    image
}

fn ours(image: &[u8]) -> Vec<u8> {
    let config = Config { board: Board::Qemu, bios: image.to_vec(), ..Config::default() };
    let mut m = Machine::new(&config).unwrap();
    let mut tape = Recorder::new(Level::Output);
    if let Ok(path) = std::env::var("DUMP") {
        std::fs::write(path, image).unwrap();
    }
    assert_eq!(m.run_instructions(100_000_000, &mut tape), Stop::Exit(0));
    machine::bytes(&tape.into_events(), Output::Debug402)
}

/// A name for each 64-bit word of a report.
fn name(i: usize) -> String {
    const FIRST: [&str; 22] = [
        "vector",
        "error",
        "frame RIP",
        "CR2",
        "RAX",
        "RCX",
        "RDX",
        "RBX",
        "RSP",
        "RBP",
        "RSI",
        "RDI",
        "R8",
        "R9",
        "R10",
        "R11",
        "R12",
        "R13",
        "R14",
        "R15",
        "RFLAGS",
        "MXCSR",
    ];
    match i {
        0..22 => FIRST[i].into(),
        22..30 => format!("XMM{}[{}]", (i - 22) / 2, i % 2),
        38 => "PTE".into(),
        39 => "PDE".into(),
        40 => "PDPTE".into(),
        _ => format!("scratch + {:#x}", (i - 30) * 8),
    }
}

fn difference(reference: &[u8], got: &[u8]) -> String {
    let word = |bytes: &[u8], i: usize| u64::from_le_bytes(bytes[i * 8..i * 8 + 8].try_into().unwrap());
    let differ = |i: &usize| word(reference, *i) != word(got, *i);
    let line = |i| format!("  {}: QEMU {:x}, ours {:x}\n", name(i), word(reference, i), word(got, i));
    (0..reference.len() / 8).filter(differ).map(line).collect()
}

fn describe(trial: &Trial) -> String {
    let mode = match trial.segment {
        Segment::Bits64 => Mode::Bits64,
        Segment::Bits32 => Mode::Bits32,
        Segment::Bits16 => Mode::Bits16,
    };
    let registers: Vec<u64> =
        trial.record[64..192].chunks(8).map(|c| u64::from_le_bytes(c.try_into().unwrap())).collect();
    format!("{mode:?} {:02x?} {}\n  {registers:x?}\n", trial.code, board::disassemble(mode, 0, &trial.code))
}

/// Runs `trials` on both, compares hashes, and shows what differs in full.
fn compare(rom: &Rom, seed: u64, trials: Vec<Trial>) {
    let bios = image(rom, &trials, false);
    let (reference, got) = (qemu::debug_bytes(&bios), ours(&bios));
    assert_eq!(reference.len(), trials.len() * HASH, "QEMU reports every instruction");
    assert_eq!(got.len(), reference.len());
    let hashes = reference.chunks(HASH).zip(got.chunks(HASH));
    let differing: Vec<Trial> = hashes.zip(trials).filter(|((a, b), _)| a != b).map(|(_, trial)| trial).collect();
    if differing.is_empty() {
        return;
    }
    let count = differing.len();
    let shown: Vec<Trial> = differing.into_iter().take(FULL).collect();
    let bios = image(rom, &shown, true);
    let len = rom.symbols["RESULT_LEN"] as usize;
    let (reference, got) = (qemu::debug_bytes(&bios), ours(&bios));
    let pairs = reference.chunks(len).zip(got.chunks(len)).zip(&shown);
    let report: String = pairs.map(|((a, b), trial)| describe(trial) + &difference(a, b)).collect();
    panic!("seed {seed:#x}: {count} of them differ\n{report}");
}

fn run(seeds: impl Iterator<Item = u64>) -> usize {
    let rom = rom("differential");
    let places = Places::of(&rom);
    let mut compared = 0;
    for seed in seeds {
        compare(&rom, seed, guest::trials(seed, MOST, &places));
        compared += MOST;
    }
    compared
}

#[test]
fn random_instructions_do_the_same_on_qemu_and_on_ours() {
    println!("{}", table::masks());
    let compared = run(SEEDS);
    println!("{compared} instructions compared");
    assert!(compared > 200_000, "{compared} instructions");
}

#[test]
#[ignore = "soak"]
fn many_more_random_instructions_do_the_same_on_qemu_and_on_ours() {
    run((1..200).map(|n| n * 0x9e37_79b9));
}

/// The comparison sees what it is there to see: one wrong bit in one record.
#[test]
fn a_single_different_bit_is_found() {
    let rom = rom("differential");
    let places = Places::of(&rom);
    let mut trials = guest::trials(7, 50, &places);
    let right = ours(&image(&rom, &trials, false));
    // R15, which none of these changes.
    trials[30].record[184] ^= 1;
    let wrong = ours(&image(&rom, &trials, false));
    assert_ne!(right, wrong);
}
