//! Questions to a machine that has booted. What it answers is one word.

use pi::dispatch::Reason;
use serde::{Deserialize, Serialize};

/// The two builds of the training firmware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Build {
    #[default]
    Debug,
    Release,
}

impl Build {
    pub const ALL: [Build; 2] = [Build::Debug, Build::Release];

    /// The name of its image.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Build::Debug => "debug",
            Build::Release => "release",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// The OS writes this value to APM_CNT: the status in its RAX, `EFI_SUCCESS`; `no-answer` if RAX
    /// is as it was.
    Ring(u8),
    /// A command for the OS's shell: all that it prints.
    Say(String),
    /// When was the module started: `before-lock`, `after-lock`, `never`.
    Dispatched(String),
    /// Why the driver isn't there: `depex-false`, `behind-lock` …, or `there`.
    Why(String),
    /// Does the log have this text: `yes`, `no`.
    Log(String),
    /// Does the OS read ones where the SMI handler lies: `yes`, `no`.
    Hidden,
    /// Was SMRAM locked (D_LCK): `yes`, `no`.
    Locked,
    /// How the boot ended: `prompt`, `hung`, `shutdown`, `exit`, `endless`.
    Boots,
}

impl Probe {
    /// All words that it can answer. None: any text.
    #[must_use]
    pub fn answers(&self) -> Option<Vec<&'static str>> {
        match self {
            Probe::Ring(_) | Probe::Say(_) => None,
            Probe::Dispatched(_) => Some(vec!["before-lock", "after-lock", "never"]),
            Probe::Why(_) => Some(["there"].into_iter().chain(Reason::NAMES).collect()),
            Probe::Log(_) | Probe::Hidden | Probe::Locked => Some(vec!["yes", "no"]),
            Probe::Boots => Some(vec!["prompt", "hung", "shutdown", "exit", "endless"]),
        }
    }

    /// The module that it asks about.
    #[must_use]
    pub fn module(&self) -> Option<&str> {
        match self {
            Probe::Dispatched(module) | Probe::Why(module) => Some(module),
            _ => None,
        }
    }
}
