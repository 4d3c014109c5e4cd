//! The clock's three interrupts: periodic, alarm, update ended; register C, and IRQ8.
//!
//! Source: Motorola MC146818A, "Interrupts" and "Register C"; ICH9 datasheet 316972, "RTC_REGC",
//! "RTC_REGD" (date of the alarm). Flags are set whether or not their interrupt is enabled, and a read
//! of register C clears them.

use crate::rtc::{B_SET, REG_A, Rtc, SECOND_NS};

const PERIODIC: u8 = 0x40;
const ALARM: u8 = 0x20;
const UPDATE: u8 = 0x10;
const IRQF: u8 = 0x80;
const ENABLES: u8 = 0x70;
const ALARM_SECOND: u8 = 1;
const ALARM_MINUTE: u8 = 3;
const ALARM_HOUR: u8 = 5;
const ALARM_DATE: u8 = 0x0d;
/// An alarm byte of C0h to FFh matches every value.
const ANY: u8 = 0xc0;
const DAY: u64 = 86_400;

#[derive(Clone, Debug, Default, Hash)]
pub struct Flags {
    /// PF, AF, UF at their places in register C.
    raised: u8,
    /// When the periodic interrupt comes next; it counts only while it is enabled.
    periodic_at: Option<u64>,
    news: Ticked,
}

/// What happened in the time that went by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ticked {
    /// The alarm came, and its interrupt is enabled.
    pub alarm: bool,
    pub new_century: bool,
}

impl Rtc {
    /// Register A's rate: 2 to the power of RS-1 ticks of 32.768 kHz, RS 1 and 2 as 8 and 9.
    fn periodic_period(&self) -> Option<u64> {
        let shift = match self.ram[usize::from(REG_A)] & 0xf {
            0 => return None,
            rs @ 1..=2 => rs + 6,
            rs => rs - 1,
        };
        Some((1 << shift) * SECOND_NS / 32_768)
    }

    /// Register A or B was written, or a period is over.
    pub(crate) fn start_periodic(&mut self, now: u64) {
        let on = self.b() & PERIODIC != 0;
        let period = self.periodic_period().filter(|_| on);
        let next = |period: u64| now / period * period + period;
        match (period, self.flags.periodic_at) {
            (None, _) => self.flags.periodic_at = None,
            (Some(period), Some(at)) if at > now && at - now <= period => {}
            (Some(period), _) => self.flags.periodic_at = Some(next(period)),
        }
    }

    /// What has happened since this was last asked. A new century is noticed when the clock is next
    /// looked at, or ticks for an interrupt.
    pub fn take_news(&mut self) -> Ticked {
        std::mem::take(&mut self.flags.news)
    }

    /// The registers move on by whole seconds, unless SET holds them; flags are raised.
    pub fn advance(&mut self, now: u64) {
        if self.flags.periodic_at.is_some_and(|at| at <= now) {
            self.flags.raised |= PERIODIC;
            self.start_periodic(now);
        }
        let seconds = now.saturating_sub(self.since) / SECOND_NS;
        if self.b() & B_SET != 0 || seconds == 0 {
            return;
        }
        self.since += seconds * SECOND_NS;
        // The alarm comes once in this time if it comes at all.
        let round = if self.ram[usize::from(ALARM_DATE)] == 0 { DAY } else { 31 * DAY };
        let unseen = seconds.saturating_sub(round);
        let before = self.year();
        if unseen > 0 {
            self.add_seconds(unseen);
        }
        for _ in unseen..seconds {
            self.add_seconds(1);
            if self.alarm_matches() {
                self.flags.raised |= ALARM;
                self.flags.news.alarm |= self.b() & ALARM != 0;
            }
        }
        self.flags.raised |= UPDATE;
        self.flags.news.new_century |= self.year() < before;
    }

    fn alarm_matches(&self) -> bool {
        let same = |alarm: u8, time: u64| {
            let raw = self.ram[usize::from(alarm)];
            raw >= ANY || self.decode(raw) == time
        };
        let hour = self.ram[usize::from(ALARM_HOUR)];
        let date = self.ram[usize::from(ALARM_DATE)];
        same(ALARM_SECOND, self.get(0))
            && same(ALARM_MINUTE, self.get(2))
            && (hour >= ANY || hour == self.ram[4])
            && (date == 0 || self.decode(date) == self.get(7))
    }

    /// Register C: reading it clears the flags.
    pub(crate) fn take_flags(&mut self) -> u8 {
        let irq = if self.irq() { IRQF } else { 0 };
        std::mem::take(&mut self.flags.raised) | irq
    }

    /// Level of IRQ8.
    pub fn irq(&self) -> bool {
        self.flags.raised & self.b() & ENABLES != 0
    }

    /// When a flag is raised whose interrupt is enabled.
    pub fn deadline(&self) -> Option<u64> {
        let every_second = self.b() & (ALARM | UPDATE) != 0 && self.b() & B_SET == 0;
        let second = every_second.then(|| self.since.saturating_add(SECOND_NS));
        self.flags.periodic_at.into_iter().chain(second).min()
    }
}
