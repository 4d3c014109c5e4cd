//! The local APIC in xAPIC mode (SDM vol. 3, "Advanced Programmable Interrupt Controller"):
//! identity, priorities, fixed interrupts, inter-processor interrupts and the timer.
//!
//! Not modelled: logical destinations, x2APIC, performance and thermal LVT delivery, LINT pins.

use crate::bus::{Delivery, Target};

const ID: u32 = 0x20;
const VERSION: u32 = 0x30;
const TPR: u32 = 0x80;
const PPR: u32 = 0xa0;
const EOI: u32 = 0xb0;
const SVR: u32 = 0xf0;
const ISR: u32 = 0x100;
const TMR: u32 = 0x180;
const IRR: u32 = 0x200;
const ICR_LOW: u32 = 0x300;
const ICR_HIGH: u32 = 0x310;
const LVT_TIMER: u32 = 0x320;
const INITIAL_COUNT: u32 = 0x380;
const CURRENT_COUNT: u32 = 0x390;
const DIVIDE: u32 = 0x3e0;

const SVR_ENABLE: u32 = 1 << 8;
const LVT_MASKED: u32 = 1 << 16;
const TIMER_PERIODIC: u32 = 1 << 17;

#[derive(Clone, Debug, Hash)]
pub struct Lapic {
    id: u8,
    /// Registers without side effects, by offset / 10h.
    plain: [u32; 64],
    isr: [u32; 8],
    irr: [u32; 8],
    /// Virtual time at which the running timer was started or last wrapped.
    timer_start: u64,
    timer_running: bool,
}

impl Lapic {
    pub fn new(id: u8) -> Self {
        let mut lapic = Lapic { id, plain: [0; 64], isr: [0; 8], irr: [0; 8], timer_start: 0, timer_running: false };
        lapic.init();
        lapic
    }

    pub fn init(&mut self) {
        self.plain = [0; 64];
        self.isr = [0; 8];
        self.irr = [0; 8];
        self.timer_running = false;
        self.set(SVR, 0xff);
        // Destination format: flat model, all ones.
        self.set(0xe0, 0xffff_ffff);
        for lvt in (0x320..=0x370).step_by(0x10).chain([0x2f0]) {
            self.set(lvt, LVT_MASKED);
        }
    }

    fn get(&self, offset: u32) -> u32 {
        self.plain[offset as usize >> 4]
    }
    fn set(&mut self, offset: u32, value: u32) {
        self.plain[offset as usize >> 4] = value;
    }

    /// 32-bit read at an offset into the APIC's page.
    pub fn read(&self, offset: u32, now: u64) -> u32 {
        let bank = |words: &[u32; 8], first: u32| words[(offset - first) as usize >> 4];
        match offset & 0xff0 {
            ID => u32::from(self.id) << 24,
            VERSION => 0x0005_0014,
            PPR => self.priority(),
            o if (ISR..ISR + 0x80).contains(&o) => bank(&self.isr, ISR),
            o if (TMR..TMR + 0x80).contains(&o) => 0,
            o if (IRR..IRR + 0x80).contains(&o) => bank(&self.irr, IRR),
            CURRENT_COUNT => self.count(now),
            o if o < 0x400 => self.get(o),
            _ => 0,
        }
    }

    /// 32-bit write; a written Interrupt Command Register returns what is to be sent.
    pub fn write(&mut self, offset: u32, value: u32, now: u64) -> Option<(Target, Delivery)> {
        match offset & 0xff0 {
            ID | VERSION | PPR | CURRENT_COUNT => {}
            o if (ISR..IRR + 0x80).contains(&o) => {}
            EOI => self.end_of_interrupt(),
            TPR => self.set(TPR, value & 0xff),
            ICR_LOW => {
                self.set(ICR_LOW, value & 0x000c_cfff);
                return self.command(value);
            }
            INITIAL_COUNT => {
                self.set(INITIAL_COUNT, value);
                self.timer_start = now;
                self.timer_running = value != 0;
            }
            o if o < 0x400 => self.set(o, value),
            _ => {}
        }
        None
    }

