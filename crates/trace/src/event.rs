//! One event: when, on which processor, what.

use crate::{ChipReg, CpuReg, FlashGuard, FlashWork, Input, SaveField, SmiSource};
use serde::{Deserialize, Serialize};

/// Something that happened. `time` is virtual nanoseconds since power-on; events that share a time
/// are ordered by their place in the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub time: u64,
    pub cpu: u8,
    pub kind: Kind,
}

/// How much a sink wants to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Only what leaves the machine: [`Kind::Output`].
    Output,
    /// Platform events: SMI, SMM, registers of the chipset, resets, faults.
    Events,
    /// Every instruction with its register changes and memory accesses. Only `Machine::step` emits these.
    Instructions,
}

/// Operating mode of the processor, by the size of the code it decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    Bits16,
    Bits32,
    Bits64,
}

impl Mode {
    pub fn bits(self) -> u32 {
        match self {
            Mode::Bits16 => 16,
            Mode::Bits32 => 32,
            Mode::Bits64 => 64,
        }
    }
}

/// A byte that left the machine, and by which door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Output {
    /// COM1, port 3F8h.
    Serial,
    /// QEMU's isa-debugcon, port 402h.
    Debug402,
    /// Bochs' debug port E9h.
    DebugE9,
    /// The training firmware's binary records, port 502h.
    FirmwareTrace,
    /// POST code, port 80h.
    Post,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ResetKind {
    /// INIT# to the processor: SMBASE, MSRs and caches kept.
    Init,
    /// Platform reset, power kept (CF9h = 06h).
    Hard,
    /// Power cycle (CF9h = 0Eh), and the state at power-on.
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WakeReason {
    Smi,
    Nmi,
    Init,
    Interrupt,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    // -- processor, step tier
    /// An instruction is about to run. `rip` is the offset in CS, `linear` its linear address.
    Instruction {
        mode: Mode,
        smm: bool,
        cs: u16,
        rip: u64,
        linear: u64,
        bytes: Vec<u8>,
    },
    /// The instruction just run, or an SMM transition, changed this register.
    Register {
        reg: CpuReg,
        value: u64,
    },
    /// Data read by the instruction, physical address. `denied`: SMRAM answered with all ones.
    Load {
        addr: u64,
        size: u8,
        value: u64,
        denied: bool,
    },
    /// Data written by the instruction, physical address. `denied`: the write was dropped.
    Store {
        addr: u64,
        size: u8,
        value: u64,
        denied: bool,
    },
    PortIn {
        port: u16,
        size: u8,
        value: u32,
    },
    PortOut {
        port: u16,
        size: u8,
        value: u32,
    },

    // -- processor
    Exception {
        vector: u8,
        error: Option<u32>,
        cs: u16,
        rip: u64,
    },
    Interrupt {
        vector: u8,
    },
    Halt,
    Wake {
        by: WakeReason,
    },
    /// Triple fault, or RSM met a state that the manual forbids. Only a reset leaves it.
    Shutdown {
        why: String,
    },

    // -- SMM, in the order in which the processor does it
    /// The SMI is taken at an instruction boundary; `rip` is where the interrupted code would go on.
    SmiTaken {
        smbase: u32,
        cs: u16,
        rip: u64,
    },
    /// One field written to the state save area, `offset` from SMBASE + 8000h.
    Save {
        field: SaveField,
        offset: u16,
        size: u8,
        value: u64,
    },
    /// The processor stands at the handler's first instruction, `entry` is its linear address.
    SmmEntered {
        entry: u64,
        smi_count: u32,
    },
    /// RSM begins to execute.
    Rsm {
        smbase: u32,
    },
    /// One field read back from the state save area.
    Restore {
        field: SaveField,
        offset: u16,
        size: u8,
        value: u64,
    },
    /// Back in the interrupted code, with the SMBASE in force from now on.
    SmmLeft {
        smbase: u32,
        cs: u16,
        rip: u64,
    },
    /// An SMI arrived while in SMM (or in a state that holds it off): one is remembered.
    SmiLatched,
    /// RSM outside SMM: #UD follows.
    RsmOutsideSmm,

    // -- chipset
    /// A register took a new value, by a write or by hardware.
    Chip {
        reg: ChipReg,
        old: u32,
        new: u32,
    },
    /// A source asked for an SMI; `sent` is false when an enable bit, EOS or a lock held it back.
    SmiRequest {
        source: SmiSource,
        sent: bool,
    },
    /// The SMI# line towards the processors.
    SmiLine {
        asserted: bool,
    },
    /// An access from outside SMM met SMRAM: read as all ones, write dropped.
    SmramDenied {
        addr: u64,
        size: u8,
        write: bool,
    },
    Output {
        to: Output,
        byte: u8,
    },
    Reset {
        kind: ResetKind,
    },
    /// The guest ended the run through isa-debug-exit.
    Exit {
        value: u32,
    },

    // -- from outside
    /// A byte arrived on COM1.
    SerialInput {
        byte: u8,
    },

    /// A bounded recorder lost this many events before this one.
    Dropped {
        count: u64,
    },

    // -- behind the others, so that older trace files still read
    /// Somebody touched the board.
    Touched {
        input: Input,
    },
    /// Power is gone but for the wells that keep it; SLP_TYP says which sleep state.
    Asleep {
        slp_typ: u8,
    },
    /// The serial flash begins a command; without a power cut it is done at `until`. `smm`: a processor in
    /// SMM asked for it.
    Flash {
        work: FlashWork,
        /// Offset in the part.
        at: u32,
        len: u32,
        until: u64,
        smm: bool,
    },
    /// Controller or part refuse a command, or a lock a register; nothing has changed.
    FlashRefused {
        work: FlashWork,
        at: u32,
        len: u32,
        by: Vec<FlashGuard>,
        smm: bool,
    },
}

impl Kind {
    /// The tier that an event of this kind belongs to.
    pub fn level(&self) -> Level {
        match self {
            Kind::Output { .. } | Kind::Exit { .. } | Kind::Dropped { .. } => Level::Output,
            Kind::Instruction { .. }
            | Kind::Register { .. }
            | Kind::Load { .. }
            | Kind::Store { .. }
            | Kind::PortIn { .. }
            | Kind::PortOut { .. } => Level::Instructions,
            _ => Level::Events,
        }
    }
}
