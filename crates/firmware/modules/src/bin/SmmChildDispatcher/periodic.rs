//! The periodic timer: one interval for all who have registered, the shortest that somebody wants. ICH9
//! datasheet, "GEN_PMCON_1", PER_SMI_SEL.

use crate::children::{self, Child};
use base::chipset::{lpc, pci};
use base::dispatch2::ElapsedTime;
use base::{Global, Status, protocol};
use core::ffi::c_void;
use core::ptr::null;

/// Units of 100 ns in a second.
const SECOND: u64 = 10_000_000;
/// By PER_SMI_SEL.
static INTERVALS: [u64; 4] = [64 * SECOND, 32 * SECOND, 16 * SECOND, 8 * SECOND];
/// PER_SMI_SEL as it is, and SMIs so far.
static SELECTED: Global<usize> = Global::new(0);
static TICKS: Global<u64> = Global::new(0);

pub fn select(interval: u64) -> Option<usize> {
    INTERVALS.iter().position(|known| *known == interval)
}

fn timers() -> impl Iterator<Item = &'static Child> {
    children::all().iter().filter(|child| child.source.kind == protocol::SMM_PERIODIC_TIMER_DISPATCH2)
}

/// Somebody has registered.
pub fn set_up() {
    let Some(shortest) = timers().filter_map(|child| select(child.context[1])).max() else { return };
    *SELECTED.get() = shortest;
    pci::preserved(|| {
        let others = lpc::FUNCTION.read8(lpc::GEN_PMCON_1) & !lpc::PER_SMI_SEL;
        lpc::FUNCTION.write8(lpc::GEN_PMCON_1, others | shortest as u8);
    });
}

/// The timer's SMI came.
pub fn tick() {
    *TICKS.get() += 1;
}

/// What a child is told; none: its period isn't over.
pub fn elapsed(child: &Child) -> Option<ElapsedTime> {
    let interval = INTERVALS[*SELECTED.get()];
    let every = child.context[0].div_ceil(interval);
    TICKS.get().is_multiple_of(every).then_some(ElapsedTime { elapsed: every * interval })
}

/// Null asks for the longest, and answers that there is none shorter.
pub extern "efiapi" fn next_shorter(_: *const c_void, interval: *mut *const u64) -> Status {
    if interval.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable, which is null or points to what we answered before.
    unsafe {
        let next = if (*interval).is_null() { Some(0) } else { select(**interval).map(|at| at + 1) };
        let Some(next) = next else { return Status::INVALID_PARAMETER };
        *interval = INTERVALS.get(next).map_or(null(), |interval| &raw const *interval);
    }
    Status::SUCCESS
}
