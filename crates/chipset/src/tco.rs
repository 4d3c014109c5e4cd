//! The count-down of the TCO watchdog: when it expires, and how often it has.
//!
//! Source: Intel ICH9 datasheet 316972, "System Management TCO Registers" and "TCO Theory of
//! Operation". One tick is 0.6 s. On silicon the timer runs from reset on (a processor that never
//! fetches is to be noticed), and halting freezes the count; QEMU's timer stands still until TCO_RLD
//! or TCO1_CNT is written and starts anew when it is let go.

use crate::Silicon;

pub const TICK_NS: u64 = 600_000_000;
const COUNT_MASK: u16 = 0x3ff;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    /// Out of reset on silicon; begins to run at the first moment that is seen.
    Fresh,
    Running {
        until: u64,
    },
    Halted {
        left: u64,
    },
}

#[derive(Clone, Hash)]
pub struct TcoTimer {
    silicon: Silicon,
    state: State,
    /// Expiries since the last reload, 0 or 1.
    expired: bool,
}

/// Nanoseconds from TCO_TMR to zero; a value of 0 or 1 is not allowed and starts nothing.
fn period(tmr: u16) -> Option<u64> {
    let ticks = tmr & COUNT_MASK;
    (ticks > 1).then_some(u64::from(ticks) * TICK_NS)
}

impl TcoTimer {
    pub fn new(silicon: Silicon) -> Self {
        let state = match silicon {
            Silicon::Ich9 => State::Fresh,
            Silicon::Qemu => State::Halted { left: 0 },
        };
        TcoTimer { silicon, state, expired: false }
    }

    /// Time is seen: a fresh timer starts.
    pub fn start_if_fresh(&mut self, now: u64, tmr: u16) {
        if self.state == State::Fresh {
            self.run(now, period(tmr).unwrap_or(0));
        }
    }

    fn run(&mut self, now: u64, left: u64) {
        self.state = State::Running { until: now.saturating_add(left) };
    }

    /// TCO_RLD was written.
    pub fn reload(&mut self, now: u64, tmr: u16, halted: bool) {
        self.expired = false;
        match (period(tmr), halted, self.silicon) {
            (Some(left), false, _) => self.run(now, left),
            (Some(left), true, Silicon::Ich9) => self.state = State::Halted { left },
            _ => {}
        }
    }

    /// TCO1_CNT was written.
    pub fn set_halted(&mut self, now: u64, tmr: u16, halted: bool) {
        match (self.silicon, self.state, period(tmr)) {
            (Silicon::Qemu, _, Some(left)) if !halted => self.run(now, left),
            (Silicon::Qemu, ..) => self.stop(),
            (Silicon::Ich9, State::Running { until }, _) if halted => {
                self.state = State::Halted { left: until.saturating_sub(now) };
            }
            (Silicon::Ich9, State::Halted { left }, _) if !halted => self.run(now, left),
            _ => {}
        }
    }

    pub fn stop(&mut self) {
        self.state = State::Halted { left: 0 };
    }

    /// What TCO_RLD reads: ticks left. Silicon counts whole ticks down to 1, QEMU down to 0.
    pub fn count(&self, now: u64, tmr: u16) -> u16 {
        let left = match self.state {
            State::Fresh => period(tmr).unwrap_or(0),
            State::Running { until } => until.saturating_sub(now),
            State::Halted { left } => left,
        };
        let ticks = match self.silicon {
            Silicon::Ich9 => left.div_ceil(TICK_NS),
            Silicon::Qemu => left / TICK_NS,
        };
        ticks as u16 & COUNT_MASK
    }

    /// When something will happen; a fresh timer wants to be seen at once.
    pub fn deadline(&self) -> Option<u64> {
        match self.state {
            State::Fresh => Some(0),
            State::Running { until } => Some(until),
            State::Halted { .. } => None,
        }
    }

    /// Whether the count has reached 0 by `now`. If so it starts anew (from `now` when that is a
    /// whole period late) and the answer says if this is the second time since the last reload.
    pub fn expire(&mut self, now: u64, tmr: u16) -> Option<Expiry> {
        let State::Running { until } = self.state else { return None };
        if until > now {
            return None;
        }
        match period(tmr) {
            Some(left) => self.run(if now - until < left { until } else { now }, left),
            None => self.stop(),
        }
        let second = self.expired;
        self.expired = !second;
        Some(if second { Expiry::Second } else { Expiry::First })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    First,
    Second,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_falls_by_one_every_tick() {
        for (silicon, counts) in [(Silicon::Ich9, [3, 3, 2, 1]), (Silicon::Qemu, [3, 2, 2, 0])] {
            let mut timer = TcoTimer::new(silicon);
            timer.reload(1000, 3, false);
            for (at, count) in [0, 1, TICK_NS, 3 * TICK_NS - 1].into_iter().zip(counts) {
                assert_eq!(timer.count(1000 + at, 3), count, "{silicon:?} {at}");
            }
        }
    }

    #[test]
    fn the_second_expiry_without_a_reload_is_told_apart() {
        let mut timer = TcoTimer::new(Silicon::Ich9);
        timer.reload(0, 2, false);
        assert_eq!(timer.expire(2 * TICK_NS - 1, 2), None);
        assert_eq!(timer.expire(2 * TICK_NS, 2), Some(Expiry::First));
        assert_eq!(timer.deadline(), Some(4 * TICK_NS));
        assert_eq!(timer.expire(4 * TICK_NS, 2), Some(Expiry::Second));
        timer.reload(4 * TICK_NS, 2, false);
        assert_eq!(timer.expire(6 * TICK_NS, 2), Some(Expiry::First));
    }

    #[test]
    fn halting_freezes_the_count_on_silicon_and_restarts_it_on_qemu() {
        for (silicon, until) in [(Silicon::Ich9, 12 * TICK_NS), (Silicon::Qemu, 14 * TICK_NS)] {
            let mut timer = TcoTimer::new(silicon);
            timer.reload(0, 4, false);
            timer.set_halted(2 * TICK_NS, 4, true);
            assert_eq!(timer.deadline(), None);
            timer.set_halted(10 * TICK_NS, 4, false);
            assert_eq!(timer.deadline(), Some(until), "{silicon:?}");
        }
    }

    #[test]
    fn out_of_reset_the_timer_runs_on_silicon_only() {
        let mut timer = TcoTimer::new(Silicon::Ich9);
        timer.start_if_fresh(5, 4);
        assert_eq!(timer.deadline(), Some(5 + 4 * TICK_NS));
        assert_eq!(TcoTimer::new(Silicon::Qemu).deadline(), None);
    }

    #[test]
    fn an_advance_that_comes_far_too_late_expires_once() {
        let mut timer = TcoTimer::new(Silicon::Ich9);
        timer.reload(0, 2, false);
        assert_eq!(timer.expire(u64::MAX / 2, 2), Some(Expiry::First));
        assert_eq!(timer.expire(u64::MAX / 2, 2), None);
    }
}
