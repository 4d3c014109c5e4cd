//! Events, their groups, and task priority levels. A notification runs when its event is signalled, or
//! when the level falls below its own.

use crate::timer::{self, Timer};
use alloc::vec::Vec;
use base::{Global, Guid, Status, efi, status};
use core::ffi::c_void;

#[derive(Clone, Copy)]
struct Event {
    id: usize,
    kind: u32,
    tpl: usize,
    notify: Option<efi::EventNotify>,
    context: *mut c_void,
    group: Option<Guid>,
    signalled: bool,
    timer: Option<Timer>,
}

struct Events {
    all: Vec<Event>,
    last: usize,
    /// Signalled, and their notification hasn't run yet.
    pending: Vec<usize>,
    tpl: usize,
}

static EVENTS: Global<Events> =
    Global::new(Events { all: Vec::new(), last: 0, pending: Vec::new(), tpl: efi::TPL_APPLICATION });

impl Events {
    fn find(&mut self, event: efi::Event) -> Option<&mut Event> {
        self.all.iter_mut().find(|known| known.id == event as usize)
    }

    fn queue(&mut self, id: usize) {
        let Some(event) = self.all.iter_mut().find(|event| event.id == id) else { return };
        event.signalled = true;
        if event.kind & efi::EVT_NOTIFY_SIGNAL != 0 && !self.pending.contains(&id) {
            self.pending.push(id);
        }
    }

    /// The pending event of the highest level above the present one; the oldest of these.
    fn next(&mut self) -> Option<Event> {
        let tpl_of = |id: &usize| self.all.iter().find(|event| event.id == *id).map_or(0, |event| event.tpl);
        let highest = self.pending.iter().map(tpl_of).filter(|&tpl| tpl > self.tpl).max()?;
        let at = self.pending.iter().position(|id| tpl_of(id) == highest)?;
        let id = self.pending.remove(at);
        let event = self.all.iter_mut().find(|event| event.id == id)?;
        event.signalled = false;
        Some(*event)
    }
}

/// Runs what waits above the present level.
fn dispatch() {
    while let Some(event) = EVENTS.get().next() {
        let before = core::mem::replace(&mut EVENTS.get().tpl, event.tpl);
        if let Some(notify) = event.notify {
            // SAFETY: the function that the event's creator passed, with his context.
            unsafe { notify(event.id as efi::Event, event.context) };
        }
        EVENTS.get().tpl = before;
    }
}

pub fn exists(event: efi::Event) -> bool {
    EVENTS.get().find(event).is_some()
}

pub fn signal(event: efi::Event) -> Result<(), Status> {
    let events = EVENTS.get();
    let group = events.find(event).ok_or(Status::INVALID_PARAMETER)?.group;
    match group {
        None => events.queue(event as usize),
        Some(group) => queue_group(&group),
    }
    dispatch();
    Ok(())
}

fn queue_group(group: &Guid) {
    let events = EVENTS.get();
    let members: Vec<usize> = events.all.iter().filter(|e| e.group.as_ref() == Some(group)).map(|e| e.id).collect();
    members.into_iter().for_each(|id| events.queue(id));
}

pub fn set_timer(event: efi::Event, timer: Option<Timer>) -> Result<(), Status> {
    let event = EVENTS.get().find(event).filter(|event| event.kind & efi::EVT_TIMER != 0);
    event.ok_or(Status::INVALID_PARAMETER)?.timer = timer;
    Ok(())
}

pub fn next_deadline() -> Option<u64> {
    EVENTS.get().all.iter().filter_map(|event| event.timer).map(|timer| timer.due).min()
}

/// Signals the timer events whose time has come.
pub fn signal_due(now: u64) {
    let due = |event: &&mut Event| event.timer.is_some_and(|timer| timer.due <= now);
    let mut ids = Vec::new();
    for event in EVENTS.get().all.iter_mut().filter(due) {
        ids.push(event.id);
        event.timer = event.timer.filter(|timer| timer.period != 0).map(|t| Timer { due: now + t.period, ..t });
    }
    ids.into_iter().for_each(|id| EVENTS.get().queue(id));
    dispatch();
}

