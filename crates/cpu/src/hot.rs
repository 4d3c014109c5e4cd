//! The few forms that most code consists of, on registers and plain RAM. What isn't as simple as
//! hoped (a page not in the TLB, a device, a limit) is left to `exec`: `None`, and nothing has changed.

use crate::alu::{self, Shift};
use crate::bus::Bus;
use crate::lazy::LazyFlags;
use crate::memory::{Env, canonical};
use crate::op::{Kind, Op, Place};
use crate::state::{CS, Cpu, RSP, SS, mask};
use trace::Mode;

/// How `Cpu::hot` runs an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hot {
    /// Not at all.
    No,
    Mov,
    Movzx,
    Movsx,
    Lea,
    Add,
    Adc,
    Sub,
    Sbb,
    Cmp,
    And,
    Or,
    Xor,
    Test,
    Inc,
    Dec,
    Shift,
    Rotate,
    Imul,
    Set,
    Cmov,
    Push,
    Pop,
    Jcc,
    Jmp,
    Call,
    Ret,
}

impl Hot {
    pub fn of(op: &Op) -> Hot {
        let register = |p: Place| matches!(p, Place::Reg(_));
        let source = |p: Place| matches!(p, Place::Reg(_) | Place::Imm | Place::Mem);
        let to_register = register(op.dst) && source(op.src);
        let compares = to_register || op.dst == Place::Mem && matches!(op.src, Place::Reg(_) | Place::Imm);
        let counted = register(op.dst) && op.src == Place::Imm && op.imm & if op.size == 8 { 63 } else { 31 } != 0;
        match op.kind {
            Kind::Mov if compares => Hot::Mov,
            Kind::Movzx if to_register => Hot::Movzx,
            Kind::Movsx if to_register => Hot::Movsx,
            Kind::Lea if register(op.dst) => Hot::Lea,
            Kind::Add if compares => Hot::Add,
            Kind::Adc if compares => Hot::Adc,
            Kind::Sub if compares => Hot::Sub,
            Kind::Sbb if compares => Hot::Sbb,
            Kind::Cmp if compares => Hot::Cmp,
            Kind::And if compares => Hot::And,
            Kind::Or if compares => Hot::Or,
            Kind::Xor if compares => Hot::Xor,
            Kind::Test if compares => Hot::Test,
            Kind::Inc if register(op.dst) => Hot::Inc,
            Kind::Dec if register(op.dst) => Hot::Dec,
            Kind::Shl | Kind::Shr | Kind::Sar if counted => Hot::Shift,
            Kind::Rol | Kind::Ror if counted => Hot::Rotate,
            Kind::Imul if to_register => Hot::Imul,
            Kind::Set if register(op.dst) => Hot::Set,
            Kind::Cmov if register(op.dst) && register(op.src) => Hot::Cmov,
            Kind::Push if register(op.dst) || op.dst == Place::Imm => Hot::Push,
            Kind::Pop if register(op.dst) => Hot::Pop,
            Kind::Jcc => Hot::Jcc,
            Kind::Jmp => Hot::Jmp,
            Kind::Call => Hot::Call,
            Kind::Ret if op.dst == Place::None => Hot::Ret,
            _ => Hot::No,
        }
    }
}

