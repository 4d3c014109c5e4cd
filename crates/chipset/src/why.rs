//! Why an SMI was sent, or wasn't: each cause with the bits that decide about it, as they read.

use crate::causes::{Cause, Spec, causes};
use crate::fields::{Field, fields};
use crate::inspect::Shown;
use crate::{Chipset, Silicon};
use trace::SmiSource;

pub use crate::causes::Held;

/// A bit, or a few, that lets a cause through or holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// What its being shut means.
    pub what: Held,
    pub reg: &'static str,
    pub field: Field,
    pub value: u64,
    pub needed: u64,
}

impl Gate {
    pub fn is_open(&self) -> bool {
        self.value == self.needed
    }
}

/// One cause of SMIs, and its gates in the order in which the chipset asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CauseState {
    pub source: SmiSource,
    /// `power-button`, `gpi5`, `bios-write`, ….
    pub id: String,
    pub gates: Vec<Gate>,
}

impl CauseState {
    /// The first gate that is shut; `None`: it sends.
    pub fn held(&self) -> Option<&Gate> {
        self.gates.iter().find(|gate| !gate.is_open())
    }

    /// It wants an SMI, whether or not the last one is over.
    pub fn asks(&self) -> bool {
        self.held().is_none_or(|gate| gate.what == Held::NoEos)
    }
}

/// The SMI logic as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmiState {
    /// SMI# is asserted.
    pub line: bool,
    /// PM1_STS.PRBTNOR_STS keeps EOS from being set.
    pub eos_blocked: bool,
    pub causes: Vec<CauseState>,
}

fn state(registers: &[Shown], cause: Cause) -> CauseState {
    let gate = |Spec { what, reg, field, needed }: Spec| {
        let shown = registers.iter().find(|shown| shown.reg.name == reg)?;
        let field = fields(reg).into_iter().find(|known| known.name == field)?;
        Some(Gate { what, reg, value: field.of(shown.value), field, needed })
    };
    let gates = cause.gates.into_iter().map(|spec| gate(spec).expect("a test looks at every gate")).collect();
    CauseState { source: cause.source, id: cause.id, gates }
}

impl Chipset {
    /// `None` on board `qemu`, which has no such logic.
    pub fn smi_state(&self, now: u64) -> Option<SmiState> {
        let registers = self.registers(now);
        (self.silicon == Silicon::Ich9).then(|| SmiState {
            line: self.pm.line,
            eos_blocked: self.pm.pm1_sts(now).prbtnor(),
            causes: causes().into_iter().map(|cause| state(&registers, cause)).collect(),
        })
    }
}

#[cfg(test)]
#[path = "why_tests.rs"]
mod tests;
