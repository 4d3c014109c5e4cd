//! The run loop: interrupts at the instruction boundary, fetch, execute, count.

use crate::alu::flag;
use crate::bus::{Access, Bus, Next, Purpose};
use crate::code::Block;
use crate::debug::Shadow;
use crate::decode::{DecodeError, decode};
use crate::fast::Flow;
use crate::fault::{Fault, Result};
use crate::hot::Hot;
use crate::lazy::LazyFlags;
use crate::memory::{Env, canonical};
use crate::op::{Kind as OpKind, Op};
use crate::paging::Wish;
use crate::state::{Activity, CS, Cpu};
use trace::{CpuReg, Kind, Level, Mode};

impl Cpu {
    /// Runs until the bus says stop or nothing is left to run (see `activity`). Not inlined: a browser's
    /// engine replaces slow code by fast when a function is called, so that a caller's loop would stay
    /// slow (measured: a fifth of the speed; web/index.html keeps wasm-opt from it, too).
    #[inline(never)]
    pub fn run<B: Bus>(&mut self, env: &mut Env<B>) {
        let mut flags = LazyFlags::default();
        loop {
            if self.attend {
                flags.settle(&mut self.rflags);
                self.attend = false;
                self.take_signals(env);
            }
            if self.activity != Activity::Running {
                return flags.settle(&mut self.rflags);
            }
            match self.run_blocks(env, &mut flags) {
                Next::Go => {}
                Next::Attend => self.attend = true,
                Next::Stop => {
                    self.attend = true;
                    return flags.settle(&mut self.rflags);
                }
            }
        }
    }

    /// Runs blocks of straight-line code from RIP on, as long as nothing happens and they lie in one page.
    /// Hot instructions are counted together, before the next one that can look at the time.
    #[inline(always)]
    fn run_blocks<B: Bus>(&mut self, env: &mut Env<B>, flags: &mut LazyFlags) -> Next {
        if self.rflags & (flag::TF | flag::RF) != 0 || self.shadow != Shadow::None || self.watches() {
            flags.settle(&mut self.rflags);
            self.step(env);
            return env.bus.advance(1);
        }
        let mode = self.mode();
        let mut block = match self.block(env, mode) {
            Ok(block) => block,
            Err(fault) => {
                flags.settle(&mut self.rflags);
                self.raise(env, fault);
                return env.bus.advance(1);
            }
        };
        // Code that may run over its segment's end, or out of its budget, goes instruction by instruction.
        let last = if mode == Mode::Bits64 { u64::MAX } else { self.seg[CS].limit.into() };
        let base = if mode == Mode::Bits64 { 0 } else { self.seg[CS].base };
        let page = base.wrapping_add(self.rip) >> 12;
        let mut room = env.bus.budget();
        if !block.fits(self.rip, last, room) {
            flags.settle(&mut self.rflags);
            self.step(env);
            return env.bus.advance(1);
        }
        let ground = self.ground(env);
        let epoch = env.code.epoch();
        let decoded = env.code.ops();
        let mut uncounted = 0;
        loop {
            let ops = block.ops(&decoded);
            let (mut rest, mut uncounted_from) = (ops, ops.len());
            let mut rip = self.rip;
            while let Some((op, behind_op)) = rest.split_first() {
                // No wrap: the block fits.
                let behind = rip.wrapping_add(op.len.into());
                match self.hot(env, &ground, op, behind_op, behind, flags) {
                    Some(Flow::Next) => {
                        (rest, rip) = (behind_op, behind);
                        continue;
                    }
                    Some(Flow::TwoNext) => {
                        let Some((branch, behind_branch)) = behind_op.split_first() else { break };
                        (rest, rip) = (behind_branch, behind.wrapping_add(branch.len.into()));
                        continue;
                    }
                    Some(Flow::Taken) => {
                        (rest, rip) = (behind_op, self.rip);
                        break;
                    }
                    Some(Flow::TwoTaken) => {
                        (rest, rip) = (behind_op.get(1..).unwrap_or_default(), self.rip);
                        break;
                    }
                    None => {}
                }
                flags.settle(&mut self.rflags);
                uncounted += (uncounted_from - rest.len()) as u64;
                if uncounted > 0 {
                    env.bus.advance(uncounted);
                    uncounted = 0;
                }
                self.rip = behind;
                self.last_io = None;
                if let Err(fault) = self.execute(env, op) {
                    self.rip = rip;
                    self.raise(env, fault);
                    return env.bus.advance(1);
                }
                let then = env.bus.advance(1);
                (rest, uncounted_from, rip) = (behind_op, behind_op.len(), behind);
                // What ran may have taken long (REP), and with it what the rest of the block may take.
                room = env.bus.budget();
                let same_ground = !op.kind.ends_block() && env.code.epoch() == epoch;
                if then != Next::Go || self.rip != behind || self.attend || !same_ground || room < rest.len() as u64 {
                    return then;
                }
            }
            self.rip = rip;
            uncounted += (uncounted_from - rest.len()) as u64;
            let linear = base.wrapping_add(rip);
            if linear >> 12 != page {
                break;
            }
            match env.code.near(block, linear) {
                Some(near) if near.fits(rip, last, room - uncounted) => block = near,
                _ => break,
            }
        }
        if uncounted > 0 {
            // Only instructions that touch a port leave a trace of it.
            self.last_io = None;
            return env.bus.advance(uncounted);
        }
        Next::Go
    }

