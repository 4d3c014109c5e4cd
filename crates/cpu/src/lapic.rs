//! The local APIC in xAPIC mode (SDM vol. 3, "Advanced Programmable Interrupt Controller"): identity,
//! physical and logical destinations, priorities, fixed and inter-processor interrupts, LINT0 and
//! LINT1, errors, the timer (`timer`).
//!
//! Not modelled: x2APIC; LINT0 carries ExtINT only; performance and thermal interrupts have nothing
//! that would raise them. Deliveries are at once, so that no status bit is ever seen set.

#[cfg(test)]
mod tests;
mod timer;

use crate::bus::{Delivery, Logical, Target};

const ID: u32 = 0x20;
const VERSION: u32 = 0x30;
const TPR: u32 = 0x80;
const PPR: u32 = 0xa0;
const EOI: u32 = 0xb0;
const LDR: u32 = 0xd0;
const DFR: u32 = 0xe0;
const SVR: u32 = 0xf0;
const ISR: u32 = 0x100;
const TMR: u32 = 0x180;
const IRR: u32 = 0x200;
const ESR: u32 = 0x280;
const LVT_CMCI: u32 = 0x2f0;
const ICR_LOW: u32 = 0x300;
const ICR_HIGH: u32 = 0x310;
const LVT_TIMER: u32 = 0x320;
const LVT_LINT0: u32 = 0x350;
const LVT_LINT1: u32 = 0x360;
const LVT_ERROR: u32 = 0x370;
const INITIAL_COUNT: u32 = 0x380;
const CURRENT_COUNT: u32 = 0x390;
const DIVIDE: u32 = 0x3e0;

const SVR_ENABLE: u32 = 1 << 8;
const LVT_MASKED: u32 = 1 << 16;
/// Delivery modes, as in ICR and LVT bits 10:8.
const FIXED: u32 = 0;
const LOWEST_PRIORITY: u32 = 1;
const SMI: u32 = 2;
const NMI: u32 = 4;
const INIT: u32 = 5;
const STARTUP: u32 = 6;
const EXTINT: u32 = 7;
/// ESR.
const SEND_ILLEGAL_VECTOR: u32 = 1 << 5;
const RECEIVE_ILLEGAL_VECTOR: u32 = 1 << 6;
const ILLEGAL_REGISTER: u32 = 1 << 7;

#[derive(Clone, Debug, Hash)]
pub struct Lapic {
    id: u8,
    /// Registers without side effects, by offset / 10h.
    plain: [u32; 64],
    isr: [u32; 8],
    irr: [u32; 8],
    /// Errors since ESR was last written.
    errors: u32,
    /// Virtual time at which the running timer was started or last wrapped.
    timer_start: u64,
    timer_running: bool,
}

/// Bits of an LVT entry that can be written; the others are reserved or the APIC's own.
fn lvt_bits(offset: u32) -> u32 {
    match offset {
        LVT_TIMER => 0x0003_00ff,
        LVT_LINT0 | LVT_LINT1 => 0x0001_a7ff,
        LVT_ERROR => 0x0001_00ff,
        _ => 0x0001_07ff,
    }
}

fn is_lvt(offset: u32) -> bool {
    offset == LVT_CMCI || (LVT_TIMER..=LVT_ERROR).contains(&offset)
}

impl Lapic {
    pub fn new(id: u8) -> Self {
        let mut lapic =
            Lapic { id, plain: [0; 64], isr: [0; 8], irr: [0; 8], errors: 0, timer_start: 0, timer_running: false };
        lapic.init();
        lapic
    }

    pub fn init(&mut self) {
        self.plain = [0; 64];
        self.isr = [0; 8];
        self.irr = [0; 8];
        self.errors = 0;
        self.timer_running = false;
        self.set(SVR, 0xff);
        // Destination format: flat model, all ones.
        self.set(DFR, 0xffff_ffff);
        self.mask_lvt();
    }

