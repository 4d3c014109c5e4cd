//! FXSAVE, FXRSTOR, LDMXCSR, STMXCSR (SDM vol. 2).

use crate::bus::Bus;
use crate::fault::{Fault, Result};
use crate::fpu::{Pointers, mxcsr};
use crate::memory::Env;
use crate::op::Op;
use crate::state::{Cpu, cr0, cr4, mask};
use iced_x86::Mnemonic;

const REGISTERS: u64 = 32;
const XMM: u64 = 160;
const IMAGE: usize = 512;

fn with_wide_pointers(op: &Op) -> bool {
    [Mnemonic::Fxsave64, Mnemonic::Fxrstor64].map(|m| m as u16).contains(&op.aux)
}

impl Cpu {
    /// The image's address, once it is known that the instruction may run.
    fn image_address(&self, op: &Op, write: bool) -> Result<u64> {
        if self.cr0 & (cr0::EM | cr0::TS) != 0 {
            return Err(Fault::NM);
        }
        let linear = self.linear(op.seg.into(), self.effective(op), IMAGE, write)?;
        if linear & 15 != 0 { Err(Fault::GP0) } else { Ok(linear) }
    }

    fn xmm_registers(&self) -> usize {
        match (self.cr4 & cr4::OSFXSR != 0, self.wide()) {
            (false, _) => 0,
            (_, true) => 16,
            (_, false) => 8,
        }
    }

    pub(super) fn fxsave<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let at = self.image_address(op, true)?;
        self.probe_write(env, at, IMAGE)?;
        for (i, part) in self.fpu.image_head(with_wide_pointers(op)).chunks_exact(8).enumerate() {
            let value = part.iter().rev().fold(0, |v, &b| v << 8 | u64::from(b));
            self.write_linear(env, at + i as u64 * 8, 8, value)?;
        }
        for i in 0..8u8 {
            let value = self.fpu.register_in_stack_order(i);
            let to = at + REGISTERS + u64::from(i) * 16;
            self.write_linear(env, to, 8, value as u64)?;
            self.write_linear(env, to + 8, 2, (value >> 64) as u64)?;
        }
        for i in 0..self.xmm_registers() {
            self.write_wide(env, at + XMM + i as u64 * 16, self.fpu.xmm[i])?;
        }
        Ok(())
    }

    pub(super) fn fxrstor<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let at = self.image_address(op, false)?;
        let mut new = self.fpu.clone();
        let mut word = |cpu: &mut Self, offset: u64, size: usize| cpu.read_linear(env, at + offset, size);
        let head = word(self, 0, 8)?;
        (new.control, new.status, new.valid) = (head as u16, (head >> 16) as u16, (head >> 32) as u8);
        let (fip, fdp) = (word(self, 8, 8)?, word(self, 16, 8)?);
        let split = |pointer: u64| (pointer & 0xffff_ffff, (pointer >> 32) as u16);
        let ((fip, fcs), (fdp, fds)) =
            if with_wide_pointers(op) { ((fip, 0), (fdp, 0)) } else { (split(fip), split(fdp)) };
        new.last = Pointers { opcode: (head >> 48) as u16 & 0x7ff, fip, fcs, fdp, fds };
        let mxcsr = word(self, 24, 4)? as u32;
        for i in 0..8u8 {
            let low = word(self, REGISTERS + u64::from(i) * 16, 8)?;
            let high = word(self, REGISTERS + u64::from(i) * 16 + 8, 2)?;
            new.set_register_in_stack_order(i, u128::from(high) << 64 | u128::from(low));
        }
        if self.cr4 & cr4::OSFXSR != 0 {
            if mxcsr & !mxcsr::EXISTING != 0 {
                return Err(Fault::GP0);
            }
            new.mxcsr = mxcsr;
        }
        for i in 0..self.xmm_registers() {
            new.xmm[i] = self.read_wide(env, at + XMM + i as u64 * 16)?;
        }
        self.fpu = new;
        Ok(())
    }

    pub(super) fn ldmxcsr<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.sse_available()?;
        let value = self.read_mem(env, op.seg.into(), self.effective(op), 4)? as u32;
        if value & !mxcsr::EXISTING != 0 {
            return Err(Fault::GP0);
        }
        self.fpu.mxcsr = value;
        Ok(())
    }

    pub(super) fn stmxcsr<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.sse_available()?;
        self.write_mem(env, op.seg.into(), self.effective(op), 4, self.fpu.mxcsr.into())
    }

    /// SDM vol. 2, "Exception Conditions": what keeps every SSE instruction from running.
    pub(super) fn sse_available(&self) -> Result<()> {
        if self.cr0 & cr0::EM != 0 || self.cr4 & cr4::OSFXSR == 0 {
            return Err(Fault::UD);
        }
        if self.cr0 & cr0::TS != 0 { Err(Fault::NM) } else { Ok(()) }
    }

    pub(super) fn read_wide<B: Bus>(&mut self, env: &mut Env<B>, linear: u64) -> Result<u128> {
        let low = self.read_linear(env, linear, 8)?;
        let high = self.read_linear(env, linear.wrapping_add(8), 8)?;
        Ok(u128::from(high) << 64 | u128::from(low))
    }

    pub(super) fn write_wide<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, value: u128) -> Result<()> {
        self.probe_write(env, linear, 16)?;
        self.write_linear(env, linear, 8, value as u64)?;
        self.write_linear(env, linear.wrapping_add(8), 8, (value >> 64) as u64)
    }

    /// `size` bytes of a memory operand: 1 to 8, 10 or 16.
    pub(super) fn read_operand<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, size: u8) -> Result<u128> {
        let linear = self.linear(op.seg.into(), self.effective(op), size.into(), false)?;
        match size {
            16 => self.read_wide(env, linear),
            10 => {
                let low = self.read_linear(env, linear, 8)?;
                Ok(u128::from(self.read_linear(env, linear.wrapping_add(8), 2)?) << 64 | u128::from(low))
            }
            _ => Ok(self.read_linear(env, linear, size.into())?.into()),
        }
    }

    pub(super) fn write_operand<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, size: u8, value: u128) -> Result<()> {
        let linear = self.linear(op.seg.into(), self.effective(op), size.into(), true)?;
        match size {
            16 => self.write_wide(env, linear, value),
            10 => {
                self.probe_write(env, linear, 10)?;
                self.write_linear(env, linear, 8, value as u64)?;
                self.write_linear(env, linear.wrapping_add(8), 2, (value >> 64) as u64)
            }
            _ => self.write_linear(env, linear, size.into(), value as u64 & mask(size)),
        }
    }
}
