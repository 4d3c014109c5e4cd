//! String instructions and their REP forms. Each iteration counts as one instruction; plain forward
//! moves and fills in RAM run in bulk.

use crate::alu::{self, flag};
use crate::bus::Bus;
use crate::fault::Result;
use crate::memory::Env;
use crate::op::{Kind, Op, Repeat};
use crate::paging::Wish;
use crate::state::{Cpu, ES, IoInstruction, RAX, RCX, RDI, RDX, RSI, mask};

impl Cpu {
    pub(super) fn string<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        if op.repeat == Repeat::No {
            return self.string_once(env, op);
        }
        let count = self.read_reg(RCX as u8, op.addr_size);
        if count == 0 {
            return Ok(());
        }
        let done = match self.string_bulk(env, op, count)? {
            0 => {
                self.string_once(env, op)?;
                1
            }
            n => n,
        };
        self.write_reg(RCX as u8, op.addr_size, count - done);
        // The run loop counts the last of them.
        env.bus.advance(done - 1);
        let compares = matches!(op.kind, Kind::Cmps | Kind::Scas);
        let equal = self.rflags & flag::ZF != 0;
        let ended = count == done || (compares && equal != (op.repeat == Repeat::Equal));
        if !ended {
            // Interruptible between iterations: the instruction runs again for the rest.
            self.rip = self.rip.wrapping_sub(op.len.into());
        }
        Ok(())
    }

    fn step_index(&mut self, reg: usize, op: &Op, count: u64) {
        let bytes = count * u64::from(op.size);
        let delta = if self.rflags & flag::DF != 0 { bytes.wrapping_neg() } else { bytes };
        let value = self.regs[reg].wrapping_add(delta);
        self.write_reg(reg as u8, op.addr_size, value);
    }

    fn string_once<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let (seg, size) = (usize::from(op.seg), op.size);
        let source = self.read_reg(RSI as u8, op.addr_size);
        let target = self.read_reg(RDI as u8, op.addr_size);
        match op.kind {
            Kind::Movs => {
                let value = self.read_mem(env, seg, source, size)?;
                self.write_mem(env, ES, target, size, value)?;
                self.step_index(RSI, op, 1);
                self.step_index(RDI, op, 1);
            }
            Kind::Stos => {
                self.write_mem(env, ES, target, size, self.regs[RAX] & mask(size))?;
                self.step_index(RDI, op, 1);
            }
            Kind::Lods => {
                let value = self.read_mem(env, seg, source, size)?;
                self.write_reg(RAX as u8, size, value);
                self.step_index(RSI, op, 1);
            }
            Kind::Cmps => {
                let a = self.read_mem(env, seg, source, size)?;
                let b = self.read_mem(env, ES, target, size)?;
                self.rflags = self.rflags & !flag::STATUS | alu::sub(a, b, false, size).flags;
                self.step_index(RSI, op, 1);
                self.step_index(RDI, op, 1);
            }
            Kind::Scas => {
                let b = self.read_mem(env, ES, target, size)?;
                let out = alu::sub(self.regs[RAX] & mask(size), b, false, size);
                self.rflags = self.rflags & !flag::STATUS | out.flags;
                self.step_index(RDI, op, 1);
            }
            Kind::Ins => return self.string_in(env, op, target),
            _ => return self.string_out(env, op, source),
        }
        Ok(())
    }

    fn io_instruction(&self, op: &Op, kind: u8, mem_addr: u64) -> IoInstruction {
        let repeat = if op.repeat == Repeat::No { 0 } else { 4 };
        IoInstruction {
            port: self.regs[RDX] as u16,
            size: op.size,
            kind: kind | repeat,
            mem_addr,
            rip: self.rip.wrapping_sub(op.len.into()),
            rcx: self.regs[RCX],
            rsi: self.regs[RSI],
            rdi: self.regs[RDI],
        }
    }

    fn string_in<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, target: u64) -> Result<()> {
        let port = self.regs[RDX] as u16;
        self.check_port(env, port, op.size)?;
        self.watch_port(port, op.size);
        let linear = self.linear(ES, target, op.size.into(), true)?;
        self.probe_write(env, linear, op.size.into())?;
        let io = self.io_instruction(op, 3, linear);
        let value = env.bus.port_in(self.data_access(), port, op.size.into());
        self.write_linear(env, linear, op.size.into(), value.into())?;
        self.step_index(RDI, op, 1);
        self.last_io = Some(io);
        Ok(())
    }

    fn string_out<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, source: u64) -> Result<()> {
        let port = self.regs[RDX] as u16;
        self.check_port(env, port, op.size)?;
        self.watch_port(port, op.size);
        let linear = self.linear(op.seg.into(), source, op.size.into(), false)?;
        let value = self.read_linear(env, linear, op.size.into())?;
        let io = self.io_instruction(op, 2, linear);
        env.bus.port_out(self.data_access(), port, op.size.into(), value as u32);
        self.step_index(RSI, op, 1);
        self.last_io = Some(io);
        Ok(())
    }

    /// As many iterations of REP MOVS or REP STOS as lie in one page of plain RAM on each side and
    /// in the budget; 0 where single steps are needed.
    fn string_bulk<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, count: u64) -> Result<u64> {
        if !matches!(op.kind, Kind::Movs | Kind::Stos)
            || self.rflags & (flag::DF | flag::TF) != 0
            || count < 4
            || self.watches()
            || self.checks_alignment()
        {
            return Ok(0);
        }
        let size = u64::from(op.size);
        let target = self.read_reg(RDI as u8, op.addr_size);
        let source = self.read_reg(RSI as u8, op.addr_size);
        let room = |offset: u64, linear: u64| (4096 - (linear & 0xfff)).min(mask(op.addr_size) - offset) / size;
        // What faults here does so in its own order, one by one.
        let Ok(to) = self.linear(ES, target, op.size.into(), true) else { return Ok(0) };
        let mut n = count.min(env.bus.budget()).min(room(target, to));
        let mut from = 0;
        if op.kind == Kind::Movs {
            let Ok(at) = self.linear(op.seg.into(), source, op.size.into(), false) else { return Ok(0) };
            from = at;
            n = n.min(room(source, from));
        }
        if n < 2 || self.linear(ES, target, (n * size) as usize, true).is_err() {
            return Ok(0);
        }
        if op.kind == Kind::Movs && self.linear(op.seg.into(), source, (n * size) as usize, false).is_err() {
            return Ok(0);
        }
        let user = self.cpl == 3;
        let bytes = (n * size) as usize;
        let access = self.data_access();
        let mut buffer = [0u8; 4096];
        // The source faults first.
        if op.kind == Kind::Movs {
            from = self.translate(env.tlb, env.bus, from, Wish { write: false, fetch: false, user })?;
        }
        let to = self.translate(env.tlb, env.bus, to, Wish { write: true, fetch: false, user })?;
        if op.kind == Kind::Movs {
            // A forward copy onto itself repeats a pattern: one element at a time does that right.
            if from < to && to < from + bytes as u64 {
                return Ok(0);
            }
            if self.smrr_hides(from) {
                return Ok(0);
            }
            let Some(data) = env.bus.ram(access, from, bytes, false) else { return Ok(0) };
            buffer[..bytes].copy_from_slice(data);
        } else {
            let value = self.regs[RAX].to_le_bytes();
            for chunk in buffer[..bytes].chunks_exact_mut(op.size.into()) {
                chunk.copy_from_slice(&value[..op.size.into()]);
            }
        }
        if self.smrr_hides(to) {
            return Ok(0);
        }
        let Some(data) = env.bus.ram(access, to, bytes, true) else { return Ok(0) };
        data.copy_from_slice(&buffer[..bytes]);
        env.code.written(to, bytes);
        self.step_index(RDI, op, n);
        if op.kind == Kind::Movs {
            self.step_index(RSI, op, n);
        }
        Ok(n)
    }
}
