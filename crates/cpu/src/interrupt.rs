//! Delivery of exceptions and interrupts through the IVT and the IDT (SDM vol. 3, "Interrupt and
//! Exception Handling"), double and triple fault.

use crate::alu::flag;
use crate::bus::Bus;
use crate::fault::{Fault, Result, vector};
use crate::gate::on_stack;
use crate::memory::{Env, canonical};
use crate::segment::error_of;
use crate::state::{Activity, CS, Cpu, RSP, SS, Segment, cr4};
use crate::task::Arrival;
use trace::{Kind, Mode};

/// Type of a task gate in the IDT.
const TASK_GATE: u64 = 5;

/// Where an interrupt comes from: software interrupts check the gate's DPL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Hardware,
    Software,
}

impl Cpu {
    /// Delivers an exception; a fault on the way becomes #DF, and one on #DF's way shutdown.
    pub(crate) fn raise<B: Bus>(&mut self, env: &mut Env<B>, fault: Fault) {
        let mut fault = fault;
        loop {
            env.bus.emit(Kind::Exception {
                vector: fault.vector,
                error: fault.error,
                cs: self.seg[CS].selector,
                rip: self.rip,
            });
            if fault.vector == vector::MC && self.cr4 & cr4::MCE == 0 {
                return self.shut_down(env, "machine check with CR4.MCE clear");
            }
            if fault.vector == vector::MC && self.msr.machine_check_begins() {
                return self.shut_down(env, "machine check within a machine check");
            }
            if fault.vector == vector::DB {
                self.allow_debug_access();
            }
            if fault.vector != vector::DB && fault.vector != vector::BP && fault.vector != vector::OF {
                self.rflags |= flag::RF;
            }
            match self.deliver(env, fault.vector, fault.error, Origin::Hardware) {
                Ok(None) => return,
                Ok(Some(_)) | Err(_) if fault.vector == vector::DF => return self.shut_down(env, "triple fault"),
                Ok(Some(second)) | Err(second) if doubles(fault.vector, second.vector) => {
                    fault = Fault::with(vector::DF, 0);
                }
                Ok(Some(second)) | Err(second) => fault = second,
            }
        }
    }

    pub(crate) fn shut_down<B: Bus>(&mut self, env: &mut Env<B>, why: &str) {
        self.activity = Activity::Shutdown;
        env.bus.emit(Kind::Shutdown { why: why.into() });
    }

