//! Who has registered for which source, and the protocols to do so.

use crate::source::{self, PINS, Source};
use crate::{level, periodic};
use alloc::vec::Vec;
use base::dispatch2::{
    Dispatch2, ENTRY, GpiContext, GpiDispatch2, IchnContext, IchnDispatch2, PeriodicTimerContext,
    PeriodicTimerDispatch2, PowerButtonContext, PowerButtonDispatch2, SxContext, SxDispatch2,
};
use base::smm::{SmiHandler, SmiHandlerProfile};
use base::{Global, Guid, Handle, Status, protocol, record, smst};
use core::ffi::c_void;

/// What a context has at most.
pub type Words = [u64; 2];

#[derive(Clone, Copy)]
pub struct Child {
    id: usize,
    pub source: Source,
    pub handler: SmiHandler,
    /// The context that it registered with.
    pub context: Words,
    size: usize,
}

static CHILDREN: Global<Vec<Child>> = Global::new(Vec::new());
static LAST: Global<usize> = Global::new(0);

/// Of one source, as they are now.
pub fn of(source: &Source) -> Vec<Child> {
    let same = |child: &&Child| child.source.kind == source.kind && child.source.key == source.key;
    CHILDREN.get().iter().filter(same).copied().collect()
}

pub fn all() -> &'static [Child] {
    CHILDREN.get()
}

/// A context of ours as words.
trait Context: Copy {
    const KIND: Guid;
    /// The number of the source; none: this chipset can't.
    fn key(self) -> Option<u64>;
}

impl Context for PowerButtonContext {
    const KIND: Guid = protocol::SMM_POWER_BUTTON_DISPATCH2;
    fn key(self) -> Option<u64> {
        (self.phase == ENTRY).then_some(0)
    }
}
impl Context for GpiContext {
    const KIND: Guid = protocol::SMM_GPI_DISPATCH2;
    fn key(self) -> Option<u64> {
        Some(self.gpi_num)
    }
}
impl Context for SxContext {
    const KIND: Guid = protocol::SMM_SX_DISPATCH2;
    fn key(self) -> Option<u64> {
        (self.phase == ENTRY && self.kind <= 5).then_some(0)
    }
}
impl Context for PeriodicTimerContext {
    const KIND: Guid = protocol::SMM_PERIODIC_TIMER_DISPATCH2;
    fn key(self) -> Option<u64> {
        (periodic::select(self.smi_tick_interval).is_some() && self.period >= self.smi_tick_interval).then_some(0)
    }
}
impl Context for IchnContext {
    const KIND: Guid = protocol::SMM_ICHN_DISPATCH2;
    fn key(self) -> Option<u64> {
        Some(self.kind.into())
    }
}

extern "efiapi" fn register<C: Context, X>(
    _: *const Dispatch2<C, X>,
    handler: SmiHandler,
    context: *const C,
    handle: *mut Handle,
) -> Status {
    if context.is_null() || handle.is_null() {
        return Status::INVALID_PARAMETER;
    }
    let (mut words, size) = ([0; 2], size_of::<C>());
    // SAFETY: the caller's context, which is no longer than `words`.
    let asked = unsafe {
        core::ptr::copy_nonoverlapping(context.cast::<u8>(), words.as_mut_ptr().cast(), size);
        *context
    };
    let Some(key) = asked.key() else { return Status::UNSUPPORTED };
    let Some(source) = source::find(C::KIND, key) else { return Status::INVALID_PARAMETER };
    *LAST.get() += 1;
    let child = Child { id: *LAST.get(), source, handler, context: words, size };
    CHILDREN.get().push(child);
    level::route(&source);
    periodic::set_up();
    source.switch_on();
    // SAFETY: the caller's variable.
    unsafe { *handle = child.id as Handle };
    tell(&child);
    Status::SUCCESS
}

/// To the trace, and in DEBUG to the core's list of who handles what.
fn tell(child: &Child) {
    record::write(&record::HandlerRegistered {
        kind: child.source.kind,
        value: child.source.key.into(),
        function: (child.handler as usize as u64).into(),
    });
    if let Some(profile) = profile() {
        let context = child.context.as_ptr().cast();
        // SAFETY: the core's protocol. A profile without this handler does no harm.
        let _ = unsafe { ((*profile).register)(profile, &child.source.kind, child.handler, 0, context, child.size) };
    }
}

fn profile() -> Option<*mut SmiHandlerProfile> {
    base::DEBUG.then(|| smst::locate(&protocol::SMI_HANDLER_PROFILE).ok()).flatten()
}

extern "efiapi" fn unregister<C: Context, X>(_: *const Dispatch2<C, X>, handle: Handle) -> Status {
    let mine = |child: &Child| child.id == handle as usize && child.source.kind == C::KIND;
    let Some(at) = CHILDREN.get().iter().position(mine) else { return Status::INVALID_PARAMETER };
    let child = CHILDREN.get().remove(at);
    if of(&child.source).is_empty() {
        child.source.switch_off();
    }
    if let Some(profile) = profile() {
        let context = child.context.as_ptr().cast();
        // SAFETY: as above.
        let _ = unsafe { ((*profile).unregister)(profile, &child.source.kind, child.handler, context, child.size) };
    }
    Status::SUCCESS
}

static POWER_BUTTON: Global<PowerButtonDispatch2> = Global::new(Dispatch2 { register, unregister, more: () });
static GPI: Global<GpiDispatch2> = Global::new(Dispatch2 { register, unregister, more: PINS as usize });
static SX: Global<SxDispatch2> = Global::new(Dispatch2 { register, unregister, more: () });
static PERIODIC_TIMER: Global<PeriodicTimerDispatch2> =
    Global::new(Dispatch2 { register, unregister, more: periodic::next_shorter });
static ICHN: Global<IchnDispatch2> = Global::new(Dispatch2 { register, unregister, more: () });

pub fn install() -> Result<(), Status> {
    smst::install::<c_void>(&protocol::SMM_POWER_BUTTON_DISPATCH2, POWER_BUTTON.as_ptr().cast())?;
    smst::install::<c_void>(&protocol::SMM_GPI_DISPATCH2, GPI.as_ptr().cast())?;
    smst::install::<c_void>(&protocol::SMM_SX_DISPATCH2, SX.as_ptr().cast())?;
    smst::install::<c_void>(&protocol::SMM_PERIODIC_TIMER_DISPATCH2, PERIODIC_TIMER.as_ptr().cast())?;
    smst::install::<c_void>(&protocol::SMM_ICHN_DISPATCH2, ICHN.as_ptr().cast()).map(drop)
}
