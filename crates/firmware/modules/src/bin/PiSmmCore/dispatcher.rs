//! The dispatcher of SMM drivers: EDK II's PiSmmCore/Dispatcher.c, in its order and with its words.

use crate::{hand, handlers, memory};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use base::hob::{self, List};
use base::log::P;
use base::names::Text;
use base::pages::PAGE;
use base::record::{self, dispatcher::SMM};
use base::smm::{DISPATCH_ERROR, DISPATCH_RESTART, DISPATCH_SUCCESS};
use base::{Global, Guid, Handle, Status, debug, depex, dxe, efi, pe, protocol, volume};
use core::ffi::c_void;
use core::ptr::null_mut;
use pi::depex::{Dialect, Placement, placement};
use pi::layout::{ffs, section};
use pi::view::File;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Dependent,
    Scheduled,
    Initialized,
}

struct Driver {
    file: File<'static>,
    depex: &'static [u8],
    placement: Option<Placement>,
    state: State,
    /// Where it was loaded to.
    base: Option<u64>,
}

struct Dispatcher {
    drivers: Vec<Driver>,
    scheduled: VecDeque<usize>,
    round: u32,
    discovered: bool,
    handle: Handle,
}

static DISPATCHER: Global<Dispatcher> = Global::new(Dispatcher {
    drivers: Vec::new(),
    scheduled: VecDeque::new(),
    round: 0,
    discovered: false,
    handle: null_mut(),
});

type Entry = extern "efiapi" fn(Handle, *mut efi::SystemTable) -> Status;

/// The IPL communicates after every round of the DXE dispatcher.
pub fn register() -> Result<(), Status> {
    base::check(handlers::register(on_dispatch, &protocol::DXE_DISPATCH_EVENT, &raw mut DISPATCHER.get().handle))
}

/// No more driver after SmmReadyToLock.
pub fn stop() {
    let _ = handlers::unregister(DISPATCHER.get().handle);
}

