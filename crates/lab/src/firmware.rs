//! A flash image from power-on to the OS's prompt.

use crate::look::smram;
use crate::prompt::run_to_prompt;
use crate::witness::Witness;
use board::{Board, Config, History, Machine};
use protocol::{Chronicle, Failure, Smram};

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
    let Config { ram_mib, cpus, .. } = Config::default();
    let config = Config { board, bios: image, ..Config::default() };
    let machine = Machine::new(&config).map_err(|error| Failure::Rom(error.to_string()))?;
    let mut history = History::new(machine);
    let mut witness = Witness::default();
    let outcome = run_to_prompt(&mut history, &mut witness, progress);
    let smram = smram(&mut history, &witness.shutters);
    let locked = witness.shutters.iter().any(|shutter| shutter.locks);
    let machine = history.machine();
    let chronicle = witness.into_chronicle(outcome, machine.time(), machine.instructions());
    Ok(Firmware { history, chronicle, smram, locked, ram_mib, cpus })
}
