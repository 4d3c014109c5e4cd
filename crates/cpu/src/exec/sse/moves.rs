//! Moves between registers and memory, and between register files.

use crate::bus::Bus;
use crate::fault::{Fault, Result};
use crate::memory::Env;
use crate::op::{Op, Place};
use crate::state::{Cpu, RDI};
use iced_x86::Mnemonic;

const LOW: u128 = u64::MAX as u128;

impl Cpu {
    /// Runs a move; false: `m` is none.
    pub(super) fn sse_move<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, m: Mnemonic) -> Result<bool> {
        use Mnemonic::*;
        match m {
            Movaps | Movapd | Movdqa | Movups | Movupd | Movdqu | Movntps | Movntpd | Movntdq => {
                let value = self.xmm_source(env, op)?;
                self.put_xmm(env, op, 16, value)?;
            }
            Movss => self.move_scalar(env, op, 4)?,
            Movsd => self.move_scalar(env, op, 8)?,
            Movd | Movq => self.move_integer(env, op)?,
            Movlps | Movlpd | Movhps | Movhpd => self.move_half(env, op, matches!(m, Movhps | Movhpd))?,
            Movhlps => self.merge(op, |a, b| a & !LOW | b >> 64)?,
            Movlhps => self.merge(op, |a, b| a & LOW | b << 64)?,
            Movmskps => self.sign_mask(env, op, 32)?,
            Movmskpd => self.sign_mask(env, op, 64)?,
            Pmovmskb => self.sign_mask(env, op, 8)?,
            Pextrw => {
                let Place::Xmm(from) = op.src else { return Err(Fault::UD) };
                let word = self.fpu.xmm[usize::from(from)] >> ((op.imm & 7) * 16) & 0xffff;
                self.put(env, op, op.dst, op.size, word as u64)?;
            }
            Pinsrw => {
                let word = u128::from(self.get(env, op, op.src, 2)?);
                let at = (op.imm & 7) * 16;
                let target = self.xmm_target(op)?;
                *target = *target & !(0xffff << at) | word << at;
            }
            Maskmovdqu => self.masked_store(env, op)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn xmm_target(&mut self, op: &Op) -> Result<&mut u128> {
        match op.dst {
            Place::Xmm(r) => Ok(&mut self.fpu.xmm[usize::from(r)]),
            _ => Err(Fault::UD),
        }
    }

    fn put_xmm<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, size: u8, value: u128) -> Result<()> {
        if op.dst == Place::Mem {
            return self.write_operand(env, op, size, value);
        }
        *self.xmm_target(op)? = value;
        Ok(())
    }

    fn merge(&mut self, op: &Op, f: impl FnOnce(u128, u128) -> u128) -> Result<()> {
        let Place::Xmm(from) = op.src else { return Err(Fault::UD) };
        let b = self.fpu.xmm[usize::from(from)];
        let target = self.xmm_target(op)?;
        *target = f(*target, b);
        Ok(())
    }

    /// MOVSS, MOVSD: a load clears the rest of the register, a register move keeps it.
    fn move_scalar<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, size: u8) -> Result<()> {
        let part = u128::MAX >> (128 - u32::from(size) * 8);
        if matches!((op.dst, op.src), (Place::Xmm(_), Place::Xmm(_))) {
            return self.merge(op, |a, b| a & !part | b & part);
        }
        let value = self.xmm_source(env, op)? & part;
        self.put_xmm(env, op, size, value)
    }

    /// MOVD, MOVQ: between XMM and a general register or memory, or the low half of another XMM.
    fn move_integer<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        match (op.dst, op.src) {
            (Place::Xmm(_), Place::Xmm(_)) => self.merge(op, |_, b| b & LOW),
            (Place::Xmm(_), _) => {
                let value = self.get(env, op, op.src, op.size)?;
                *self.xmm_target(op)? = value.into();
                Ok(())
            }
            (_, Place::Xmm(from)) => {
                let value = self.fpu.xmm[usize::from(from)] as u64;
                self.put(env, op, op.dst, op.size, value)
            }
            _ => Err(Fault::UD),
        }
    }

    fn move_half<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, high: bool) -> Result<()> {
        let shift = if high { 64 } else { 0 };
        if let Place::Xmm(from) = op.src {
            let value = self.fpu.xmm[usize::from(from)] >> shift & LOW;
            return self.write_operand(env, op, 8, value);
        }
        let value = self.read_operand(env, op, 8)?;
        let target = self.xmm_target(op)?;
        *target = *target & !(LOW << shift) | value << shift;
        Ok(())
    }

    /// The sign bits of each lane.
    fn sign_mask<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, lane: u32) -> Result<()> {
        let value = self.xmm_source(env, op)?;
        let bits = (0..128 / lane).fold(0, |mask, i| mask | (value >> ((i + 1) * lane - 1) & 1) << i);
        self.put(env, op, op.dst, op.size, bits as u64)
    }

    /// MASKMOVDQU: bytes whose mask has its sign bit set go to DS:rDI.
    fn masked_store<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        // iced names DS:rDI, the value, the mask.
        let (Place::Xmm(from), mask_register) = (op.src, op.imm) else { return Err(Fault::UD) };
        let (value, mask) = (self.fpu.xmm[usize::from(from)], self.fpu.xmm[mask_register as usize & 15]);
        let at = self.read_reg(RDI as u8, op.addr_size);
        let chosen = |i: u32| mask >> (i * 8 + 7) & 1 != 0;
        let mut places = [0; 16];
        for i in (0..16u32).filter(|i| chosen(*i)) {
            let offset = at.wrapping_add(i.into()) & crate::state::mask(op.addr_size);
            places[i as usize] = self.linear(op.seg.into(), offset, 1, true)?;
            self.probe_write(env, places[i as usize], 1)?;
        }
        for i in (0..16u32).filter(|i| chosen(*i)) {
            self.write_linear(env, places[i as usize], 1, (value >> (i * 8)) as u64 & 0xff)?;
        }
        Ok(())
    }
}
