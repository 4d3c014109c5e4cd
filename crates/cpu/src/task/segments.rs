//! The segments of the task that was just switched to. What is wrong with them is found in its own context,
//! in the order of the SDM's table "Exception Conditions Checked During a Task Switch" (vol. 3).

use crate::bus::Bus;
use crate::fault::{Fault, Result, vector};
use crate::memory::Env;
use crate::segment::{Descriptor, error_of};
use crate::state::{CS, Cpu, DS, ES, FS, GS, SS, Segment};

/// Type of an LDT's descriptor.
const LDT: u16 = 2;

fn bad(selector: u16) -> Fault {
    Fault::with(vector::TS, error_of(selector))
}

fn is_code(s: Segment) -> bool {
    s.has(Segment::S) && s.has(Segment::CODE)
}

impl Cpu {
    /// Loads LDTR and the segment registers, whose selectors are loaded already.
    pub(super) fn load_task_segments<B: Bus>(&mut self, env: &mut Env<B>) -> Result<()> {
        let present = self.load_task_ldt(env)?;
        let ldt = self.ldtr.selector;
        if self.virtual_8086() {
            return if present { Ok(()) } else { Err(bad(ldt)) };
        }
        let (cs, ss) = (self.seg[CS].selector, self.seg[SS].selector);
        // Its presence is asked for behind the first look at what it describes.
        self.ldtr.attr |= if present { 0 } else { Segment::P };
        let found = self.find_code_and_stack(env, cs, ss);
        self.ldtr.attr &= if present { u16::MAX } else { !Segment::P };
        let (code, stack) = found?;
        self.seg[SS] = self.touch(env, stack)?.segment(ss);
        if !present {
            return Err(bad(ldt));
        }
        let code = code?;
        if !is_code(code.segment(cs)) {
            return Err(bad(cs));
        }
        if code.segment(cs).unusable() {
            return Err(Fault::with(vector::NP, error_of(cs)));
        }
        if (ss & 3) as u8 != stack.segment(ss).dpl() {
            return Err(bad(ss));
        }
        self.seg[CS] = self.touch(env, code)?.segment(cs);
        for seg in [ES, DS, FS, GS] {
            self.load_task_data(env, seg)?;
        }
        Ok(())
    }

    /// The descriptors of CS (what is wrong with its selector comes later) and of SS.
    fn find_code_and_stack<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        cs: u16,
        ss: u16,
    ) -> Result<(Result<Descriptor>, Descriptor)> {
        let code = self.task_descriptor(env, cs);
        if let Ok(d) = code
            && !level_fits(d.segment(cs))
        {
            return Err(bad(cs));
        }
        let stack = self.task_descriptor(env, ss)?;
        self.check_task_stack(stack.segment(ss))?;
        Ok((code, stack))
    }

    /// LDTR, from the selector in it; false: its descriptor isn't present.
    fn load_task_ldt<B: Bus>(&mut self, env: &mut Env<B>) -> Result<bool> {
        let selector = self.ldtr.selector;
        if selector & !3 == 0 {
            return Ok(true);
        }
        if selector & 4 != 0 {
            return Err(bad(selector));
        }
        let s = self.task_descriptor(env, selector)?.segment(selector);
        if s.has(Segment::S) || s.attr & 15 != LDT {
            return Err(bad(selector));
        }
        self.ldtr = s;
        Ok(!s.unusable())
    }

    /// What is #GP where an instruction loads a selector is #TS here.
    fn task_descriptor<B: Bus>(&mut self, env: &mut Env<B>, selector: u16) -> Result<Descriptor> {
        if selector & !3 == 0 {
            return Err(bad(selector));
        }
        self.descriptor(env, selector).map_err(|fault| if fault.vector == vector::GP { bad(selector) } else { fault })
    }

    fn check_task_stack(&self, s: Segment) -> Result<()> {
        if !s.has(Segment::S) || s.has(Segment::CODE) || !s.has(Segment::WRITABLE) {
            return Err(bad(s.selector));
        }
        if s.unusable() {
            return Err(Fault::with(vector::SS, error_of(s.selector)));
        }
        if s.dpl() != self.cpl {
            return Err(bad(s.selector));
        }
        Ok(())
    }

    fn load_task_data<B: Bus>(&mut self, env: &mut Env<B>, seg: usize) -> Result<()> {
        let selector = self.seg[seg].selector;
        if selector & !3 == 0 {
            return Ok(());
        }
        let d = self.task_descriptor(env, selector)?;
        let s = d.segment(selector);
        if !s.has(Segment::S) || is_code(s) && !s.has(Segment::WRITABLE) {
            return Err(bad(selector));
        }
        if s.unusable() {
            return Err(Fault::with(vector::NP, error_of(selector)));
        }
        let conforming = is_code(s) && s.has(Segment::DOWN);
        if !conforming && s.dpl() < self.cpl.max((selector & 3) as u8) {
            return Err(bad(selector));
        }
        self.seg[seg] = self.touch(env, d)?.segment(selector);
        Ok(())
    }
}

/// A code segment's DPL against the new privilege level, which is the RPL of its selector.
fn level_fits(s: Segment) -> bool {
    let rpl = (s.selector & 3) as u8;
    !is_code(s) || if s.has(Segment::DOWN) { s.dpl() <= rpl } else { s.dpl() == rpl }
}
