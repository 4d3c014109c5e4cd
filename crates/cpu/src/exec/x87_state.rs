//! x87 instructions beside arithmetic: comparison into C0–C3, FXAM, constants, rounding to an integer, square
//! root, stack control; FSTENV, FLDENV, FSAVE, FRSTOR (SDM vol. 2; vol. 1, "x87 FPU Execution Environment").

use super::x87::{memory_format, stack_number};
use crate::bus::Bus;
use crate::fault::Result;
use crate::float::{self, EXTENDED, Order, Rounding};
use crate::fpu::{Pointers, status};
use crate::memory::Env;
use crate::op::{Op, Place};
use crate::state::{Cpu, mask};
use iced_x86::Mnemonic::{self, *};

pub(super) const C0: u16 = 1 << 8;
pub(super) const C2: u16 = 1 << 10;
pub(super) const C3: u16 = 1 << 14;
pub(super) const CONDITIONS: u16 = C0 | status::C1 | C2 | C3;
const EXPONENT: u128 = 0x7fff;

/// Bytes of an environment behind the tag word, and of a register.
const REGISTER: u64 = 10;

/// The constants' values, the last bit as rounding to nearest has it, and whether that is more than the number.
fn constant(m: Mnemonic) -> Option<(u128, bool)> {
    Some(match m {
        Fldl2t => (0x4000_d49a_784b_cd1b_8afe, false),
        Fldl2e => (0x3fff_b8aa_3b29_5c17_f0bc, true),
        Fldpi => (0x4000_c90f_daa2_2168_c235, true),
        Fldlg2 => (0x3ffd_9a20_9a84_fbcf_f799, true),
        Fldln2 => (0x3ffe_b172_17f7_d1cf_79ac, true),
        _ => return None,
    })
}

/// How many registers a comparison pops.
fn compares(m: Mnemonic) -> Option<u8> {
    match m {
        Fcom | Fucom | Ficom | Ftst => Some(0),
        Fcomp | Fucomp | Ficomp => Some(1),
        Fcompp | Fucompp => Some(2),
        _ => None,
    }
}

/// Whether this file does it.
pub(super) fn known(m: Mnemonic) -> bool {
    constant(m).is_some()
        || compares(m).is_some()
        || matches!(m, Fxam | Frndint | Fsqrt | Fincstp | Fdecstp | Fnop | Fnstenv | Fldenv | Fnsave | Frstor)
}

