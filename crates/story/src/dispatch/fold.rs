//! From records to modules: who was found, asked, started, what he left behind, and who locked SMRAM.

use super::Listing;
use pi::depex::{Dialect, Evaluation as Evaluate};
use pi::record::layout::{Record, database, dispatcher, lock, phase};
use pi::record::{Located, layout};
use pi::{Guid, known};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// In the order in which the records first name them.
    pub modules: Vec<Module>,
    /// None: SMRAM was never locked.
    pub lock: Option<Locked>,
    /// The steps to it, constants of `pi::record::layout::lock`, with their times.
    pub steps: Vec<(u8, u64)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    pub file: Guid,
    pub found: Option<Found>,
    pub evaluations: Vec<Evaluation>,
    /// None: its entry point was never called.
    pub run: Option<Run>,
    /// Without the Loaded Image protocol, which the core installs for it.
    pub protocols: Vec<Produced>,
    pub handlers: Vec<Registered>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub time: u64,
    pub dispatcher: Dialect,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    pub time: u64,
    pub dispatcher: Dialect,
    /// From 1.
    pub round: u32,
    pub ready: bool,
    /// An a-priori file names the module: nothing was evaluated.
    pub apriori: bool,
    /// 0, or a `pi::depex::Failure`.
    pub failure: u8,
    /// Empty for an a-priori module and for BEFORE and AFTER, which no stack decides.
    pub steps: Vec<Step>,
}

/// One instruction of the expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub offset: usize,
    /// Of a PUSH: the protocol or PPI was installed.
    pub found: Option<bool>,
    /// Afterwards, the top last.
    pub stack: Vec<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// When its image lay in memory.
    pub time: u64,
    pub base: u64,
    pub size: u64,
    /// From 1, among all modules.
    pub nth: usize,
    pub returned: Option<Returned>,
}

/// The entry point has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    pub time: u64,
    pub status: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Produced {
    pub time: u64,
    pub guid: Guid,
    /// A constant of `pi::record::layout::database`.
    pub database: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    pub time: u64,
    pub kind: Guid,
    pub value: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    pub time: u64,
    /// Who asked for it by installing the DXE SMM Ready To Lock protocol.
    pub by: Option<Guid>,
}

impl Dispatch {
    #[must_use]
    pub fn fold(listing: &Listing, records: impl IntoIterator<Item = Located>) -> Self {
        let mut fold =
            Fold { listing, all: Dispatch::default(), running: Vec::new(), bds: None, installed: Vec::new() };
        records.into_iter().for_each(|located| fold.record(&located));
        fold.all
    }

    #[must_use]
    pub fn module(&self, file: &Guid) -> Option<&Module> {
        self.modules.iter().find(|module| module.file == *file)
    }

    /// Modules that ran, in their order.
    #[must_use]
    pub fn order(&self) -> Vec<&Module> {
        let mut order: Vec<_> = self.modules.iter().filter(|module| module.run.is_some()).collect();
        order.sort_by_key(|module| module.run.map(|run| run.nth));
        order
    }
}

impl Module {
    /// A dispatcher knew it, and never called it.
    #[must_use]
    pub fn never_loaded(&self) -> bool {
        self.found.is_some() && self.run.is_none()
    }

    /// The evaluation that let it run, or the last one.
    #[must_use]
    pub fn verdict(&self) -> Option<&Evaluation> {
        self.evaluations.iter().find(|evaluation| evaluation.ready).or(self.evaluations.last())
    }
}

const LOADED_IMAGE: Guid = known::named("gEfiLoadedImageProtocolGuid");
const READY_TO_LOCK: Guid = known::named("gEfiDxeSmmReadyToLockProtocolGuid");
const BDS: Guid = known::named("gEfiBdsArchProtocolGuid");

struct Fold<'a> {
    listing: &'a Listing,
    all: Dispatch,
    /// Modules whose entry point runs, the innermost last.
    running: Vec<Guid>,
    /// The module that is BDS, once its phase has begun.
    bds: Option<Guid>,
    installed: Vec<(Guid, u8)>,
}

