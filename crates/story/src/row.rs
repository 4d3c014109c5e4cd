//! What a tape is made of.

use serde::{Deserialize, Serialize};
use trace::{CpuReg, Event};

/// One event of the trace; an instruction comes with its disassembly, which only the machine's side
/// can make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub event: Event,
    pub text: Option<String>,
}

/// The machine at the moment before the first row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub time: u64,
    pub hash: u64,
    pub registers: Vec<(CpuReg, u64)>,
    /// SMI_COUNT (MSR 34h) after the last SMI before this moment.
    pub smi_count: u32,
}