/// Signals a group that the core itself owns.
pub fn signal_group(group: &Guid) {
    queue_group(group);
    dispatch();
}

fn create(
    kind: u32,
    tpl: usize,
    notify: Option<efi::EventNotify>,
    context: *mut c_void,
    group: Option<Guid>,
    out: *mut efi::Event,
) -> Status {
    let wants_notify = kind & (efi::EVT_NOTIFY_SIGNAL | efi::EVT_NOTIFY_WAIT) != 0;
    let good_tpl = tpl > efi::TPL_APPLICATION && tpl < efi::TPL_HIGH_LEVEL;
    if out.is_null() || wants_notify && (notify.is_none() || !good_tpl) {
        return Status::INVALID_PARAMETER;
    }
    let events = EVENTS.get();
    events.last += 1;
    let id = events.last;
    events.all.push(Event { id, kind, tpl, notify, context, group, signalled: false, timer: None });
    // SAFETY: the caller's variable.
    unsafe { *out = id as efi::Event };
    Status::SUCCESS
}

pub extern "efiapi" fn create_event(
    kind: u32,
    tpl: usize,
    notify: Option<efi::EventNotify>,
    context: *mut c_void,
    out: *mut efi::Event,
) -> Status {
    // The two kinds that are groups by another name.
    let group = match kind {
        efi::EVT_SIGNAL_EXIT_BOOT_SERVICES => Some(base::protocol::EXIT_BOOT_SERVICES_EVENT),
        efi::EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE => Some(base::protocol::VIRTUAL_ADDRESS_CHANGE_EVENT),
        _ => None,
    };
    create(kind, tpl, notify, context, group, out)
}

pub extern "efiapi" fn create_event_ex(
    kind: u32,
    tpl: usize,
    notify: Option<efi::EventNotify>,
    context: *const c_void,
    group: *const efi::Guid,
    out: *mut efi::Event,
) -> Status {
    create(kind, tpl, notify, context.cast_mut(), base::dxe::guid_at(group).ok(), out)
}

pub extern "efiapi" fn signal_event(event: efi::Event) -> Status {
    status(signal(event))
}

pub extern "efiapi" fn close_event(event: efi::Event) -> Status {
    let events = EVENTS.get();
    events.pending.retain(|id| *id != event as usize);
    events.all.retain(|known| known.id != event as usize);
    Status::SUCCESS
}

pub extern "efiapi" fn check_event(event: efi::Event) -> Status {
    match EVENTS.get().find(event) {
        None => Status::INVALID_PARAMETER,
        Some(event) if event.kind & efi::EVT_NOTIFY_SIGNAL != 0 => Status::INVALID_PARAMETER,
        Some(event) => {
            if core::mem::take(&mut event.signalled) {
                Status::SUCCESS
            } else {
                Status::NOT_READY
            }
        }
    }
}

pub extern "efiapi" fn raise_tpl(tpl: usize) -> usize {
    core::mem::replace(&mut EVENTS.get().tpl, tpl)
}

pub extern "efiapi" fn restore_tpl(tpl: usize) {
    EVENTS.get().tpl = tpl;
    timer::poll();
    dispatch();
}

pub extern "efiapi" fn wait_for_event(count: usize, events: *mut efi::Event, index: *mut usize) -> Status {
    if count == 0 || events.is_null() || index.is_null() {
        return Status::INVALID_PARAMETER;
    }
    if EVENTS.get().tpl != efi::TPL_APPLICATION {
        return Status::UNSUPPORTED;
    }
    // SAFETY: the caller's array and variable.
    let (events, index) = unsafe { (core::slice::from_raw_parts(events, count), &mut *index) };
    loop {
        for (nth, &event) in events.iter().enumerate() {
            let status = check_event(event);
            if status != Status::NOT_READY {
                *index = nth;
                return status;
            }
        }
        timer::wait();
    }
}
