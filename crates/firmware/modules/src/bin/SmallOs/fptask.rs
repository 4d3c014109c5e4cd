//! A task that computes in floating point: some terms of a series at each tick, and when it has all of them,
//! it compares. The kernel itself never touches an XMM register, so nobody else does; the task of each
//! processor keeps them from tick to tick.

use crate::processors::{self, MOST};
use base::Global;
use core::arch::global_asm;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

global_asm!(include_str!(concat!(env!("OUT_DIR"), "/fptask.s")));

unsafe extern "efiapi" {
    fn fp_begin();
    fn fp_go_on(pairs: u64);
    fn fp_end() -> u64;
}

/// Pairs of terms at each tick, and ticks until the sum is complete.
const PAIRS: u64 = 64;
const TICKS: u32 = 8;
/// Terms 1 to 1024: the even and the odd ones each added up in order, then both.
const SUM: u64 = 0x3ffa_4da6_e248_5d2b;

#[derive(Clone, Copy)]
pub struct Task {
    /// Ticks since the sum began; 0: it hasn't.
    ticks: u32,
    /// Sums so far.
    pub right: u64,
    pub wrong: u64,
    /// The last one's bits.
    pub last: u64,
}

static RUNS: AtomicBool = AtomicBool::new(false);
/// By index of the processor.
static TASKS: Global<[Task; MOST]> = Global::new([Task { ticks: 0, right: 0, wrong: 0, last: 0 }; MOST]);

pub fn run(runs: bool) {
    RUNS.store(runs, SeqCst);
}

/// What a processor's task has found.
pub fn of(cpu: usize) -> Task {
    // SAFETY: it may be counting this very moment: a number is then the old or the new one.
    unsafe { (&raw const TASKS.get()[cpu]).read_volatile() }
}

/// This processor has been started: what was in its registers is gone.
pub fn begin_anew() {
    TASKS.get()[processors::index()].ticks = 0;
}

pub fn tick() {
    let task = &mut TASKS.get()[processors::index()];
    if !RUNS.load(SeqCst) {
        task.ticks = 0;
        return;
    }
    // SAFETY: the registers are this task's alone.
    unsafe {
        if task.ticks == 0 {
            fp_begin();
        }
        fp_go_on(PAIRS);
        task.ticks += 1;
        if task.ticks == TICKS {
            task.last = fp_end();
            task.ticks = 0;
            *if task.last == SUM { &mut task.right } else { &mut task.wrong } += 1;
        }
    }
}
