//! The DXE dispatcher: PI 1.8 Vol. 2, 10 "DXE Dispatcher"; order and words as in EDK II.

use crate::{event, hand, image};
use alloc::vec::Vec;
use base::hob::{self, List};
use base::names::Text;
use base::record::{self, dispatcher::DXE};
use base::{Global, Guid, Handle, Status, debug, depex, protocol, volume};
use pi::depex::{Dialect, Placement, placement};
use pi::layout::{ffs, section};
use pi::view::File;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waits for its DEPEX.
    Dependent,
    /// Waits for Schedule().
    Unrequested,
    Scheduled,
    /// Was loaded, or can't be.
    Initialized,
}

struct Driver {
    file: File<'static>,
    depex: Option<&'static [u8]>,
    placement: Option<Placement>,
    state: State,
}

struct Dispatcher {
    drivers: Vec<Driver>,
    /// Indices of `drivers`.
    scheduled: Vec<usize>,
    round: u32,
    running: bool,
}

static DISPATCHER: Global<Dispatcher> =
    Global::new(Dispatcher { drivers: Vec::new(), scheduled: Vec::new(), round: 0, running: false });

/// Without them a UEFI platform isn't complete.
const ARCHITECTURAL: [(&str, Guid); 3] =
    [("Bds", protocol::BDS_ARCH), ("Reset", protocol::RESET_ARCH), ("Runtime", protocol::RUNTIME_ARCH)];

pub fn missing_architectural_protocols() -> impl Iterator<Item = &'static str> + Clone {
    ARCHITECTURAL.iter().filter(|(_, guid)| hand::find(guid).is_none()).map(|(name, _)| *name)
}

/// Finds the drivers of all volumes, and schedules those that a-priori files name.
pub fn discover(hobs: List) {
    for fv in hobs.all::<hob::FirmwareVolume>(hob::FV) {
        let Some(volume) = volume::at(fv.base) else { continue };
        let first = DISPATCHER.get().drivers.len();
        let mut apriori = None;
        for file in volume::files(volume) {
            if matches!(file.kind(), ffs::kind::DRIVER | ffs::kind::COMBINED_SMM_DXE) {
                add(file);
            } else if file.kind() == ffs::kind::FREEFORM && file.name() == ffs::APRIORI {
                apriori = volume::section(&file, section::kind::RAW);
            }
        }
        for name in apriori.unwrap_or_default().chunks_exact(16) {
            schedule_apriori(first, name);
        }
    }
}

fn add(file: File<'static>) {
    record::discovered(file.name(), file.kind(), DXE);
    let depex = volume::section(&file, section::kind::DXE_DEPEX);
    let placement = depex.and_then(placement);
    let state = if placement == Some(Placement::OnRequest) { State::Unrequested } else { State::Dependent };
    DISPATCHER.get().drivers.push(Driver { file, depex, placement, state });
}

fn schedule_apriori(first: usize, name: &[u8]) {
    let dispatcher = DISPATCHER.get();
    let here = dispatcher.drivers.iter().enumerate().skip(first);
    let Some((index, _)) = here.into_iter().find(|(_, driver)| driver.file.name().0 == *name) else { return };
    let driver = &mut dispatcher.drivers[index];
    if driver.state != State::Scheduled {
        driver.state = State::Scheduled;
        debug!("Evaluate DXE DEPEX for FFS({})", driver.file.name());
        debug!("  RESULT = TRUE (Apriori)");
        record::apriori(driver.file.name(), DXE);
        dispatcher.scheduled.push(index);
    }
}

pub extern "efiapi" fn dispatch() -> Status {
    if DISPATCHER.get().running {
        return Status::ALREADY_STARTED;
    }
    if run() { Status::SUCCESS } else { Status::NOT_FOUND }
}

pub extern "efiapi" fn schedule(_: Handle, file: *const Guid) -> Status {
    // SAFETY: null or the caller's GUID.
    let Some(file) = (!file.is_null()).then(|| unsafe { *file }) else { return Status::INVALID_PARAMETER };
    let requested = |driver: &&mut Driver| driver.state == State::Unrequested && driver.file.name() == file;
    match DISPATCHER.get().drivers.iter_mut().find(requested) {
        Some(driver) => {
            driver.state = State::Dependent;
            driver.placement = None;
            debug!("Schedule FFS({})", file);
            Status::SUCCESS
        }
        None => Status::NOT_FOUND,
    }
}

