//! Arithmetic, logic, shifts, bits, exchanges, decimal adjustment.

use crate::alu::{self, Out, Shift, flag};
use crate::bus::Bus;
use crate::fault::{Fault, Result};
use crate::memory::Env;
use crate::op::{Kind, Op, Place};
use crate::state::{Cpu, RAX, RBX, RCX, RDX, mask, sign_extend};

impl Cpu {
    fn carry(&self) -> bool {
        self.rflags & flag::CF != 0
    }

    #[inline]
    pub(super) fn binary<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let b = self.get(env, op, op.src, op.size)?;
        if matches!(op.kind, Kind::Cmp | Kind::Test) {
            let a = self.get(env, op, op.dst, op.size)?;
            let out = if op.kind == Kind::Cmp { alu::sub(a, b, false, op.size) } else { alu::logic(a & b, op.size) };
            self.status(out.flags);
            return Ok(());
        }
        self.modify(env, op, |cpu, a| match op.kind {
            Kind::Add => alu::add(a, b, false, op.size),
            Kind::Adc => alu::add(a, b, cpu.carry(), op.size),
            Kind::Sub => alu::sub(a, b, false, op.size),
            Kind::Sbb => alu::sub(a, b, cpu.carry(), op.size),
            Kind::And => alu::logic(a & b, op.size),
            Kind::Or => alu::logic(a | b, op.size),
            _ => alu::logic(a ^ b, op.size),
        })
    }

    pub(super) fn unary<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.modify(env, op, |cpu, a| {
            let keep = cpu.rflags & flag::CF;
            match op.kind {
                Kind::Inc => {
                    let out = alu::add(a, 1, false, op.size);
                    Out { flags: out.flags & !flag::CF | keep, ..out }
                }
                Kind::Dec => {
                    let out = alu::sub(a, 1, false, op.size);
                    Out { flags: out.flags & !flag::CF | keep, ..out }
                }
                Kind::Neg => alu::sub(0, a, false, op.size),
                _ => Out { value: !a & mask(op.size), flags: cpu.rflags & flag::STATUS },
            }
        })
    }

    /// Writes a double-width result to AX or rDX:rAX.
    fn put_pair(&mut self, low: u64, high: u64, size: u8) {
        if size == 1 {
            self.write_reg(RAX as u8, 2, high << 8 | low);
        } else {
            self.write_reg(RAX as u8, size, low);
            self.write_reg(RDX as u8, size, high);
        }
    }

    pub(super) fn multiply_divide<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let size = op.size;
        if op.kind == Kind::Imul {
            let b = if op.aux == 1 { op.imm & mask(size) } else { self.get(env, op, op.dst, size)? };
            let a = self.get(env, op, op.src, size)?;
            let (low, _, flags) = alu::imul(a, b, size);
            self.put(env, op, op.dst, size, low)?;
            self.status(flags);
            return Ok(());
        }
        let operand = self.get(env, op, op.dst, size)?;
        let a = self.read_reg(RAX as u8, size);
        let high = if size == 1 { self.regs[RAX] >> 8 & 0xff } else { self.read_reg(RDX as u8, size) };
        match op.kind {
            Kind::Mul | Kind::Imul1 => {
                let (low, high, flags) =
                    if op.kind == Kind::Mul { alu::mul(a, operand, size) } else { alu::imul(a, operand, size) };
                self.put_pair(low, high, size);
                self.status(flags);
            }
            _ => {
                let divide = if op.kind == Kind::Div { alu::div } else { alu::idiv };
                let (quotient, remainder) = divide(high, a, operand, size).ok_or(Fault::DE)?;
                self.put_pair(quotient, remainder, size);
            }
        }
        Ok(())
    }

    pub(super) fn shift<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let count = self.get(env, op, op.src, 1)? as u32 & if op.size == 8 { 63 } else { 31 };
        let size = op.size;
        self.modify(env, op, |cpu, a| {
            let unchanged = cpu.rflags & flag::STATUS;
            if count == 0 {
                return Out { value: a, flags: unchanged };
            }
            let rotated = |out: Out| Out { flags: unchanged & !(flag::CF | flag::OF) | out.flags, ..out };
            match op.kind {
                Kind::Shl => alu::shift(Shift::Left, a, count, size),
                Kind::Shr => alu::shift(Shift::Right, a, count, size),
                Kind::Sar => alu::shift(Shift::Arithmetic, a, count, size),
                Kind::Rol => rotated(alu::rotate(true, a, count, size)),
                Kind::Ror => rotated(alu::rotate(false, a, count, size)),
                Kind::Rcl => rotated(alu::rotate_carry(true, a, count, cpu.carry(), size)),
                _ => rotated(alu::rotate_carry(false, a, count, cpu.carry(), size)),
            }
        })
    }

    pub(super) fn shift_double<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        // aux: the count is in CL, else it is the immediate.
        let count = if op.aux == 1 { self.regs[RCX] } else { op.imm } as u32 & if op.size == 8 { 63 } else { 31 };
        let fill = self.get(env, op, op.src, op.size)?;
        self.modify(env, op, |cpu, a| match count {
            0 => Out { value: a, flags: cpu.rflags & flag::STATUS },
            _ => alu::double_shift(op.kind == Kind::Shld, a, fill, count, op.size),
        })
    }

    /// BT and family: only CF changes. A register index reaches beyond the memory operand.
    pub(super) fn bit_test<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let bits = u64::from(op.size) * 8;
        let index = self.get(env, op, op.src, op.size)?;
        let bit = 1u64 << (index % bits);
        let change = |a: u64| match op.kind {
            Kind::Bts => a | bit,
            Kind::Btr => a & !bit,
            Kind::Btc => a ^ bit,
            _ => a,
        };
        let old = if op.dst == Place::Mem {
            let mut offset = self.effective(op);
            if op.src != Place::Imm {
                let words = (sign_extend(index, op.size) as i64).div_euclid(bits as i64);
                offset = offset.wrapping_add((words * i64::from(op.size)) as u64) & mask(op.addr_size);
            }
            let write = op.kind != Kind::Bt;
            let linear = self.linear(op.seg.into(), offset, op.size.into(), write)?;
            if write {
                self.probe_write(env, linear, op.size.into())?;
            }
            let old = self.read_linear(env, linear, op.size.into())?;
            if write {
                self.write_linear(env, linear, op.size.into(), change(old))?;
            }
            old
        } else {
            let old = self.get(env, op, op.dst, op.size)?;
            if op.kind != Kind::Bt {
                self.put(env, op, op.dst, op.size, change(old))?;
            }
            old
        };
        self.rflags = self.rflags & !flag::CF | u64::from(old & bit != 0);
        Ok(())
    }

    /// BSF and BSR of 0 leave the destination alone, but for the upper half that a 32-bit operand
    /// clears (SDM vol. 2, "BSF", note 1: older processors; QEMU); flags but ZF are undefined (kept).
    pub(super) fn bit_scan<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let value = self.get(env, op, op.src, op.size)?;
        if value == 0 {
            self.rflags |= flag::ZF;
            let kept = self.get(env, op, op.dst, op.size)?;
            return self.put(env, op, op.dst, op.size, kept);
        }
        self.rflags &= !flag::ZF;
        let found = if op.kind == Kind::Bsf { value.trailing_zeros() } else { 63 - value.leading_zeros() };
        self.put(env, op, op.dst, op.size, found.into())
    }

    pub(super) fn exchange_add<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let size = op.size;
        let other = self.get(env, op, op.src, size)?;
        if op.kind == Kind::Xadd {
            let old = self.get(env, op, op.dst, size)?;
            let out = alu::add(old, other, false, size);
            if op.dst == Place::Mem {
                self.put(env, op, op.dst, size, out.value)?;
                self.put(env, op, op.src, size, old)?;
            } else {
                self.put(env, op, op.src, size, old)?;
                self.put(env, op, op.dst, size, out.value)?;
            }
            self.status(out.flags);
            return Ok(());
        }
        let accumulator = self.read_reg(RAX as u8, size);
        let old = self.get(env, op, op.dst, size)?;
        let equal = old == accumulator;
        // Memory is written in either case; a register that isn't equal keeps even its upper half.
        if equal || op.dst == Place::Mem {
            self.put(env, op, op.dst, size, if equal { other } else { old })?;
        }
        if !equal {
            self.write_reg(RAX as u8, size, old);
        }
        self.status(alu::sub(accumulator, old, false, size).flags);
        Ok(())
    }

    pub(super) fn compare_exchange_pair<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, half: u8) -> Result<()> {
        let at = self.effective(op);
        let linear = self.linear(op.seg.into(), at, usize::from(half) * 2, true)?;
        if half == 8 && linear & 15 != 0 {
            return Err(Fault::GP0);
        }
        self.probe_write(env, linear, usize::from(half) * 2)?;
        let low = self.read_linear(env, linear, half.into())?;
        let high = self.read_linear(env, linear + u64::from(half), half.into())?;
        let equal = low == self.read_reg(RAX as u8, half) && high == self.read_reg(RDX as u8, half);
        let (new_low, new_high) =
            if equal { (self.read_reg(RBX as u8, half), self.read_reg(RCX as u8, half)) } else { (low, high) };
        self.write_linear(env, linear, half.into(), new_low)?;
        self.write_linear(env, linear + u64::from(half), half.into(), new_high)?;
        if equal {
            self.rflags |= flag::ZF;
        } else {
            self.rflags &= !flag::ZF;
            self.write_reg(RAX as u8, half, low);
            self.write_reg(RDX as u8, half, high);
        }
        Ok(())
    }

    /// The decimal and ASCII adjustments of AL and AX (SDM vol. 2, each instruction's pseudo-code).
    pub(super) fn decimal(&mut self, op: &Op) -> Result<()> {
        let al = self.regs[RAX] & 0xff;
        let ah = self.regs[RAX] >> 8 & 0xff;
        let (af, cf) = (self.rflags & flag::AF != 0, self.carry());
        let low_adjust = al & 15 > 9 || af;
        let bit = |set: bool, f: u64| if set { f } else { 0 };
        let (ax, flags) = match op.kind {
            Kind::Aaa | Kind::Aas => {
                let ax = self.regs[RAX] & 0xffff;
                let adjusted = match (low_adjust, op.kind) {
                    (false, _) => ax,
                    (true, Kind::Aaa) => ax.wrapping_add(0x106),
                    (true, _) => ax.wrapping_sub(0x106),
                };
                let ax = adjusted & 0xff0f;
                (ax, bit(low_adjust, flag::AF | flag::CF) | alu::zsp(ax, 1))
            }
            Kind::Aam => {
                let base = op.imm & 0xff;
                let quotient = al.checked_div(base).ok_or(Fault::DE)?;
                let ax = quotient << 8 | al % base;
                (ax, alu::zsp(ax, 1))
            }
            Kind::Aad => {
                let ax = al.wrapping_add(ah.wrapping_mul(op.imm & 0xff)) & 0xff;
                (ax, alu::zsp(ax, 1))
            }
            _ => {
                let high_adjust = al > 0x99 || cf;
                let step = bit(low_adjust, 6) + bit(high_adjust, 0x60);
                let borrowed = op.kind == Kind::Das && low_adjust && al < 6;
                let value = if op.kind == Kind::Daa { al.wrapping_add(step) } else { al.wrapping_sub(step) } & 0xff;
                let carry = high_adjust || borrowed;
                (ah << 8 | value, alu::zsp(value, 1) | bit(low_adjust, flag::AF) | bit(carry, flag::CF))
            }
        };
        self.write_reg(RAX as u8, 2, ax);
        self.status(flags);
        Ok(())
    }
}
