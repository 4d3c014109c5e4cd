//! A variable's way from who writes it to the flash, and what the machine tells of each station.

use pi::edit::Edit;
use pi::record::layout::Record;
use pi::record::read;
use serde::{Deserialize, Serialize};
use trace::{Event, FlashWork, Kind};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Station {
    Setup,
    Os,
    /// The runtime driver: SetVariable().
    Service,
    /// The chipset's SMI#.
    Smi,
    /// VariableSmm.
    Smm,
    Ftw,
    Flash,
    /// What is there later.
    Later,
}

/// A variable is written, with faults or without, and read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    pub id: String,
    /// Of the catalogue, by their ids.
    #[serde(default)]
    pub faults: Vec<String>,
    /// Theirs; authors don't write them.
    #[serde(default, rename = "edit")]
    pub edits: Vec<Edit>,
    /// Commands for the console in front of the one that writes.
    #[serde(default)]
    pub before: Vec<String>,
    pub write: String,
    /// Power goes while it writes.
    #[serde(default)]
    pub cut: Option<PowerCut>,
    #[serde(default)]
    pub after: Vec<String>,
    pub read: String,
    /// Stands in the answer to `read` if the variable is there.
    pub holds: String,
    /// Where the way ends; `later`: it looked well, and the variable isn't there.
    #[serde(default)]
    pub stops: Option<Station>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PowerCut {
    /// Which of its flash operations, from 1.
    pub operation: u32,
    /// How far that has come, in 256ths.
    pub done: u8,
}

/// What the machine has told of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Whether each software SMI of the command that writes was sent.
    pub smis: &'a [bool],
    /// The firmware's records of that command.
    pub records: &'a [u8],
    /// What flash did and refused for it.
    pub flash: &'a [Event],
    pub cut: Option<u64>,
    /// The answer to `read`.
    pub later: &'a str,
}

/// `SMM_VARIABLE_FUNCTION_SET_VARIABLE`.
const SET: u32 = 3;

/// What VariableSmm was asked and answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    pub entered: bool,
    pub status: Option<u64>,
}

impl Facts<'_> {
    #[must_use]
    pub fn handled(&self) -> Handled {
        let mut handled = Handled::default();
        for located in read(self.records).filter_map(Result::ok) {
            match located.record {
                Record::VariableRequest(request) if request.function.get() == SET => handled.entered = true,
                Record::VariableStatus(status) if status.function.get() == SET => {
                    handled.status = Some(status.status.get());
                }
                _ => {}
            }
        }
        handled
    }

    /// Blocks were erased: fault tolerant write was at work.
    #[must_use]
    pub fn replaced(&self) -> bool {
        let erase = |event: &Event| matches!(event.kind, Kind::Flash { work: FlashWork::Erase, .. });
        self.flash.iter().any(erase)
    }

    /// Operations that flash carried out, and commands that were refused.
    #[must_use]
    pub fn operations(&self) -> (usize, usize) {
        let done = |event: &&Event| matches!(event.kind, Kind::Flash { work, .. } if work != FlashWork::Read);
        let refused = |event: &&Event| matches!(event.kind, Kind::FlashRefused { .. });
        (self.flash.iter().filter(done).count(), self.flash.iter().filter(refused).count())
    }

    /// The station at which the way ends; none: the variable is there.
    #[must_use]
    pub fn stops(&self, attempt: &Attempt, stations: &[Station]) -> Option<Station> {
        let first = *stations.first()?;
        let handled = self.handled();
        let (done, refused) = self.operations();
        let kept = self.later.contains(&attempt.holds);
        if self.smis.is_empty() && done == 0 && !kept {
            return Some(first);
        }
        if !handled.entered && self.smis.iter().all(|sent| !sent) && !kept {
            return Some(if stations.contains(&Station::Smi) { Station::Smi } else { Station::Service });
        }
        if refused > 0 || self.cut.is_some() && !kept {
            return Some(Station::Flash);
        }
        if handled.status.is_some_and(|status| status != 0) || done == 0 && !kept {
            return Some(Station::Smm);
        }
        (!kept).then_some(Station::Later)
    }
}