extern "efiapi" fn on_dispatch(_: Handle, _: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status {
    if !DISPATCHER.get().discovered {
        DISPATCHER.get().discovered = true;
        discover();
    }
    let answer = match run() {
        Ok(()) => DISPATCH_SUCCESS,
        Err(Status::NOT_READY) => DISPATCH_RESTART,
        Err(_) => DISPATCH_ERROR,
    };
    // SAFETY: the IPL's message of one byte; it is only sent before the lock.
    unsafe {
        if !buffer.is_null() && !size.is_null() && *size >= 1 {
            buffer.cast::<u8>().write(answer);
        }
    }
    Status::SUCCESS
}

fn discover() {
    let Some(hobs) = dxe::configuration_table(&protocol::HOB_LIST) else { return };
    for fv in List(hobs as u64).all::<hob::FirmwareVolume>(hob::FV) {
        let Some(volume) = volume::at(fv.base) else { continue };
        let first = DISPATCHER.get().drivers.len();
        let mut apriori = None;
        for file in volume::files(volume) {
            if matches!(file.kind(), ffs::kind::SMM | ffs::kind::COMBINED_SMM_DXE) {
                record::discovered(file.name(), file.kind(), SMM);
                let depex = volume::section(&file, section::kind::SMM_DEPEX).unwrap_or_default();
                let placement = placement(depex).filter(|placement| *placement != Placement::OnRequest);
                DISPATCHER.get().drivers.push(Driver { file, depex, placement, state: State::Dependent, base: None });
            } else if file.kind() == ffs::kind::FREEFORM && file.name() == ffs::APRIORI {
                apriori = volume::section(&file, section::kind::RAW);
            }
        }
        for name in apriori.unwrap_or_default().chunks_exact(16) {
            schedule_apriori(first, name);
        }
    }
}

fn schedule_apriori(first: usize, name: &[u8]) {
    let Dispatcher { drivers, scheduled, .. } = DISPATCHER.get();
    let found = (first..drivers.len()).find(|&index| drivers[index].file.name().0 == *name);
    if let Some(index) = found.filter(|&index| drivers[index].state == State::Dependent) {
        drivers[index].state = State::Scheduled;
        scheduled.push_back(index);
        debug!("Evaluate SMM DEPEX for FFS({})", drivers[index].file.name());
        debug!("  RESULT = TRUE (Apriori)");
        record::apriori(drivers[index].file.name(), SMM);
    }
}

/// Err(NOT_READY): a driver was started, and the CPU driver has come. The IPL closes SMRAM and calls
/// again by an SMI: so what the driver has asked of DXE is done before the next one starts.
fn run() -> Result<(), Status> {
    loop {
        while let Some(index) = DISPATCHER.get().scheduled.pop_front() {
            start(index);
            if crate::private().smm_entry_point_registered {
                return Err(Status::NOT_READY);
            }
        }
        if !schedule_ready() {
            return Ok(());
        }
    }
}

fn start(index: usize) {
    let driver = &mut DISPATCHER.get().drivers[index];
    driver.state = State::Initialized;
    let file = driver.file;
    let status = match load(&file) {
        Ok((base, entry)) => {
            DISPATCHER.get().drivers[index].base = Some(base);
            let status = entry(index as Handle, dxe::system_table());
            if status.is_error() {
                debug!("Error: SMM image at {} start failed: {}", P(base), Text(status));
            }
            status
        }
        Err(status) => {
            debug!("Error: SMM image of {} can't be loaded: {}", file.name(), Text(status));
            status
        }
    };
    record::dispatched(file.name(), status);
}

fn load(file: &File) -> Result<(u64, Entry), Status> {
    let image = pe::Image::parse(volume::section(file, section::kind::PE32).ok_or(Status::NOT_FOUND)?)?;
    let base = memory::allocate_image((image.size() as u64).div_ceil(PAGE))?;
    // SAFETY: just allocated.
    image.load(unsafe { core::slice::from_raw_parts_mut(base as *mut u8, image.size()) }, base)?;
    let entry = base + image.entry() as u64;
    debug!("Loading SMM driver at 0x{} EntryPoint=0x{} {}.efi", P(base), P(entry), volume::UiName(file));
    record::loaded(file.name(), base, image.size(), entry);
    // SAFETY: SMM drivers' entry points have this type.
    Ok((base, unsafe { core::mem::transmute::<u64, Entry>(entry) }))
}

fn schedule_ready() -> bool {
    DISPATCHER.get().round += 1;
    let mut any = false;
    for index in 0..DISPATCHER.get().drivers.len() {
        if DISPATCHER.get().drivers[index].state == State::Dependent && is_schedulable(index) {
            schedule_with_neighbours(index);
            any = true;
        }
    }
    any
}

/// SMM's own protocols count first, then UEFI's.
fn present(guid: &Guid) -> bool {
    hand::find(guid).is_some() || dxe::locate::<()>(guid).is_ok()
}

fn is_schedulable(index: usize) -> bool {
    let Dispatcher { drivers, round, .. } = DISPATCHER.get();
    let driver = &drivers[index];
    if driver.placement.is_some() {
        return false;
    }
    debug!("Evaluate SMM DEPEX for FFS({})", driver.file.name());
    let verdict = depex::evaluate(driver.depex, Dialect::Smm, present);
    record::depex(driver.file.name(), SMM, *round, verdict);
    verdict.is_ready()
}

fn schedule_with_neighbours(index: usize) {
    let file = DISPATCHER.get().drivers[index].file.name();
    // At once, so that drivers that name each other don't go round in circles.
    DISPATCHER.get().drivers[index].state = State::Scheduled;
    schedule_neighbours(file, "BEFORE", |placement| match placement {
        Placement::Before(name) => Some(name),
        _ => None,
    });
    DISPATCHER.get().scheduled.push_back(index);
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
        debug!("Evaluate SMM DEPEX for FFS({})", driver.file.name());
        debug!("  {} FFS({}) = {}", word, neighbour, answer);
        debug!("  END");
        debug!("  RESULT = {}", answer);
        record::depex(driver.file.name(), SMM, DISPATCHER.get().round, depex::Verdict::Done(found));
        if found {
            schedule_with_neighbours(index);
        }
    }
}

pub fn images() -> impl Iterator<Item = u64> {
    DISPATCHER.get().drivers.iter().filter_map(|driver| driver.base)
}

/// Also those whose DEPEX was true, but the lock came before their turn.
pub fn tell_not_dispatched() {
    for driver in &DISPATCHER.get().drivers {
        if driver.state != State::Initialized {
            debug!("SMM Driver {} was discovered but not loaded!!", driver.file.name());
        }
    }
}
