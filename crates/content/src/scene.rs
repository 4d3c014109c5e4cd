//! What a live figure shows: an image, what is done to it, and captions for what the machine does.

use crate::{Attempt, Build, Message, Probe, Station};
use pi::Guid;
use pi::edit::Edit;
use pi::record::layout::{Record, lock};
use pi::record::{Located, read};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use trace::Input;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scene {
    pub id: String,
    pub lang: String,
    pub title: String,
    pub summary: String,
    pub setup: Setup,
    /// HTML by the id of the mark or trial.
    pub captions: BTreeMap<String, String>,
    /// What stands on the buttons of trials, by their id: HTML.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// `scene.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    pub image: ImageName,
    #[serde(default)]
    pub build: Build,
    pub view: View,
    #[serde(default, rename = "edit")]
    pub edits: Vec<Edit>,
    /// Commands for the OS's shell; for the demo ROM, the byte that is typed, as `42`.
    #[serde(default)]
    pub say: Vec<String>,
    #[serde(default, rename = "mark")]
    pub marks: Vec<Mark>,
    #[serde(default, rename = "try")]
    pub trials: Vec<Trial>,
    /// Of a variable's way, in its order.
    #[serde(default)]
    pub stations: Vec<Station>,
    #[serde(default, rename = "attempt")]
    pub attempts: Vec<Attempt>,
    #[serde(default, rename = "message")]
    pub messages: Vec<Message>,
    #[serde(default, rename = "item")]
    pub items: Vec<Item>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageName {
    Demo,
    Firmware,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// OS → SMI# → Save State → SMRAM → RSM.
    Flow,
    /// Drivers, DEPEX, the line of ready-to-lock.
    Dispatch,
    /// SMRAM from its reservation to its lock, as both worlds see it.
    Smram,
    /// Something to press or to write, and the way of the SMI that comes of it.
    Source,
    /// A variable's way to flash, and where it ends.
    Way,
    /// A message to SMM, what is checked of it, and what it does.
    Message,
    /// Questions that the machine answers, with a fault of the reader's choice.
    Checklist,
}

/// A point of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub id: String,
    /// One in front of it; if that doesn't hold, this one isn't asked.
    #[serde(default)]
    pub needs: Option<String>,
    /// All that holds where nothing is wrong.
    pub holds: Vec<Query>,
}

impl Item {
    /// Those that this build can answer; each with its place in the list.
    pub fn queries(&self, build: Build) -> impl Iterator<Item = (usize, &Query)> {
        let asked = move |one: &Query| one.only.is_none_or(|only| only == build);
        self.holds.iter().enumerate().filter(move |(_, one)| asked(one))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    pub ask: Probe,
    pub is: String,
    /// Of this build alone: only DEBUG has a log.
    #[serde(default)]
    pub only: Option<Build>,
}

/// What a reader can do to a machine that waits at its prompt: commands, then a touch. The last of
/// them is what is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    pub id: String,
    #[serde(default)]
    pub say: Vec<String>,
    #[serde(default)]
    pub touch: Option<Touch>,
    /// Does a processor enter SMM?
    pub enters: bool,
}

/// A hand that comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Touch {
    PowerButton,
    Thermal,
    /// A general-purpose input, 0 to 15.
    Gpio(u8),
}

impl Touch {
    /// What it does to the board when it comes, and when it goes.
    #[must_use]
    pub fn input(self, comes: bool) -> Input {
        match self {
            Touch::PowerButton => Input::PowerButton(comes),
            Touch::Thermal => Input::Thermal(comes),
            Touch::Gpio(pin) => Input::Gpio { pin, high: comes },
        }
    }
}

/// A moment that has a caption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pub id: String,
    pub when: When,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The first time that this POST code is written.
    Post(u8),
    /// The module's image lies in memory.
    Loaded(String),
    /// A handler for this software SMI value is registered.
    Registered(u8),
    Lock(LockStep),
    /// The OS waits for a command for the first time; a driver that isn't there now never comes.
    Prompt,
    /// The OS has answered to the scene's command of this number, from 0.
    Said(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockStep {
    EndOfDxe,
    DxeSmmReadyToLock,
    SmramLocked,
    SmmReadyToLock,
}

impl LockStep {
    fn code(self) -> u8 {
        match self {
            LockStep::EndOfDxe => lock::END_OF_DXE,
            LockStep::DxeSmmReadyToLock => lock::DXE_SMM_READY_TO_LOCK,
            LockStep::SmramLocked => lock::SMRAM_LOCKED,
            LockStep::SmmReadyToLock => lock::SMM_READY_TO_LOCK,
        }
    }
}

/// What a boot and the commands after it left behind, as far as marks need it.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// POST codes with their times.
    pub post: &'a [(u64, u8)],
    /// Port 502h as captured.
    pub records: &'a [u8],
    /// When the OS waited for the first command.
    pub prompt: Option<u64>,
    /// When it had answered to each.
    pub said: &'a [u64],
}

impl When {
    /// The machine's time. None: it didn't happen, or not yet. `file` knows the names of modules.
    #[must_use]
    pub fn time(&self, past: Past<'_>, file: impl Fn(&str) -> Option<Guid>) -> Option<u64> {
        let first = |wanted: &dyn Fn(&Record) -> bool| {
            let mut records = read(past.records).filter_map(Result::ok);
            records.find(|Located { record, .. }| wanted(record)).map(|located| located.time)
        };
        match self {
            When::Post(code) => past.post.iter().find(|(_, other)| other == code).map(|(time, _)| *time),
            When::Loaded(name) => {
                let guid = file(name)?;
                first(&|record| matches!(record, Record::Loaded(loaded) if loaded.file == guid))
            }
            When::Registered(value) => first(
                &|record| matches!(record, Record::HandlerRegistered(new) if new.value.get() == u64::from(*value)),
            ),
            When::Lock(step) => {
                first(&|record| matches!(record, Record::ReadyToLock(lock) if lock.step == step.code()))
            }
            When::Prompt => past.prompt,
            When::Said(nth) => past.said.get(*nth).copied(),
        }
    }
}
