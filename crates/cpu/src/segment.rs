//! Segment registers, descriptors and far transfers (SDM vol. 3, "Protected-Mode Memory
//! Management" and "Protection"; SDM vol. 2 for each instruction).

use crate::alu::flag;
use crate::bus::Bus;
use crate::fault::{Fault, Result, vector};
use crate::gate::Far;
use crate::memory::{Env, canonical};
use crate::state::{CS, Cpu, RSP, SS, Segment, mask};
use crate::task::Cause;
use trace::Mode;

/// A descriptor as it stands in memory, and where.
#[derive(Clone, Copy)]
pub(crate) struct Descriptor {
    raw: u64,
    pub at: u64,
}

impl Descriptor {
    pub fn raw(self) -> u64 {
        self.raw
    }
    fn attr(self) -> u16 {
        (self.raw >> 40) as u16 & 0xf0ff
    }
    fn base(self) -> u64 {
        self.raw >> 16 & 0xff_ffff | self.raw >> 32 & 0xff00_0000
    }
    fn limit(self) -> u32 {
        let limit = (self.raw & 0xffff | self.raw >> 32 & 0xf_0000) as u32;
        if self.attr() & Segment::G != 0 { limit << 12 | 0xfff } else { limit }
    }
    pub fn segment(self, selector: u16) -> Segment {
        Segment { selector, attr: self.attr(), limit: self.limit(), base: self.base() }
    }
}

/// Without its RPL bits, as error codes carry a selector.
pub(crate) fn error_of(selector: u16) -> u16 {
    selector & !3
}

impl Cpu {
    /// The descriptor that a selector names, or #GP when its table is too short.
    pub(crate) fn descriptor<B: Bus>(&mut self, env: &mut Env<B>, selector: u16) -> Result<Descriptor> {
        let fault = Fault::gp(error_of(selector));
        let (base, limit) = if selector & 4 == 0 {
            (self.gdtr.base, u32::from(self.gdtr.limit))
        } else if self.ldtr.unusable() || self.ldtr.selector & !3 == 0 {
            return Err(fault);
        } else {
            (self.ldtr.base, self.ldtr.limit)
        };
        let offset = u32::from(selector & !7);
        if offset + 7 > limit {
            return Err(fault);
        }
        let at = base + u64::from(offset);
        Ok(Descriptor { raw: self.read_system(env, at, 8)?, at })
    }

    /// Sets the accessed bit in memory and in the value that is loaded.
    pub(crate) fn touch<B: Bus>(&mut self, env: &mut Env<B>, d: Descriptor) -> Result<Descriptor> {
        if d.raw >> 40 & 1 == 0 {
            self.write_system(env, d.at + 5, 1, d.raw >> 40 & 0xff | 1)?;
        }
        Ok(Descriptor { raw: d.raw | 1 << 40, ..d })
    }

    /// MOV, POP, LDS … to a data or stack segment register.
    pub(crate) fn load_segment<B: Bus>(&mut self, env: &mut Env<B>, seg: usize, selector: u16) -> Result<()> {
        if !self.protected() {
            // Only selector and base change: limits set in protected mode stay ("unreal mode").
            self.seg[seg].selector = selector;
            self.seg[seg].base = u64::from(selector) << 4;
            return Ok(());
        }
        self.seg[seg] = if self.virtual_8086() {
            Segment::virtual_8086(selector)
        } else {
            self.check_segment(env, seg, selector, self.cpl)?
        };
        Ok(())
    }

