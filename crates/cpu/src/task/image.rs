//! A task's registers in its task state segment.

use super::layout::{CR3, Layout, TRAP};
use crate::bus::Bus;
use crate::fault::Result;
use crate::memory::Env;
use crate::state::{Cpu, mask};

/// What a task switch loads.
pub struct Image {
    /// Only 32-bit task state segments have one.
    pub cr3: Option<u64>,
    pub eip: u64,
    pub eflags: u64,
    pub general: [u64; 8],
    pub selectors: [u16; 6],
    pub ldt: u16,
    pub trap: bool,
}

impl Cpu {
    pub(super) fn save_task<B: Bus>(&mut self, env: &mut Env<B>, layout: &Layout, eflags: u64) -> Result<()> {
        let (base, word) = (self.tr.base, layout.word);
        self.write_system(env, base + layout.eip, word.into(), self.rip & mask(word))?;
        self.write_system(env, base + layout.eflags, word.into(), eflags & mask(word))?;
        for (at, reg) in (base + layout.general..).step_by(word.into()).zip(0..8) {
            self.write_system(env, at, word.into(), self.regs[reg] & mask(word))?;
        }
        for (at, seg) in (base + layout.selectors..).step_by(word.into()).zip(0..layout.selector_count) {
            self.write_system(env, at, 2, self.seg[seg].selector.into())?;
        }
        Ok(())
    }

    /// A 16-bit one gives the upper halves of general registers ones (found on an 80386 by test386.asm; the SDM
    /// is silent), and FS and GS null selectors.
    pub(super) fn read_task<B: Bus>(&mut self, env: &mut Env<B>, layout: &Layout, base: u64) -> Result<Image> {
        let word = layout.word;
        let mut general = [0; 8];
        for (at, value) in (base + layout.general..).step_by(word.into()).zip(&mut general) {
            *value = self.read_system(env, at, word.into())? | mask(4) & !mask(word);
        }
        let mut selectors = [0; 6];
        for (at, value) in (base + layout.selectors..).step_by(word.into()).zip(&mut selectors[..layout.selector_count])
        {
            *value = self.read_system(env, at, 2)? as u16;
        }
        Ok(Image {
            cr3: if layout.is_wide() { Some(self.read_system(env, base + CR3, 4)?) } else { None },
            eip: self.read_system(env, base + layout.eip, word.into())?,
            eflags: self.read_system(env, base + layout.eflags, word.into())?,
            general,
            selectors,
            ldt: self.read_system(env, base + layout.ldt, 2)? as u16,
            trap: layout.is_wide() && self.read_system(env, base + TRAP, 1)? & 1 != 0,
        })
    }
}
