//! What the OS does at each tick, on each processor: counts, measures how late it is, watches for long
//! absences, and computes. An SMI takes its time from all of them.

use crate::{fptask, processors};
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

const NONE: Tasks = Tasks { ticks: 0, longest: 0, stopped: 0, last: 0 };
/// By index of the processor.
static TASKS: Global<[Tasks; processors::MOST]> = Global::new([NONE; processors::MOST]);

fn own() -> &'static mut Tasks {
    &mut TASKS.get()[processors::index()]
}

/// On this processor. The first tick comes a period from now.
pub fn start() {
    own().last = arch::tsc();
    lapic::periodic(TICK as u32);
    arch::enable_interrupts();
}

/// In the interrupt.
pub fn run() {
    let (tasks, now) = (own(), arch::tsc());
    let gap = now - tasks.last;
    tasks.longest = tasks.longest.max(gap);
    tasks.stopped += u64::from(gap > PATIENCE);
    tasks.ticks += 1;
    tasks.last = now;
    fptask::tick();
}

/// What the tasks of this processor have found; the longest gap starts anew.
pub fn report() -> Tasks {
    arch::disable_interrupts();
    let tasks = *own();
    own().longest = 0;
    arch::enable_interrupts();
    tasks
}

/// What another processor's have found, up to its last tick.
pub fn of(cpu: usize) -> Tasks {
    // SAFETY: it may be counting this very moment: a number is then the old or the new one.
    unsafe { (&raw const TASKS.get()[cpu]).read_volatile() }
}

/// Lets so many ticks pass.
pub fn wait(ticks: u64) {
    let end = of(processors::index()).ticks + ticks;
    while of(processors::index()).ticks < end {
        arch::halt();
    }
}
