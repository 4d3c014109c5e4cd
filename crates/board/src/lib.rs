//! A machine: processors, chipset, RAM and flash on one address map, as a plain value.
//!
//! [`Machine`] is `Clone` (copy-on-write), deterministic, and has no wall clock in it: one
//! instruction takes one virtual nanosecond. [`History`] adds an input log and keyframes, so that
//! any past moment can be had again.

mod agent;
mod config;
mod dma;
mod hash;
mod history;
mod machine;
mod map;
mod window;

pub use agent::Agent;
pub use chipset::regs::{Lock, Reg, Since};
pub use chipset::{CauseState, FieldAccess, Gate, Held, Shown, ShownField, SmiState};
pub use config::{Board, Config, ConfigError};
pub use cpu::{SaveStateMap, disassemble};
pub use history::{Given, History};
pub use machine::{Machine, Stop, View};
