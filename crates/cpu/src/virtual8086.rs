//! Virtual-8086 mode: the way in by IRET, the way out by interrupts, and what IOPL keeps from its tasks (SDM
//! vol. 3, "8086 Emulation"; vol. 2, "IRET" and "INT n").
//!
//! Without the virtual-8086 mode extensions (CR4.VME), which CPUID doesn't announce.

use crate::alu::flag;
use crate::bus::Bus;
use crate::fault::{Fault, Result};
use crate::memory::Env;
use crate::state::{CS, Cpu, DS, ES, FS, GS, RSP, SS, Segment};

/// Flags that IRET at CPL 0 and a task switch load; the rest is reserved or belongs to extensions.
pub(crate) const LOADED: u64 =
    flag::STATUS | flag::TF | flag::IF | flag::DF | flag::IOPL | flag::NT | flag::RF | flag::VM | flag::AC | flag::ID;

impl Cpu {
    /// PUSHF, POPF, INT n and IRET in virtual-8086 mode are left to ring 0 while IOPL is below 3.
    pub(crate) fn sensitive(&self) -> Result<()> {
        if self.virtual_8086() && self.iopl() < 3 { Err(Fault::GP0) } else { Ok(()) }
    }

    /// IRETD at CPL 0 to a frame with VM set: behind EIP, CS and EFLAGS stand ESP, SS, ES, DS, FS and GS.
    pub(crate) fn enter_virtual_8086<B: Bus>(&mut self, env: &mut Env<B>, rip: u64, cs: u16, flags: u64) -> Result<()> {
        let mut frame = [0; 6];
        for (at, word) in (12..).step_by(4).zip(&mut frame) {
            *word = self.peek_stack(env, at, 4)?;
        }
        if rip > 0xffff {
            return Err(Fault::GP0);
        }
        let [esp, segments @ ..] = frame;
        for (seg, selector) in [SS, ES, DS, FS, GS].into_iter().zip(segments) {
            self.seg[seg] = Segment::virtual_8086(selector as u16);
        }
        self.seg[CS] = Segment::virtual_8086(cs);
        (self.rip, self.regs[RSP]) = (rip, esp);
        self.rflags = flags & LOADED | 2;
        self.cpl = 3;
        Ok(())
    }

    /// The part of an interrupt's frame that only virtual-8086 mode has. The handler finds null segments.
    pub(crate) fn push_data_segments<B: Bus>(&mut self, env: &mut Env<B>, size: u8) -> Result<()> {
        for seg in [GS, FS, DS, ES] {
            let left = std::mem::take(&mut self.seg[seg]);
            self.push(env, left.selector.into(), size)?;
        }
        Ok(())
    }
}
