//! Near branches, loops, far pointers in memory, software interrupts.

use crate::alu::flag;
use crate::bus::Bus;
use crate::fault::{Fault, Result, vector};
use crate::interrupt::Origin;
use crate::memory::{Env, canonical};
use crate::op::{Kind, Op, Place};
use crate::state::{CS, Cpu, RCX, mask, sign_extend};

impl Cpu {
    /// Target of a near branch; `rip` is behind the instruction already.
    #[inline]
    pub(crate) fn branch_target(&self, op: &Op) -> u64 {
        self.rip.wrapping_sub(op.len.into()).wrapping_add(op.imm)
    }

    #[inline]
    pub(super) fn jump_near(&mut self, target: u64, size: u8) -> Result<()> {
        let target = target & mask(size);
        if if self.wide() { !canonical(target) } else { target > u64::from(self.seg[CS].limit) } {
            return Err(Fault::GP0);
        }
        self.rip = target;
        Ok(())
    }

    pub(super) fn call_near<B: Bus>(&mut self, env: &mut Env<B>, target: u64, size: u8) -> Result<()> {
        let back = self.rip;
        self.push(env, back, size)?;
        self.jump_near(target, size).inspect_err(|_| self.move_stack(size.into()))
    }

    pub(super) fn return_near<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let target = self.peek_stack(env, 0, op.size)?;
        self.jump_near(target, op.size)?;
        let release = if op.dst == Place::Imm { op.imm } else { 0 };
        self.move_stack(u64::from(op.size) + release);
        Ok(())
    }

    pub(super) fn far_indirect<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let at = self.effective(op);
        let offset = self.read_mem(env, op.seg.into(), at, op.size)?;
        let selector_at = at.wrapping_add(op.size.into()) & mask(op.addr_size);
        let selector = self.read_mem(env, op.seg.into(), selector_at, 2)? as u16;
        if op.kind == Kind::JmpFarIndirect {
            self.jump_far(env, selector, offset, op.size)
        } else {
            self.call_far(env, selector, offset, op.size)
        }
    }

    /// LOOP family and JCXZ; the counter's width is the address size.
    pub(super) fn count_branch(&mut self, op: &Op) -> Result<()> {
        let zero = self.rflags & flag::ZF != 0;
        let mut count = self.read_reg(RCX as u8, op.addr_size);
        let taken = if op.kind == Kind::Jcxz {
            count == 0
        } else {
            count = count.wrapping_sub(1) & mask(op.addr_size);
            count != 0
                && match op.kind {
                    Kind::Loope => zero,
                    Kind::Loopne => !zero,
                    _ => true,
                }
        };
        if taken {
            self.jump_near(self.branch_target(op), op.size)?;
        }
        if op.kind != Kind::Jcxz {
            self.write_reg(RCX as u8, op.addr_size, count);
        }
        Ok(())
    }

    pub(super) fn software_interrupt<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let (vector, origin) = match op.kind {
            // ICEBP: no gate's DPL keeps it out.
            Kind::Int1 => {
                self.report_traps();
                (vector::DB, Origin::Hardware)
            }
            Kind::Int3 => (vector::BP, Origin::Software),
            Kind::Into if self.rflags & flag::OF == 0 => return Ok(()),
            Kind::Into => (vector::OF, Origin::Software),
            _ => {
                self.sensitive()?;
                (op.imm as u8, Origin::Software)
            }
        };
        let arrival = self.deliver(env, vector, None, origin)?;
        self.arrive(env, arrival);
        Ok(())
    }

    /// BOUND: a signed index against two bounds in memory.
    pub(super) fn bound<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let at = self.effective(op);
        let signed = |value: u64| sign_extend(value, op.size) as i64;
        let index = signed(self.get(env, op, op.dst, op.size)?);
        let lower = signed(self.read_mem(env, op.seg.into(), at, op.size)?);
        let second = at.wrapping_add(op.size.into()) & mask(op.addr_size);
        let upper = signed(self.read_mem(env, op.seg.into(), second, op.size)?);
        if (lower..=upper).contains(&index) { Ok(()) } else { Err(Fault { vector: vector::BR, error: None }) }
    }
}