    /// Calls the handler. Nothing has changed if it can't; what a handler's task meets at its start comes
    /// back as [`Arrival`].
    pub(crate) fn deliver<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        vector: u8,
        error: Option<u32>,
        origin: Origin,
    ) -> Result<Arrival> {
        let (regs, seg, cpl, rflags) = (self.regs[RSP], self.seg, self.cpl, self.rflags);
        let delivered = if !self.protected() {
            self.deliver_real(env, vector).map(|()| None)
        } else if self.long_mode() {
            self.deliver_long(env, vector, error, origin).map(|()| None)
        } else {
            self.deliver_protected(env, vector, error, origin)
        };
        match delivered {
            Ok(arrival) => Ok(arrival.map(|fault| external(fault, origin))),
            Err(fault) => {
                (self.regs[RSP], self.seg, self.cpl, self.rflags) = (regs, seg, cpl, rflags);
                Err(external(fault, origin))
            }
        }
    }

    fn deliver_real<B: Bus>(&mut self, env: &mut Env<B>, vector: u8) -> Result<()> {
        let entry = u64::from(vector) * 4;
        if entry + 3 > u64::from(self.idtr.limit) {
            return Err(Fault::GP0);
        }
        let target = self.read_system(env, self.idtr.base + entry, 4)?;
        self.push(env, self.rflags, 2)?;
        self.push(env, u64::from(self.seg[CS].selector), 2)?;
        // 16 bits of the instruction pointer only, in SMM too.
        self.push(env, self.rip, 2)?;
        self.rflags &= !(flag::IF | flag::TF | flag::AC | flag::RF);
        self.seg[CS].selector = (target >> 16) as u16;
        self.seg[CS].base = (target >> 16) << 4;
        self.rip = target & 0xffff;
        Ok(())
    }

    /// Error code of a fault that a gate itself causes: its index, IDT bit, external bit.
    fn gate_error(vector: u8, origin: Origin) -> u16 {
        u16::from(vector) * 8 + 2 + u16::from(origin == Origin::Hardware)
    }

    fn deliver_protected<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        vector: u8,
        error: Option<u32>,
        origin: Origin,
    ) -> Result<Arrival> {
        let bad = Self::gate_error(vector, origin);
        let entry = u64::from(vector) * 8;
        if entry + 7 > u64::from(self.idtr.limit) {
            return Err(Fault::gp(bad));
        }
        let gate = self.read_system(env, self.idtr.base + entry, 8)?;
        let kind = gate >> 40 & 0x1f;
        let size = match kind {
            TASK_GATE => 0,
            6 | 7 => 2,
            14 | 15 => 4,
            _ => return Err(Fault::gp(bad)),
        };
        self.check_gate(gate, bad, origin)?;
        if kind == TASK_GATE {
            return self.interrupt_task(env, (gate >> 16) as u16, error);
        }
        let offset = if size == 4 { gate & 0xffff | gate >> 32 & 0xffff_0000 } else { gate & 0xffff };
        let (cs, cpl) = self.handler_segment(env, (gate >> 16) as u16)?;
        if self.virtual_8086() && cpl != 0 {
            return Err(Fault::gp(error_of(cs.selector)));
        }
        let (old_ss, old_rsp) = (self.seg[SS].selector, self.regs[RSP]);
        if cpl < self.cpl {
            self.inner_stack(env, cpl)?;
            let stack = self.seg[SS].selector;
            let frame = |cpu: &mut Self, env: &mut Env<B>| {
                if cpu.virtual_8086() {
                    cpu.push_data_segments(env, size)?;
                }
                cpu.push(env, old_ss.into(), size)?;
                cpu.push(env, old_rsp, size)?;
                cpu.push_frame(env, error, size)
            };
            frame(self, env).map_err(|fault| on_stack(fault, stack))?;
        } else {
            self.push_frame(env, error, size)?;
        }
        self.enter_handler(cs, cpl, offset, kind & 1 == 0).map(|()| None)
    }

    fn deliver_long<B: Bus>(&mut self, env: &mut Env<B>, vector: u8, error: Option<u32>, origin: Origin) -> Result<()> {
        let bad = Self::gate_error(vector, origin);
        let entry = u64::from(vector) * 16;
        if entry + 15 > u64::from(self.idtr.limit) {
            return Err(Fault::gp(bad));
        }
        let gate = self.read_system(env, self.idtr.base.wrapping_add(entry), 8)?;
        let high = self.read_system(env, self.idtr.base.wrapping_add(entry + 8), 8)?;
        let kind = gate >> 40 & 0x1f;
        if kind != 14 && kind != 15 {
            return Err(Fault::gp(bad));
        }
        self.check_gate(gate, bad, origin)?;
        let offset = gate & 0xffff | gate >> 32 & 0xffff_0000 | high << 32;
        let (cs, cpl) = self.handler_segment(env, (gate >> 16) as u16)?;
        if !cs.has(Segment::L) || !canonical(offset) {
            return Err(Fault::gp(cs.selector & !3));
        }
        let (old_ss, old_rsp) = (self.seg[SS].selector, self.regs[RSP]);
        let ist = gate >> 32 & 7;
        let inward = cpl < self.cpl;
        let on_ist = if ist != 0 { Some(self.task_state(env, 28 + ist * 8)?) } else { None };
        // From here on the stack is a 64-bit one, so the new CS goes in first.
        let old_cs = self.seg[CS].selector;
        if inward {
            self.inner_stack(env, cpl)?;
        }
        self.seg[CS] = cs;
        self.regs[RSP] = on_ist.unwrap_or(self.regs[RSP]) & !15;
        for value in [old_ss.into(), old_rsp, self.rflags, old_cs.into(), self.rip] {
            self.push(env, value, 8)?;
        }
        if let Some(error) = error {
            self.push(env, error.into(), 8)?;
        }
        self.enter_handler(cs, cpl, offset, kind == 14)
    }

    fn check_gate(&self, gate: u64, error: u16, origin: Origin) -> Result<()> {
        if origin == Origin::Software && ((gate >> 45 & 3) as u8) < self.cpl {
            return Err(Fault::gp(error));
        }
        if gate >> 47 & 1 == 0 {
            return Err(Fault::with(vector::NP, error));
        }
        Ok(())
    }

    fn handler_segment<B: Bus>(&mut self, env: &mut Env<B>, selector: u16) -> Result<(Segment, u8)> {
        let error = selector & !3;
        if error == 0 {
            return Err(Fault::GP0);
        }
        let cs = self.descriptor(env, selector)?.segment(selector);
        if !cs.has(Segment::S) || !cs.has(Segment::CODE) || cs.dpl() > self.cpl {
            return Err(Fault::gp(error));
        }
        if cs.unusable() {
            return Err(Fault::with(vector::NP, error));
        }
        let cpl = if cs.has(Segment::DOWN) { self.cpl } else { cs.dpl() };
        Ok((Segment { selector: error | u16::from(cpl), ..cs }, cpl))
    }

    fn push_frame<B: Bus>(&mut self, env: &mut Env<B>, error: Option<u32>, size: u8) -> Result<()> {
        self.push(env, self.rflags, size)?;
        self.push(env, u64::from(self.seg[CS].selector), size)?;
        self.push(env, self.rip, size)?;
        match error {
            Some(error) => self.push(env, error.into(), size),
            None => Ok(()),
        }
    }

    fn enter_handler(&mut self, cs: Segment, cpl: u8, offset: u64, interrupt_gate: bool) -> Result<()> {
        self.seg[CS] = cs;
        if self.mode() != Mode::Bits64 && offset > u64::from(cs.limit) {
            return Err(Fault::GP0);
        }
        self.cpl = cpl;
        self.rip = offset;
        self.rflags &= !(flag::TF | flag::NT | flag::RF | flag::VM);
        if interrupt_gate {
            self.rflags &= !flag::IF;
        }
        Ok(())
    }
}

/// EXT in the error code of a fault that an event from outside the program met on its way (SDM vol. 3,
/// "Error Code").
fn external(fault: Fault, origin: Origin) -> Fault {
    match fault.error {
        Some(error) if origin == Origin::Hardware && fault.vector != vector::PF => {
            Fault { error: Some(error | 1), ..fault }
        }
        _ => fault,
    }
}

/// Whether a second fault makes a double fault (SDM vol. 3, "Interrupt 8").
fn doubles(first: u8, second: u8) -> bool {
    let contributory = |v: u8| matches!(v, vector::DE | vector::TS..=vector::GP);
    match first {
        vector::PF => second == vector::PF || contributory(second),
        v if contributory(v) => contributory(second),
        _ => false,
    }
}
