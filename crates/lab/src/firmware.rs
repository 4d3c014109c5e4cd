//! A flash image from power-on to the OS's prompt.

use crate::hand::{Hand, Handled};
use crate::look::smram;
use crate::prompt::{Runs, run_to_prompt};
use crate::witness::Witness;
use board::{Board, Config, History, Machine};
use protocol::{Chronicle, Failure, Outcome, Smram};

/// Virtual time between two looks while the OS waits, and the hand, too.
const IDLE: u64 = 10_000_000;

/// A machine that has booted, or got stuck on the way.
#[derive(Clone)]
pub struct Firmware {
    pub history: History,
    pub chronicle: Chronicle,
    pub smram: Smram,
    /// SMRAM's lock (D_LCK) was set.
    pub locked: bool,
    pub ram_mib: u32,
    pub cpus: u8,
}

pub fn boot(image: Vec<u8>, board: Board, progress: impl FnMut(u64)) -> Result<Firmware, Failure> {
    boot_with(&Config { board, bios: image, ..Config::default() }, &mut Hand::default(), progress)
}

/// The same on any board, and with a hand that touches it; until that rests.
pub fn boot_with(config: &Config, hand: &mut Hand, mut progress: impl FnMut(u64)) -> Result<Firmware, Failure> {
    let Config { ram_mib, cpus, .. } = *config;
    let machine = Machine::new(config).map_err(|error| Failure::Rom(error.to_string()))?;
    let mut history = History::new(machine);
    let mut witness = Witness::default();
    let outcome = loop {
        let mut runs = Handled { runs: &mut history, hand };
        let outcome = run_to_prompt(&mut runs, &mut witness, &mut progress);
        let Some(next) = runs.hand.next_due().filter(|_| outcome == Outcome::Prompt) else { break outcome };
        let time = runs.machine().time();
        runs.run_until(next.min(time + IDLE), &mut witness);
    };
    let smram = smram(&mut history, &witness.shutters);
    let locked = witness.shutters.iter().any(|shutter| shutter.locks);
    let machine = history.machine();
    let chronicle = witness.into_chronicle(outcome, machine.time(), machine.instructions());
    Ok(Firmware { history, chronicle, smram, locked, ram_mib, cpus })
}
