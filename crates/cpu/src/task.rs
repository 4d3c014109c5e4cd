//! Task switches (SDM vol. 3, "Task Management"; vol. 2, "JMP", "CALL", "INT n" and "IRET").
//!
//! Up to the commit point a fault leaves everything as it was. Behind it the new task has begun, and what is
//! wrong with its segments is a fault before its first instruction.

mod image;
mod layout;
mod segments;

use crate::alu::flag;
use crate::bus::Bus;
use crate::fault::{Fault, Result, vector};
use crate::memory::Env;
use crate::paging::Wish;
use crate::segment::error_of;
use crate::state::{CS, Cpu, Segment, cr0};
use crate::virtual8086::LOADED;
use image::Image;
use layout::{LINK, Layout};

/// What makes the processor switch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Jump,
    /// CALL, interrupt, exception: the new task can return to the old.
    Nest,
    /// IRET with NT set.
    Return,
}

/// What stopped a task that was just switched to: its context is in the registers already.
pub(crate) type Arrival = Option<Fault>;

/// The busy bit of a task state segment's type.
const BUSY: u16 = 2;

/// A task's descriptor, and where in memory.
#[derive(Clone, Copy)]
struct Task {
    segment: Segment,
    at: u64,
}

impl Cpu {
    /// JMP and CALL to a task.
    pub(crate) fn go_to_task<B: Bus>(&mut self, env: &mut Env<B>, selector: u16, cause: Cause) -> Result<()> {
        let arrival = self.switch_task(env, selector, cause)?;
        self.arrive(env, arrival);
        Ok(())
    }

    /// IRET with NT set: back to the task that the link names.
    pub(crate) fn return_to_task<B: Bus>(&mut self, env: &mut Env<B>) -> Result<()> {
        if self.long_mode() {
            return Err(Fault::GP0);
        }
        if self.tr.unusable() || self.tr.limit < 1 {
            return Err(Fault::with(vector::TS, error_of(self.tr.selector)));
        }
        let link = self.read_system(env, self.tr.base + LINK, 2)? as u16;
        self.go_to_task(env, link, Cause::Return)
    }

