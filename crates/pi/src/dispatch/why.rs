//! One driver after the other: the first reason that holds.

use super::boot::Boot;
use super::driver::{Driver, drivers, idle_apriori};
use super::{Absent, Missing, Producer, Reason, cycle};
use crate::depex::{DepexError, DepexReason, Dialect, Verdict, validate};
use crate::image::{Image, Node};
use crate::layout::ffs::kind;
use crate::names::FileType;
use crate::record::Record;
use crate::{Guid, known};
use alloc::vec::Vec;

/// Why drivers of `image` aren't there after the boot that wrote `records`, in the order of the
/// image; then what a-priori lists name in vain. `healthy`: the records of a boot in which all is well.
#[must_use]
pub fn why_not(image: &Image, records: &[Record], healthy: &[Record]) -> Vec<Absent> {
    // The healthy boot may have had drivers that this image hasn't: all but cores and applications count.
    let others: Vec<Guid> = image.walk().iter().filter_map(never_returns).collect();
    let is_driver = |file: Guid| !others.contains(&file);
    let (boot, healthy) = (Boot::new(records, is_driver), Boot::new(healthy, is_driver));
    let wanted: Vec<Guid> =
        ARCHITECTURAL.into_iter().filter(|guid| healthy.producer(guid, Dialect::Dxe).is_some()).collect();
    let drivers = drivers(image, &wanted);
    let case = Case { drivers: &drivers, boot, healthy };
    let mut absent: Vec<Absent> = drivers.iter().filter_map(|driver| Some(driver.absent(case.why(driver)?))).collect();
    cycle::name_cycles(&mut absent);
    absent.extend(idle_apriori(image));
    absent
}

/// What a DXE driver without DEPEX waits for, as far as the platform has them: EDK II's DXE core.
const ARCHITECTURAL: [Guid; 13] = [
    known::named("gEfiSecurityArchProtocolGuid"),
    known::named("gEfiCpuArchProtocolGuid"),
    known::named("gEfiMetronomeArchProtocolGuid"),
    known::named("gEfiTimerArchProtocolGuid"),
    known::named("gEfiBdsArchProtocolGuid"),
    known::named("gEfiWatchdogTimerArchProtocolGuid"),
    known::named("gEfiRuntimeArchProtocolGuid"),
    known::named("gEfiVariableArchProtocolGuid"),
    known::named("gEfiVariableWriteArchProtocolGuid"),
    known::named("gEfiCapsuleArchProtocolGuid"),
    known::named("gEfiMonotonicCounterArchProtocolGuid"),
    known::named("gEfiResetArchProtocolGuid"),
    known::named("gEfiRealTimeClockArchProtocolGuid"),
];

fn never_returns(visit: &crate::image::Visit<'_>) -> Option<Guid> {
    let Node::File(file) = visit.node else { return None };
    let kind = file.header.kind;
    matches!(kind, kind::SECURITY_CORE | kind::PEI_CORE | kind::DXE_CORE | kind::APPLICATION)
        .then_some(file.header.name)
}

struct Case<'a> {
    drivers: &'a [Driver],
    boot: Boot<'a>,
    healthy: Boot<'a>,
}

/// The top bit of a status marks an error.
fn is_error(status: u64) -> bool {
    status >> 63 == 1
}

impl Case<'_> {
    /// None: it is there.
    fn why(&self, driver: &Driver) -> Option<Reason> {
        let (boot, file) = (&self.boot, driver.guid);
        let status = boot.status(file);
        if status.is_some_and(|status| !is_error(status)) {
            return None;
        }
        if let Some(depex) = driver.misplaced {
            return Some(Reason::WrongType { kind: FileType(driver.kind), depex, status });
        }
        let dialect = driver.dispatcher?;
        let look = boot.last_look(file, dialect);
        Some(match status {
            Some(status) => {
                let apriori = boot.apriori(file);
                let missing = if apriori { self.missing(driver, dialect, look) } else { Vec::new() };
                Reason::Failed { status, apriori, missing }
            }
            None if boot.loaded(file) => Reason::NeverReturned,
            None => self.not_loaded(driver, dialect, look),
        })
    }

    fn not_loaded(&self, driver: &Driver, dialect: Dialect, look: usize) -> Reason {
        let boot = &self.boot;
        if !boot.discovered(driver.guid, dialect) {
            return Reason::NeverDiscovered;
        }
        if driver.is_on_request() && !boot.evaluated(driver.guid) {
            return Reason::NotRequested;
        }
        if let Some(neighbour) = driver.neighbour() {
            return self.no_neighbour(neighbour, dialect);
        }
        let at = |before| driver.verdict(|guid| boot.has(guid, dialect, before));
        if let Verdict::Failed(_) = at(look) {
            return Reason::Malformed { error: malformed(driver, dialect) };
        }
        if let Some(by) = boot.stalled_by().filter(|by| self.stalls(*by, dialect)) {
            return Reason::Stalled { by };
        }
        if !at(boot.end()).is_ready() {
            return Reason::DepexFalse { missing: self.missing(driver, dialect, boot.end()) };
        }
        let late = driver.pushed().into_iter().filter(|guid| !boot.has(guid, dialect, look)).collect();
        match boot.locked_by() {
            Some(locked_by) if dialect == Dialect::Smm => Reason::BehindLock { late, locked_by },
            _ => Reason::AfterDispatch { late },
        }
    }

    /// A DXE driver that hangs stops the SMM dispatcher, too, but PEI is over.
    fn stalls(&self, by: Guid, dialect: Dialect) -> bool {
        let pei = self.drivers.iter().any(|driver| driver.guid == by && driver.dispatcher == Some(Dialect::Pei));
        pei || dialect != Dialect::Pei
    }

    fn no_neighbour(&self, file: Guid, dialect: Dialect) -> Reason {
        let there = self.drivers.iter().any(|other| other.guid == file && other.dispatcher == Some(dialect));
        if there { Reason::NeighbourAbsent { file } } else { Reason::NoNeighbour { file } }
    }

    fn missing(&self, driver: &Driver, dialect: Dialect, before: usize) -> Vec<Missing> {
        let missing = driver.pushed().into_iter().filter(|guid| !self.boot.has(guid, dialect, before));
        missing.map(|guid| Missing { guid, producer: self.producer(&guid, dialect) }).collect()
    }

    fn producer(&self, guid: &Guid, dialect: Dialect) -> Producer {
        match self.healthy.producer(guid, dialect).or_else(|| self.boot.producer(guid, dialect)) {
            None => Producer::Nobody,
            Some(Producer::File(file)) if !self.drivers.iter().any(|driver| driver.guid == file) => {
                Producer::Dropped(file)
            }
            Some(producer) => producer,
        }
    }
}

/// An expression that fails in the dispatcher breaks a rule.
fn malformed(driver: &Driver, dialect: Dialect) -> DepexError {
    let code = driver.depex.as_deref().unwrap_or_default();
    let otherwise = DepexError { offset: code.len(), opcode: None, reason: DepexReason::NoEnd };
    validate(code, dialect).err().unwrap_or(otherwise)
}
