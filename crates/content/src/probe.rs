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

    /// As EDK II calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Build::Debug => "DEBUG",
            Build::Release => "RELEASE",
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
    /// A command for the OS's shell: the status that it prints, `EFI_SUCCESS`; else `no-answer`.
    Status(String),
    /// A variable of the platform's, by GetVariable() of the OS: its bytes, `0500`, or the status.
    Value(String),
    /// A module of the audit, `common.bios_wp`: `PASSED`, `WARNING`, `FAILED`, `NOTAPPLICABLE`.
    Audit(String),
    /// A register of the chipset or a field of one, `BIOS_CNTL.SMM_BWP`: its value, `1`, `1F0h`.
    Register(String),
    /// A variable of the platform's as the store in flash has it: its state and bytes, `3Fh 0500`; `none`.
    Record(String),
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
    /// How the boot ended: `prompt`, `hung`, `shutdown`, `exit`, `endless`, `off`.
    Boots,
    /// The same machine a while later.
    After(Box<After>),
}

/// What is typed, and what is asked then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// Commands for the OS's shell, and for Setup: `reboot` is one of them.
    pub say: Vec<String>,
    pub ask: Probe,
}

impl Probe {
    /// All words that it can answer. None: any text.
    #[must_use]
    pub fn answers(&self) -> Option<Vec<&'static str>> {
        match self {
            Probe::Ring(_)
            | Probe::Say(_)
            | Probe::Status(_)
            | Probe::Value(_)
            | Probe::Register(_)
            | Probe::Record(_) => None,
            Probe::Audit(_) => Some(vec!["PASSED", "WARNING", "FAILED", "NOTAPPLICABLE"]),
            Probe::Dispatched(_) => Some(vec!["before-lock", "after-lock", "never"]),
            Probe::Why(_) => Some(["there"].into_iter().chain(Reason::NAMES).collect()),
            Probe::Log(_) | Probe::Hidden | Probe::Locked => Some(vec!["yes", "no"]),
            Probe::Boots => Some(vec!["prompt", "hung", "shutdown", "exit", "endless", "off"]),
            Probe::After(after) => after.ask.answers(),
        }
    }

    /// It answers with a status.
    #[must_use]
    pub fn is_status(&self) -> bool {
        match self {
            Probe::Ring(_) | Probe::Status(_) => true,
            Probe::After(after) => after.ask.is_status(),
            _ => false,
        }
    }

    /// It asks how the machine has booted: there is nothing to ask later.
    #[must_use]
    pub fn is_of_boot(&self) -> bool {
        matches!(self, Probe::Dispatched(_) | Probe::Why(_) | Probe::Hidden | Probe::Locked | Probe::After(_))
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
