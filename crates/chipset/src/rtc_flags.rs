//! The clock's three interrupts: periodic, alarm, update ended; register C, and IRQ8.
//!
//! Source: Motorola MC146818A, "Interrupts" and "Register C"; ICH9 datasheet 316972, "RTC_REGC",
//! "RTC_REGD" (date of the alarm). Flags are set whether or not their interrupt is enabled, and a read
//! of register C clears them.

use crate::Silicon;
use crate::rtc::{REG_A, Rtc, SECOND_NS};

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
/// The divider's input.
const HZ: u128 = 32_768;

#[derive(Clone, Debug, Default, Hash)]
pub struct Flags {
    /// PF, AF, UF at their places in register C.
    raised: u8,
    /// It counts only while it is enabled.
    periodic: Option<Periodic>,
    news: Ticked,
}

/// The periodic interrupt: its period in ticks of 32.768 kHz, and when it comes next.
#[derive(Clone, Copy, Debug, Hash)]
struct Periodic {
    period: u64,
    at: u64,
}

/// From ticks of 32.768 kHz to the first moment that has them all.
fn ns(ticks: u64) -> u64 {
    u64::try_from((u128::from(ticks) * u128::from(SECOND_NS)).div_ceil(HZ)).unwrap_or(u64::MAX)
}

/// What happened in the time that went by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ticked {
    /// The alarm came, and its interrupt is enabled.
    pub alarm: bool,
    pub new_century: bool,
}

impl Rtc {
    /// Register A's rate: 2 to the power of RS-1 ticks, RS 1 and 2 as 8 and 9.
    fn periodic_period(&self) -> Option<u64> {
        let shift = match self.ram[usize::from(REG_A)] & 0xf {
            0 => return None,
            rs @ 1..=2 => rs + 6,
            rs => rs - 1,
        };
        (self.b() & PERIODIC != 0 && self.divides()).then_some(1 << shift)
    }

    /// Register A or B was written, or a period is over.
    pub(crate) fn start_periodic(&mut self, now: u64) {
        let Some(period) = self.periodic_period() else { return self.flags.periodic = None };
        let before = self.flags.periodic;
        if before.is_some_and(|before| before.period == period && before.at > now) {
            return;
        }
        let at = match (self.silicon, before) {
            // RS picks a tap of the divider.
            (Silicon::Ich9, _) => {
                let ticks = u128::from(now.saturating_sub(self.divider_since)) * HZ / u128::from(SECOND_NS);
                let whole = ticks as u64 / period;
                self.divider_since.saturating_add(ns((whole + 1).saturating_mul(period)))
            }
            // QEMU counts from the last interrupt, or from when it was enabled.
            (Silicon::Qemu, None) => now.saturating_add(ns(period)),
            (Silicon::Qemu, Some(Periodic { period: old, at })) if at > now => {
                at.saturating_sub(ns(old)).saturating_add(ns(period)).max(now)
            }
            (Silicon::Qemu, Some(Periodic { at, .. })) => {
                let missed = (now - at) / ns(period);
                at.saturating_add(ns(period).saturating_mul(missed + 1))
            }
        };
        self.flags.periodic = Some(Periodic { period, at });
    }

    /// What has happened since this was last asked. A new century is noticed when the clock is next
    /// looked at, or ticks for an interrupt.
    pub fn take_news(&mut self) -> Ticked {
        std::mem::take(&mut self.flags.news)
    }

    /// The registers move on by whole seconds, unless SET holds them; flags are raised.
    pub fn advance(&mut self, now: u64) {
        if self.flags.periodic.is_some_and(|periodic| periodic.at <= now) {
            self.flags.raised |= PERIODIC;
            self.start_periodic(now);
        }
        if now < self.update_at || !self.divides() {
            return;
        }
        let seconds = (now - self.update_at) / SECOND_NS + 1;
        self.update_at = self.update_at.saturating_add(seconds * SECOND_NS);
        if !self.updates() {
            return;
        }
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
        let second = (self.b() & (ALARM | UPDATE) != 0 && self.updates()).then_some(self.update_at);
        self.flags.periodic.map(|periodic| periodic.at).into_iter().chain(second).min()
    }
}