    fn command(&self, icr: u32) -> Option<(Target, Delivery)> {
        let vector = icr as u8;
        let delivery = match icr >> 8 & 7 {
            0 | 1 => Delivery::Fixed(vector),
            2 => Delivery::Smi,
            4 => Delivery::Nmi,
            // INIT level de-assert (level bit clear, trigger mode level) does nothing on P6 and later.
            5 if icr & (1 << 14) == 0 && icr & (1 << 15) != 0 => return None,
            5 => Delivery::Init,
            6 => Delivery::Startup(vector),
            _ => return None,
        };
        let target = match icr >> 18 & 3 {
            0 => match (self.get(ICR_HIGH) >> 24) as u8 {
                0xff => Target::All,
                id => Target::Id(id),
            },
            1 => Target::Id(self.id),
            2 => Target::All,
            _ => Target::AllButSelf,
        };
        Some((target, delivery))
    }

    fn enabled(&self) -> bool {
        self.get(SVR) & SVR_ENABLE != 0
    }

    /// A fixed interrupt arrives.
    pub fn accept(&mut self, vector: u8) {
        if self.enabled() && vector >= 16 {
            self.irr[usize::from(vector) / 32] |= 1 << (vector % 32);
        }
    }

    fn highest(words: &[u32; 8]) -> Option<u8> {
        words
            .iter()
            .enumerate()
            .rev()
            .find(|(_, w)| **w != 0)
            .map(|(i, w)| (i * 32) as u8 + 31 - w.leading_zeros() as u8)
    }

    /// Processor priority: the higher class of task priority and interrupt in service.
    fn priority(&self) -> u32 {
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

    /// Timer ticks are bus clocks of 1 GHz divided as DIVIDE says.
    fn divisor(&self) -> u64 {
        let d = self.get(DIVIDE);
        match d & 3 | d >> 1 & 4 {
            7 => 1,
            n => 2 << n,
        }
    }

    fn period(&self) -> u64 {
        u64::from(self.get(INITIAL_COUNT)) * self.divisor()
    }

    fn count(&self, now: u64) -> u32 {
        if !self.timer_running {
            return 0;
        }
        let passed = (now - self.timer_start) / self.divisor();
        self.get(INITIAL_COUNT).saturating_sub(passed.min(u32::MAX.into()) as u32)
    }

    /// Virtual time at which the timer fires.
    pub fn deadline(&self) -> Option<u64> {
        self.timer_running.then(|| self.timer_start + self.period())
    }

    /// Lets the timer act up to `now`.
    pub fn advance(&mut self, now: u64) {
        while self.timer_running && now >= self.timer_start + self.period() {
            self.timer_start += self.period();
            let lvt = self.get(LVT_TIMER);
            self.timer_running = lvt & TIMER_PERIODIC != 0;
            if lvt & LVT_MASKED == 0 {
                self.accept(lvt as u8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_delivery_mode_smi_goes_to_the_physical_id() {
        let mut apic = Lapic::new(0);
        apic.write(ICR_HIGH, 3 << 24, 0);
        assert_eq!(apic.write(ICR_LOW, 0x4200, 0), Some((Target::Id(3), Delivery::Smi)));
        assert_eq!(apic.write(ICR_LOW, 0x8_4200, 0), Some((Target::All, Delivery::Smi)));
    }

    #[test]
    fn an_interrupt_in_service_holds_its_class_off_until_eoi() {
        let mut apic = Lapic::new(0);
        apic.write(SVR, 0x1ff, 0);
        apic.accept(0x31);
        assert_eq!(apic.pending(), Some(0x31));
        apic.take(0x31);
        apic.accept(0x35);
        assert_eq!(apic.pending(), None);
        apic.accept(0x41);
        assert_eq!(apic.pending(), Some(0x41));
        apic.write(EOI, 0, 0);
        assert_eq!(apic.read(ISR + 0x10, 0), 0);
    }

    #[test]
    fn a_periodic_timer_fires_again_and_a_one_shot_does_not() {
        let mut apic = Lapic::new(0);
        apic.write(SVR, 0x1ff, 0);
        apic.write(DIVIDE, 0xb, 0);
        apic.write(LVT_TIMER, 0x40 | TIMER_PERIODIC, 0);
        apic.write(INITIAL_COUNT, 100, 0);
        assert_eq!(apic.deadline(), Some(100));
        apic.advance(250);
        assert_eq!(apic.pending(), Some(0x40));
        assert_eq!(apic.deadline(), Some(300));
        apic.write(LVT_TIMER, 0x40, 250);
        apic.advance(300);
        assert_eq!(apic.deadline(), None);
    }
}