    fn mask_lvt(&mut self) {
        for lvt in (LVT_TIMER..=LVT_ERROR).step_by(0x10).chain([LVT_CMCI]) {
            self.set(lvt, self.get(lvt) | LVT_MASKED);
        }
    }

    fn get(&self, offset: u32) -> u32 {
        self.plain[offset as usize >> 4]
    }
    fn set(&mut self, offset: u32, value: u32) {
        self.plain[offset as usize >> 4] = value;
    }

    /// 32-bit read at an offset into the APIC's page.
    pub fn read(&mut self, offset: u32, now: u64) -> u32 {
        let bank = |words: &[u32; 8], first: u32| words[(offset - first) as usize >> 4];
        match offset & 0xff0 {
            ID => u32::from(self.id) << 24,
            VERSION => 0x0005_0014,
            PPR => self.priority(),
            o if (ISR..ISR + 0x80).contains(&o) => bank(&self.isr, ISR),
            o if (TMR..TMR + 0x80).contains(&o) => 0,
            o if (IRR..IRR + 0x80).contains(&o) => bank(&self.irr, IRR),
            CURRENT_COUNT => self.count(now),
            o if is_register(o) => self.get(o),
            _ => {
                self.error(ILLEGAL_REGISTER);
                0
            }
        }
    }

    /// 32-bit write; a written Interrupt Command Register returns what is to be sent.
    pub fn write(&mut self, offset: u32, value: u32, now: u64) -> Option<(Target, Delivery)> {
        match offset & 0xff0 {
            ID | VERSION | PPR | CURRENT_COUNT => {}
            o if (ISR..IRR + 0x80).contains(&o) => {}
            EOI => self.end_of_interrupt(),
            TPR => self.set(TPR, value & 0xff),
            LDR => self.set(LDR, value & 0xff00_0000),
            DFR => self.set(DFR, value | 0x0fff_ffff),
            SVR => {
                self.set(SVR, value & 0x3ff);
                if value & SVR_ENABLE == 0 {
                    self.mask_lvt();
                }
            }
            ESR => {
                self.set(ESR, self.errors);
                self.errors = 0;
            }
            ICR_LOW => {
                self.set(ICR_LOW, value & 0x000c_cfff);
                return self.command(value);
            }
            ICR_HIGH => self.set(ICR_HIGH, value & 0xff00_0000),
            INITIAL_COUNT => self.start_timer(value, now),
            DIVIDE => self.set(DIVIDE, value & 0xb),
            o if is_lvt(o) => {
                let forced = if self.enabled() { 0 } else { LVT_MASKED };
                self.set(o, value & lvt_bits(o) | forced);
            }
            _ => self.error(ILLEGAL_REGISTER),
        }
        None
    }

    fn command(&mut self, icr: u32) -> Option<(Target, Delivery)> {
        let vector = icr as u8;
        let mode = icr >> 8 & 7;
        let delivery = match mode {
            FIXED | LOWEST_PRIORITY if vector < 16 => {
                self.error(SEND_ILLEGAL_VECTOR);
                return None;
            }
            FIXED | LOWEST_PRIORITY => Delivery::Fixed(vector),
            SMI => Delivery::Smi,
            NMI => Delivery::Nmi,
            // INIT level de-assert (level bit clear, trigger mode level) does nothing on P6 and later.
            INIT if icr & (1 << 14) == 0 && icr & (1 << 15) != 0 => return None,
            INIT => Delivery::Init,
            STARTUP => Delivery::Startup(vector),
            _ => return None,
        };
        let one = mode == LOWEST_PRIORITY;
        let target = match icr >> 18 & 3 {
            0 => self.destination(icr & 1 << 11 != 0, one),
            1 => Target::Id(self.id),
            2 => Target::All,
            _ => Target::AllButSelf,
        };
        Some((target, delivery))
    }

    fn destination(&self, logical: bool, one: bool) -> Target {
        match (self.get(ICR_HIGH) >> 24) as u8 {
            0xff => Target::All,
            mda if logical => {
                let own = self.is_addressed(mda).then(|| self.priority());
                Target::Logical(Logical { mda, one, own })
            }
            id => Target::Id(id),
        }
    }

