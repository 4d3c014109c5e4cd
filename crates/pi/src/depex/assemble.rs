//! Expressions as text: `PUSH gEfiSmmCpuIo2ProtocolGuid PUSH 18A3C6DC-… AND END`.

use super::{DepexError, decode};
use crate::layout::depex as opcode;
use crate::{Guid, known};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Which word of the text isn't understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("word {word} (line {line}, column {column}): {reason}")]
pub struct AssembleError {
    /// Counted from 1, as lines and columns are.
    pub word: usize,
    pub line: usize,
    pub column: usize,
    pub reason: AssembleReason,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleReason {
    #[error("{0:?} is no opcode: use BEFORE, AFTER, PUSH, AND, OR, NOT, TRUE, FALSE, END or SOR")]
    NoOpcode(String),
    #[error("{0} wants a GUID or a name behind it")]
    NoOperand(&'static str),
    #[error("{name:?} is neither a GUID nor a known name{}", Near(.near))]
    UnknownName { name: String, near: Option<&'static str> },
}

struct Near<'a>(&'a Option<&'static str>);

impl core::fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.map_or(Ok(()), |near| write!(f, "; did you mean {near}?"))
    }
}

/// The bytes of a text. Opcodes may be in small letters; `names` knows names besides EDK II's.
/// Only the words are checked: `validate` tells whether the expression makes sense.
pub fn assemble(text: &str, names: impl Fn(&str) -> Option<Guid>) -> Result<Vec<u8>, AssembleError> {
    let mut code = Vec::new();
    let mut words = words(text).peekable();
    while let Some(word) = words.next() {
        let (opcode, name) =
            opcode_of(word.text).ok_or_else(|| word.error(AssembleReason::NoOpcode(word.text.to_string())))?;
        code.push(opcode);
        if !matches!(opcode, opcode::BEFORE | opcode::AFTER | opcode::PUSH) {
            continue;
        }
        let operand = words.next_if(|next| opcode_of(next.text).is_none());
        let operand = operand.ok_or_else(|| word.error(AssembleReason::NoOperand(name)))?;
        let guid = operand.text.parse().ok().or_else(|| names(operand.text)).or_else(|| known::guid(operand.text));
        let unknown =
            || AssembleReason::UnknownName { name: operand.text.to_string(), near: known::near(operand.text) };
        code.extend(guid.ok_or_else(|| operand.error(unknown()))?.0);
    }
    Ok(code)
}

/// The text of an expression, one line; `names` knows names besides EDK II's.
pub fn to_text(code: &[u8], names: impl Fn(&Guid) -> Option<String>) -> Result<String, DepexError> {
    let mut text = String::new();
    for instruction in decode(code) {
        let op = instruction?.op;
        if !text.is_empty() {
            text.push(' ');
        }
        match op.operand().and_then(|guid| known::name(&guid).map(ToString::to_string).or_else(|| names(&guid))) {
            Some(name) => text.extend([op.name(), " ", &name]),
            None => text.push_str(&op.to_string()),
        }
    }
    Ok(text)
}

fn opcode_of(word: &str) -> Option<(u8, &'static str)> {
    const OPCODES: [(&str, u8); 10] = [
        ("BEFORE", opcode::BEFORE),
        ("AFTER", opcode::AFTER),
        ("PUSH", opcode::PUSH),
        ("AND", opcode::AND),
        ("OR", opcode::OR),
        ("NOT", opcode::NOT),
        ("TRUE", opcode::TRUE),
        ("FALSE", opcode::FALSE),
        ("END", opcode::END),
        ("SOR", opcode::SOR),
    ];
    OPCODES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(name, code)| (*code, *name))
}

#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    nth: usize,
    line: usize,
    column: usize,
}

impl Word<'_> {
    fn error(&self, reason: AssembleReason) -> AssembleError {
        AssembleError { word: self.nth, line: self.line, column: self.column, reason }
    }
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    text.lines()
        .enumerate()
        .flat_map(|(line, text)| {
            let place = move |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
            text.split_whitespace().map(move |word| (line + 1, text[..place(word)].chars().count() + 1, word))
        })
        .enumerate()
        .map(|(nth, (line, column, text))| Word { text, nth: nth + 1, line, column })
}
