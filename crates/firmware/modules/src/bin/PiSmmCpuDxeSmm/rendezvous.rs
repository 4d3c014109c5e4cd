//! All processors meet in SMM: one of them runs the SMI handlers while the others wait. Steps, words and
//! PCDs as in EDK II's PiSmmCpuDxeSmm, MpService.c.
//!
//! Traditional: the handlers run when all have come, or when two time-outs are over; between them those
//! who are missing get an SMI of their own. Relaxed: they run at once. Either way nobody leaves before.
//! Left out, as a fault: nobody waits.
//!
//! Not here: SmmStartupThisAp(), and MSRs that tell why a processor doesn't come.

use crate::words::{ALONE, BSP_ELECTION, PCD, RELAXED, SYNC_MODE, TIMEOUT, TIMEOUT_2};
use crate::{Cpu, cpus, save_state};
use base::{arch, debug, lapic, record};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};

/// Index of the processor on which the firmware runs outside SMM.
const BOOT_PROCESSOR: usize = 0;
const NOBODY: usize = usize::MAX;

/// A bit for each processor that has checked in. INSIDE: one of them runs the handlers. SHUT: those who come
/// now are too late for this SMI.
static DOOR: AtomicU32 = AtomicU32::new(0);
const INSIDE: u32 = 1 << 30;
const SHUT: u32 = 1 << 31;
/// Those who have written so into the trace.
static PRESENT: AtomicU32 = AtomicU32::new(0);
/// Who runs the handlers.
static BSP: AtomicUsize = AtomicUsize::new(NOBODY);
/// Who has it may write trace records: a record must stay in one piece.
static TRACE: AtomicU32 = AtomicU32::new(0);

/// It is in SMM, and doesn't leave as long as handlers run.
pub fn is_inside(cpu: &Cpu) -> bool {
    DOOR.load(SeqCst) & bit(cpu) != 0
}

/// All processors come out of a reset.
pub fn forget() {
    for word in [&DOOR, &PRESENT, &TRACE] {
        word.store(0, SeqCst);
    }
    BSP.store(NOBODY, SeqCst);
}

fn bit(cpu: &Cpu) -> u32 {
    1 << cpu.index
}

/// `foundation` runs on one processor.
pub fn run(me: &Cpu, foundation: impl FnOnce()) {
    if PCD.get(SYNC_MODE) == ALONE {
        return run_alone(me, foundation);
    }
    if update_unless(SHUT, |door| door | bit(me)) {
        let bsp = elect(me);
        if bsp == me.index { run_bsp(me, foundation) } else { run_ap(me, bsp) }
    }
    // Whoever left earlier could be back, for the next SMI, before this one is over.
    wait(&DOOR, SHUT, 0);
}

/// The boot processor works, whatever the others do; they come and go without a record.
fn run_alone(me: &Cpu, foundation: impl FnOnce()) {
    if me.index != BOOT_PROCESSOR {
        return;
    }
    enter(me);
    DOOR.store(bit(me), SeqCst);
    foundation();
    DOOR.store(0, SeqCst);
    leave(me);
}

fn update_unless(bits: u32, change: impl Fn(u32) -> u32) -> bool {
    DOOR.fetch_update(SeqCst, SeqCst, |door| (door & bits == 0).then(|| change(door))).is_ok()
}

fn elect(me: &Cpu) -> usize {
    let candidate = if PCD.get(BSP_ELECTION) == 0 { BOOT_PROCESSOR } else { me.index };
    BSP.compare_exchange(NOBODY, candidate, SeqCst, SeqCst).map_or_else(|bsp| bsp, |_| candidate)
}

fn run_bsp(me: &Cpu, foundation: impl FnOnce()) {
    DOOR.fetch_or(INSIDE, SeqCst);
    enter(me);
    if PCD.get(SYNC_MODE) != RELAXED {
        wait_for_ap_arrival();
        DOOR.fetch_or(SHUT, SeqCst);
    }
    lock_trace();
    foundation();
    TRACE.store(0, SeqCst);
    let arrived = DOOR.fetch_or(SHUT, SeqCst) & !(SHUT | INSIDE);
    wait(&PRESENT, arrived, arrived);
    DOOR.fetch_and(!INSIDE, SeqCst);
    wait(&DOOR, !0, SHUT | bit(me));
    leave(me);
    PRESENT.store(0, SeqCst);
    BSP.store(NOBODY, SeqCst);
    DOOR.store(0, SeqCst);
}

fn wait_for_ap_arrival() {
    let all = (1 << cpus().len()) - 1;
    if comes(&PRESENT, all, all, PCD.get(TIMEOUT)) {
        return;
    }
    let present = PRESENT.load(SeqCst);
    for cpu in cpus().iter().filter(|cpu| present & bit(cpu) == 0) {
        lapic::send(cpu.apic_id, lapic::SMI);
    }
    if !comes(&PRESENT, all, all, PCD.get(TIMEOUT_2)) {
        let delayed = u64::from((all & !PRESENT.load(SeqCst)).count_ones());
        debug!(
            "SmmWaitForApArrival: Failed to wait all APs enter SMI. Delayed AP Count = {}, Blocked AP Count = 0, Disabled AP Count = 0",
            delayed
        );
    }
}

fn run_ap(me: &Cpu, bsp: usize) {
    let come = comes(&DOOR, INSIDE, INSIDE, PCD.get(TIMEOUT)) || {
        cpus().get(bsp).into_iter().for_each(|bsp| lapic::send(bsp.apic_id, lapic::SMI));
        comes(&DOOR, INSIDE, INSIDE, PCD.get(TIMEOUT_2))
    };
    // Alone: nothing can be done here. But the BSP may have come in this very moment.
    if !come && update_unless(SHUT | INSIDE, |door| door & !bit(me)) {
        return;
    }
    enter(me);
    wait(&DOOR, INSIDE, 0);
    leave(me);
    DOOR.fetch_and(!bit(me), SeqCst);
}

fn enter(me: &Cpu) {
    lock_trace();
    let revision = save_state::revision(me).into();
    record::write(&record::SmmEnter { smbase: me.smbase.into(), revision });
    TRACE.store(0, SeqCst);
    PRESENT.fetch_or(bit(me), SeqCst);
}

fn leave(me: &Cpu) {
    lock_trace();
    record::write(&record::SmmLeave { smbase: me.smbase.into() });
    TRACE.store(0, SeqCst);
}

fn lock_trace() {
    while TRACE.swap(1, SeqCst) != 0 {
        arch::pause();
    }
}

/// Waits until these bits have this value.
fn wait(word: &AtomicU32, bits: u32, value: u32) {
    while !comes(word, bits, value, u32::MAX) {}
}

/// The same, but only for so many microseconds.
#[inline(never)]
fn comes(word: &AtomicU32, bits: u32, value: u32, microseconds: u32) -> bool {
    arch::wait(microseconds.into(), || word.load(SeqCst) & bits == value)
}
