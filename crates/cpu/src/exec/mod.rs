//! Execution of one decoded instruction. The one long `match` dispatches; each subject has a file.

mod arith;
mod control;
mod fxsave;
mod sse;
mod string;
mod system;
mod x87;
mod x87_functions;
mod x87_state;

pub use x87::known as x87_known;

use crate::alu::{self, Out, flag};
use crate::bus::Bus;
use crate::debug::Shadow;
use crate::fault::{Fault, Result};
use crate::memory::Env;
use crate::op::{Kind, Op, Place};
use crate::state::{Cpu, RAX, RBP, RBX, RSP, mask, sign_extend};
use trace::Mode;

impl Cpu {
    /// Runs `op`; `self.rip` is already behind it. On a fault the caller puts `rip` back.
    pub(crate) fn execute<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        use Kind::*;
        match op.kind {
            Mov => {
                let value = self.get(env, op, op.src, op.size)?;
                self.put(env, op, op.dst, op.size, value)
            }
            Movzx => {
                let value = self.get(env, op, op.src, op.aux as u8)?;
                self.put(env, op, op.dst, op.size, value)
            }
            Movsx => {
                let value = self.get(env, op, op.src, op.aux as u8)?;
                self.put(env, op, op.dst, op.size, sign_extend(value, op.aux as u8))
            }
            Lea => {
                let value = self.effective(op);
                self.put(env, op, op.dst, op.size, value)
            }
            Xchg => self.exchange(env, op),
            Cmov => {
                let value = self.get(env, op, op.src, op.size)?;
                let taken = alu::condition(op.aux, self.rflags);
                // A 32-bit destination is zero-extended even when nothing moves.
                let value = if taken { value } else { self.get(env, op, op.dst, op.size)? };
                self.put(env, op, op.dst, op.size, value)
            }
            Set => self.put(env, op, op.dst, 1, alu::condition(op.aux, self.rflags).into()),
            Bswap => {
                let value = self.get(env, op, op.dst, op.size)?;
                // BSWAP of a 16-bit register is undefined; silicon gives 0.
                let swapped = if op.size == 2 { 0 } else { value.swap_bytes() >> (64 - u32::from(op.size) * 8) };
                self.put(env, op, op.dst, op.size, swapped)
            }
            Xlat => {
                let at = self.regs[RBX].wrapping_add(self.regs[RAX] & 0xff) & mask(op.addr_size);
                let value = self.read_mem(env, op.seg.into(), at, 1)?;
                self.write_reg(RAX as u8, 1, value);
                Ok(())
            }
            Bound => self.bound(env, op),
            Arpl => self.adjust_rpl(env, op),
            LoadFar => self.load_far(env, op),
            Push => {
                let value = self.get(env, op, op.dst, op.size)?;
                self.push(env, value, op.size)
            }
            Pop => self.pop_operand(env, op),
            PushAll => self.push_all(env, op.size),
            PopAll => self.pop_all(env, op.size),
            PushFlags => {
                self.sensitive()?;
                self.push(env, self.rflags & !(flag::RF | flag::VM), op.size)
            }
            PopFlags => {
                self.sensitive()?;
                let value = self.pop(env, op.size)?;
                self.set_flags(value & !flag::RF, op.size, self.cpl);
                Ok(())
            }
            Enter => self.enter(env, op),
            Leave => {
                let frame = self.regs[RBP];
                let m = mask(self.stack_size());
                let old = self.regs[RSP];
                self.regs[RSP] = old & !m | frame & m;
                let popped = self.pop(env, op.size).inspect_err(|_| self.regs[RSP] = old)?;
                self.write_reg(RBP as u8, op.size, popped);
                Ok(())
            }
            PushSeg => self.push(env, self.seg[usize::from(op.aux)].selector.into(), op.size),
            PopSeg => {
                let selector = self.peek_stack(env, 0, op.size)? as u16;
                // The old SS says how wide its stack pointer is.
                let old = self.regs[RSP];
                self.move_stack(op.size.into());
                self.set_segment(env, op.aux.into(), selector).inspect_err(|_| self.regs[RSP] = old)
            }
            MovFromSeg => {
                let selector = u64::from(self.seg[usize::from(op.aux)].selector);
                let size = if op.dst == Place::Mem { 2 } else { op.size };
                self.put(env, op, op.dst, size, selector)
            }
            MovToSeg => {
                if usize::from(op.aux) == crate::state::CS {
                    return Err(Fault::UD);
                }
                let selector = self.get(env, op, op.src, 2)? as u16;
                self.set_segment(env, op.aux.into(), selector)
            }
            Lahf => {
                self.regs[RAX] = self.regs[RAX] & !0xff00 | (self.rflags & 0xd5 | 2) << 8;
                Ok(())
            }
            Sahf => {
                self.rflags = self.rflags & !0xd5 | self.regs[RAX] >> 8 & 0xd5;
                Ok(())
            }
            Add | Adc | Sub | Sbb | Cmp | And | Or | Xor | Test => self.binary(env, op),
            Inc | Dec | Neg | Not => self.unary(env, op),
            Mul | Imul1 | Imul | Div | Idiv => self.multiply_divide(env, op),
            Rol | Ror | Rcl | Rcr | Shl | Shr | Sar => self.shift(env, op),
            Shld | Shrd => self.shift_double(env, op),
            Bt | Bts | Btr | Btc => self.bit_test(env, op),
            Bsf | Bsr => self.bit_scan(env, op),
            Cbw => {
                let half = op.size / 2;
                self.write_reg(RAX as u8, op.size, sign_extend(self.regs[RAX] & mask(half), half));
                Ok(())
            }
            Cwd => {
                let sign = sign_extend(self.regs[RAX] & mask(op.size), op.size) as i64 >> 63;
                self.write_reg(crate::state::RDX as u8, op.size, sign as u64);
                Ok(())
            }
            Xadd | Cmpxchg => self.exchange_add(env, op),
            Cmpxchg8b => self.compare_exchange_pair(env, op, 4),
            Cmpxchg16b => self.compare_exchange_pair(env, op, 8),
            Aaa | Aas | Aam | Aad | Daa | Das => self.decimal(op),
            Clc => self.change_flags(flag::CF, 0),
            Stc => self.change_flags(0, flag::CF),
            Cmc => {
                self.rflags ^= flag::CF;
                Ok(())
            }
            Cld => self.change_flags(flag::DF, 0),
            Std => self.change_flags(0, flag::DF),
            Jmp => self.jump_near(self.branch_target(op), op.size),
            Jcc => {
                if alu::condition(op.aux, self.rflags) {
                    self.jump_near(self.branch_target(op), op.size)
                } else {
                    Ok(())
                }
            }
            JmpIndirect => {
                let target = self.get(env, op, op.dst, op.size)?;
                self.jump_near(target, op.size)
            }
            Call => self.call_near(env, self.branch_target(op), op.size),
            CallIndirect => {
                let target = self.get(env, op, op.dst, op.size)?;
                self.call_near(env, target, op.size)
            }
            Ret => self.return_near(env, op),
            JmpFar => self.jump_far(env, op.aux, op.imm, op.size),
            CallFar => self.call_far(env, op.aux, op.imm, op.size),
            JmpFarIndirect | CallFarIndirect => self.far_indirect(env, op),
            RetFar => self.return_far(env, op.size, if op.dst == Place::Imm { op.imm } else { 0 }),
            Loop | Loope | Loopne | Jcxz => self.count_branch(op),
            Int | Int3 | Int1 | Into => self.software_interrupt(env, op),
            Iret => self.iret(env, op.size),
            Movs | Cmps | Stos | Lods | Scas | Ins | Outs => self.string(env, op),
            Nop => Ok(()),
            Pause => {
                env.bus.pause();
                Ok(())
            }
            // CPUID announces no counters, so each number is a wrong one, at every privilege level.
            Rdpmc => Err(Fault::GP0),
            X87 => self.x87(env, op),
            Sse => self.sse(env, op),
            Fxsave => self.fxsave(env, op),
            Fxrstor => self.fxrstor(env, op),
            Ldmxcsr => self.ldmxcsr(env, op),
            Stmxcsr => self.stmxcsr(env, op),
            _ => self.system(env, op),
        }
    }

    fn change_flags(&mut self, clear: u64, set: u64) -> Result<()> {
        self.rflags = self.rflags & !clear | set;
        Ok(())
    }

    /// Replaces the status flags.
    #[inline]
    fn status(&mut self, flags: u64) {
        self.rflags = self.rflags & !flag::STATUS | flags;
    }

    #[inline]
    pub(crate) fn read_reg(&self, reg: u8, size: u8) -> u64 {
        self.regs[usize::from(reg)] & mask(size)
    }

    /// Writes a register part; 32-bit writes clear bits 63:32, smaller ones keep the rest.
    #[inline]
    pub(crate) fn write_reg(&mut self, reg: u8, size: u8, value: u64) {
        let r = &mut self.regs[usize::from(reg)];
        *r = match size {
            8 => value,
            4 => value & 0xffff_ffff,
            _ => *r & !mask(size) | value & mask(size),
        };
    }

    #[inline]
    fn get<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, place: Place, size: u8) -> Result<u64> {
        match place {
            Place::Reg(r) => Ok(self.read_reg(r, size)),
            Place::Imm => Ok(op.imm & mask(size)),
            Place::Mem => self.read_mem(env, op.seg.into(), self.effective(op), size),
            Place::High(r) => Ok(self.regs[usize::from(r)] >> 8 & 0xff),
            Place::None | Place::Xmm(_) | Place::St(_) => Ok(0),
        }
    }

    #[inline]
    fn put<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, place: Place, size: u8, value: u64) -> Result<()> {
        match place {
            Place::Reg(r) => self.write_reg(r, size, value),
            Place::Mem => return self.write_mem(env, op.seg.into(), self.effective(op), size, value & mask(size)),
            Place::High(r) => {
                let r = &mut self.regs[usize::from(r)];
                *r = *r & !0xff00 | (value & 0xff) << 8;
            }
            Place::Imm | Place::None | Place::Xmm(_) | Place::St(_) => {}
        }
        Ok(())
    }

    /// Read, compute, write back. A page that can't be written faults before flags change.
    #[inline]
    fn modify<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, f: impl FnOnce(&mut Self, u64) -> Out) -> Result<()> {
        if op.dst == Place::Mem {
            let linear = self.linear(op.seg.into(), self.effective(op), op.size.into(), true)?;
            self.probe_write(env, linear, op.size.into())?;
            let old = self.read_linear(env, linear, op.size.into())?;
            let out = f(self, old);
            self.write_linear(env, linear, op.size.into(), out.value & mask(op.size))?;
            self.status(out.flags);
            return Ok(());
        }
        let old = self.get(env, op, op.dst, op.size)?;
        let out = f(self, old);
        self.put(env, op, op.dst, op.size, out.value)?;
        self.status(out.flags);
        Ok(())
    }

    fn exchange<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        // iced gives the memory operand first, if there is one.
        let a = self.get(env, op, op.dst, op.size)?;
        let b = self.get(env, op, op.src, op.size)?;
        self.put(env, op, op.dst, op.size, b)?;
        self.put(env, op, op.src, op.size, a)
    }

    /// Loads a segment register; SS holds interrupts off for one instruction.
    fn set_segment<B: Bus>(&mut self, env: &mut Env<B>, seg: usize, selector: u16) -> Result<()> {
        self.load_segment(env, seg, selector)?;
        if seg == crate::state::SS {
            self.shadow = Shadow::MovSs;
            self.attend = true;
        }
        Ok(())
    }

    fn load_far<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let at = self.effective(op);
        let offset = self.read_mem(env, op.seg.into(), at, op.size)?;
        let selector = self.read_mem(env, op.seg.into(), at.wrapping_add(op.size.into()) & mask(op.addr_size), 2)?;
        self.load_segment(env, op.aux.into(), selector as u16)?;
        self.put(env, op, op.dst, op.size, offset)
    }

    fn pop_operand<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let old = self.regs[RSP];
        let value = self.pop(env, op.size)?;
        // An address through RSP uses its value after the pop.
        self.put(env, op, op.dst, op.size, value).inspect_err(|_| self.regs[RSP] = old)
    }

    fn push_all<B: Bus>(&mut self, env: &mut Env<B>, size: u8) -> Result<()> {
        let old = self.regs[RSP];
        for reg in 0..8u8 {
            let value = if usize::from(reg) == RSP { old } else { self.regs[usize::from(reg)] };
            self.push(env, value & mask(size), size).inspect_err(|_| self.regs[RSP] = old)?;
        }
        Ok(())
    }

    fn pop_all<B: Bus>(&mut self, env: &mut Env<B>, size: u8) -> Result<()> {
        let old = self.regs[RSP];
        for reg in (0..8u8).rev() {
            let value = self.pop(env, size).inspect_err(|_| self.regs[RSP] = old)?;
            if usize::from(reg) != RSP {
                self.write_reg(reg, size, value);
            }
        }
        Ok(())
    }

    fn enter<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let level = op.aux & 31;
        let old = self.regs[RSP];
        self.push(env, self.regs[RBP] & mask(op.size), op.size)?;
        let frame = self.regs[RSP];
        let m = mask(self.stack_size());
        let mut copy = || -> Result<()> {
            for i in 1..level {
                let at = self.regs[RBP].wrapping_sub(u64::from(i) * u64::from(op.size)) & m;
                let link = self.read_mem(env, crate::state::SS, at, op.size)?;
                self.push(env, link, op.size)?;
            }
            if level > 0 {
                self.push(env, frame & mask(op.size), op.size)?;
            }
            // It faults where a write to the new top of the stack would.
            let top = self.linear(crate::state::SS, self.regs[RSP].wrapping_sub(op.imm) & m, 1, true)?;
            self.probe_write(env, top, 1)
        };
        copy().inspect_err(|_| self.regs[RSP] = old)?;
        self.write_reg(RBP as u8, op.size, frame);
        self.move_stack(op.imm.wrapping_neg());
        Ok(())
    }

    fn wide(&self) -> bool {
        self.mode() == Mode::Bits64
    }
}
