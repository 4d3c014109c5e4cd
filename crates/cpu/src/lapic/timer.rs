//! The local APIC's timer: one-shot and periodic; ticks are bus clocks of 1 GHz divided as DIVIDE says.

use super::{DIVIDE, INITIAL_COUNT, LVT_MASKED, LVT_TIMER, Lapic};

const PERIODIC: u32 = 1 << 17;

impl Lapic {
    pub(super) fn start_timer(&mut self, count: u32, now: u64) {
        self.set(INITIAL_COUNT, count);
        self.timer_start = now;
        self.timer_running = count != 0;
    }

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

    pub(super) fn count(&self, now: u64) -> u32 {
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
            self.timer_running = lvt & PERIODIC != 0;
            if lvt & LVT_MASKED == 0 {
                self.accept(lvt as u8);
            }
        }
    }
}