impl Cpu {
    pub(super) fn x87_beside<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, m: Mnemonic) -> Result<()> {
        if let Some(pops) = compares(m) {
            return self.fpu_compare_conditions(env, op, m, pops);
        }
        if let Some((value, above)) = constant(m) {
            let value = match Rounding::from_field(u32::from(self.fpu.control) >> 10) {
                Rounding::Nearest => value,
                Rounding::Up => value + u128::from(!above),
                Rounding::Down | Rounding::Zero => value - u128::from(above),
            };
            self.fpu_push(value);
            return Ok(());
        }
        match m {
            Fxam => self.fpu_examine(),
            Frndint | Fsqrt => self.fpu_unary(m),
            Fincstp | Fdecstp => {
                self.fpu.rotate(if m == Fincstp { 1 } else { 7 });
                self.fpu.status &= !status::C1;
            }
            Fnstenv => {
                self.fpu_store_environment(env, op)?;
                self.fpu.control |= 0x3f;
                self.fpu.status &= !(status::SUMMARY | status::BUSY);
            }
            Fldenv => self.fpu_load_environment(env, op)?,
            Fnsave => self.fpu_save(env, op)?,
            Frstor => self.fpu_restore(env, op)?,
            _ => {}
        }
        Ok(())
    }

    fn fpu_compare_conditions<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, m: Mnemonic, pops: u8) -> Result<()> {
        let mut cx = self.fpu.x87_context();
        let other = match m {
            Ftst => Some(0),
            Ficom | Ficomp => {
                let value = self.integer_operand(env, op)?;
                Some(float::from_signed(&mut cx, EXTENDED, value))
            }
            _ if op.dst == Place::Mem => {
                let bits = self.read_operand(env, op, op.size)?;
                Some(float::to_float(&mut cx, memory_format(op.size), EXTENDED, bits))
            }
            Fcompp | Fucompp => self.fpu_operand(1),
            _ => self.fpu_operand(stack_number(op.src)),
        };
        let (Some(a), Some(b)) = (self.fpu_operand(0), other) else { return Ok(()) };
        let quiet = matches!(m, Fucom | Fucomp | Fucompp);
        let order = float::compare(&mut cx, EXTENDED, a, b, quiet);
        if self.fpu_settle(&cx) {
            let bits = match order {
                Order::Greater => 0,
                Order::Less => C0,
                Order::Equal => C3,
                Order::Unordered => C0 | C2 | C3,
            };
            self.fpu.status = self.fpu.status & !CONDITIONS | bits;
            (0..pops).for_each(|_| self.fpu_pop());
        }
        Ok(())
    }

    /// FXAM: the class of ST(0), and its sign even if it is empty.
    fn fpu_examine(&mut self) {
        let bits = self.fpu.register_in_stack_order(0);
        let (exponent, mant) = (bits >> 64 & EXPONENT, bits as u64);
        let class = match (self.fpu.st(0), exponent) {
            (None, _) => C3 | C0,
            (_, 0) if mant == 0 => C3,
            (_, 0) => C3 | C2,
            _ if mant >> 63 == 0 => 0,
            (_, EXPONENT) if mant << 1 == 0 => C2 | C0,
            (_, EXPONENT) => C0,
            _ => C2,
        };
        let sign = if bits >> 79 & 1 != 0 { status::C1 } else { 0 };
        self.fpu.status = self.fpu.status & !CONDITIONS | class | sign;
    }

    fn fpu_unary(&mut self, m: Mnemonic) {
        let Some(a) = self.fpu_operand(0) else { return };
        let mut cx = self.fpu.x87_context();
        let result = if m == Fsqrt {
            float::sqrt(&mut cx, EXTENDED, self.fpu.x87_precision(), a)
        } else {
            float::round_to_integer(&mut cx, EXTENDED, a)
        };
        if self.fpu_settle(&cx) {
            self.fpu.set_st(0, result);
        }
    }

    /// Where word `n` of an environment lies: words of 2 or 4 bytes.
    fn environment_at(&self, op: &Op, n: u64, write: bool) -> Result<u64> {
        let size = u64::from(op.size);
        let offset = self.effective(op).wrapping_add(n * size) & mask(op.addr_size);
        self.linear(op.seg.into(), offset, op.size.into(), write)
    }

    /// The full tag word: two bits a register.
    fn fpu_tags(&self) -> u16 {
        let tag = |n: usize| {
            let (exponent, mant) = (self.fpu.registers[n] >> 64 & EXPONENT, self.fpu.registers[n] as u64);
            match (self.fpu.valid >> n & 1, exponent) {
                (0, _) => 3,
                (_, 0) if mant == 0 => 1,
                (_, 0 | EXPONENT) => 2,
                _ if mant >> 63 == 0 => 2,
                _ => 0,
            }
        };
        (0..8).fold(0, |word, n| word | tag(n) << (2 * n))
    }

    /// Whether an environment's pointers are offsets and selectors, and not linear addresses.
    fn pointers_are_protected(&self) -> bool {
        !self.real_segments()
    }

    /// The last four words of an environment (SDM vol. 1, figures "Protected Mode x87 FPU State Image in Memory" and
    /// "Real Mode x87 FPU State Image in Memory", 32- and 16-bit formats).
    #[inline(never)]
    fn environment_pointers(&self, size: u8) -> [u64; 4] {
        let Pointers { opcode, fip, fcs, fdp, fds } = self.fpu.last;
        let reserved = if size == 4 { 0xffff_0000 } else { 0 };
        if self.pointers_are_protected() {
            let opcode = if size == 4 { u64::from(opcode) << 16 } else { 0 };
            return [fip, u64::from(fcs) | opcode, fdp, reserved | u64::from(fds)];
        }
        // Bits 31:16 of a linear address from bit 12 on, bits 19:16 in the short format.
        let linear = |selector: u16, offset: u64| (u64::from(selector) << 4).wrapping_add(offset);
        let split = |linear: u64| (reserved | linear & 0xffff, (linear >> 16 & 0xffff) << 12);
        let ((ip, above), (dp, data)) = (split(linear(fcs, fip)), split(linear(fds, fdp)));
        [ip, above | u64::from(opcode), dp, data]
    }

    #[inline(never)]
    fn set_environment_pointers(&mut self, size: u8, [ip, above, dp, data]: [u64; 4]) {
        self.fpu.last = if self.pointers_are_protected() {
            // The short format has no opcode.
            let opcode = if size == 4 { above >> 16 } else { 0 };
            Pointers { opcode: opcode as u16 & 0x7ff, fip: ip, fcs: above as u16, fdp: dp, fds: data as u16 }
        } else {
            let linear = |low: u64, high: u64| low & 0xffff | (high >> 12 & 0xffff) << 16;
            Pointers { opcode: above as u16 & 0x7ff, fip: linear(ip, above), fcs: 0, fdp: linear(dp, data), fds: 0 }
        };
    }

    fn fpu_store_environment<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let reserved = if op.size == 4 { 0xffff_0000 } else { 0 };
        let [fip, selector, fdp, data] = self.environment_pointers(op.size);
        let words = [
            reserved | u64::from(self.fpu.control),
            reserved | u64::from(self.fpu.status),
            reserved | u64::from(self.fpu_tags()),
            fip,
            selector,
            fdp,
            data,
        ];
        let last = self.environment_at(op, 6, true)?;
        let first = self.environment_at(op, 0, true)?;
        self.probe_write(env, first, 1)?;
        self.probe_write(env, last, op.size.into())?;
        for (n, word) in (0..).zip(words) {
            let at = self.environment_at(op, n, true)?;
            self.write_linear(env, at, op.size.into(), word & mask(op.size))?;
        }
        Ok(())
    }

    fn fpu_load_environment<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let mut words = [0; 7];
        for (n, word) in (0..).zip(&mut words) {
            let at = self.environment_at(op, n, false)?;
            *word = self.read_linear(env, at, op.size.into())?;
        }
        let [control, state, tags, fip, selector, fdp, data] = words;
        self.fpu.control = control as u16 | 0x40;
        self.fpu.status = state as u16 & !(status::SUMMARY | status::BUSY);
        self.fpu.valid = (0..8).filter(|n| tags >> (2 * n) & 3 != 3).fold(0, |valid, n| valid | 1 << n);
        self.set_environment_pointers(op.size, [fip, selector, fdp, data]);
        self.fpu.note(u32::from(self.fpu.status & 0x3f));
        Ok(())
    }

    /// Where register `i` of an FSAVE image lies, in stack order.
    fn image_register(&self, op: &Op, i: u8, write: bool) -> Result<u64> {
        let offset = 7 * u64::from(op.size) + u64::from(i) * REGISTER;
        let offset = self.effective(op).wrapping_add(offset) & mask(op.addr_size);
        self.linear(op.seg.into(), offset, REGISTER as usize, write)
    }

    fn fpu_save<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let last = self.image_register(op, 7, true)?;
        self.probe_write(env, last.wrapping_add(REGISTER - 1), 1)?;
        self.fpu_store_environment(env, op)?;
        for i in 0..8 {
            let value = self.fpu.register_in_stack_order(i);
            let at = self.image_register(op, i, true)?;
            // In words: the image need not be aligned to more than its environment is.
            for part in 0..5 {
                self.write_linear(env, at.wrapping_add(2 * part), 2, (value >> (16 * part)) as u64 & 0xffff)?;
            }
        }
        self.fpu.initialise();
        Ok(())
    }

    fn fpu_restore<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let mut registers = [0u128; 8];
        for (i, register) in (0..).zip(&mut registers) {
            let at = self.image_register(op, i, false)?;
            for part in 0..5 {
                *register |= u128::from(self.read_linear(env, at.wrapping_add(2 * part), 2)?) << (16 * part);
            }
        }
        self.fpu_load_environment(env, op)?;
        (0..).zip(registers).for_each(|(i, value)| self.fpu.set_register_in_stack_order(i, value));
        Ok(())
    }
}
