//! Runs hot forms. What isn't as simple as hoped (a page that isn't known, a device, a limit) is left to
//! `exec`: `None`, and nothing has changed.

use crate::alu;
use crate::bus::Bus;
use crate::hot::Hot;
use crate::lazy::{LazyFlags, Relation};
use crate::memory::{Env, canonical};
use crate::op::{Op, Place};
use crate::state::{CS, Cpu, FS, RBP, RSP, SS, Segment, mask};
use trace::Mode;

/// How a hot instruction went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Next,
    /// It was a branch, and RIP is its target.
    Taken,
    /// Two instructions at once, the second a branch.
    TwoNext,
    TwoTaken,
}

/// What hot instructions take for granted as long as no other has run: found once for many.
pub struct Ground {
    pub mode: Mode,
    key: u64,
    /// What an offset in a segment is added to. Where a limit or a right may be missed it is a base
    /// that no known page lies at.
    read: [u64; 8],
    write: [u64; 8],
    stack: u64,
    /// Alignment is checked: nothing is hot that touches memory.
    aligned: bool,
}

/// No page is known there: it isn't canonical.
const NOWHERE: u64 = 1 << 63;

impl Cpu {
    pub(crate) fn ground<B: Bus>(&self, env: &mut Env<B>) -> Ground {
        let mode = self.mode();
        env.tlb.quick.follow(env.code.epoch());
        let base = |n: usize, write: bool| match self.seg.get(n) {
            None => NOWHERE,
            Some(s) if mode == Mode::Bits64 => {
                if n >= FS {
                    s.base
                } else {
                    0
                }
            }
            Some(s) => {
                if self.is_flat(s, write) {
                    0
                } else {
                    NOWHERE
                }
            }
        };
        let mut ground = Ground {
            mode,
            key: env.tlb.quick.key(self.smm, self.paging(), self.cpl == 3),
            read: std::array::from_fn(|n| base(n, false)),
            write: std::array::from_fn(|n| base(n, true)),
            stack: mask(self.stack_size_in(mode)),
            aligned: self.checks_alignment(),
        };
        if ground.aligned {
            (ground.read, ground.write) = ([NOWHERE; 8], [NOWHERE; 8]);
        }
        ground
    }

    /// Whether every 32-bit offset may be used, and is the linear address.
    fn is_flat(&self, s: &Segment, write: bool) -> bool {
        let upwards = s.has(Segment::CODE) || !s.has(Segment::DOWN);
        s.base == 0 && s.limit == u32::MAX && upwards && !(self.protected() && self.refuses(s, write))
    }

