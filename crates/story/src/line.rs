//! The text log: what happened, one typed line each. Words are the page's business, and its language's.

use trace::{ChipReg, Input, Output, ResetKind, SaveField, SmiSource, WakeReason};

/// Whose doing a line is; decides colour and sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Os,
    Hardware,
    /// The processor's own transfer of state, between the worlds.
    State,
    Smm,
    Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An instruction at its first visit; loops are not repeated.
    Instruction(String),
    Key(u8),
    Touched(Input),
    /// SLP_TYP.
    Asleep(u8),
    Chip {
        reg: ChipReg,
        old: u32,
        new: u32,
    },
    SmiHeldBack(SmiSource),
    SmiLine {
        asserted: bool,
    },
    Latched,
    Taken {
        rip: u64,
    },
    Saving,
    Entered {
        entry: u64,
        smi_count: u32,
    },
    SavedChanged {
        field: SaveField,
        value: u64,
    },
    Rsm,
    Restoring,
    Left {
        rip: u64,
    },
    Text {
        to: Output,
        text: String,
    },
    Denied {
        addr: u64,
        write: bool,
    },
    Exception {
        vector: u8,
        error: Option<u32>,
    },
    Interrupt {
        vector: u8,
    },
    Halt,
    Wake(WakeReason),
    Shutdown(String),
    RsmOutsideSmm,
    Reset(ResetKind),
    Exit(u32),
    Dropped(u64),
}

impl Line {
    pub fn is_fault(&self) -> bool {
        matches!(
            self,
            Line::SmiHeldBack(_)
                | Line::Denied { .. }
                | Line::Exception { .. }
                | Line::Shutdown(_)
                | Line::RsmOutsideSmm
                | Line::Dropped(_)
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The row that wrote it: a click on the line goes there.
    pub row: usize,
    pub time: u64,
    pub role: Role,
    pub line: Line,
}
