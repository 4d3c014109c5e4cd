//! Dependency expressions: PI 1.8 Vol. 2, 10.7 "Dependency Expressions" (DXE and SMM), Vol. 1,
//! "PEI Dependency Expression Instruction Set"; where EDK II does otherwise, as EDK II does.
//!
//! A postfix program over a stack of booleans. `decode` names its instructions, `validate` says
//! what is wrong with it, `Evaluation` runs it step by step; `assemble` makes it from text.

#[cfg(feature = "alloc")]
mod assemble;
mod decode;
mod dialect;
mod evaluate;
mod stack;
#[cfg(test)]
mod tests;
mod validate;

#[cfg(feature = "alloc")]
pub use assemble::{AssembleError, AssembleReason, assemble, to_text};
pub use decode::{Instruction, Instructions, Op, decode};
pub use dialect::Dialect;
pub use evaluate::{Evaluation, Failure, Step, Verdict, is_ready};

pub use stack::{STACK_DEPTH, Stack};
pub use validate::{DepexError, DepexReason, validate};

use crate::Guid;

/// An expression that is no expression but a place beside another driver, named by its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    Before(Guid),
    After(Guid),
    /// Not to be dispatched before someone calls `Schedule()`.
    OnRequest,
}

/// What a dispatcher looks at before it evaluates: the first opcode.
#[must_use]
pub fn placement(code: &[u8]) -> Option<Placement> {
    match decode(code).next()?.ok()?.op {
        Op::Before(file) => Some(Placement::Before(file)),
        Op::After(file) => Some(Placement::After(file)),
        Op::Sor => Some(Placement::OnRequest),
        _ => None,
    }
}
