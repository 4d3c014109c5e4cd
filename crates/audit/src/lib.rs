//! How well a machine's firmware has locked it: verdicts by the names and rules of the public CHIPSEC
//! modules, each with its reason in plain words and the register bits it looked at.
//!
//! The audit reads as software of the OS does, on a copy of the machine: ports, memory, MSRs.

mod flash;
mod registers;
mod smm;

pub use registers::Looked;

use board::Machine;
use registers::Registers;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    Passed,
    Warning,
    Failed,
    NotApplicable,
}

impl Verdict {
    /// As CHIPSEC prints it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Passed => "PASSED",
            Verdict::Warning => "WARNING",
            Verdict::Failed => "FAILED",
            Verdict::NotApplicable => "NOTAPPLICABLE",
        }
    }
}

/// What one module says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// CHIPSEC's name, such as `common.bios_wp`.
    pub module: &'static str,
    pub verdict: Verdict,
    /// One or two sentences.
    pub why: String,
    /// What was read, in order.
    pub read: Vec<Looked>,
}

type Module = fn(&mut Registers) -> (Verdict, String);

const MODULES: [(&str, Module); 14] = [
    ("common.smm", smm::smm),
    ("common.smrr", smm::smrr),
    ("common.smm_dma", smm::smm_dma),
    ("common.smm_code_chk", smm::smm_code_chk),
    ("common.remap", smm::remap),
    ("common.memlock", smm::memlock),
    ("common.bios_wp", flash::bios_wp),
    ("common.bios_smi", flash::bios_smi),
    ("common.bios_ts", flash::bios_ts),
    ("common.spi_lock", flash::spi_lock),
    ("common.spi_access", flash::spi_access),
    ("common.spi_desc", flash::spi_desc),
    ("common.spi_fdopss", flash::spi_fdopss),
    ("common.rtclock", smm::rtclock),
];

/// Names of all modules.
pub fn modules() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _)| *name)
}

/// All modules, on a copy of the machine as it stands.
pub fn audit(machine: &Machine) -> Vec<Finding> {
    let finding = |(module, decide): (&'static str, Module)| {
        let mut registers = Registers::of(machine);
        let (verdict, why) = decide(&mut registers);
        Finding { module, verdict, why, read: registers.into_looked() }
    };
    MODULES.into_iter().map(finding).collect()
}

/// Passed if every condition holds; else failed, and what is wrong.
fn all(conditions: &[(bool, &str)], good: &str) -> (Verdict, String) {
    let wrong: Vec<&str> = conditions.iter().filter(|(holds, _)| !holds).map(|(_, wrong)| *wrong).collect();
    match wrong.is_empty() {
        true => (Verdict::Passed, good.into()),
        false => (Verdict::Failed, wrong.join(" ")),
    }
}
