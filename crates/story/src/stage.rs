//! The five stages of one SMI, as the trace tells them.

use trace::Kind;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    #[default]
    Os,
    Smi,
    SaveState,
    Smram,
    Rsm,
}

impl Stage {
    pub const ALL: [Stage; 5] = [Stage::Os, Stage::Smi, Stage::SaveState, Stage::Smram, Stage::Rsm];

    /// Stable name for tests and styles.
    pub fn id(self) -> &'static str {
        match self {
            Stage::Os => "os",
            Stage::Smi => "smi",
            Stage::SaveState => "save-state",
            Stage::Smram => "smram",
            Stage::Rsm => "rsm",
        }
    }

    pub fn number(self) -> u8 {
        self as u8 + 1
    }
}

/// The stage after an event, given the stage before it.
pub fn next_stage(now: Stage, kind: &Kind) -> Stage {
    let outside = matches!(now, Stage::Os | Stage::Smi);
    match kind {
        Kind::Instruction { smm: false, .. } | Kind::Reset { .. } => Stage::Os,
        Kind::Instruction { smm: true, .. } | Kind::SmmEntered { .. } => Stage::Smram,
        Kind::SmiRequest { sent: true, .. } | Kind::SmiLine { asserted: true } if outside => Stage::Smi,
        Kind::SmiTaken { .. } => Stage::Smi,
        Kind::Save { .. } => Stage::SaveState,
        Kind::Rsm { .. } | Kind::Restore { .. } | Kind::SmmLeft { .. } => Stage::Rsm,
        _ => now,
    }
}
