//! Interrupts of DXE: the local APIC's timer, and exceptions.
//!
//! Drivers run with interrupts off. They are taken where the core waits (Stall(), WaitForEvent()) and
//! when a task priority level is restored, so nothing in the core is ever interrupted halfway. The
//! timer runs only while somebody waits for it.

use crate::{event, hand};
use base::exception::{self, Frame, Report, SPURIOUS, TIMER};
use base::smm::SmmBase2;
use base::{Global, Status, arch, debug, efi, lapic, protocol};

static EXPIRED: Global<bool> = Global::new(false);
/// Longest single count.
const LONGEST: u64 = 1 << 31;

/// When a timer event is signalled, in nanoseconds of the TSC, and how long after that again.
#[derive(Clone, Copy)]
pub struct Timer {
    pub due: u64,
    pub period: u64,
}

pub fn init() {
    exception::init(arch::code_segment(), on_interrupt);
    exception::load();
}

fn on_interrupt(frame: &mut Frame) {
    match frame.vector as u8 {
        TIMER => {
            *EXPIRED.get() = true;
            lapic::end_of_interrupt();
        }
        SPURIOUS => {}
        _ => {
            debug!("{}", Report(frame));
            arch::stop()
        }
    }
}

/// Counts to the next deadline.
fn arm() {
    if let Some(due) = event::next_deadline() {
        lapic::one_shot(due.saturating_sub(arch::tsc()).clamp(1, LONGEST) as u32);
    }
}

/// Takes the interrupt if it waits, and signals what is due.
pub fn poll() {
    // An SMM driver may call us before the lock: SMM's IDT knows no interrupts.
    if event::next_deadline().is_some() && !in_smm() {
        arch::take_interrupts();
        expire();
    }
}

fn in_smm() -> bool {
    let mut answer = false;
    if let Some(base) = hand::find(&protocol::SMM_BASE2).map(|p| p.cast::<SmmBase2>()) {
        // SAFETY: the IPL's protocol.
        let _ = unsafe { ((*base).in_smm)(base, &mut answer) };
    }
    answer
}

/// Until something is due. Without any timer this is the end.
pub fn wait() {
    arch::wait_for_interrupt();
    expire();
}

fn expire() {
    if core::mem::take(EXPIRED.get()) {
        event::signal_due(arch::tsc());
        arm();
    }
}

pub extern "efiapi" fn set_timer(event: efi::Event, kind: efi::TimerDelay, hundred_ns: u64) -> Status {
    let delay = hundred_ns.saturating_mul(100);
    let due = arch::tsc().saturating_add(delay);
    let timer = match kind {
        efi::TIMER_CANCEL => None,
        efi::TIMER_RELATIVE => Some(Timer { due, period: 0 }),
        // Zero: at every tick. Ours come when they are needed: as often as a usual tick.
        efi::TIMER_PERIODIC => Some(Timer { due, period: if delay == 0 { 10_000_000 } else { delay } }),
        _ => return Status::INVALID_PARAMETER,
    };
    let set = event::set_timer(event, timer);
    arm();
    base::status(set)
}