    /// An interrupt or exception through a task gate; the new task's stack takes the error code.
    pub(crate) fn interrupt_task<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        selector: u16,
        error: Option<u32>,
    ) -> Result<Arrival> {
        let arrival = self.switch_task(env, selector, Cause::Nest)?;
        Ok(match (arrival, error) {
            (None, Some(error)) => self.push(env, error.into(), Layout::of(self.tr).word).err(),
            _ => arrival,
        })
    }

    /// Where an instruction has switched tasks, its caller mustn't put RIP back: a fault is raised at once.
    pub(crate) fn arrive<B: Bus>(&mut self, env: &mut Env<B>, arrival: Arrival) {
        if let Some(fault) = arrival {
            self.raise(env, fault);
        }
    }

    fn switch_task<B: Bus>(&mut self, env: &mut Env<B>, selector: u16, cause: Cause) -> Result<Arrival> {
        let new = self.available_task(env, selector, cause)?;
        let old = self.current_task()?;
        let (old_layout, new_layout) = (Layout::of(old.segment), Layout::of(new.segment));
        let saved = old_layout.saved_end() - old_layout.eip;
        self.probe_system(env, old.segment.base + old_layout.eip, saved, true)?;
        self.probe_system(env, new.segment.base, u64::from(new_layout.limit) + 1, false)?;
        if cause == Cause::Nest {
            self.probe_system(env, new.segment.base + LINK, 2, true)?;
        } else {
            self.probe_system(env, old.at + 5, 1, true)?;
        }
        self.probe_system(env, new.at + 5, 1, true)?;

        let mut eflags = self.rflags;
        if cause == Cause::Return {
            eflags &= !flag::NT;
        }
        if cause != Cause::Nest {
            let rights = self.read_system(env, old.at + 5, 1)?;
            self.write_system(env, old.at + 5, 1, rights & !u64::from(BUSY))?;
        }
        self.save_task(env, old_layout, eflags)?;
        if cause == Cause::Nest {
            self.write_system(env, new.segment.base + LINK, 2, old.segment.selector.into())?;
        }
        if cause != Cause::Return {
            self.write_system(env, new.at + 5, 1, u64::from(new.segment.attr & 0xff | BUSY))?;
        }
        let image = self.read_task(env, new_layout, new.segment.base)?;
        self.tr = Segment { attr: new.segment.attr | BUSY, ..new.segment };
        self.cr0 |= cr0::TS;
        Ok(self.begin_task(env, &image, cause).err())
    }

    /// The task that a selector names, if it can be switched to: busy for IRET, otherwise not.
    fn available_task<B: Bus>(&mut self, env: &mut Env<B>, selector: u16, cause: Cause) -> Result<Task> {
        let error = error_of(selector);
        let refused = Fault::with(if cause == Cause::Return { vector::TS } else { vector::GP }, error);
        if selector & 4 != 0 || error == 0 {
            return Err(refused);
        }
        let d =
            self.descriptor(env, selector).map_err(|fault| if fault.vector == vector::GP { refused } else { fault })?;
        let segment = d.segment(selector);
        let busy = if cause == Cause::Return { BUSY } else { 0 };
        if !matches!(segment.attr & 0x1f ^ busy, 1 | 9) {
            return Err(refused);
        }
        if segment.unusable() {
            return Err(Fault::with(vector::NP, error));
        }
        if segment.limit < Layout::of(segment).limit {
            return Err(Fault::with(vector::TS, error));
        }
        Ok(Task { segment, at: d.at })
    }

    /// The task that runs: its segment must have room for what is saved.
    fn current_task(&self) -> Result<Task> {
        let (segment, at) = (self.tr, u64::from(self.tr.selector & !7));
        let room = u64::from(segment.limit) + 1 >= Layout::of(segment).saved_end();
        if segment.unusable() || !room || at + 7 > u64::from(self.gdtr.limit) {
            return Err(Fault::with(vector::TS, error_of(segment.selector)));
        }
        Ok(Task { segment, at: self.gdtr.base + at })
    }

    /// Lets an access by the processor itself fault before anything has changed.
    fn probe_system<B: Bus>(&mut self, env: &mut Env<B>, at: u64, len: u64, write: bool) -> Result<()> {
        for linear in [at, at + len - 1] {
            let wish = Wish { write, fetch: false, user: false };
            self.translate(env.tlb, env.bus, linear & 0xffff_ffff, wish)?;
        }
        Ok(())
    }

    /// Behind the commit point: all registers are loaded before any segment is looked at.
    fn begin_task<B: Bus>(&mut self, env: &mut Env<B>, image: &Image, cause: Cause) -> Result<()> {
        let mut loaded = Ok(());
        if let (Some(cr3), true) = (image.cr3, self.paging()) {
            if cr3 != self.cr3 {
                loaded = self.load_pdptes(env.bus, self.system_access(), [self.cr0, cr3, self.cr4]);
            }
            self.cr3 = cr3;
            env.tlb.flush_view(self.smm);
        }
        self.rip = image.eip;
        self.rflags = image.eflags & LOADED | 2 | if cause == Cause::Nest { flag::NT } else { 0 };
        for (reg, value) in image.general.into_iter().enumerate() {
            self.regs[reg] = value;
        }
        let virtual_8086 = self.virtual_8086();
        self.cpl = if virtual_8086 { 3 } else { (image.selectors[CS] & 3) as u8 };
        for (seg, selector) in self.seg.iter_mut().zip(image.selectors) {
            *seg = match virtual_8086 {
                true => Segment::virtual_8086(selector),
                // Unusable until it is found good.
                false => Segment { selector, ..Segment::default() },
            };
        }
        self.ldtr = Segment { selector: image.ldt, ..Segment::default() };
        self.attend = true;
        self.task_switched(image.trap);
        loaded?;
        self.load_task_segments(env)?;
        if self.rip > u64::from(self.seg[CS].limit) {
            return Err(Fault::GP0);
        }
        Ok(())
    }
}
