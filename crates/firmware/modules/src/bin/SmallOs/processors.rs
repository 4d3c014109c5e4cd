//! The OS's processors: starts the others as any OS does, with INIT, SIPI, SIPI, and has each of them
//! wait for its ticks, and for a storm.
//!
//! How many there are it asks fw_cfg; other firmware has ACPI tables for that.

use crate::{fptask, tasks};
use base::arch::{self, mmio};
use base::{Global, Status, dxe, efi, exception, fwcfg, lapic, say};
use core::arch::global_asm;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// Where there are more, this OS uses only the first.
pub const MOST: usize = 4;
/// As start_up.s has it.
const STACK: usize = 1 << 13;
/// Microseconds until a processor runs: an SMI that waited for it may have to look for the others first.
const PATIENCE: u64 = 3_000_000;

global_asm!(include_str!(concat!(env!("OUT_DIR"), "/start_up.s")));

unsafe extern "C" {
    static start_up: u8;
    static start_up_end: u8;
    static start_gdtr: u8;
    static start_cr3: u8;
    static start_far64: u8;
    static start_64: u8;
    static start_stacks: u8;
    static start_call: u8;
}

#[repr(align(16))]
struct Stacks(#[expect(dead_code, reason = "only its address counts")] [[u8; STACK]; MOST - 1]);

static STACKS: Global<Stacks> = Global::new(Stacks([[0; STACK]; MOST - 1]));
static COUNT: Global<usize> = Global::new(1);
/// Where processors start; below 1 MiB.
static PAGE: Global<u64> = Global::new(0);
/// A bit for each that runs.
static ONLINE: AtomicU32 = AtomicU32::new(1);

pub fn count() -> usize {
    *COUNT.get()
}

/// Of the processor that asks.
pub fn index() -> usize {
    usize::from(lapic::id()) % MOST
}

pub fn is_online(cpu: usize) -> bool {
    ONLINE.load(SeqCst) >> cpu & 1 != 0
}

/// While boot services are there.
pub fn prepare(tables: u64) -> Result<(), Status> {
    let there = fwcfg::processors();
    *COUNT.get() = if there > MOST { 1 } else { there };
    if count() == 1 {
        return Ok(());
    }
    let page = dxe::allocate_start_up_page(efi::LOADER_CODE)?;
    *PAGE.get() = page;
    let start = &raw const start_up as u64;
    let place = |symbol: *const u8| page + (symbol as u64 - start);
    // SAFETY: the page is ours and large enough.
    unsafe {
        let size = &raw const start_up_end as u64 - start;
        core::ptr::copy_nonoverlapping(&raw const start_up, page as *mut u8, size as usize);
    }
    arch::store_gdtr(place(&raw const start_gdtr));
    mmio::write(place(&raw const start_cr3), tables as u32);
    mmio::write(place(&raw const start_far64), place(&raw const start_64) as u32);
    mmio::write(place(&raw const start_far64) + 4, arch::code_segment());
    mmio::write(place(&raw const start_stacks), STACKS.as_ptr() as u64);
    mmio::write(place(&raw const start_call), begin as *const () as u64);
    Ok(())
}

/// All that are there.
pub fn start() {
    let all = (1 << count()) - 1;
    ONLINE.store(1, SeqCst);
    if count() > 1 {
        lapic::start_up(0, lapic::ALL_BUT_SELF, *PAGE.get());
        arch::wait(PATIENCE, || ONLINE.load(SeqCst) == all);
        say!("SMM Lab OS: {} of {} processors", ONLINE.load(SeqCst).count_ones(), count());
    }
}

/// Called by the start-up code, on a stack of its own.
extern "efiapi" fn begin() -> ! {
    exception::load();
    fptask::begin_anew();
    tasks::start();
    ONLINE.fetch_or(1 << index(), SeqCst);
    let mut seen = STORM.load(SeqCst);
    loop {
        arch::halt();
        let storm = STORM.load(SeqCst);
        if storm != seen {
            seen = storm;
            rage();
        }
    }
}

/// Only another processor than the shell's.
fn other(cpu: usize) -> Result<u8, Status> {
    if (1..count()).contains(&cpu) { Ok(cpu as u8) } else { Err(Status::NOT_FOUND) }
}

/// Takes a processor offline: it waits for SIPI, and no SMI gets through to it.
pub fn init(cpu: usize) -> Result<(), Status> {
    lapic::send(other(cpu)?, lapic::INIT);
    ONLINE.fetch_and(!(1 << cpu), SeqCst);
    Ok(())
}

/// Starts it again.
pub fn sipi(cpu: usize) -> Result<(), Status> {
    lapic::send(other(cpu)?, lapic::STARTUP | (*PAGE.get() >> 12) as u32);
    if arch::wait(PATIENCE, || is_online(cpu)) { Ok(()) } else { Err(Status::TIMEOUT) }
}

/// How many storms there were; changes when one begins.
static STORM: AtomicU32 = AtomicU32::new(0);
static TIMES: AtomicU32 = AtomicU32::new(0);
static VALUE: AtomicU32 = AtomicU32::new(0);
static READY: AtomicU32 = AtomicU32::new(0);
static DONE: AtomicU32 = AtomicU32::new(0);
static ANSWERED: AtomicU32 = AtomicU32::new(0);

/// SMIs from all processors at once; how many were raised, and how many answered.
pub fn storm(times: u32, value: u8) -> (u32, u32) {
    let raging = ONLINE.load(SeqCst).count_ones();
    TIMES.store(times, SeqCst);
    VALUE.store(value.into(), SeqCst);
    for counter in [&DONE, &ANSWERED] {
        counter.store(0, SeqCst);
    }
    READY.store(raging, SeqCst);
    STORM.fetch_add(1, SeqCst);
    rage();
    wait_for(&DONE, raging);
    (raging * times, ANSWERED.load(SeqCst))
}

fn rage() {
    READY.fetch_sub(1, SeqCst);
    wait_for(&READY, 0);
    let asked = arch::ASKS | u64::from(VALUE.load(SeqCst));
    for _ in 0..TIMES.load(SeqCst) {
        let answered = arch::raise_sw_smi(asked) == Status::SUCCESS.as_usize() as u64;
        ANSWERED.fetch_add(answered.into(), SeqCst);
    }
    DONE.fetch_add(1, SeqCst);
}

fn wait_for(counter: &AtomicU32, value: u32) {
    while counter.load(SeqCst) != value {
        arch::pause();
    }
}
