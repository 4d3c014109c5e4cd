//! Writing a store as NOR flash lets it be written: bits are only cleared. The order of the steps is
//! EDK II's, so that the power may be cut after any of them.

use super::{Contents, Format, Lookup, NvError, NvRule, Variable};
use crate::layout::variable::{STATE_OFFSET, state};

/// The flash that a store lies in; offsets are from the start of the store.
pub trait Flash {
    type Error;

    /// Clears the bits that are 0 in `bytes`.
    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Writes a variable into erased space and puts it in force. What it gives is the next free place.
    fn append(&mut self, format: Format, at: usize, contents: &Contents<'_>) -> Result<usize, Self::Error> {
        contents.with_header(format, |header| self.program(at, header))?;
        self.program(at + STATE_OFFSET, &[state::HEADER_VALID_ONLY])?;
        let name = at + format.header_size();
        self.program(name, contents.name)?;
        self.program(name + contents.name.len(), contents.data)?;
        self.program(at + STATE_OFFSET, &[state::ADDED])?;
        Ok(at.saturating_add(format.step(contents)))
    }

    /// Writes a variable in place of the one that was found: one of the two is there at any time.
    fn replace(
        &mut self,
        format: Format,
        at: usize,
        old: &Lookup<'_>,
        contents: &Contents<'_>,
    ) -> Result<usize, Self::Error> {
        let mut old = *old;
        old.current.state.0 &= state::IN_DELETED_TRANSITION;
        self.program(old.current.offset + STATE_OFFSET, &[old.current.state.0])?;
        let next = self.append(format, at, contents)?;
        self.delete(&old)?;
        Ok(next)
    }

    /// Deletes what was found. Its predecessor goes first: it must not come back.
    fn delete(&mut self, old: &Lookup<'_>) -> Result<(), Self::Error> {
        let doomed = |variable: &Variable<'_>| variable.state.0 & state::DELETED;
        if let Some(predecessor) = &old.in_transition {
            self.program(predecessor.offset + STATE_OFFSET, &[doomed(predecessor)])?;
        }
        self.program(old.current.offset + STATE_OFFSET, &[doomed(&old.current)])
    }
}

/// Bytes in memory that are programmed as flash is: a 1 where there is a 0 is an error.
#[derive(Debug)]
pub struct Nor<'a>(pub &'a mut [u8]);

impl Flash for Nor<'_> {
    type Error = NvError;

    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), NvError> {
        let beyond = NvError::new(offset, NvRule::BeyondEnd { size: bytes.len() });
        let there = self.0.get_mut(offset..).and_then(|rest| rest.get_mut(..bytes.len())).ok_or(beyond)?;
        if let Some(at) = there.iter().zip(bytes).position(|(old, new)| !old & new != 0) {
            return Err(NvError::new(offset + at, NvRule::NotErased { old: there[at], new: bytes[at] }));
        }
        there.copy_from_slice(bytes);
        Ok(())
    }
}
