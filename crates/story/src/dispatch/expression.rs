//! A dependency expression as a board shows and takes it: bytes, lines, and what is wrong with it.

use super::Names;
use pi::depex::{AssembleReason, DepexError, Dialect, assemble, decode, validate};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expression {
    pub dialect: Dialect,
    pub code: Vec<u8>,
    /// The instructions, as far as they can be read.
    pub lines: Vec<Line>,
    /// The first rule that it breaks.
    pub fault: Option<DepexError>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub offset: usize,
    pub code: u8,
    /// `PUSH`
    pub op: String,
    /// A GUID's name, or its digits.
    pub operand: Option<String>,
}

/// A word of the text that isn't understood; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFault {
    pub line: usize,
    pub column: usize,
    pub reason: TextReason,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextReason {
    NoOpcode(String),
    /// The opcode wants a GUID behind it.
    NoOperand(String),
    UnknownName {
        name: String,
        near: Option<String>,
    },
    /// Not pairs of hexadecimal digits.
    Hex,
}

impl Expression {
    #[must_use]
    pub fn new(dialect: Dialect, code: Vec<u8>, names: &Names) -> Self {
        let line = |instruction: pi::depex::Instruction| {
            let (op, operand) = instruction.op.parts();
            let operand = operand.map(|guid| names.of(&guid));
            Line { offset: instruction.offset, code: instruction.op.code(), op: op.to_owned(), operand }
        };
        let lines = decode(&code).map_while(Result::ok).map(line).collect();
        let fault = validate(&code, dialect).err();
        Expression { dialect, code, lines, fault }
    }

    pub fn from_text(dialect: Dialect, text: &str, names: &Names) -> Result<Self, TextFault> {
        let code = assemble(text, |name| names.guid(name)).map_err(|error| TextFault {
            line: error.line,
            column: error.column,
            reason: match error.reason {
                AssembleReason::NoOpcode(word) => TextReason::NoOpcode(word),
                AssembleReason::NoOperand(opcode) => TextReason::NoOperand(opcode.to_owned()),
                AssembleReason::UnknownName { name, near } => {
                    TextReason::UnknownName { name, near: near.map(str::to_owned) }
                }
            },
        })?;
        Ok(Expression::new(dialect, code, names))
    }

    /// `02 DC C6 … 08`; blanks may stand anywhere.
    pub fn from_hex(dialect: Dialect, hex: &str, names: &Names) -> Result<Self, TextFault> {
        let mut code = Vec::new();
        let mut high = None;
        let mut last = (1, 1);
        for (nth, line) in hex.lines().enumerate() {
            for (column, letter) in line.chars().enumerate().filter(|(_, letter)| !letter.is_whitespace()) {
                last = (nth + 1, column + 1);
                let fault = TextFault { line: last.0, column: last.1, reason: TextReason::Hex };
                let digit = letter.to_digit(16).ok_or(fault)? as u8;
                match high.take() {
                    None => high = Some(digit),
                    Some(high) => code.push(high << 4 | digit),
                }
            }
        }
        match high {
            None => Ok(Expression::new(dialect, code, names)),
            Some(_) => Err(TextFault { line: last.0, column: last.1, reason: TextReason::Hex }),
        }
    }

    /// One line, as an edit takes it.
    #[must_use]
    pub fn text(&self) -> String {
        let words = self.lines.iter().flat_map(|line| [Some(line.op.as_str()), line.operand.as_deref()]);
        words.flatten().collect::<Vec<_>>().join(" ")
    }

    #[must_use]
    pub fn hex(&self) -> String {
        let pairs: Vec<String> = self.code.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(" ")
    }
}
