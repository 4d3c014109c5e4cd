//! What is wrong with an expression, stricter than a dispatcher is.

use super::{Dialect, Op, STACK_DEPTH, decode};

/// Where an expression breaks which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("DEPEX offset {offset:#x}{}: {reason}", Opcode(*opcode))]
pub struct DepexError {
    pub offset: usize,
    pub opcode: Option<u8>,
    pub reason: DepexReason,
}

struct Opcode(Option<u8>);

impl core::fmt::Display for Opcode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.map_or(Ok(()), |code| write!(f, ", opcode {code:02X}h"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DepexReason {
    #[error("a dependency expression is not empty")]
    Empty,
    #[error("a dependency expression ends with END")]
    NoEnd,
    #[error("there is no such opcode")]
    UnknownOpcode,
    #[error("BEFORE, AFTER and PUSH have 16 bytes of operand, the section ends before")]
    OperandCut,
    #[error("BEFORE and AFTER stand first and alone before END")]
    BeforeAfterNotAlone,
    #[error("SOR stands first")]
    SorNotFirst,
    #[error("SOR needs an expression behind it")]
    SorAlone,
    #[error("the {0:?} dispatcher doesn't know this opcode")]
    NotInDialect(Dialect),
    #[error("FFh belongs to the dispatcher's copy in memory, not into an image")]
    ReplaceTrue,
    #[error("the operation finds too few values on the stack")]
    StackEmpty,
    #[error("the expression pushes more values than a dispatcher's stack holds")]
    StackFull,
    #[error("END leaves one value on the stack, here {0} are left")]
    LeftOnStack(usize),
    #[error("END is the last opcode, {0} bytes follow")]
    BehindEnd(usize),
}

/// The first rule that `code` breaks.
pub fn validate(code: &[u8], dialect: Dialect) -> Result<(), DepexError> {
    if code.is_empty() {
        return Err(DepexError { offset: 0, opcode: None, reason: DepexReason::Empty });
    }
    let mut check = Check { dialect, depth: 0, placed: false };
    for instruction in decode(code) {
        let instruction = instruction?;
        let (offset, op) = (instruction.offset, instruction.op);
        let fail = |reason| DepexError { offset, opcode: Some(op.code()), reason };
        if op == Op::End {
            check.end(code, offset).map_err(fail)?;
            return Ok(());
        }
        check.op(offset, op).map_err(fail)?;
    }
    Err(DepexError { offset: code.len(), opcode: None, reason: DepexReason::NoEnd })
}

struct Check {
    dialect: Dialect,
    depth: usize,
    /// BEFORE or AFTER was seen.
    placed: bool,
}

impl Check {
    fn op(&mut self, offset: usize, op: Op) -> Result<(), DepexReason> {
        if self.placed {
            return Err(DepexReason::BeforeAfterNotAlone);
        }
        let (takes, gives) = match op {
            Op::Before(_) | Op::After(_) if self.dialect == Dialect::Pei => {
                return Err(DepexReason::NotInDialect(self.dialect));
            }
            Op::Before(_) | Op::After(_) if offset != 0 => return Err(DepexReason::BeforeAfterNotAlone),
            Op::Before(_) | Op::After(_) => {
                self.placed = true;
                (0, 0)
            }
            Op::Sor if self.dialect != Dialect::Dxe => return Err(DepexReason::NotInDialect(self.dialect)),
            Op::Sor if offset != 0 => return Err(DepexReason::SorNotFirst),
            Op::Sor => (0, 0),
            Op::ReplaceTrue(_) => return Err(DepexReason::ReplaceTrue),
            Op::Push(_) | Op::True | Op::False => (0, 1),
            Op::And | Op::Or => (2, 1),
            Op::Not => (1, 1),
            Op::End => (0, 0),
        };
        self.depth = self.depth.checked_sub(takes).ok_or(DepexReason::StackEmpty)? + gives;
        if self.depth > STACK_DEPTH { Err(DepexReason::StackFull) } else { Ok(()) }
    }

    fn end(&self, code: &[u8], offset: usize) -> Result<(), DepexReason> {
        let behind = code.len() - offset - 1;
        let sor_alone = offset == 1 && code[0] == Op::Sor.code();
        match self.depth {
            0 if sor_alone => Err(DepexReason::SorAlone),
            0 if !self.placed => Err(DepexReason::StackEmpty),
            2.. => Err(DepexReason::LeftOnStack(self.depth)),
            _ if behind != 0 => Err(DepexReason::BehindEnd(behind)),
            _ => Ok(()),
        }
    }
}