    /// One instruction and whatever must be taken before it, with the step tier's events.
    pub fn step_traced<B: Bus>(&mut self, env: &mut Env<B>) {
        self.attend = false;
        let before = self.snapshot_registers();
        let count = self.smi_count;
        self.take_signals(env);
        if self.smi_count != count {
            // Entering SMM is a step of its own.
            self.report_registers(env, &before);
            self.attend = true;
            return;
        }
        if self.activity != Activity::Running {
            return;
        }
        self.report_instruction(env);
        let before = self.snapshot_registers();
        self.step(env);
        self.report_registers(env, &before);
        env.bus.advance(1);
        self.attend = true;
    }

    fn step<B: Bus>(&mut self, env: &mut Env<B>) {
        let (start, rflags, task) = (self.rip, self.rflags, self.tr.selector);
        let shadow = std::mem::take(&mut self.shadow);
        let traps = self.debug_traps;
        self.last_io = None;
        let done = if self.breaks_here(shadow) { Err(Fault::DB) } else { self.run_one(env) };
        match done {
            Ok(kind) => {
                let switched = self.tr.selector != task && !matches!(kind, OpKind::Ltr | OpKind::Rsm);
                self.after_step(start, rflags, kind, switched);
            }
            Err(fault) => {
                self.rip = start;
                self.debug_traps = traps;
                self.raise(env, fault);
            }
        }
        self.attend |= shadow != Shadow::None;
    }

    pub(crate) fn fetch_address(&self) -> Result<u64> {
        let cs = &self.seg[CS];
        if self.mode() == Mode::Bits64 {
            return if canonical(self.rip) { Ok(self.rip) } else { Err(Fault::GP0) };
        }
        if self.rip > u64::from(cs.limit) {
            return Err(Fault::GP0);
        }
        Ok((cs.base + self.rip) & 0xffff_ffff)
    }

    /// Executes the one instruction at RIP; says which it was.
    fn run_one<B: Bus>(&mut self, env: &mut Env<B>) -> Result<OpKind> {
        let mode = self.mode();
        let block = self.block(env, mode)?;
        let op = block.ops(&env.code.ops())[0];
        self.rip = next_rip(mode, self.rip, op.len);
        self.execute(env, &op).map(|()| op.kind)
    }

    /// The block at RIP, decoded if it isn't yet.
    #[inline]
    fn block<B: Bus>(&mut self, env: &mut Env<B>, mode: Mode) -> Result<Block> {
        let linear = self.fetch_address()?;
        let wish = Wish { write: false, fetch: true, user: self.cpl == 3 };
        let physical = self.translate(env.tlb, env.bus, linear, wish)?;
        if self.code_check_fails(physical) {
            return Err(Fault::MC);
        }
        match env.code.get(physical, mode, self.smm) {
            Some(block) => Ok(block),
            None => self.decode_block(env, linear, physical, wish),
        }
    }

