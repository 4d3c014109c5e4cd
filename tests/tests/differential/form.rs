//! Forms of instructions: how they are encoded, in which modes they exist, what they leave undefined.

/// Which kinds of ModRM operand a form takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rm {
    /// No ModRM byte.
    None,
    Any,
    Memory,
    Register,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Imm {
    None,
    Byte,
    /// 2 or 4 bytes, by operand size.
    Full,
}

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Form {
    /// The instruction as the SDM's volume 2 titles its section.
    pub section: &'static str,
    /// 66h, F2h or F3h where it belongs to the opcode; 0: none.
    pub prefix: u8,
    pub opcode: [u8; 2],
    pub two_bytes: bool,
    /// ModRM.reg when it extends the opcode; `None`: any register.
    pub digit: Option<u8>,
    pub rm: Rm,
    pub imm: Imm,
    /// Flags that the SDM leaves undefined ("Flags Affected").
    pub undefined: u64,
    /// Byte operands, or XMM registers: the operand-size prefix isn't for them.
    pub one_size: bool,
    /// REX.W makes an instruction of its own of it, which counts as the same form.
    pub wide: bool,
    pub in_64: bool,
    pub in_compatibility: bool,
    /// Reads, changes, writes memory: a page fault tells of a write, on QEMU of a read.
    pub modifies: bool,
    pub xmm: bool,
    /// XMM registers 0 to 3 only in ModRM.reg as well; false for general registers there.
    pub xmm_reg: bool,
    pub xmm_rm: bool,
}

pub fn form(section: &'static str, opcode: u16) -> Form {
    let [high, low] = opcode.to_be_bytes();
    Form {
        section,
        prefix: 0,
        opcode: if high == 0 { [low, 0] } else { [high, low] },
        two_bytes: high != 0,
        digit: None,
        rm: Rm::Any,
        imm: Imm::None,
        undefined: 0,
        one_size: false,
        wide: true,
        in_64: true,
        in_compatibility: true,
        modifies: false,
        xmm: false,
        xmm_reg: false,
        xmm_rm: false,
    }
}

impl Form {
    pub fn digit(self, d: u8) -> Form {
        Form { digit: Some(d), ..self }
    }
    pub fn imm(self, imm: Imm) -> Form {
        Form { imm, ..self }
    }
    pub fn byte(self) -> Form {
        Form { one_size: true, ..self }
    }
    pub fn plain(self) -> Form {
        Form { rm: Rm::None, ..self }
    }
    pub fn rm(self, rm: Rm) -> Form {
        Form { rm, ..self }
    }
    pub fn undefined(self, undefined: u64) -> Form {
        Form { undefined, ..self }
    }
    pub fn modifies(self) -> Form {
        Form { modifies: true, ..self }
    }
    pub fn compatibility_only(self) -> Form {
        Form { in_64: false, ..self }
    }
    pub fn only_64(self) -> Form {
        Form { in_compatibility: false, ..self }
    }
    pub fn prefix(self, prefix: u8) -> Form {
        Form { prefix, ..self }
    }
    /// XMM register, XMM register or memory.
    pub fn xmm(self) -> Form {
        Form { xmm: true, xmm_reg: true, xmm_rm: true, one_size: true, wide: false, ..self }
    }
    /// XMM register in ModRM.reg, general register or memory in ModRM.rm.
    pub fn xmm_from_general(self) -> Form {
        Form { xmm_rm: false, wide: true, ..self.xmm() }
    }
    /// General register in ModRM.reg, XMM register or memory in ModRM.rm.
    pub fn general_from_xmm(self) -> Form {
        Form { xmm_reg: false, wide: true, ..self.xmm() }
    }
    /// REX.W isn't tried.
    pub fn narrow(self) -> Form {
        Form { wide: false, ..self }
    }
}