    /// Whether a logical destination means this APIC: in the flat model a bit of LDR, in the cluster
    /// model a cluster and a bit of its four.
    pub fn is_addressed(&self, mda: u8) -> bool {
        let id = (self.get(LDR) >> 24) as u8;
        if self.get(DFR) >> 28 == 0xf {
            return mda & id != 0;
        }
        mda >> 4 == id >> 4 && mda & id & 15 != 0
    }

    fn enabled(&self) -> bool {
        self.get(SVR) & SVR_ENABLE != 0
    }

    /// Whether the 8259 gets through: LINT0 is an unmasked ExtINT.
    pub fn lint0_is_extint(&self) -> bool {
        let lvt = self.get(LVT_LINT0);
        lvt & LVT_MASKED == 0 && lvt >> 8 & 7 == EXTINT
    }

    /// What the NMI pin, LINT1, delivers.
    pub fn lint1(&self) -> Option<Delivery> {
        let lvt = self.get(LVT_LINT1);
        if lvt & LVT_MASKED != 0 {
            return None;
        }
        match lvt >> 8 & 7 {
            FIXED => Some(Delivery::Fixed(lvt as u8)),
            SMI => Some(Delivery::Smi),
            NMI => Some(Delivery::Nmi),
            INIT => Some(Delivery::Init),
            _ => None,
        }
    }

    /// Notes an error; the first since ESR was written interrupts, if LVT says so.
    fn error(&mut self, bit: u32) {
        let known = self.errors & bit != 0;
        self.errors |= bit;
        let lvt = self.get(LVT_ERROR);
        if !known && lvt & LVT_MASKED == 0 && lvt as u8 >= 16 {
            self.accept(lvt as u8);
        }
    }

    /// A fixed interrupt arrives.
    pub fn accept(&mut self, vector: u8) {
        if !self.enabled() {
            return;
        }
        if vector < 16 {
            return self.error(RECEIVE_ILLEGAL_VECTOR);
        }
        self.irr[usize::from(vector) / 32] |= 1 << (vector % 32);
    }

    fn highest(words: &[u32; 8]) -> Option<u8> {
        words
            .iter()
            .enumerate()
            .rev()
            .find(|(_, w)| **w != 0)
            .map(|(i, w)| (i * 32) as u8 + 31 - w.leading_zeros() as u8)
    }

    /// Bits 7:4 of TPR, which are CR8.
    pub fn task_priority(&self) -> u64 {
        u64::from(self.get(TPR) >> 4)
    }
    pub fn set_task_priority(&mut self, class: u64) {
        self.set(TPR, (class as u32 & 15) << 4);
    }

    /// Processor priority: the higher class of task priority and interrupt in service.
    pub fn priority(&self) -> u32 {
        let task = self.get(TPR);
        let service = u32::from(Self::highest(&self.isr).unwrap_or(0));
        if task & 0xf0 >= service & 0xf0 { task } else { service & 0xf0 }
    }

    /// The vector that waits to be taken, if its priority allows.
    pub fn pending(&self) -> Option<u8> {
        let vector = Self::highest(&self.irr)?;
        (u32::from(vector & 0xf0) > self.priority() & 0xf0).then_some(vector)
    }

    /// The processor takes `vector`.
    pub fn take(&mut self, vector: u8) {
        let (word, bit) = (usize::from(vector) / 32, 1 << (vector % 32));
        self.irr[word] &= !bit;
        self.isr[word] |= bit;
    }

    fn end_of_interrupt(&mut self) {
        if let Some(vector) = Self::highest(&self.isr) {
            self.isr[usize::from(vector) / 32] &= !(1 << (vector % 32));
        }
    }
}

/// Registers whose value is what was written to them.
fn is_register(offset: u32) -> bool {
    matches!(offset, TPR | EOI | LDR | DFR | SVR | ESR | ICR_LOW | ICR_HIGH | INITIAL_COUNT | DIVIDE) || is_lvt(offset)
}
