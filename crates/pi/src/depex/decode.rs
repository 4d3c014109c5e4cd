//! From bytes to instructions.

use super::{DepexError, DepexReason};
use crate::layout::depex as opcode;
use crate::{Guid, known};
use core::fmt;

/// One instruction with its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Before(Guid),
    After(Guid),
    Push(Guid),
    And,
    Or,
    Not,
    True,
    False,
    End,
    Sor,
    /// A PUSH that EDK II has found true and patched, in its copy in memory.
    ReplaceTrue(Guid),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// From the start of the expression.
    pub offset: usize,
    pub op: Op,
}

impl Op {
    /// The instruction's name and its operand.
    #[must_use]
    pub fn parts(&self) -> (&'static str, Option<Guid>) {
        match *self {
            Op::Before(guid) => ("BEFORE", Some(guid)),
            Op::After(guid) => ("AFTER", Some(guid)),
            Op::Push(guid) => ("PUSH", Some(guid)),
            Op::And => ("AND", None),
            Op::Or => ("OR", None),
            Op::Not => ("NOT", None),
            Op::True => ("TRUE", None),
            Op::False => ("FALSE", None),
            Op::End => ("END", None),
            Op::Sor => ("SOR", None),
            Op::ReplaceTrue(guid) => ("REPLACE_TRUE", Some(guid)),
        }
    }

    #[must_use]
    pub fn name(&self) -> &'static str {
        self.parts().0
    }

    #[must_use]
    pub fn operand(&self) -> Option<Guid> {
        self.parts().1
    }

    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Op::Before(_) => opcode::BEFORE,
            Op::After(_) => opcode::AFTER,
            Op::Push(_) => opcode::PUSH,
            Op::And => opcode::AND,
            Op::Or => opcode::OR,
            Op::Not => opcode::NOT,
            Op::True => opcode::TRUE,
            Op::False => opcode::FALSE,
            Op::End => opcode::END,
            Op::Sor => opcode::SOR,
            Op::ReplaceTrue(_) => opcode::REPLACE_TRUE,
        }
    }

    /// Opcode and operand.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + self.operand().map_or(0, |guid| guid.0.len())
    }
}

/// `PUSH gEfiSmmSwDispatch2ProtocolGuid`: known GUIDs by their EDK II name.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, operand) = self.parts();
        f.write_str(name)?;
        match operand.map(|guid| (guid, known::name(&guid))) {
            None => Ok(()),
            Some((_, Some(name))) => write!(f, " {name}"),
            Some((guid, None)) => write!(f, " {guid}"),
        }
    }
}

/// The instructions of an expression up to its last byte, END or not. After an error there are no more.
#[must_use]
pub fn decode(code: &[u8]) -> Instructions<'_> {
    Instructions { code, next: 0 }
}

#[derive(Debug, Clone)]
pub struct Instructions<'a> {
    code: &'a [u8],
    next: usize,
}

impl Iterator for Instructions<'_> {
    type Item = Result<Instruction, DepexError>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.next;
        let rest = self.code.get(offset..).filter(|rest| !rest.is_empty())?;
        let op = decode_one(rest);
        self.next = op.as_ref().map_or(self.code.len(), |op| offset + op.size());
        Some(match op {
            Ok(op) => Ok(Instruction { offset, op }),
            Err(reason) => Err(DepexError { offset, opcode: Some(rest[0]), reason }),
        })
    }
}

fn decode_one(rest: &[u8]) -> Result<Op, DepexReason> {
    let operand = || rest[1..].first_chunk().map(|bytes| Guid(*bytes)).ok_or(DepexReason::OperandCut);
    Ok(match rest[0] {
        opcode::BEFORE => Op::Before(operand()?),
        opcode::AFTER => Op::After(operand()?),
        opcode::PUSH => Op::Push(operand()?),
        opcode::AND => Op::And,
        opcode::OR => Op::Or,
        opcode::NOT => Op::Not,
        opcode::TRUE => Op::True,
        opcode::FALSE => Op::False,
        opcode::END => Op::End,
        opcode::SOR => Op::Sor,
        opcode::REPLACE_TRUE => Op::ReplaceTrue(operand()?),
        _ => return Err(DepexReason::UnknownOpcode),
    })
}
