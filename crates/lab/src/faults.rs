//! Faults of the catalogue, by name.

use board::Config;
use content::{BoardChange, KnownFault, Surroundings};
use pi::edit::Edit;
use std::fmt;

/// Why faults can't be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultError {
    /// A name that the catalogue doesn't have.
    NoSuchFault { id: String, known: Vec<String> },
    /// Two of them change the board otherwise.
    Clash { id: String, key: &'static str },
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultError::NoSuchFault { id, known } => {
                write!(f, "there is no fault {id:?}; there are: {}", known.join(", "))
            }
            FaultError::Clash { id, key } => {
                write!(f, "the fault {id:?} and one in front of it both set the board's {key}, to different values")
            }
        }
    }
}

impl std::error::Error for FaultError {}

/// Several faults together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultSet {
    /// Of the image.
    pub edits: Vec<Edit>,
    /// Of the board, and what a [`Hand`](crate::Hand) does.
    pub around: Surroundings,
}

impl FaultSet {
    /// The board with these changes; the image is the caller's to edit.
    #[must_use]
    pub fn wired(&self, config: Config) -> Config {
        wired(&self.around.board, config)
    }
}

/// The board with this change.
#[must_use]
pub fn wired(change: &BoardChange, config: Config) -> Config {
    let BoardChange { cpus, ram_mib, block_protect, flash_stuck, top_swap } = *change;
    Config {
        cpus: cpus.unwrap_or(config.cpus),
        ram_mib: ram_mib.unwrap_or(config.ram_mib),
        block_protect: block_protect.unwrap_or(config.block_protect),
        flash_stuck: flash_stuck.unwrap_or(config.flash_stuck),
        top_swap: top_swap.unwrap_or(config.top_swap),
        ..config
    }
}

/// What these faults together change, in the order in which they are named; twice is once.
pub fn faults_of(catalogue: &[KnownFault], ids: &[impl AsRef<str>]) -> Result<FaultSet, FaultError> {
    let mut all = FaultSet::default();
    for (nth, id) in ids.iter().map(AsRef::as_ref).enumerate() {
        let Some(fault) = catalogue.iter().find(|fault| fault.id == id) else {
            let known = catalogue.iter().map(|fault| fault.id.clone()).collect();
            return Err(FaultError::NoSuchFault { id: id.to_owned(), known });
        };
        if !ids[..nth].iter().any(|before| before.as_ref() == id) {
            all.edits.extend(fault.edit.iter().cloned());
            all.around.stimuli.extend(fault.stimulus.iter().cloned());
            all.around.board.join(&fault.board).map_err(|key| FaultError::Clash { id: id.to_owned(), key })?;
        }
    }
    Ok(all)
}

/// What they change of the image alone.
pub fn edits_of(catalogue: &[KnownFault], ids: &[impl AsRef<str>]) -> Result<Vec<Edit>, FaultError> {
    faults_of(catalogue, ids).map(|all| all.edits)
}
