//! The evaluator's stack of booleans: a value that a step can carry.

use core::fmt;

/// EDK II's DXE and SMM cores let the stack grow; no expression in the field comes near this.
pub const STACK_DEPTH: usize = 256;
const WORDS: usize = STACK_DEPTH / 64;

/// Bit n is the n-th boolean from the bottom; bits from `depth` on are 0.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Stack {
    bits: [u64; WORDS],
    depth: u16,
}

impl Stack {
    pub(super) fn push(&mut self, value: bool) -> Option<()> {
        let depth = self.depth();
        let word = self.bits.get_mut(depth / 64)?;
        *word |= u64::from(value) << (depth % 64);
        self.depth += 1;
        Some(())
    }

    pub(super) fn pop(&mut self) -> Option<bool> {
        let top = self.depth().checked_sub(1)?;
        let value = self.get(top)?;
        self.bits[top / 64] &= !(1 << (top % 64));
        self.depth -= 1;
        Some(value)
    }

    #[must_use]
    pub fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// The n-th from the bottom.
    #[must_use]
    pub fn get(&self, nth: usize) -> Option<bool> {
        (nth < self.depth()).then(|| self.bits[nth / 64] >> (nth % 64) & 1 == 1)
    }

    /// From the bottom to the top.
    pub fn iter(&self) -> impl Iterator<Item = bool> {
        (0..self.depth()).filter_map(|nth| self.get(nth))
    }
}

/// `[T F]`, bottom first.
impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (nth, value) in self.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { " " })?;
            f.write_str(if value { "T" } else { "F" })?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