    #[cold]
    fn decode_block<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, physical: u64, wish: Wish) -> Result<Block> {
        let mode = self.mode();
        let room = PAGE - (linear as usize & (PAGE - 1));
        let mut bytes = [0u8; PAGE];
        let mut fetched = 0;
        let mut ops: Vec<Op> = Vec::new();
        let mut at = 0;
        while ops.len() < LONGEST_BLOCK {
            let want = (at + LONGEST_INSTRUCTION).min(room);
            if want > fetched {
                self.fetch_bytes(env, physical + fetched as u64, &mut bytes[fetched..want]);
                fetched = want;
            }
            let op = match decode(mode, &bytes[at..fetched]) {
                Ok(op) => Op { len: op.len.max(1), ..op },
                // What faults here, or lies across the page's end, is looked at when it is reached.
                Err(_) if !ops.is_empty() => break,
                Err(DecodeError::TooLong) => return Err(Fault::GP0),
                Err(DecodeError::NeedMoreBytes) => {
                    let op = self.decode_across(env, linear, &bytes[..room], wish)?;
                    // Not kept: a write to the second page would go unnoticed.
                    return Ok(env.code.insert_once(op));
                }
            };
            ops.push(op);
            at += usize::from(op.len);
            if op.kind.ends_block() {
                break;
            }
        }
        Hot::fuse(&mut ops);
        Ok(env.code.insert(physical, mode, self.smm, &ops))
    }

    /// An instruction that begins with `head` at a page's end and goes on in the next.
    fn decode_across<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, head: &[u8], wish: Wish) -> Result<Op> {
        let mut bytes = [0u8; LONGEST_INSTRUCTION];
        bytes[..head.len()].copy_from_slice(head);
        let next = self.translate(env.tlb, env.bus, linear.wrapping_add(head.len() as u64), wish)?;
        self.fetch_bytes(env, next, &mut bytes[head.len()..]);
        decode(self.mode(), &bytes).map_err(|_| Fault::GP0)
    }

    fn fetch_bytes<B: Bus>(&self, env: &mut Env<B>, physical: u64, out: &mut [u8]) {
        let access = Access { cpu: self.id, smm: self.smm, purpose: Purpose::Fetch };
        for (i, byte) in out.iter_mut().enumerate() {
            *byte = self.physical_read(env.bus, access, physical + i as u64, 1) as u8;
        }
    }

    fn snapshot_registers(&self) -> [u64; CpuReg::ALL.len()] {
        std::array::from_fn(|i| self.register(CpuReg::ALL[i]))
    }

    fn report_registers<B: Bus>(&self, env: &mut Env<B>, before: &[u64; CpuReg::ALL.len()]) {
        for (reg, old) in CpuReg::ALL.iter().zip(before) {
            let value = self.register(*reg);
            if value != *old && *reg != CpuReg::Rip {
                env.bus.emit(Kind::Register { reg: *reg, value });
            }
        }
    }

    fn report_instruction<B: Bus>(&mut self, env: &mut Env<B>) {
        if env.bus.level() < Level::Instructions {
            return;
        }
        let mode = self.mode();
        let linear = self.fetch_address().unwrap_or(self.rip);
        let mut bytes = Vec::with_capacity(15);
        let wish = Wish { write: false, fetch: true, user: self.cpl == 3 };
        let cr2 = self.cr2;
        for i in 0..15 {
            let Ok(at) = self.translate(env.tlb, env.bus, linear.wrapping_add(i), wish) else { break };
            let access = Access { cpu: self.id, smm: self.smm, purpose: Purpose::Fetch };
            bytes.push(self.physical_read(env.bus, access, at, 1) as u8);
        }
        self.cr2 = cr2;
        bytes.truncate(crate::decode::length(mode, &bytes));
        let (smm, cs, rip) = (self.smm, self.seg[CS].selector, self.rip);
        env.bus.emit(Kind::Instruction { mode, smm, cs, rip, linear, bytes });
    }
}

const PAGE: usize = 4096;
const LONGEST_INSTRUCTION: usize = 15;
/// Instructions that are decoded at once.
const LONGEST_BLOCK: usize = 32;

#[inline]
fn next_rip(mode: Mode, rip: u64, len: u8) -> u64 {
    let next = rip.wrapping_add(len.into());
    match mode {
        Mode::Bits64 => next,
        // A 16-bit segment's IP wraps only where its limit lets it; big real mode runs beyond.
        _ => next & 0xffff_ffff,
    }
}
