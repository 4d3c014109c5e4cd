//! Where a boot leaves the way of a healthy one.

use super::Dispatch;
use pi::Guid;
use serde::{Deserialize, Serialize};

/// Something that a dispatched module did, or that was done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    pub time: u64,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Started { file: Guid },
    Installed { file: Guid, protocol: Guid },
    Registered { file: Guid, kind: Guid, value: u64 },
    Returned { file: Guid, status: u64 },
    Locked { step: u8 },
}

/// The first deed of each boot that the other doesn't have in this place; None: it had come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub healthy: Option<Deed>,
    pub broken: Option<Deed>,
}

impl Difference {
    /// The modules that it is about: the healthy boot's, and this one's.
    #[must_use]
    pub fn files(&self) -> [Option<Guid>; 2] {
        [self.healthy, self.broken].map(|deed| deed.and_then(|deed| deed.what.file()))
    }
}

impl What {
    #[must_use]
    pub fn file(&self) -> Option<Guid> {
        match self {
            What::Started { file } | What::Installed { file, .. } | What::Registered { file, .. } => Some(*file),
            What::Returned { file, .. } => Some(*file),
            What::Locked { .. } => None,
        }
    }
}

#[must_use]
pub fn first_difference(healthy: &Dispatch, broken: &Dispatch) -> Option<Difference> {
    let (healthy, broken) = (healthy.deeds(), broken.deeds());
    let same = healthy.iter().zip(&broken).take_while(|(a, b)| a.what == b.what).count();
    let difference = Difference { healthy: healthy.get(same).copied(), broken: broken.get(same).copied() };
    (difference.healthy.is_some() || difference.broken.is_some()).then_some(difference)
}

impl Dispatch {
    fn deeds(&self) -> Vec<Deed> {
        let mut deeds: Vec<Deed> = Vec::new();
        for module in &self.modules {
            let file = module.file;
            let mut deed = |time, what| deeds.push(Deed { time, what });
            let Some(run) = module.run else { continue };
            deed(run.time, What::Started { file });
            if let Some(returned) = run.returned {
                deed(returned.time, What::Returned { file, status: returned.status });
            }
            for produced in &module.protocols {
                deed(produced.time, What::Installed { file, protocol: produced.guid });
            }
            for handler in &module.handlers {
                deed(handler.time, What::Registered { file, kind: handler.kind, value: handler.value });
            }
        }
        deeds.extend(self.steps.iter().map(|(step, time)| Deed { time: *time, what: What::Locked { step: *step } }));
        deeds.sort_by_key(|deed| deed.time);
        deeds
    }
}
