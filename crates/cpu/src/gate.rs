//! Where far pointers lead, call gates, and the stack that a more privileged procedure or handler gets from the task state
//! segment (SDM vol. 3, "Call Gates" and "Stack Switching"; vol. 2, "CALL" and "JMP").

use crate::bus::Bus;
use crate::fault::{Fault, Result, vector};
use crate::memory::Env;
use crate::segment::error_of;
use crate::state::{CS, Cpu, RSP, SS, Segment};

/// A call gate that the caller may use.
#[derive(Clone, Copy)]
pub(crate) struct Gate {
    target: u16,
    offset: u64,
    /// Bytes of what it pushes.
    size: u8,
    /// Words that are copied from stack to stack.
    parameters: u8,
}

/// What a far pointer's selector names.
pub(crate) enum Far {
    /// A code segment, or nothing that a far transfer may use.
    Code,
    Gate(Gate),
    /// A task, by the selector of its task state segment; whether it can be switched to isn't looked at yet.
    Task(u16),
}

impl Cpu {
    pub(crate) fn far_target<B: Bus>(&mut self, env: &mut Env<B>, selector: u16) -> Result<Far> {
        if selector & !3 == 0 {
            return Ok(Far::Code);
        }
        let d = self.descriptor(env, selector)?;
        let s = d.segment(selector);
        let long = self.long_mode();
        let size = match (s.has(Segment::S), s.attr & 15) {
            (false, 12) if long => 8,
            (false, 12) => 4,
            (false, 4) if !long => 2,
            // Task state segments, and the task gate: no sizes of their own.
            (false, 1 | 3 | 5 | 9 | 11) if !long => 0,
            _ => return Ok(Far::Code),
        };
        let error = error_of(selector);
        if s.dpl() < self.cpl.max((selector & 3) as u8) {
            return Err(Fault::gp(error));
        }
        if size == 0 && s.attr & 15 != 5 {
            return Ok(Far::Task(selector));
        }
        if s.unusable() {
            return Err(Fault::with(vector::NP, error));
        }
        let raw = d.raw();
        if size == 0 {
            return Ok(Far::Task((raw >> 16) as u16));
        }
        let mut offset = raw & 0xffff | raw >> 32 & 0xffff_0000;
        if size == 2 {
            offset &= 0xffff;
        }
        if size == 8 {
            let high = self.read_system(env, d.at + 8, 8)?;
            if high >> 40 & 0x1f != 0 {
                return Err(Fault::gp(error));
            }
            offset |= high << 32;
        }
        Ok(Far::Gate(Gate { target: (raw >> 16) as u16, offset, size, parameters: (raw >> 32) as u8 & 31 }))
    }

    /// Where a gate leads, and the privilege level there.
    fn gate_target<B: Bus>(&mut self, env: &mut Env<B>, gate: Gate) -> Result<Segment> {
        let error = error_of(gate.target);
        if error == 0 {
            return Err(Fault::GP0);
        }
        let d = self.descriptor(env, gate.target)?;
        let s = d.segment(gate.target);
        let width = s.has(Segment::L) && !s.has(Segment::DB);
        let fits = s.has(Segment::S) && s.has(Segment::CODE) && s.dpl() <= self.cpl;
        if !fits || self.long_mode() && !width {
            return Err(Fault::gp(error));
        }
        if s.unusable() {
            return Err(Fault::with(vector::NP, error));
        }
        Ok(self.touch(env, d)?.segment(gate.target))
    }

    /// JMP through a gate: never to another privilege level.
    pub(crate) fn jump_gate<B: Bus>(&mut self, env: &mut Env<B>, gate: Gate) -> Result<()> {
        let cs = self.gate_target(env, gate)?;
        if !cs.has(Segment::DOWN) && cs.dpl() != self.cpl {
            return Err(Fault::gp(error_of(gate.target)));
        }
        self.enter_gate(cs, gate, self.cpl)
    }

    fn enter_gate(&mut self, cs: Segment, gate: Gate, cpl: u8) -> Result<()> {
        let cs = Segment { selector: error_of(gate.target) | u16::from(cpl), ..cs };
        self.enter_code(cs, gate.offset, 8)
    }

    /// CALL through a gate; the caller puts registers back if it faults.
    pub(crate) fn call_through<B: Bus>(&mut self, env: &mut Env<B>, gate: Gate) -> Result<()> {
        let cs = self.gate_target(env, gate)?;
        let (from, back) = (u64::from(self.seg[CS].selector), self.rip);
        if cs.has(Segment::DOWN) || cs.dpl() == self.cpl {
            self.push(env, from, gate.size)?;
            self.push(env, back, gate.size)?;
            return self.enter_gate(cs, gate, self.cpl);
        }
        let mut words = Vec::new();
        if gate.size < 8 {
            for i in 0..u64::from(gate.parameters) {
                words.push(self.peek_stack(env, i * u64::from(gate.size), gate.size)?);
            }
        }
        let old = [u64::from(self.seg[SS].selector), self.regs[RSP]];
        let cpl = cs.dpl();
        self.inner_stack(env, cpl)?;
        // 64-bit pushes need the 64-bit code segment.
        self.seg[CS] = cs;
        let stack = self.seg[SS].selector;
        for value in old.into_iter().chain(words.into_iter().rev()).chain([from, back]) {
            self.push(env, value, gate.size).map_err(|fault| on_stack(fault, stack))?;
        }
        self.enter_gate(cs, gate, cpl)
    }

    /// Takes the stack of level `cpl` from the task state segment, and that level.
    pub(crate) fn inner_stack<B: Bus>(&mut self, env: &mut Env<B>, cpl: u8) -> Result<()> {
        if self.long_mode() {
            self.regs[RSP] = self.task_state(env, 4 + u64::from(cpl) * 8)?;
            self.cpl = cpl;
            self.seg[SS] = Segment { selector: u16::from(cpl), attr: u16::from(cpl) << 5, ..Segment::default() };
            return Ok(());
        }
        let wide = self.tr.attr & 8 != 0;
        let (at, size) = if wide { (4 + u64::from(cpl) * 8, 4) } else { (2 + u64::from(cpl) * 4, 2) };
        if at + size + 1 > u64::from(self.tr.limit) {
            return Err(Fault::with(vector::TS, error_of(self.tr.selector)));
        }
        let esp = self.read_system(env, self.tr.base + at, size as usize)?;
        let ss = self.read_system(env, self.tr.base + at + size, 2)? as u16;
        // What MOV SS calls #GP is #TS here.
        let stack = self.check_segment(env, SS, ss, cpl).map_err(|fault| match fault.vector {
            vector::GP => Fault::with(vector::TS, error_of(ss)),
            _ => fault,
        })?;
        self.cpl = cpl;
        self.seg[SS] = stack;
        self.regs[RSP] = esp;
        Ok(())
    }

    /// A 64-bit word of the task state segment.
    pub(crate) fn task_state<B: Bus>(&mut self, env: &mut Env<B>, at: u64) -> Result<u64> {
        if at + 7 > u64::from(self.tr.limit) {
            return Err(Fault::with(vector::TS, error_of(self.tr.selector)));
        }
        self.read_system(env, self.tr.base.wrapping_add(at), 8)
    }
}

/// A new stack that is too small is named in #SS's error code.
pub(crate) fn on_stack(fault: Fault, selector: u16) -> Fault {
    if fault == Fault::with(vector::SS, 0) { Fault::with(vector::SS, error_of(selector)) } else { fault }
}
