//! What a machine costs: memory, snapshots, steps back, a boot.

use crate::clock::Used;
use board::{Board, Config, History, Machine, Stop};
use trace::{Level, Recorder, Silent, Sink};

/// The firmware's shell takes its commands from this file; behind the last one it ends the run.
const SCRIPT: (&str, &str) = ("opt/org.smmlab/script", "help\n");
/// Events that are kept while a boot is traced.
const KEPT: usize = 512;
/// Virtual time of a boot at the most.
const LONGEST: u64 = 400_000_000;
/// A page's figure lets its machine run for so long at a time.
const SLICE: u64 = 1_000_000;

fn power_on(image: &[u8], board: Board, ram_mib: u32, script: bool) -> Result<Machine, String> {
    let fw_cfg = script.then(|| (SCRIPT.0.to_owned(), SCRIPT.1.as_bytes().to_vec()));
    let fw_cfg = fw_cfg.into_iter().collect();
    let config = Config { board, ram_mib, bios: image.to_vec(), fw_cfg, ..Config::default() };
    Machine::new(&config).map_err(|error| error.to_string())
}

fn to_exit(machine: &mut Machine, sink: &mut dyn Sink) -> Result<(), String> {
    loop {
        match machine.run_until(machine.time() + SLICE, sink) {
            Stop::Time if machine.time() < LONGEST => {}
            Stop::Exit(0) => return Ok(()),
            stop => return Err(format!("the boot ended with {stop:?} at {} ns", machine.time())),
        }
    }
}

/// From reset to the end of a script of one command; with the time that this takes when events are traced.
pub struct Boot {
    pub instructions: u64,
    pub silent: Used,
    pub traced: Used,
    pub events: usize,
}

pub fn boot(image: &[u8]) -> Result<Boot, String> {
    let mut machine = power_on(image, Board::Qemu, 16, true)?;
    let start = Used::now();
    to_exit(&mut machine, &mut Silent)?;
    let silent = start.elapsed();
    let mut again = power_on(image, Board::Qemu, 16, true)?;
    let mut tape = Recorder::bounded(Level::Events, KEPT);
    let start = Used::now();
    to_exit(&mut again, &mut tape)?;
    let traced = start.elapsed();
    if again.state_hash() != machine.state_hash() {
        return Err("tracing changed what happened".into());
    }
    Ok(Boot { instructions: machine.instructions(), silent, traced, events: tape.into_events().len() })
}

/// A booted machine whose shell waits for a key.
fn booted(image: &[u8], ram_mib: u32) -> Result<Machine, String> {
    let mut machine = power_on(image, Board::Ich9, ram_mib, false)?;
    while machine.time() < LONGEST / 8 {
        match machine.run_until(machine.time() + SLICE, &mut Silent) {
            Stop::Time => {}
            stop => return Err(format!("the boot ended with {stop:?} at {} ns", machine.time())),
        }
    }
    Ok(machine)
}

/// Of a machine with 128 MiB, in bytes and time.
pub struct Size {
    pub machine: usize,
    pub snapshot: usize,
    pub snapshot_time: Used,
}

/// Snapshots one after the other, a command's worth of work in between.
pub fn size(image: &[u8]) -> Result<Size, String> {
    const SNAPSHOTS: usize = 200;
    let before = resident();
    let mut machine = booted(image, 128)?;
    let alone = resident();
    let mut kept = Vec::with_capacity(SNAPSHOTS);
    let mut times = Vec::with_capacity(SNAPSHOTS);
    for _ in 0..SNAPSHOTS {
        machine.serial_input(b"\r");
        machine.run_until(machine.time() + SLICE / 10, &mut Silent);
        let start = Used::now();
        kept.push(machine.clone());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let snapshot = resident().saturating_sub(alone) / SNAPSHOTS;
    Ok(Size { machine: alone.saturating_sub(before), snapshot, snapshot_time: times[SNAPSHOTS / 2] })
}

/// Of this process, in bytes; 0 where the system doesn't tell.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm");
    let pages = pages.ok().and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok());
    pages.map_or(0, |pages| pages * 4096)
}

/// Steps back at random points of a history, sorted; and the history's size in bytes.
pub struct Back {
    pub times: Vec<Used>,
    pub history: usize,
}

pub fn step_back(rom: Vec<u8>) -> Result<Back, String> {
    const LENGTH: u64 = 100_000_000;
    const POINTS: usize = 200;
    let config = Config { board: Board::Qemu, bios: rom, ..Config::default() };
    let before = resident();
    let mut history = History::new(Machine::new(&config).map_err(|error| error.to_string())?);
    let stop = history.run_until(LENGTH, &mut Silent);
    if stop != Stop::Time {
        return Err(format!("the guest ended with {stop:?} at {} ns", history.machine().time()));
    }
    let size = resident().saturating_sub(before);
    let mut random = 0x5eed_u64;
    let mut times = Vec::with_capacity(POINTS);
    for _ in 0..POINTS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut now = history.clone();
        now.seek((random >> 11) % LENGTH + 1);
        let here = now.machine().time();
        let start = Used::now();
        now.seek(here - 1);
        times.push(start.elapsed());
        if now.machine().time() != here - 1 {
            return Err(format!("a step back from {here} ns led to {} ns", now.machine().time()));
        }
    }
    times.sort_unstable();
    Ok(Back { times, history: size })
}