/// Loads what can be loaded, until nothing more can; whether anything was.
pub fn run() -> bool {
    let mut any = false;
    DISPATCHER.get().running = true;
    loop {
        while !DISPATCHER.get().scheduled.is_empty() {
            start(DISPATCHER.get().scheduled.remove(0));
            any = true;
        }
        // Now it is the SMM core's turn: its drivers may depend on what came up in this round.
        event::signal_group(&protocol::DXE_DISPATCH_EVENT);
        if !schedule_ready() {
            DISPATCHER.get().running = false;
            return any;
        }
    }
}

fn start(index: usize) {
    let driver = &mut DISPATCHER.get().drivers[index];
    driver.state = State::Initialized;
    let file = driver.file;
    let status = match image::load(&file) {
        Ok(image) => image::start(image),
        Err(status) => {
            debug!("Error: image of {} can't be loaded: {}", file.name(), Text(status));
            status
        }
    };
    record::dispatched(file.name(), status);
}

/// Schedules all drivers whose DEPEX is true; whether there are any.
fn schedule_ready() -> bool {
    DISPATCHER.get().round += 1;
    let mut any = false;
    for index in 0..DISPATCHER.get().drivers.len() {
        match DISPATCHER.get().drivers[index].state {
            State::Dependent if is_schedulable(index) => {
                schedule_with_neighbours(index);
                any = true;
            }
            State::Unrequested => {
                debug!("Evaluate DXE DEPEX for FFS({})", DISPATCHER.get().drivers[index].file.name());
                debug!("  SOR                                             = Not Requested");
                debug!("  RESULT = FALSE");
            }
            _ => {}
        }
    }
    any
}

fn is_schedulable(index: usize) -> bool {
    let Dispatcher { drivers, round, .. } = DISPATCHER.get();
    let driver = &drivers[index];
    if driver.placement.is_some() {
        // BEFORE and AFTER: comes with its neighbour.
        return false;
    }
    debug!("Evaluate DXE DEPEX for FFS({})", driver.file.name());
    let verdict = match driver.depex {
        Some(code) => depex::evaluate(code, Dialect::Dxe, |guid| hand::find(guid).is_some()),
        None => {
            let all = missing_architectural_protocols().count() == 0;
            let answer = if all { "TRUE" } else { "FALSE" };
            debug!("  All UEFI Services Available                     = {}", answer);
            debug!("  RESULT = {}", answer);
            depex::Verdict::Done(all)
        }
    };
    record::depex(driver.file.name(), DXE, *round, verdict);
    verdict.is_ready()
}

/// Schedules a driver, before it those that want to be BEFORE it, after it those AFTER it.
fn schedule_with_neighbours(index: usize) {
    let file = DISPATCHER.get().drivers[index].file.name();
    // At once, so that drivers that name each other don't go round in circles.
    DISPATCHER.get().drivers[index].state = State::Scheduled;
    schedule_neighbours(file, "BEFORE", |placement| match placement {
        Placement::Before(name) => Some(name),
        _ => None,
    });
    DISPATCHER.get().scheduled.push(index);
    schedule_neighbours(file, "AFTER", |placement| match placement {
        Placement::After(name) => Some(name),
        _ => None,
    });
}

/// Asks all drivers that wait for a neighbour; `named` gives the file that they name.
fn schedule_neighbours(file: Guid, word: &str, named: impl Fn(Placement) -> Option<Guid>) {
    for index in 0..DISPATCHER.get().drivers.len() {
        let driver = &DISPATCHER.get().drivers[index];
        let Some(neighbour) = driver.placement.and_then(&named) else { continue };
        if driver.state != State::Dependent {
            continue;
        }
        let (found, answer) = if neighbour == file { (true, "TRUE") } else { (false, "FALSE") };
        debug!("Evaluate DXE DEPEX for FFS({})", driver.file.name());
        debug!("  {} FFS({}) = {}", word, neighbour, answer);
        debug!("  END");
        debug!("  RESULT = {}", answer);
        record::depex(driver.file.name(), DXE, DISPATCHER.get().round, depex::Verdict::Done(found));
        if found {
            schedule_with_neighbours(index);
        }
    }
}

pub fn tell_not_dispatched() {
    for driver in &DISPATCHER.get().drivers {
        if matches!(driver.state, State::Dependent | State::Unrequested) {
            debug!("Driver {} was discovered but not loaded!!", driver.file.name());
        }
    }
}
