//! What the records of a boot say about its drivers.

use super::Producer;
use crate::Guid;
use crate::depex::Dialect;
use crate::known;
use crate::record::Record;
use crate::record::layout::{database, dispatcher, lock, phase};
use alloc::vec::Vec;

/// A protocol's installation, and where in the records it stands.
struct Install {
    at: usize,
    guid: Guid,
    database: u8,
    by: Option<Guid>,
}

pub struct Boot<'a> {
    records: &'a [Record],
    installs: Vec<Install>,
    /// Entry points that haven't returned, the innermost last; cores too.
    running: Vec<Guid>,
    lock: Option<Lock>,
}

/// The first step of ready-to-lock.
struct Lock {
    at: usize,
    by: Option<Guid>,
}

impl<'a> Boot<'a> {
    /// `is_driver`: the file's entry point is one that returns.
    pub fn new(records: &'a [Record], is_driver: impl Fn(Guid) -> bool) -> Boot<'a> {
        let mut boot = Boot { records, installs: Vec::new(), running: Vec::new(), lock: None };
        let mut bds = false;
        for (at, record) in records.iter().enumerate() {
            match record {
                Record::Loaded(loaded) if is_driver(loaded.file) => boot.running.push(loaded.file),
                Record::Dispatched(done) => {
                    let inner = boot.running.iter().rposition(|file| *file == done.file);
                    boot.running.truncate(inner.unwrap_or(boot.running.len()));
                }
                Record::Phase(now) => bds |= now.phase == phase::BDS,
                Record::ProtocolInstalled(new) => boot.installs.push(Install {
                    at,
                    guid: new.protocol,
                    database: new.database,
                    by: boot.running.last().copied(),
                }),
                Record::ReadyToLock(step) if step.step != lock::END_OF_DXE && boot.lock.is_none() => {
                    let asked = boot.installer(known::named("gEfiDxeSmmReadyToLockProtocolGuid"));
                    let by = asked.or_else(|| boot.installer(known::named("gEfiBdsArchProtocolGuid")).filter(|_| bds));
                    boot.lock = Some(Lock { at, by });
                }
                _ => {}
            }
        }
        boot
    }

    fn installer(&self, protocol: Guid) -> Option<Guid> {
        self.installs.iter().find(|install| install.guid == protocol)?.by
    }

    /// The driver that asked for the lock; None: there was no lock.
    pub fn locked_by(&self) -> Option<Option<Guid>> {
        self.lock.as_ref().map(|lock| lock.by)
    }

    /// Its installations, where this dispatcher looks.
    fn installs_of(&self, guid: &Guid, dialect: Dialect) -> impl Iterator<Item = &Install> {
        let visible = move |base: u8| match dialect {
            Dialect::Pei => base == database::PPI,
            Dialect::Dxe => base == database::UEFI,
            // The SMM core asks boot services, too.
            Dialect::Smm => base != database::PPI,
        };
        self.installs.iter().filter(move |new| new.guid == *guid && visible(new.database))
    }

    /// Was it installed before the record `before`?
    pub fn has(&self, guid: &Guid, dialect: Dialect, before: usize) -> bool {
        self.installs_of(guid, dialect).any(|new| new.at < before)
    }

    pub fn end(&self) -> usize {
        self.records.len()
    }

    /// The record up to which the driver could have become ready.
    pub fn last_look(&self, file: Guid, dialect: Dialect) -> usize {
        let of = |record: &Record| matches!(record, Record::DepexEvaluated(seen) if seen.file == file);
        let lock = self.lock.as_ref().filter(|_| dialect == Dialect::Smm).map(|lock| lock.at);
        self.records.iter().rposition(of).or(lock).unwrap_or(self.records.len())
    }

    pub fn producer(&self, guid: &Guid, dialect: Dialect) -> Option<Producer> {
        let by = self.installs_of(guid, dialect).next()?.by;
        Some(by.map_or(Producer::Core, Producer::File))
    }

    /// It was found by the dispatcher, or in PEI, where nothing is recorded then, looked at.
    pub fn discovered(&self, file: Guid, dialect: Dialect) -> bool {
        let number = match dialect {
            Dialect::Pei => dispatcher::PEI,
            Dialect::Dxe => dispatcher::DXE,
            Dialect::Smm => dispatcher::SMM,
        };
        self.records.iter().any(|record| match record {
            Record::Discovered(found) => found.file == file && found.dispatcher == number,
            Record::DepexEvaluated(seen) => seen.file == file && seen.dispatcher == number,
            _ => false,
        })
    }

    /// Its DEPEX was looked at.
    pub fn evaluated(&self, file: Guid) -> bool {
        self.records.iter().any(|record| matches!(record, Record::DepexEvaluated(seen) if seen.file == file))
    }

    pub fn apriori(&self, file: Guid) -> bool {
        let of = |record: &Record| matches!(record, Record::DepexEvaluated(e) if e.file == file && e.apriori == 1);
        self.records.iter().any(of)
    }

    pub fn loaded(&self, file: Guid) -> bool {
        self.records.iter().any(|record| matches!(record, Record::Loaded(loaded) if loaded.file == file))
    }

    /// What its entry point returned.
    pub fn status(&self, file: Guid) -> Option<u64> {
        self.records.iter().rev().find_map(|record| match record {
            Record::Dispatched(done) if done.file == file => Some(done.status.get()),
            _ => None,
        })
    }

    /// The driver whose entry point never returned.
    pub fn stalled_by(&self) -> Option<Guid> {
        self.running.last().copied()
    }
}
