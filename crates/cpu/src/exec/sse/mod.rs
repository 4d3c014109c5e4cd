//! SSE and SSE2 (SDM vol. 2). Not modelled: instructions with MMX operands (#UD).

mod arithmetic;
mod integer;
mod moves;
mod shuffle;

use crate::bus::Bus;
use crate::fault::{Fault, Result};
use crate::float::{self, Context, DOUBLE, Format, Rounding, SINGLE};
use crate::memory::Env;
use crate::op::{Op, Place};
use crate::state::{Cpu, cr4};
use iced_x86::Mnemonic;

/// Those that take any address for 16 bytes; the others want it aligned.
fn takes_any_address(m: Mnemonic) -> bool {
    matches!(m, Mnemonic::Movups | Mnemonic::Movupd | Mnemonic::Movdqu)
}

impl Cpu {
    pub(super) fn sse<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.sse_available()?;
        let m = Mnemonic::try_from(usize::from(op.aux)).map_err(|_| Fault::UD)?;
        let memory = op.dst == Place::Mem || op.src == Place::Mem;
        if memory && op.size == 16 && !takes_any_address(m) {
            self.check_alignment(op)?;
        }
        if self.sse_move(env, op, m)? || self.sse_scalar(env, op, m)? {
            return Ok(());
        }
        // What is left takes two registers, or a register and memory, and gives a register.
        let Place::Xmm(target) = op.dst else { return Err(Fault::UD) };
        let a = self.fpu.xmm[usize::from(target)];
        let b = self.xmm_source(env, op)?;
        let imm = op.imm as u8;
        let whole = integer::integer(m, a, b).or_else(|| shuffle::shuffle(m, a, b, imm));
        let result = match whole {
            Some(result) => result,
            None => {
                let mut cx = self.fpu.sse_context();
                let result = arithmetic::arithmetic(&mut cx, m, a, b, imm).ok_or(Fault::UD)?;
                self.settle(&cx)?;
                result
            }
        };
        self.fpu.xmm[usize::from(target)] = result;
        Ok(())
    }

    fn check_alignment(&self, op: &Op) -> Result<()> {
        let base = if self.wide() && op.seg < 4 { 0 } else { self.seg[usize::from(op.seg)].base };
        if base.wrapping_add(self.effective(op)) & 15 == 0 { Ok(()) } else { Err(Fault::GP0) }
    }

    /// A register or memory operand, or the immediate count of a shift.
    fn xmm_source<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<u128> {
        match op.src {
            Place::Xmm(r) => Ok(self.fpu.xmm[usize::from(r)]),
            Place::Mem => self.read_operand(env, op, op.size),
            Place::Imm => Ok(u128::from(op.imm & 0xff)),
            _ => Err(Fault::UD),
        }
    }

    /// Takes over the flags of a calculation; an unmasked one is #XM and nothing is stored.
    fn settle(&mut self, cx: &Context) -> Result<()> {
        self.fpu.mxcsr |= cx.flags;
        if cx.flags & !(self.fpu.mxcsr >> 7) & float::exception::ALL == 0 {
            return Ok(());
        }
        Err(if self.cr4 & cr4::OSXMMEXCPT != 0 { Fault::XM } else { Fault::UD })
    }

    /// Those that involve general registers or flags; false: not one of them.
    fn sse_scalar<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, m: Mnemonic) -> Result<bool> {
        use Mnemonic::*;
        match m {
            Comiss | Ucomiss => self.compare_scalar(env, op, SINGLE, m == Ucomiss)?,
            Comisd | Ucomisd => self.compare_scalar(env, op, DOUBLE, m == Ucomisd)?,
            Cvtsi2ss => self.convert_from_integer(env, op, SINGLE)?,
            Cvtsi2sd => self.convert_from_integer(env, op, DOUBLE)?,
            Cvtss2si => self.convert_to_integer(env, op, SINGLE, None)?,
            Cvtsd2si => self.convert_to_integer(env, op, DOUBLE, None)?,
            Cvttss2si => self.convert_to_integer(env, op, SINGLE, Some(Rounding::Zero))?,
            Cvttsd2si => self.convert_to_integer(env, op, DOUBLE, Some(Rounding::Zero))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn scalar_source<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, format: Format) -> Result<u128> {
        let size = if format == SINGLE { 4 } else { 8 };
        match op.src {
            Place::Mem => self.read_operand(env, op, size),
            _ => Ok(self.xmm_source(env, op)? & (u128::MAX >> (128 - u32::from(size) * 8))),
        }
    }

    fn compare_scalar<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, format: Format, quiet: bool) -> Result<()> {
        let Place::Xmm(first) = op.dst else { return Err(Fault::UD) };
        let a = self.fpu.xmm[usize::from(first)] & (u128::MAX >> if format == SINGLE { 96 } else { 64 });
        let b = self.scalar_source(env, op, format)?;
        let mut cx = self.fpu.sse_context();
        let order = float::compare(&mut cx, format, a, b, quiet);
        self.settle(&cx)?;
        self.status(super::x87::order_flags(order));
        Ok(())
    }

    fn convert_from_integer<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, format: Format) -> Result<()> {
        let Place::Xmm(target) = op.dst else { return Err(Fault::UD) };
        let value = self.get(env, op, op.src, op.size)?;
        let value = crate::state::sign_extend(value, op.size) as i64;
        let mut cx = self.fpu.sse_context();
        let result = float::from_signed(&mut cx, format, value);
        self.settle(&cx)?;
        let kept = u128::MAX << if format == SINGLE { 32 } else { 64 };
        let x = &mut self.fpu.xmm[usize::from(target)];
        *x = *x & kept | result;
        Ok(())
    }

    fn convert_to_integer<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        op: &Op,
        format: Format,
        how: Option<Rounding>,
    ) -> Result<()> {
        let bits = self.scalar_source(env, op, format)?;
        let mut cx = self.fpu.sse_context();
        let how = how.unwrap_or(cx.rounding);
        let value = float::to_signed(&mut cx, format, bits, op.size.into(), how);
        self.settle(&cx)?;
        self.put(env, op, op.dst, op.size, value as u64)
    }
}
