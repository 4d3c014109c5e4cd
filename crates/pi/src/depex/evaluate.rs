//! Running an expression as EDK II's dispatchers do: `CoreIsSchedulable`, `SmmIsSchedulable`,
//! `PeimDispatchReadiness`. Their quirks are kept: bytes behind END don't count, and the DXE and SMM
//! cores don't mind booleans left on the stack.

use super::{DepexReason, Dialect, Instructions, Op, STACK_DEPTH, Stack, decode};
use crate::Guid;
use core::fmt;

/// EDK II's `MAX_GRAMMAR_SIZE` of the PEI core.
const PEI_STACK_DEPTH: usize = 64;

/// One instruction done, or the failure to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub offset: usize,
    /// None: there is none at this offset, or it has no business there.
    pub op: Option<Op>,
    /// Of a PUSH: the protocol or PPI is installed.
    pub found: Option<bool>,
    /// Afterwards.
    pub stack: Stack,
    /// The last step has it.
    pub verdict: Option<Verdict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// END was reached.
    Done(bool),
    /// The expression counts as FALSE.
    Failed(Failure),
}

/// Why EDK II calls an expression FALSE before it has reached END.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Failure {
    /// An SMM driver without expression.
    Empty = 1,
    PastEnd = 2,
    UnexpectedBeforeOrAfter = 3,
    UnexpectedSor = 4,
    UnknownOpcode = 5,
    /// The stack ran empty or full.
    Stack = 6,
}

impl Failure {
    /// EDK II's words in parentheses behind `RESULT = FALSE`.
    #[must_use]
    pub fn text(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Failure::Stack, Dialect::Pei) => "Underflow Error",
            (_, Dialect::Pei) => "Invalid opcode",
            (Failure::Empty, _) => "Depex is empty",
            (Failure::PastEnd, _) => "Attempt to fetch past end of depex",
            (Failure::UnexpectedBeforeOrAfter, _) => "Unexpected BEFORE or AFTER opcode",
            (Failure::UnexpectedSor, _) => "Unexpected SOR opcode",
            (Failure::UnknownOpcode, _) => "Unknown opcode",
            (Failure::Stack, _) => "Unexpected error",
        }
    }
}

impl Verdict {
    /// What the dispatcher makes of it.
    #[must_use]
    pub fn is_ready(self) -> bool {
        self == Verdict::Done(true)
    }
}

/// An iterator over the steps; `present` says whether a protocol (or PPI) is installed.
pub struct Evaluation<'a, P> {
    instructions: Instructions<'a>,
    length: usize,
    dialect: Dialect,
    present: P,
    stack: Stack,
    over: bool,
}

impl<'a, P: FnMut(&Guid) -> bool> Evaluation<'a, P> {
    pub fn new(code: &'a [u8], dialect: Dialect, present: P) -> Self {
        Evaluation {
            instructions: decode(code),
            length: code.len(),
            dialect,
            present,
            stack: Stack::default(),
            over: false,
        }
    }

    /// The end of it; the steps are lost.
    pub fn verdict(self) -> Verdict {
        self.filter_map(|step| step.verdict).next().unwrap_or(Verdict::Failed(Failure::PastEnd))
    }

    fn end(&mut self, offset: usize, op: Option<Op>, failure: Failure) -> Step {
        self.over = true;
        Step { offset, op, found: None, stack: self.stack, verdict: Some(Verdict::Failed(failure)) }
    }

    fn past_end(&mut self) -> Step {
        let empty = self.length == 0 && self.dialect == Dialect::Smm;
        self.end(self.length, None, if empty { Failure::Empty } else { Failure::PastEnd })
    }

    fn execute(&mut self, offset: usize, op: Op) -> Step {
        let mut found = None;
        let done = match op {
            Op::Before(_) | Op::After(_) if self.dialect == Dialect::Pei => {
                return self.end(offset, None, Failure::UnknownOpcode);
            }
            Op::Before(_) | Op::After(_) => return self.end(offset, None, Failure::UnexpectedBeforeOrAfter),
            Op::Sor | Op::ReplaceTrue(_) if !self.knows(op) => return self.end(offset, None, Failure::UnknownOpcode),
            Op::Sor if offset != 0 => return self.end(offset, Some(op), Failure::UnexpectedSor),
            Op::Sor => Some(()),
            Op::Push(guid) => {
                let installed = (self.present)(&guid);
                found = Some(installed);
                self.push(installed)
            }
            Op::ReplaceTrue(_) => {
                found = Some(true);
                self.push(true)
            }
            Op::True => self.push(true),
            Op::False => self.push(false),
            Op::And => self.binary(|a, b| a & b),
            Op::Or => self.binary(|a, b| a | b),
            Op::Not => self.stack.pop().and_then(|value| self.stack.push(!value)),
            Op::End => return self.finish(offset),
        };
        let verdict = if done.is_none() { Some(Verdict::Failed(Failure::Stack)) } else { None };
        self.over = verdict.is_some();
        Step { offset, op: Some(op), found, stack: self.stack, verdict }
    }

    /// SOR: the DXE core only; FFh: the cores that patch their copy.
    fn knows(&self, op: Op) -> bool {
        match op {
            Op::Sor => self.dialect == Dialect::Dxe,
            _ => self.dialect != Dialect::Pei,
        }
    }

    fn push(&mut self, value: bool) -> Option<()> {
        let depth = if self.dialect == Dialect::Pei { PEI_STACK_DEPTH } else { STACK_DEPTH };
        (self.stack.depth() < depth).then_some(())?;
        self.stack.push(value)
    }

    fn binary(&mut self, result: fn(bool, bool) -> bool) -> Option<()> {
        let (a, b) = (self.stack.pop()?, self.stack.pop()?);
        self.stack.push(result(a, b))
    }

    fn finish(&mut self, offset: usize) -> Step {
        self.over = true;
        let top = self.stack.pop();
        let balanced = self.dialect != Dialect::Pei || self.stack.depth() == 0;
        let verdict = top.filter(|_| balanced).map_or(Verdict::Failed(Failure::Stack), Verdict::Done);
        Step { offset, op: Some(Op::End), found: None, stack: self.stack, verdict: Some(verdict) }
    }
}

impl<P: FnMut(&Guid) -> bool> Iterator for Evaluation<'_, P> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.over {
            return None;
        }
        Some(match self.instructions.next() {
            None => self.past_end(),
            Some(Ok(instruction)) => self.execute(instruction.offset, instruction.op),
            Some(Err(error)) if error.reason == DepexReason::OperandCut => {
                self.end(error.offset, None, Failure::PastEnd)
            }
            Some(Err(error)) => self.end(error.offset, None, Failure::UnknownOpcode),
        })
    }
}

impl<P> fmt::Debug for Evaluation<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation").field("dialect", &self.dialect).field("stack", &self.stack).finish_non_exhaustive()
    }
}

/// The dispatcher's question, in one call.
pub fn is_ready(code: &[u8], dialect: Dialect, present: impl FnMut(&Guid) -> bool) -> bool {
    Evaluation::new(code, dialect, present).verdict().is_ready()
}
