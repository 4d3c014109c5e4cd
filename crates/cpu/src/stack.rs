//! The stack: PUSH and POP at the width of SS.

use crate::bus::Bus;
use crate::fault::Result;
use crate::memory::Env;
use crate::state::{Cpu, RSP, SS, mask};

impl Cpu {
    fn stack_pointer(&self) -> u64 {
        self.regs[RSP] & mask(self.stack_size())
    }

    /// Moves the stack pointer by `bytes`, wrapping at the stack's width.
    pub(crate) fn move_stack(&mut self, bytes: u64) {
        let m = mask(self.stack_size());
        self.regs[RSP] = self.regs[RSP] & !m | self.regs[RSP].wrapping_add(bytes) & m;
    }

    #[inline]
    pub(crate) fn push<B: Bus>(&mut self, env: &mut Env<B>, value: u64, size: u8) -> Result<()> {
        let at = self.stack_pointer().wrapping_sub(size.into()) & mask(self.stack_size());
        self.write_mem(env, SS, at, size, value)?;
        self.move_stack((size as u64).wrapping_neg());
        Ok(())
    }

    #[inline]
    pub(crate) fn pop<B: Bus>(&mut self, env: &mut Env<B>, size: u8) -> Result<u64> {
        let value = self.peek_stack(env, 0, size)?;
        self.move_stack(size.into());
        Ok(value)
    }

    /// What stands `offset` bytes above the top, left there.
    pub(crate) fn peek_stack<B: Bus>(&mut self, env: &mut Env<B>, offset: u64, size: u8) -> Result<u64> {
        let at = self.stack_pointer().wrapping_add(offset) & mask(self.stack_size());
        self.read_mem(env, SS, at, size)
    }
}