impl Fold<'_> {
    fn module(&mut self, file: Guid) -> &mut Module {
        let modules = &mut self.all.modules;
        let nth = modules.iter().position(|module| module.file == file).unwrap_or_else(|| {
            modules.push(Module { file, ..Module::default() });
            modules.len() - 1
        });
        &mut modules[nth]
    }

    fn producer(&self, protocol: Guid) -> Option<Guid> {
        let does = |module: &&Module| module.protocols.iter().any(|produced| produced.guid == protocol);
        self.all.modules.iter().find(does).map(|module| module.file)
    }

    fn record(&mut self, located: &Located) {
        let time = located.time;
        match &located.record {
            Record::Discovered(found) => {
                let dispatcher = dialect(found.dispatcher);
                self.module(found.file).found = dispatcher.map(|dispatcher| Found { time, dispatcher });
            }
            Record::DepexEvaluated(evaluated) => self.evaluated(time, evaluated),
            Record::Loaded(loaded) => {
                let nth = self.all.order().len() + 1;
                let (base, size) = (loaded.base.get(), loaded.size.get());
                self.module(loaded.file).run.get_or_insert(Run { time, base, size, nth, returned: None });
                self.running.push(loaded.file);
            }
            Record::Dispatched(dispatched) => self.returned(time, dispatched),
            Record::ProtocolInstalled(installed) => {
                let (guid, database) = (installed.protocol, installed.database);
                self.installed.push((guid, database));
                if let Some(file) = self.running.last().copied().filter(|_| guid != LOADED_IMAGE) {
                    self.module(file).protocols.push(Produced { time, guid, database });
                }
            }
            Record::HandlerRegistered(handler) => {
                if let Some(file) = self.running.last().copied() {
                    self.module(file).handlers.push(Registered {
                        time,
                        kind: handler.kind,
                        value: handler.value.get(),
                    });
                }
            }
            // BDS works outside of any entry point.
            Record::Phase(now) if now.phase == phase::BDS => {
                self.bds = self.producer(BDS);
            }
            Record::ReadyToLock(step) => {
                self.all.steps.push((step.step, time));
                if step.step == lock::SMRAM_LOCKED {
                    let by = self.producer(READY_TO_LOCK).or(self.bds);
                    self.all.lock.get_or_insert(Locked { time, by });
                }
            }
            _ => {}
        }
    }

    fn returned(&mut self, time: u64, dispatched: &layout::Dispatched) {
        let (file, status) = (dispatched.file, dispatched.status.get());
        if let Some(at) = self.running.iter().rposition(|running| *running == file) {
            self.running.truncate(at);
        }
        let nth = self.all.order().len() + 1;
        // A module that couldn't be loaded has a status, too.
        let run = self.module(file).run.get_or_insert(Run { time, base: 0, size: 0, nth, returned: None });
        run.returned = Some(Returned { time, status });
    }

    fn evaluated(&mut self, time: u64, evaluated: &layout::DepexEvaluated) {
        let Some(dispatcher) = dialect(evaluated.dispatcher) else { return };
        let apriori = evaluated.apriori != 0;
        let steps = if apriori { Vec::new() } else { self.steps(&evaluated.file, dispatcher) };
        let (ready, failure, round) = (evaluated.result != 0, evaluated.failure, evaluated.round.get());
        let evaluation = Evaluation { time, dispatcher, round, ready, apriori, failure, steps };
        self.module(evaluated.file).evaluations.push(evaluation);
    }

    /// The expression run anew with what was installed at that moment, as the dispatcher did.
    fn steps(&self, file: &Guid, dispatcher: Dialect) -> Vec<Step> {
        let expression = self.listing.file(file).and_then(|file| file.depex.as_ref());
        let Some(code) = expression.filter(|expression| expression.dialect == dispatcher).map(|e| &e.code) else {
            return Vec::new();
        };
        if matches!(pi::depex::placement(code), Some(pi::depex::Placement::Before(_) | pi::depex::Placement::After(_)))
        {
            return Vec::new();
        }
        let seen = |from: &u8| match dispatcher {
            Dialect::Pei => *from == database::PPI,
            Dialect::Dxe => *from == database::UEFI,
            // SMM drivers may wait for UEFI's protocols, too.
            Dialect::Smm => *from != database::PPI,
        };
        let present = |guid: &Guid| self.installed.iter().any(|(other, from)| other == guid && seen(from));
        let steps = Evaluate::new(code, dispatcher, present);
        steps.map(|step| Step { offset: step.offset, found: step.found, stack: step.stack.iter().collect() }).collect()
    }
}

fn dialect(number: u8) -> Option<Dialect> {
    match number {
        dispatcher::PEI => Some(Dialect::Pei),
        dispatcher::DXE => Some(Dialect::Dxe),
        dispatcher::SMM => Some(Dialect::Smm),
        _ => None,
    }
}
