//! Processor time of this thread: a loaded machine doesn't count.

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used(pub u64);

impl Used {
    /// In nanoseconds.
    #[cfg(unix)]
    pub fn now() -> Used {
        use nix::time::{ClockId, clock_gettime};
        let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("this clock is always there");
        Used(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
    }

    /// Node measures from outside.
    #[cfg(not(unix))]
    pub fn now() -> Used {
        Used(0)
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub fn elapsed(self) -> Used {
        Used(Used::now().0 - self.0)
    }

    pub fn microseconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}
