//! The chipset at one moment: registers with their bit-fields, what each cause of an SMI waits for, and what
//! can be done to the board.

use serde::{Deserialize, Serialize};
use trace::{Input, SmiSource};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChipsetView {
    /// Machine time.
    pub time: u64,
    pub registers: Vec<Register>,
    /// Board `qemu` has no such logic.
    pub smi: Option<SmiView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// `MCH`, `LPC`, `PM`, `GPIO`, `RCBA`, `SPI` or `UHCI`.
    pub block: String,
    /// Offset in the block: configuration space, or from PMBASE, GPIOBASE, RCBA+1E00h (I/O traps),
    /// RCBA+3400h, SPIBAR.
    pub at: u16,
    pub size: u16,
    /// The datasheet's mnemonic.
    pub name: String,
    pub value: u64,
    pub reset: u64,
    /// Document and section.
    pub source: String,
    /// Lowest bit first; none: the register is one number.
    pub fields: Vec<RegisterField>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterField {
    pub name: String,
    /// The lowest bit, and how many.
    pub low: u8,
    pub width: u8,
    pub value: u64,
    pub access: Access,
    /// The bit that makes it read only now, such as `GEN_PMCON_1.SMI_LOCK`.
    pub locked_by: Option<String>,
}

/// What a guest's write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Access {
    ReadOnly,
    ReadWrite,
    WriteOneToClear,
    /// A written 1 stays until a reset.
    SetOnce,
    /// A written 1 does something, and isn't kept.
    WriteOneActs,
}

impl Access {
    /// In the datasheets' way.
    pub fn short(self) -> &'static str {
        match self {
            Access::ReadOnly => "RO",
            Access::ReadWrite => "R/W",
            Access::WriteOneToClear => "R/WC",
            Access::SetOnce => "R/WLO",
            Access::WriteOneActs => "R/WS",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmiView {
    /// SMI# is asserted.
    pub line: bool,
    /// PM1_STS.PRBTNOR_STS keeps EOS from being set.
    pub eos_blocked: bool,
    pub causes: Vec<Cause>,
}

/// One cause of SMIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Its bit in SMI_STS.
    pub source: SmiSource,
    /// Stable: `power-button`, `gpi5`, `bios-write`, ….
    pub id: String,
    /// In the order in which the chipset asks; an SMI goes out when all are open.
    pub gates: Vec<Gate>,
    /// The first of them that is shut.
    pub held: Option<Held>,
    /// All are open but EOS at most: why the SMI that is being handled was sent.
    pub asks: bool,
}

/// A field that has to have a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub what: Held,
    pub reg: String,
    pub field: String,
    pub value: u64,
    pub needed: u64,
}

/// Why a cause sends no SMI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Held {
    /// An enable bit, of its own block or in SMI_EN, is 0.
    Disabled,
    /// Its status bit is 0: it hasn't happened, or has been cleared.
    NoEvent,
    /// GPI_ROUT or INTRD_SEL sends it somewhere else.
    RoutedElsewhere,
    /// PM1_CNT.SCI_EN is 1: it is an SCI.
    GoesToSci,
    /// SMI_EN.GBL_SMI_EN is 0.
    AllDisabled,
    /// SMI_EN.EOS is 0.
    NoEos,
}

impl Held {
    pub const ALL: [Held; 6] =
        [Held::Disabled, Held::NoEvent, Held::RoutedElsewhere, Held::GoesToSci, Held::AllDisabled, Held::NoEos];

    /// The key of the sentence that says so.
    pub fn key(self) -> &'static str {
        match self {
            Held::Disabled => "disabled",
            Held::NoEvent => "no-event",
            Held::RoutedElsewhere => "routed-elsewhere",
            Held::GoesToSci => "goes-to-sci",
            Held::AllDisabled => "all-disabled",
            Held::NoEos => "no-eos",
        }
    }
}

/// A touch of the board that a view can offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stimulus {
    pub id: &'static str,
    pub input: Input,
    /// What undoes it; `None`: nothing does.
    pub undo: Option<Input>,
}

const fn held(id: &'static str, input: Input, undo: Input) -> Stimulus {
    Stimulus { id, input, undo: Some(undo) }
}

/// What can be done to a board, pins of the GPIO beside (0 to 15, [`Input::Gpio`]). A short press of the power
/// button is `input` and `undo` a tenth of a second later, a long one more than four seconds later.
pub const STIMULI: [Stimulus; 5] = [
    held("power-button", Input::PowerButton(true), Input::PowerButton(false)),
    held("thermal", Input::Thermal(true), Input::Thermal(false)),
    held("intruder", Input::Intruder(true), Input::Intruder(false)),
    held("battery-empty", Input::Battery(false), Input::Battery(true)),
    Stimulus { id: "power-cut", input: Input::PowerCut, undo: None },
];