    pub(crate) fn check_segment<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        seg: usize,
        selector: u16,
        cpl: u8,
    ) -> Result<Segment> {
        let rpl = (selector & 3) as u8;
        if selector & !3 == 0 {
            let null_stack = seg == SS && (self.mode() != Mode::Bits64 || cpl == 3 || rpl != cpl);
            if null_stack {
                return Err(Fault::GP0);
            }
            // A null SS in 64-bit mode keeps its privilege level in the DPL.
            let attr = if seg == SS { u16::from(cpl) << 5 } else { 0 };
            return Ok(Segment { selector, attr, ..Segment::default() });
        }
        let d = self.descriptor(env, selector)?;
        let s = d.segment(selector);
        let error = error_of(selector);
        let data = s.has(Segment::S) && !s.has(Segment::CODE);
        let allowed = if seg == SS {
            data && s.has(Segment::WRITABLE) && rpl == cpl && s.dpl() == cpl
        } else {
            let conforming = s.has(Segment::CODE) && s.has(Segment::DOWN);
            let readable = data || (s.has(Segment::S) && s.has(Segment::WRITABLE));
            readable && (conforming || s.dpl() >= cpl.max(rpl))
        };
        if !allowed {
            return Err(Fault::gp(error));
        }
        if s.unusable() {
            return Err(Fault::with(if seg == SS { vector::SS } else { vector::NP }, error));
        }
        Ok(self.touch(env, d)?.segment(selector))
    }

    pub(crate) fn load_ldtr<B: Bus>(&mut self, env: &mut Env<B>, selector: u16) -> Result<()> {
        if selector & !3 == 0 {
            self.ldtr = Segment { selector, ..Segment::default() };
            return Ok(());
        }
        self.ldtr = self.system_segment(env, selector, &[2])?.0;
        Ok(())
    }

    pub(crate) fn load_tr<B: Bus>(&mut self, env: &mut Env<B>, selector: u16) -> Result<()> {
        if selector & !3 == 0 {
            return Err(Fault::GP0);
        }
        let available: &[u16] = if self.long_mode() { &[9] } else { &[1, 9] };
        let (mut tr, d) = self.system_segment(env, selector, available)?;
        tr.attr |= 2;
        self.write_system(env, d.at + 5, 1, u64::from(tr.attr & 0xff))?;
        self.tr = tr;
        Ok(())
    }

    fn system_segment<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        selector: u16,
        types: &[u16],
    ) -> Result<(Segment, Descriptor)> {
        let error = error_of(selector);
        if selector & 4 != 0 {
            return Err(Fault::gp(error));
        }
        let d = self.descriptor(env, selector)?;
        let mut s = d.segment(selector);
        if s.has(Segment::S) || !types.contains(&(s.attr & 15)) {
            return Err(Fault::gp(error));
        }
        if s.unusable() {
            return Err(Fault::with(vector::NP, error));
        }
        if self.long_mode() {
            s.base |= self.read_system(env, d.at + 8, 4)? << 32;
        }
        Ok((s, d))
    }

    /// The code segment for a far transfer, with the privilege it will run at.
    fn code_segment<B: Bus>(&mut self, env: &mut Env<B>, selector: u16, back: bool) -> Result<(Segment, u8)> {
        let error = error_of(selector);
        if error == 0 {
            return Err(Fault::GP0);
        }
        let d = self.descriptor(env, selector)?;
        let s = d.segment(selector);
        let rpl = (selector & 3) as u8;
        let conforming = s.has(Segment::DOWN);
        let both_sizes = self.long_mode() && s.has(Segment::L) && s.has(Segment::DB);
        let level_ok = match (back, conforming) {
            (false, true) => s.dpl() <= self.cpl,
            (false, false) => rpl <= self.cpl && s.dpl() == self.cpl,
            (true, true) => rpl >= self.cpl && s.dpl() <= rpl,
            (true, false) => rpl >= self.cpl && s.dpl() == rpl,
        };
        if !s.has(Segment::S) || !s.has(Segment::CODE) || both_sizes || !level_ok {
            return Err(Fault::gp(error));
        }
        if s.unusable() {
            return Err(Fault::with(vector::NP, error));
        }
        let cpl = if back { rpl } else { self.cpl };
        let mut s = self.touch(env, d)?.segment(selector);
        s.selector = error | u16::from(cpl);
        Ok((s, cpl))
    }

    pub(crate) fn enter_code(&mut self, cs: Segment, rip: u64, size: u8) -> Result<()> {
        let wide = self.long_mode() && cs.has(Segment::L);
        let rip = rip & mask(size);
        if if wide { !canonical(rip) } else { rip > u64::from(cs.limit) } {
            return Err(Fault::GP0);
        }
        self.seg[CS] = cs;
        self.rip = rip;
        Ok(())
    }

    /// JMP far.
    pub(crate) fn jump_far<B: Bus>(&mut self, env: &mut Env<B>, selector: u16, rip: u64, size: u8) -> Result<()> {
        if self.real_segments() {
            return self.real_code(selector, rip, size);
        }
        match self.far_target(env, selector)? {
            Far::Gate(gate) => self.jump_gate(env, gate),
            Far::Task(task) => self.go_to_task(env, task, Cause::Jump),
            Far::Code => {
                let (cs, _) = self.code_segment(env, selector, false)?;
                self.enter_code(cs, rip, size)
            }
        }
    }

    fn real_code(&mut self, selector: u16, rip: u64, size: u8) -> Result<()> {
        let rip = rip & mask(size);
        if rip > u64::from(self.seg[CS].limit) {
            return Err(Fault::GP0);
        }
        self.seg[CS].selector = selector;
        self.seg[CS].base = u64::from(selector) << 4;
        self.rip = rip;
        Ok(())
    }

    /// CALL far. `self.rip` is the return address already.
    pub(crate) fn call_far<B: Bus>(&mut self, env: &mut Env<B>, selector: u16, rip: u64, size: u8) -> Result<()> {
        let (from, back) = (self.seg[CS], self.rip);
        let rsp = self.regs[RSP];
        let target = if self.real_segments() { Far::Code } else { self.far_target(env, selector)? };
        match target {
            Far::Code => {}
            Far::Task(task) => return self.go_to_task(env, task, Cause::Nest),
            Far::Gate(gate) => {
                let (seg, cpl) = (self.seg, self.cpl);
                return self
                    .call_through(env, gate)
                    .inspect_err(|_| (self.regs[RSP], self.seg, self.cpl) = (rsp, seg, cpl));
            }
        }
        self.push(env, u64::from(from.selector), size)?;
        let called = self.push(env, back, size).and_then(|()| self.jump_far(env, selector, rip, size));
        if called.is_err() {
            self.regs[RSP] = rsp;
        }
        called
    }

    /// RET far, with `release` bytes of parameters taken off the stack.
    pub(crate) fn return_far<B: Bus>(&mut self, env: &mut Env<B>, size: u8, release: u64) -> Result<()> {
        let rip = self.peek_stack(env, 0, size)?;
        let selector = self.peek_stack(env, u64::from(size), size)? as u16;
        let popped = 2 * u64::from(size) + release;
        if self.real_segments() {
            self.real_code(selector, rip, size)?;
            self.move_stack(popped);
            return Ok(());
        }
        let (cs, cpl) = self.code_segment(env, selector, true)?;
        if cpl == self.cpl {
            self.enter_code(cs, rip, size)?;
            self.move_stack(popped);
            return Ok(());
        }
        let rsp = self.peek_stack(env, popped, size)?;
        let ss = self.peek_stack(env, popped + u64::from(size), size)? as u16;
        self.outward(env, cs, cpl, rip, ss, rsp, size)?;
        self.move_stack(release);
        Ok(())
    }

    pub(crate) fn iret<B: Bus>(&mut self, env: &mut Env<B>, size: u8) -> Result<()> {
        // NMIs are unblocked even if IRET faults (SDM vol. 3, "Handling Multiple NMIs").
        self.nmi_blocked = false;
        self.attend = true;
        if !self.real_segments() && self.rflags & flag::NT != 0 {
            return self.return_to_task(env);
        }
        self.sensitive()?;
        let step = u64::from(size);
        let rip = self.peek_stack(env, 0, size)?;
        let selector = self.peek_stack(env, step, size)? as u16;
        let flags = self.peek_stack(env, 2 * step, size)?;
        if self.real_segments() {
            self.real_code(selector, rip, size)?;
            self.move_stack(3 * step);
            self.set_flags(flags, size, self.cpl);
        } else {
            if flags & flag::VM != 0 && !self.long_mode() && self.cpl == 0 && size == 4 {
                return self.enter_virtual_8086(env, rip, selector, flags);
            }
            let old_cpl = self.cpl;
            let long = self.mode() == Mode::Bits64;
            let (cs, cpl) = self.code_segment(env, selector, true)?;
            if cpl != old_cpl || long {
                let rsp = self.peek_stack(env, 3 * step, size)?;
                let ss = self.peek_stack(env, 4 * step, size)? as u16;
                self.outward(env, cs, cpl, rip, ss, rsp, size)?;
            } else {
                self.enter_code(cs, rip, size)?;
                self.move_stack(3 * step);
            }
            self.set_flags(flags, size, old_cpl);
        }
        Ok(())
    }

    /// Return to a stack of its own, usually at an outer privilege level.
    #[allow(clippy::too_many_arguments, reason = "a return frame has that many parts")]
    fn outward<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        cs: Segment,
        cpl: u8,
        rip: u64,
        ss: u16,
        rsp: u64,
        size: u8,
    ) -> Result<()> {
        let null_allowed = ss & !3 == 0 && cs.has(Segment::L) && self.long_mode() && cpl != 3;
        let stack = if null_allowed {
            Segment { selector: ss, attr: u16::from(cpl) << 5, ..Segment::default() }
        } else if ss & !3 == 0 {
            return Err(Fault::GP0);
        } else {
            self.check_segment(env, SS, ss, cpl)?
        };
        self.enter_code(cs, rip, size)?;
        self.seg[SS] = stack;
        if cpl != self.cpl {
            self.cpl = cpl;
            self.drop_inner_segments();
        }
        self.regs[RSP] = if self.mode() == Mode::Bits64 {
            rsp
        } else {
            let m = mask(self.stack_size());
            self.regs[RSP] & !m | rsp & m
        };
        Ok(())
    }

    /// Data segments more privileged than the new level become null.
    fn drop_inner_segments(&mut self) {
        for seg in [crate::state::ES, crate::state::DS, crate::state::FS, crate::state::GS] {
            let s = self.seg[seg];
            let conforming = s.has(Segment::CODE) && s.has(Segment::DOWN);
            if s.dpl() < self.cpl && !conforming {
                self.seg[seg] = Segment { base: s.base, ..Segment::default() };
            }
        }
    }

    /// POPF and IRET: writes the flags that `size` and the privilege level allow.
    pub(crate) fn set_flags(&mut self, value: u64, size: u8, cpl: u8) {
        use flag::*;
        let mut writable = STATUS | TF | DF | NT;
        if !self.protected() || cpl == 0 {
            writable |= IOPL;
        }
        if !self.protected() || u64::from(cpl) <= self.rflags >> 12 & 3 {
            writable |= IF;
        }
        if size > 2 {
            writable |= RF | AC | ID;
        }
        self.rflags = self.rflags & !writable | value & writable | 2;
        self.attend = true;
    }

    /// LAR, LSL, VERR, VERW: the descriptor if software may see it at this privilege.
    pub(crate) fn visible_descriptor<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        selector: u16,
    ) -> Result<Option<(Segment, u64)>> {
        if selector & !3 == 0 {
            return Ok(None);
        }
        let d = match self.descriptor(env, selector) {
            Ok(d) => d,
            Err(Fault { vector: vector::PF, error }) => return Err(Fault { vector: vector::PF, error }),
            Err(_) => return Ok(None),
        };
        let s = d.segment(selector);
        let conforming = s.has(Segment::S) && s.has(Segment::CODE) && s.has(Segment::DOWN);
        let seen = conforming || s.dpl() >= self.cpl.max((selector & 3) as u8);
        Ok(seen.then_some((s, d.raw >> 32 & 0x00f0_ff00)))
    }
}