    /// Runs `op`, and the branch behind it if the two are one; `behind` is the address behind `op`, where
    /// `then` lies.
    /// RIP is set only by branches that are taken.
    #[inline(always)]
    pub(crate) fn hot<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        op: &Op,
        then: &[Op],
        behind: u64,
        flags: &mut LazyFlags,
    ) -> Option<Flow> {
        let size = op.size;
        match op.hot {
            Hot::No => return None,
            Hot::Mov4 => self.put_to::<4>(op, self.source(op)),
            Hot::Mov8 => self.put_to::<8>(op, self.source(op)),
            Hot::Add4 => self.binary_to::<4>(op, |a, b| flags.add(a, b, 0, 4)),
            Hot::Add8 => self.binary_to::<8>(op, |a, b| flags.add(a, b, 0, 8)),
            Hot::Adc4 => {
                let carry = flags.carry(self.rflags).into();
                self.binary_to::<4>(op, |a, b| flags.add(a, b, carry, 4));
            }
            Hot::Adc8 => {
                let carry = flags.carry(self.rflags).into();
                self.binary_to::<8>(op, |a, b| flags.add(a, b, carry, 8));
            }
            Hot::Sub4 => self.binary_to::<4>(op, |a, b| flags.sub(a, b, 0, 4)),
            Hot::Sub8 => self.binary_to::<8>(op, |a, b| flags.sub(a, b, 0, 8)),
            Hot::And4 => self.binary_to::<4>(op, |a, b| flags.logic(a & b, 4)),
            Hot::And8 => self.binary_to::<8>(op, |a, b| flags.logic(a & b, 8)),
            Hot::Or4 => self.binary_to::<4>(op, |a, b| flags.logic(a | b, 4)),
            Hot::Or8 => self.binary_to::<8>(op, |a, b| flags.logic(a | b, 8)),
            Hot::Xor4 => self.binary_to::<4>(op, |a, b| flags.logic(a ^ b, 4)),
            Hot::Xor8 => self.binary_to::<8>(op, |a, b| flags.logic(a ^ b, 8)),
            Hot::Cmp4 => _ = flags.sub(self.target(op), self.source(op), 0, 4),
            Hot::Cmp8 => _ = flags.sub(self.target(op), self.source(op), 0, 8),
            Hot::Test4 => _ = flags.logic(self.target(op) & self.source(op), 4),
            Hot::Test8 => _ = flags.logic(self.target(op) & self.source(op), 8),
            Hot::Inc4 => self.put_to::<4>(op, flags.step(self.target(op), true, 4, self.rflags)),
            Hot::Inc8 => self.put_to::<8>(op, flags.step(self.target(op), true, 8, self.rflags)),
            Hot::Dec4 => self.put_to::<4>(op, flags.step(self.target(op), false, 4, self.rflags)),
            Hot::Dec8 => self.put_to::<8>(op, flags.step(self.target(op), false, 8, self.rflags)),
            Hot::Lea4 => self.put_to::<4>(op, self.effective_behind(op, behind)),
            Hot::Lea8 => self.put_to::<8>(op, self.effective_behind(op, behind)),
            Hot::Shl4 => self.shift_left::<4>(op, flags),
            Hot::Shl8 => self.shift_left::<8>(op, flags),
            Hot::Shr4 => self.shift_right::<4>(op, flags),
            Hot::Shr8 => self.shift_right::<8>(op, flags),
            Hot::Sar4 => self.shift_arithmetic::<4>(op, flags),
            Hot::Sar8 => self.shift_arithmetic::<8>(op, flags),
            Hot::Rol4 | Hot::Ror4 => self.rotate::<4>(op, op.hot == Hot::Rol4, flags),
            Hot::Rol8 | Hot::Ror8 => self.rotate::<8>(op, op.hot == Hot::Rol8, flags),
            Hot::Imul4 => {
                let product = i64::from(self.factor(op) as i32) * i64::from(self.regs[usize::from(op.from)] as i32);
                self.put_imul::<4>(op, product as u64, i64::from(product as i32) != product, flags);
            }
            Hot::Imul8 => {
                let (a, b) = (self.factor(op) as i64, self.regs[usize::from(op.from)] as i64);
                self.put_imul::<8>(op, a.wrapping_mul(b) as u64, a.checked_mul(b).is_none(), flags);
            }

            Hot::CmpJcc4 => return self.compare_branch::<4>(ground, op, then, behind, flags),
            Hot::CmpJcc8 => return self.compare_branch::<8>(ground, op, then, behind, flags),
            Hot::SubJcc4 => {
                let difference = self.target(op).wrapping_sub(self.source(op));
                let flow = self.compare_branch::<4>(ground, op, then, behind, flags)?;
                self.put_to::<4>(op, difference);
                return Some(flow);
            }
            Hot::SubJcc8 => {
                let difference = self.target(op).wrapping_sub(self.source(op));
                let flow = self.compare_branch::<8>(ground, op, then, behind, flags)?;
                self.put_to::<8>(op, difference);
                return Some(flow);
            }
            Hot::TestJcc4 => {
                let value = self.target(op) & self.source(op);
                return self.result_branch::<4>(ground, op, then, behind, value, |v| _ = flags.logic(v, 4));
            }
            Hot::TestJcc8 => {
                let value = self.target(op) & self.source(op);
                return self.result_branch::<8>(ground, op, then, behind, value, |v| _ = flags.logic(v, 8));
            }
            Hot::AndJcc4 => {
                let value = self.target(op) & self.source(op);
                let flow = self.result_branch::<4>(ground, op, then, behind, value, |v| _ = flags.logic(v, 4))?;
                self.put_to::<4>(op, value);
                return Some(flow);
            }
            Hot::AndJcc8 => {
                let value = self.target(op) & self.source(op);
                let flow = self.result_branch::<8>(ground, op, then, behind, value, |v| _ = flags.logic(v, 8))?;
                self.put_to::<8>(op, value);
                return Some(flow);
            }
            Hot::IncJcc4 => return self.step_branch::<4>(ground, op, then, behind, true, flags),
            Hot::IncJcc8 => return self.step_branch::<8>(ground, op, then, behind, true, flags),
            Hot::DecJcc4 => return self.step_branch::<4>(ground, op, then, behind, false, flags),
            Hot::DecJcc8 => return self.step_branch::<8>(ground, op, then, behind, false, flags),

            Hot::Load4 => {
                let value = self.load_operand(env, ground, op, behind, 4)?;
                self.put_to::<4>(op, value);
            }
            Hot::Load8 => {
                let value = self.load_operand(env, ground, op, behind, 8)?;
                self.put_to::<8>(op, value);
            }
            Hot::Movzx1 => {
                let value = self.load_operand(env, ground, op, behind, 1)?;
                self.put_to::<8>(op, value);
            }
            Hot::Store1 => self.store_operand(env, ground, op, behind, 1, self.source(op))?,
            Hot::Store4 => self.store_operand(env, ground, op, behind, 4, self.source(op))?,
            Hot::Store8 => self.store_operand(env, ground, op, behind, 8, self.source(op))?,

            Hot::Mov => {
                let value = self.operand(env, ground, op, op.src, behind)?;
                self.put_operand(env, ground, op, behind, value)?;
            }
            Hot::Movzx => {
                let value = self.part(env, ground, op, behind)? & mask(op.aux as u8);
                self.put_operand(env, ground, op, behind, value)?;
            }
            Hot::Movsx => {
                let shift = 64 - u32::from(op.aux) * 8;
                let value = (self.part(env, ground, op, behind)? << shift) as i64 >> shift;
                self.put_operand(env, ground, op, behind, value as u64)?;
            }
            Hot::Add => self.binary_any(env, ground, op, behind, flags, |f, a, b, _| f.add(a, b, 0, size))?,
            Hot::Adc => self.binary_any(env, ground, op, behind, flags, |f, a, b, c| f.add(a, b, c, size))?,
            Hot::Sub => self.binary_any(env, ground, op, behind, flags, |f, a, b, _| f.sub(a, b, 0, size))?,
            Hot::Sbb => self.binary_any(env, ground, op, behind, flags, |f, a, b, c| f.sub(a, b, c, size))?,
            Hot::And => self.binary_any(env, ground, op, behind, flags, |f, a, b, _| f.logic(a & b, size))?,
            Hot::Or => self.binary_any(env, ground, op, behind, flags, |f, a, b, _| f.logic(a | b, size))?,
            Hot::Xor => self.binary_any(env, ground, op, behind, flags, |f, a, b, _| f.logic(a ^ b, size))?,
            Hot::Cmp => {
                let b = self.operand(env, ground, op, op.src, behind)?;
                let a = self.operand(env, ground, op, op.dst, behind)?;
                flags.sub(a, b, 0, size);
            }
            Hot::Test => {
                let b = self.operand(env, ground, op, op.src, behind)?;
                let a = self.operand(env, ground, op, op.dst, behind)?;
                flags.logic(a & b, size);
            }
            Hot::CmpJcc => {
                let b = self.operand(env, ground, op, op.src, behind)?;
                let a = self.operand(env, ground, op, op.dst, behind)?;
                let extend = |v: u64| crate::state::sign_extend(v, size) as i64;
                let difference = extend(a.wrapping_sub(b));
                let holds = Relation::compare(op.aux, extend(a), extend(b), difference);
                let flow = self.branch_behind(ground, then, behind, holds)?;
                flags.sub(a, b, 0, size);
                return Some(flow);
            }
            Hot::TestJcc => {
                let b = self.operand(env, ground, op, op.src, behind)?;
                let a = self.operand(env, ground, op, op.dst, behind)?;
                let holds = Relation::result(op.aux, crate::state::sign_extend(a & b, size) as i64);
                let flow = self.branch_behind(ground, then, behind, holds)?;
                flags.logic(a & b, size);
                return Some(flow);
            }
            Hot::Inc | Hot::Dec => {
                let a = self.operand(env, ground, op, op.dst, behind)?;
                let mut new = *flags;
                let value = new.step(a, op.hot == Hot::Inc, size, self.rflags);
                self.put_operand(env, ground, op, behind, value)?;
                *flags = new;
            }
            Hot::Set => self.write_reg(op.to, 1, flags.condition(op.aux, self.rflags).into()),
            Hot::Cmov => {
                let from = if flags.condition(op.aux, self.rflags) { op.from } else { op.to };
                self.write_reg(op.to, size, self.regs[usize::from(from)]);
            }

            Hot::Push4 => {
                let value = self.regs[usize::from(op.to)].wrapping_add(op.imm);
                self.hot_push(env, ground, value, 4)?;
            }
            Hot::Push8 => {
                let value = self.regs[usize::from(op.to)].wrapping_add(op.imm);
                self.hot_push(env, ground, value, 8)?;
            }
            Hot::Pop4 => {
                let value = self.hot_pop(env, ground, 4)?;
                self.put_to::<4>(op, value);
            }
            Hot::Pop8 => {
                let value = self.hot_pop(env, ground, 8)?;
                self.put_to::<8>(op, value);
            }
            Hot::Jcc => {
                if flags.condition(op.aux, self.rflags) {
                    self.rip = self.target_of(ground, op, behind)?;
                    return Some(Flow::Taken);
                }
            }
            Hot::Jmp => {
                self.rip = self.target_of(ground, op, behind)?;
                return Some(Flow::Taken);
            }
            Hot::Call4 => {
                let target = self.target_of(ground, op, behind)?;
                return self.hot_call(env, ground, target, behind, 4);
            }
            Hot::Call8 => {
                let target = self.target_of(ground, op, behind)?;
                return self.hot_call(env, ground, target, behind, 8);
            }
            Hot::CallTo => {
                let target = self.operand(env, ground, op, op.dst, behind)? & mask(size);
                let target = self.allowed_target(ground, target)?;
                return self.hot_call(env, ground, target, behind, size);
            }
            Hot::JmpTo => {
                let target = self.operand(env, ground, op, op.dst, behind)? & mask(size);
                self.rip = self.allowed_target(ground, target)?;
                return Some(Flow::Taken);
            }
            Hot::Leave => {
                let frame = self.regs[RBP];
                let value = self.load(env, ground, SS as u8, frame & ground.stack, size)?;
                let behind_frame = frame.wrapping_add(size.into()) & ground.stack;
                self.regs[RSP] = self.regs[RSP] & !ground.stack | behind_frame;
                self.write_reg(RBP as u8, size, value);
            }
            Hot::Ret4 => return self.hot_return(env, ground, 4),
            Hot::Ret8 => return self.hot_return(env, ground, 8),
        }
        Some(Flow::Next)
    }

    /// Source operand, a register or an immediate: the other of the two is 0.
    #[inline(always)]
    fn source(&self, op: &Op) -> u64 {
        self.regs[usize::from(op.from)].wrapping_add(op.imm)
    }

    /// Destination register's value.
    #[inline(always)]
    fn target(&self, op: &Op) -> u64 {
        self.regs[usize::from(op.to)]
    }

    /// IMUL's second factor: the immediate if there is one.
    #[inline(always)]
    fn factor(&self, op: &Op) -> u64 {
        if op.aux == 1 { op.imm } else { self.target(op) }
    }

    #[inline(always)]
    fn put_to<const N: u8>(&mut self, op: &Op, value: u64) {
        self.regs[usize::from(op.to)] = if N == 4 { value & 0xffff_ffff } else { value };
    }

    #[inline(always)]
    fn binary_to<const N: u8>(&mut self, op: &Op, f: impl FnOnce(u64, u64) -> u64) {
        let value = f(self.target(op), self.source(op));
        self.put_to::<N>(op, value);
    }

    #[inline(always)]
    fn put_imul<const N: u8>(&mut self, op: &Op, product: u64, overflow: bool, flags: &mut LazyFlags) {
        self.put_to::<N>(op, product);
        flags.shifted(product, overflow, overflow, N);
    }

    /// The count is an immediate other than 0.
    #[inline(always)]
    fn count<const N: u8>(op: &Op) -> u32 {
        op.imm as u32 & (u32::from(N) * 8 - 1)
    }

    #[inline(always)]
    fn shift_left<const N: u8>(&mut self, op: &Op, flags: &mut LazyFlags) {
        let (a, count) = (self.target(op), Self::count::<N>(op));
        let carry = a >> (u32::from(N) * 8 - count) & 1 != 0;
        let value = a << count;
        let sign = value >> (u32::from(N) * 8 - 1) & 1 != 0;
        self.put_to::<N>(op, value);
        flags.shifted(value, carry, sign != carry, N);
    }

    #[inline(always)]
    fn shift_right<const N: u8>(&mut self, op: &Op, flags: &mut LazyFlags) {
        let (a, count) = (self.target(op) & mask(N), Self::count::<N>(op));
        let value = a >> count;
        self.put_to::<N>(op, value);
        flags.shifted(value, a >> (count - 1) & 1 != 0, a >> (u32::from(N) * 8 - 1) != 0, N);
    }

    #[inline(always)]
    fn shift_arithmetic<const N: u8>(&mut self, op: &Op, flags: &mut LazyFlags) {
        let a = crate::state::sign_extend(self.target(op), N) as i64;
        let count = Self::count::<N>(op);
        let value = (a >> count) as u64;
        self.put_to::<N>(op, value);
        flags.shifted(value, a >> (count - 1) & 1 != 0, false, N);
    }

    #[inline(always)]
    fn rotate<const N: u8>(&mut self, op: &Op, left: bool, flags: &mut LazyFlags) {
        let out = alu::rotate(left, self.target(op), Self::count::<N>(op), N);
        self.put_to::<N>(op, out.value);
        flags.rotated(&mut self.rflags, out.flags);
    }

    #[inline(always)]
    fn compare_branch<const N: u8>(
        &mut self,
        ground: &Ground,
        op: &Op,
        then: &[Op],
        behind: u64,
        flags: &mut LazyFlags,
    ) -> Option<Flow> {
        let (a, b) = (self.target(op), self.source(op));
        let extend = |v: u64| crate::state::sign_extend(v, N) as i64;
        let holds = Relation::compare(op.aux, extend(a), extend(b), extend(a.wrapping_sub(b)));
        let flow = self.branch_behind(ground, then, behind, holds)?;
        flags.sub(a, b, 0, N);
        Some(flow)
    }

    #[inline(always)]
    fn result_branch<const N: u8>(
        &mut self,
        ground: &Ground,
        op: &Op,
        then: &[Op],
        behind: u64,
        value: u64,
        f: impl FnOnce(u64),
    ) -> Option<Flow> {
        let holds = Relation::result(op.aux, crate::state::sign_extend(value, N) as i64);
        let flow = self.branch_behind(ground, then, behind, holds)?;
        f(value);
        Some(flow)
    }

    #[inline(always)]
    fn step_branch<const N: u8>(
        &mut self,
        ground: &Ground,
        op: &Op,
        then: &[Op],
        behind: u64,
        up: bool,
        flags: &mut LazyFlags,
    ) -> Option<Flow> {
        let a = self.target(op);
        let value = if up { a.wrapping_add(1) } else { a.wrapping_sub(1) };
        let rflags = self.rflags;
        let flow = self.result_branch::<N>(ground, op, then, behind, value, |_| _ = flags.step(a, up, N, rflags))?;
        self.put_to::<N>(op, value);
        Some(flow)
    }

    /// The branch that is one with the instruction before it.
    #[inline(always)]
    fn branch_behind(&mut self, ground: &Ground, then: &[Op], behind: u64, holds: bool) -> Option<Flow> {
        if !holds {
            return Some(Flow::TwoNext);
        }
        let branch = then.first()?;
        self.rip = self.target_of(ground, branch, behind.wrapping_add(branch.len.into()))?;
        Some(Flow::TwoTaken)
    }

    #[inline(always)]
    fn binary_any<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        op: &Op,
        behind: u64,
        flags: &mut LazyFlags,
        f: impl FnOnce(&mut LazyFlags, u64, u64, u64) -> u64,
    ) -> Option<()> {
        let b = self.operand(env, ground, op, op.src, behind)?;
        let carry = u64::from(flags.carry(self.rflags));
        if op.dst == Place::Mem {
            let a = self.load_operand(env, ground, op, behind, op.size)?;
            let mut new = *flags;
            let value = f(&mut new, a, b, carry);
            self.store_operand(env, ground, op, behind, op.size, value)?;
            *flags = new;
            return Some(());
        }
        let value = f(flags, self.target(op), b, carry);
        self.write_reg(op.to, op.size, value);
        Some(())
    }

    /// An operand; bits beyond its size may be anything.
    #[inline(always)]
    fn operand<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        op: &Op,
        place: Place,
        behind: u64,
    ) -> Option<u64> {
        match place {
            Place::Reg(r) => Some(self.regs[usize::from(r)]),
            Place::Imm => Some(op.imm),
            _ => self.load_operand(env, ground, op, behind, op.size),
        }
    }

    /// The source of MOVZX and MOVSX, of `aux` bytes.
    #[inline(always)]
    fn part<B: Bus>(&mut self, env: &mut Env<B>, ground: &Ground, op: &Op, behind: u64) -> Option<u64> {
        if let Place::Reg(r) = op.src {
            return Some(self.regs[usize::from(r)]);
        }
        self.load_operand(env, ground, op, behind, op.aux as u8)
    }

    #[inline(always)]
    fn put_operand<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        op: &Op,
        behind: u64,
        value: u64,
    ) -> Option<()> {
        if let Place::Reg(r) = op.dst {
            self.write_reg(r, op.size, value);
            return Some(());
        }
        self.store_operand(env, ground, op, behind, op.size, value)
    }

    #[inline(always)]
    fn load_operand<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        op: &Op,
        behind: u64,
        size: u8,
    ) -> Option<u64> {
        self.load(env, ground, op.seg, self.effective_behind(op, behind), size)
    }

    #[inline(always)]
    fn store_operand<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        op: &Op,
        behind: u64,
        size: u8,
        value: u64,
    ) -> Option<()> {
        self.store(env, ground, op.seg, self.effective_behind(op, behind), size, value)
    }

    #[inline(always)]
    fn load<B: Bus>(&mut self, env: &mut Env<B>, ground: &Ground, seg: u8, offset: u64, size: u8) -> Option<u64> {
        let linear = ground.read[usize::from(seg % 8)].wrapping_add(offset);
        if let Some(frame) = env.tlb.quick.read(ground.key, linear, size.into())
            && let Some(value) = env.bus.frame_read(frame, linear as usize & 0xfff, size.into())
        {
            return Some(value);
        }
        self.load_slow(env, ground, seg, offset, size)
    }

    #[inline(always)]
    fn store<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        seg: u8,
        offset: u64,
        size: u8,
        value: u64,
    ) -> Option<()> {
        let linear = ground.write[usize::from(seg % 8)].wrapping_add(offset);
        if let Some(frame) = env.tlb.quick.write(ground.key, linear, size.into())
            && env.bus.frame_write(frame, linear as usize & 0xfff, size.into(), value).is_some()
        {
            return Some(());
        }
        self.store_slow(env, ground, seg, offset, size, value)
    }

    /// A load from a page that isn't known yet, or in a segment that isn't flat.
    #[inline(never)]
    fn load_slow<B: Bus>(&mut self, env: &mut Env<B>, ground: &Ground, seg: u8, offset: u64, size: u8) -> Option<u64> {
        if ground.aligned {
            return None;
        }
        let linear = self.linear_in(ground.mode, seg.into(), offset, size.into(), false).ok()?;
        let at = linear as usize & 0xfff;
        if let Some(frame) = env.tlb.quick.read(ground.key, linear, size.into())
            && let Some(value) = env.bus.frame_read(frame, at, size.into())
        {
            return Some(value);
        }
        let physical = self.known_physical(env, linear, size, false)?;
        let frame = env.bus.frame(self.data_access(), physical, false)?;
        env.tlb.quick.learn(ground.key, linear, frame, false);
        env.bus.frame_read(frame, at, size.into())
    }

    #[inline(never)]
    fn store_slow<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        seg: u8,
        offset: u64,
        size: u8,
        value: u64,
    ) -> Option<()> {
        if ground.aligned {
            return None;
        }
        let linear = self.linear_in(ground.mode, seg.into(), offset, size.into(), true).ok()?;
        let at = linear as usize & 0xfff;
        if let Some(frame) = env.tlb.quick.write(ground.key, linear, size.into())
            && env.bus.frame_write(frame, at, size.into(), value).is_some()
        {
            return Some(());
        }
        let physical = self.known_physical(env, linear, size, true)?;
        if env.code.holds(physical, size.into()) {
            return None;
        }
        let frame = env.bus.frame(self.data_access(), physical, true)?;
        // Beside code, each write is looked at.
        if !env.code.in_page(physical) {
            env.tlb.quick.learn(ground.key, linear, frame, true);
        }
        env.bus.frame_write(frame, at, size.into(), value)
    }

    /// Physical address, if the access stays in one page that the TLB knows.
    fn known_physical<B: Bus>(&self, env: &Env<B>, linear: u64, size: u8, write: bool) -> Option<u64> {
        if linear & 0xfff > 0x1000 - u64::from(size) {
            return None;
        }
        let physical = if self.paging() { env.tlb.known(self.smm, linear, write, self.cpl == 3)? } else { linear };
        (!self.smrr_hides(physical) && self.msr.apic_page_is_default()).then_some(physical)
    }

    #[inline(always)]
    fn hot_push<B: Bus>(&mut self, env: &mut Env<B>, ground: &Ground, value: u64, size: u8) -> Option<()> {
        let old = self.regs[RSP];
        let to = old.wrapping_sub(size.into()) & ground.stack;
        self.store(env, ground, SS as u8, to, size, value)?;
        self.regs[RSP] = old & !ground.stack | to;
        Some(())
    }

    #[inline(always)]
    fn hot_pop<B: Bus>(&mut self, env: &mut Env<B>, ground: &Ground, size: u8) -> Option<u64> {
        let old = self.regs[RSP];
        let value = self.load(env, ground, SS as u8, old & ground.stack, size)?;
        self.regs[RSP] = old & !ground.stack | old.wrapping_add(size.into()) & ground.stack;
        Some(value)
    }

    #[inline(always)]
    fn hot_call<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        ground: &Ground,
        target: u64,
        behind: u64,
        size: u8,
    ) -> Option<Flow> {
        self.hot_push(env, ground, behind, size)?;
        self.rip = target;
        Some(Flow::Taken)
    }

    #[inline(always)]
    fn hot_return<B: Bus>(&mut self, env: &mut Env<B>, ground: &Ground, size: u8) -> Option<Flow> {
        let old = self.regs[RSP];
        let target = self.hot_pop(env, ground, size)?;
        match self.allowed_target(ground, target & mask(size)) {
            Some(target) => self.rip = target,
            None => {
                self.regs[RSP] = old;
                return None;
            }
        }
        Some(Flow::Taken)
    }

    /// Where a near branch goes.
    #[inline(always)]
    fn target_of(&self, ground: &Ground, op: &Op, behind: u64) -> Option<u64> {
        let target = behind.wrapping_sub(op.len.into()).wrapping_add(op.imm);
        self.allowed_target(ground, target & mask(op.size))
    }

    #[inline(always)]
    fn allowed_target(&self, ground: &Ground, target: u64) -> Option<u64> {
        let allowed = if ground.mode == Mode::Bits64 { canonical(target) } else { target <= self.seg[CS].limit.into() };
        allowed.then_some(target)
    }
}