impl Cpu {
    /// Runs `op`; `rip` is behind it already. `mode` is the processor's.
    #[inline(always)]
    pub(crate) fn hot<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, mode: Mode, flags: &mut LazyFlags) -> Option<()> {
        let size = op.size;
        match op.hot {
            Hot::No => return None,
            Hot::Mov => {
                let value = self.hot_get(env, op, op.src, mode)?;
                self.hot_put(env, op, mode, value)?;
            }
            Hot::Movzx => {
                let value = self.hot_part(env, op, mode)? & mask(op.aux as u8);
                self.hot_put(env, op, mode, value)?;
            }
            Hot::Movsx => {
                let shift = 64 - u32::from(op.aux) * 8;
                let value = (self.hot_part(env, op, mode)? << shift) as i64 >> shift;
                self.hot_put(env, op, mode, value as u64)?;
            }
            Hot::Lea => {
                let value = self.effective(op);
                self.hot_put(env, op, mode, value)?;
            }
            Hot::Add => self.hot_binary(env, op, mode, flags, |f, a, b, _| f.add(a, b, 0, size))?,
            Hot::Adc => self.hot_binary(env, op, mode, flags, |f, a, b, c| f.add(a, b, c, size))?,
            Hot::Sub => self.hot_binary(env, op, mode, flags, |f, a, b, _| f.sub(a, b, 0, size))?,
            Hot::Sbb => self.hot_binary(env, op, mode, flags, |f, a, b, c| f.sub(a, b, c, size))?,
            Hot::And => self.hot_binary(env, op, mode, flags, |f, a, b, _| f.logic(a & b, size))?,
            Hot::Or => self.hot_binary(env, op, mode, flags, |f, a, b, _| f.logic(a | b, size))?,
            Hot::Xor => self.hot_binary(env, op, mode, flags, |f, a, b, _| f.logic(a ^ b, size))?,
            Hot::Cmp => {
                let b = self.hot_get(env, op, op.src, mode)?;
                let a = self.hot_get(env, op, op.dst, mode)?;
                flags.sub(a, b, 0, size);
            }
            Hot::Test => {
                let b = self.hot_get(env, op, op.src, mode)?;
                let a = self.hot_get(env, op, op.dst, mode)?;
                flags.logic(a & b, size);
            }
            Hot::Inc | Hot::Dec => {
                let by = if op.hot == Hot::Inc { 1 } else { u64::MAX };
                let a = self.hot_get(env, op, op.dst, mode)?;
                let value = flags.step(a, by, size, self.rflags);
                self.hot_put(env, op, mode, value)?;
            }
            Hot::Shift => {
                let count = op.imm as u32 & if size == 8 { 63 } else { 31 };
                let kind = match op.kind {
                    Kind::Shl => Shift::Left,
                    Kind::Shr => Shift::Right,
                    _ => Shift::Arithmetic,
                };
                let out = alu::shift(kind, self.hot_get(env, op, op.dst, mode)?, count, size);
                self.hot_put(env, op, mode, out.value)?;
                flags.replace(&mut self.rflags, out.flags);
            }
            Hot::Rotate => {
                let count = op.imm as u32 & if size == 8 { 63 } else { 31 };
                let out = alu::rotate(op.kind == Kind::Rol, self.hot_get(env, op, op.dst, mode)?, count, size);
                self.hot_put(env, op, mode, out.value)?;
                flags.settle(&mut self.rflags);
                self.rflags = self.rflags & !(alu::flag::CF | alu::flag::OF) | out.flags;
            }
            Hot::Imul => {
                let a = self.hot_get(env, op, op.src, mode)?;
                let b = if op.aux == 1 { op.imm } else { self.hot_get(env, op, op.dst, mode)? };
                let (low, _, status) = alu::imul(a, b, size);
                self.hot_put(env, op, mode, low)?;
                flags.replace(&mut self.rflags, status);
            }
            Hot::Set => {
                let holds = flags.condition(op.aux, self.rflags);
                let Place::Reg(r) = op.dst else { return None };
                self.write_reg(r, 1, holds.into());
            }
            Hot::Cmov => {
                let from = if flags.condition(op.aux, self.rflags) { op.src } else { op.dst };
                let value = self.hot_get(env, op, from, mode)?;
                self.hot_put(env, op, mode, value)?;
            }
            Hot::Push => {
                let value = self.hot_get(env, op, op.dst, mode)?;
                self.hot_push(env, value, size, mode)?;
            }
            Hot::Pop => {
                let value = self.hot_top(env, size, mode)?;
                self.move_stack(size.into());
                let Place::Reg(r) = op.dst else { return None };
                self.write_reg(r, size, value);
            }
            Hot::Jcc => {
                if flags.condition(op.aux, self.rflags) {
                    self.rip = self.hot_target(self.branch_target(op), size, mode)?;
                }
            }
            Hot::Jmp => self.rip = self.hot_target(self.branch_target(op), size, mode)?,
            Hot::Call => {
                let target = self.hot_target(self.branch_target(op), size, mode)?;
                self.hot_push(env, self.rip, size, mode)?;
                self.rip = target;
            }
            Hot::Ret => {
                let target = self.hot_top(env, size, mode)?;
                self.rip = self.hot_target(target, size, mode)?;
                self.move_stack(size.into());
            }
        }
        Some(())
    }

    #[inline(always)]
    fn hot_binary<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        op: &Op,
        mode: Mode,
        flags: &mut LazyFlags,
        f: impl FnOnce(&mut LazyFlags, u64, u64, u64) -> u64,
    ) -> Option<()> {
        let b = self.hot_get(env, op, op.src, mode)?;
        let carry = u64::from(flags.carry(self.rflags));
        if op.dst == Place::Mem {
            let at = self.hot_address(env, op.seg.into(), self.effective(op), op.size, true, mode)?;
            let a = env.bus.plain_read(at, op.size.into())?;
            let mut new = *flags;
            let value = f(&mut new, a, b, carry);
            self.hot_store(env, at, op.size, value)?;
            *flags = new;
            return Some(());
        }
        let Place::Reg(r) = op.dst else { return None };
        let value = f(flags, self.regs[usize::from(r & 15)], b, carry);
        self.write_reg(r, op.size, value);
        Some(())
    }

    /// An operand; bits beyond its size may be anything.
    #[inline(always)]
    fn hot_get<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, place: Place, mode: Mode) -> Option<u64> {
        match place {
            Place::Reg(r) => Some(self.regs[usize::from(r & 15)]),
            Place::Imm => Some(op.imm),
            _ => {
                let at = self.hot_address(env, op.seg.into(), self.effective(op), op.size, false, mode)?;
                env.bus.plain_read(at, op.size.into())
            }
        }
    }

    /// The source of MOVZX and MOVSX, of `aux` bytes.
    #[inline(always)]
    fn hot_part<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, mode: Mode) -> Option<u64> {
        if let Place::Reg(r) = op.src {
            return Some(self.regs[usize::from(r & 15)]);
        }
        let at = self.hot_address(env, op.seg.into(), self.effective(op), op.aux as u8, false, mode)?;
        env.bus.plain_read(at, op.aux.into())
    }

    #[inline(always)]
    fn hot_put<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, mode: Mode, value: u64) -> Option<()> {
        if let Place::Reg(r) = op.dst {
            self.write_reg(r, op.size, value);
            return Some(());
        }
        let at = self.hot_address(env, op.seg.into(), self.effective(op), op.size, true, mode)?;
        self.hot_store(env, at, op.size, value)
    }

    #[inline(always)]
    fn hot_store<B: Bus>(&mut self, env: &mut Env<B>, at: u64, size: u8, value: u64) -> Option<()> {
        env.bus.plain_write(at, size.into(), value)?;
        env.code.written(at, size.into());
        Some(())
    }

    /// Physical address, if the access stays in one page that the TLB knows.
    #[inline(always)]
    fn hot_address<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        seg: usize,
        offset: u64,
        size: u8,
        write: bool,
        mode: Mode,
    ) -> Option<u64> {
        let linear = self.linear_in(mode, seg, offset, size.into(), write).ok()?;
        if linear & 0xfff > 0x1000 - u64::from(size) {
            return None;
        }
        let physical = if self.paging() { env.tlb.known(self.smm, linear, write, self.cpl == 3)? } else { linear };
        (!self.smrr_hides(physical) && self.msr.apic_page_is_default()).then_some(physical)
    }

    #[inline(always)]
    fn hot_push<B: Bus>(&mut self, env: &mut Env<B>, value: u64, size: u8, mode: Mode) -> Option<()> {
        let m = mask(self.stack_size_in(mode));
        let to = self.regs[RSP].wrapping_sub(size.into()) & m;
        let at = self.hot_address(env, SS, to, size, true, mode)?;
        self.hot_store(env, at, size, value)?;
        self.regs[RSP] = self.regs[RSP] & !m | to;
        Some(())
    }

    #[inline(always)]
    fn hot_top<B: Bus>(&mut self, env: &mut Env<B>, size: u8, mode: Mode) -> Option<u64> {
        let from = self.regs[RSP] & mask(self.stack_size_in(mode));
        let at = self.hot_address(env, SS, from, size, false, mode)?;
        env.bus.plain_read(at, size.into())
    }

    #[inline(always)]
    fn hot_target(&self, target: u64, size: u8, mode: Mode) -> Option<u64> {
        let target = target & mask(size);
        let allowed = if mode == Mode::Bits64 { canonical(target) } else { target <= u64::from(self.seg[CS].limit) };
        allowed.then_some(target)
    }
}
