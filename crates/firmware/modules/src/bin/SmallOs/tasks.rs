//! What the OS does at each tick: counts, measures how late it is, and watches for long absences. An SMI
//! takes its time from all three.

use base::{Global, arch, lapic};

/// Nanoseconds.
const TICK: u64 = 1_000_000;
/// A tick that is later than this finds that the OS was stopped.
const PATIENCE: u64 = 5 * TICK;

#[derive(Clone, Copy)]
pub struct Tasks {
    pub ticks: u64,
    /// Longest time between two ticks since it was last asked for.
    pub longest: u64,
    /// How often the watchdog has found the OS stopped.
    pub stopped: u64,
    last: u64,
}

static TASKS: Global<Tasks> = Global::new(Tasks { ticks: 0, longest: 0, stopped: 0, last: 0 });

/// The first tick comes a period from now.
pub fn start() {
    TASKS.get().last = arch::tsc();
    lapic::periodic(TICK as u32);
    arch::enable_interrupts();
}

/// In the interrupt.
pub fn run() {
    let (tasks, now) = (TASKS.get(), arch::tsc());
    let gap = now - tasks.last;
    tasks.longest = tasks.longest.max(gap);
    tasks.stopped += u64::from(gap > PATIENCE);
    tasks.ticks += 1;
    tasks.last = now;
}

/// What the tasks have found; the longest gap starts anew.
pub fn report() -> Tasks {
    arch::disable_interrupts();
    let tasks = *TASKS.get();
    TASKS.get().longest = 0;
    arch::enable_interrupts();
    tasks
}
