//! Answers messages: finds the figure's session and lets it work.

use crate::Session;
use lab::{BenchWith, Boot, ImageTools, Linked, moment, probe, prove};
use protocol::{Booted, Failure, FigureId, FromWorker, TapeKind, ToWorker, Verdict};
use std::collections::BTreeMap;

/// With the image tools that are linked in.
pub type Desk = DeskWith<Linked>;

#[derive(Default)]
pub struct DeskWith<T> {
    sessions: BTreeMap<FigureId, Session>,
    bench: BenchWith<T>,
}

impl<T: ImageTools> DeskWith<T> {
    pub fn answer(&mut self, message: ToWorker, post: &mut dyn FnMut(FromWorker)) {
        match message {
            ToWorker::Open { figure, rom } => self.open(figure, rom, post),
            ToWorker::Boot { figure, image, edits, around } => {
                let mut progress = |time| post(FromWorker::Booting { figure, time });
                let edits = self.bench.parse(&edits);
                let booted = edits.and_then(|edits| self.bench.boot_in(&image, &edits, &around, &mut progress));
                post(or_failed(figure, booted, |boot| {
                    let booted = Box::new(told(&boot));
                    self.sessions.insert(figure, Session::of(boot.firmware));
                    FromWorker::Booted { figure, booted }
                }));
            }
            ToWorker::Healthy { figure, image } => {
                let healthy = self.bench.healthy(&image, &mut |time| post(FromWorker::Booting { figure, time }));
                post(or_failed(figure, healthy, |firmware| {
                    let chronicle = Box::new(firmware.chronicle.clone());
                    FromWorker::Healthy { figure, chronicle }
                }));
            }
            ToWorker::Probe { figure, image, edits, ask } => {
                let mut progress = |time| post(FromWorker::Booting { figure, time });
                let boot = self.bench.parse(&edits).and_then(|edits| self.bench.boot(&image, &edits, &mut progress));
                post(or_failed(figure, boot, |boot| FromWorker::Probed { figure, answer: probe(&ask, &boot) }));
            }
            ToWorker::Grade { figure, exercise, edits } => {
                let mut progress = |time| post(FromWorker::Booting { figure, time });
                let verdict = self.grade(&exercise, &edits, &mut progress);
                post(or_failed(figure, verdict, |verdict| FromWorker::Graded { figure, verdict: Box::new(verdict) }));
            }
            ToWorker::Type { figure, at, byte, tape } => post(self.with(figure, |session| match tape {
                TapeKind::Fresh => {
                    let (start, rows, end) = session.record(at, byte);
                    FromWorker::Tape { figure, start, rows, end }
                }
                TapeKind::Onward => {
                    let (from, rows, end) = session.insert(at, byte);
                    FromWorker::Rows { figure, from, rows, end }
                }
            })),
            ToWorker::Say { figure, at, text } => post(self.with(figure, |session| {
                let said = Box::new(session.say(at, &text));
                FromWorker::Said { figure, said }
            })),
            ToWorker::Seek { figure, time } => post(self.with(figure, |session| {
                let moment = session.seek(time);
                FromWorker::At { figure, asked: time, moment }
            })),
            ToWorker::Touch { figure, at, input, wait } => post(self.with(figure, |session| {
                let touched = Box::new(session.touch(at, input, wait));
                FromWorker::Touched { figure, touched }
            })),
            ToWorker::Inspect { figure, time } => post(self.with(figure, |session| {
                let chipset = Box::new(session.inspect(time));
                FromWorker::Inspected { figure, chipset }
            })),
            ToWorker::Flash { figure, time } => post(self.with(figure, |session| match session.flash(time) {
                Some(flash) => FromWorker::Flash { figure, flash: Box::new(flash) },
                None => FromWorker::Failed { figure, failure: Failure::Closed },
            })),
            ToWorker::Peek { figure, time, addr, length } => post(self.with(figure, |session| {
                let memory = Box::new(session.peek(time, addr, length));
                FromWorker::Peeked { figure, memory }
            })),
            ToWorker::Cut { figure, at, command } => post(self.with(figure, |session| {
                let cut = Box::new(session.cut(at, command.as_ref()));
                FromWorker::Cut { figure, cut }
            })),
            ToWorker::List { figure, image, edits } => {
                let listing = self.bench.parse(&edits).and_then(|edits| self.bench.list(&image, &edits));
                post(or_failed(figure, listing, |listing| FromWorker::Listed { figure, listing: Box::new(listing) }));
            }
            ToWorker::Export { figure, image, edits } => {
                let bytes = self.bench.parse(&edits).and_then(|edits| self.bench.edited(&image, &edits));
                post(or_failed(figure, bytes, |bytes| FromWorker::Exported { figure, bytes }));
            }
            ToWorker::Hold { image, bytes } => self.bench.hold(&image, bytes),
            ToWorker::Close { figure } => _ = self.sessions.remove(&figure),
        }
    }

    fn with(&mut self, figure: FigureId, work: impl FnOnce(&mut Session) -> FromWorker) -> FromWorker {
        match self.sessions.get_mut(&figure) {
            Some(session) => work(session),
            None => FromWorker::Failed { figure, failure: Failure::Closed },
        }
    }

    fn grade(&mut self, exercise: &str, edits: &str, progress: &mut dyn FnMut(u64)) -> Result<Verdict, Failure> {
        let case = self.bench.case(exercise, edits)?;
        prove(&case, &mut self.bench, progress)
    }

    fn open(&mut self, figure: FigureId, rom: Vec<u8>, post: &mut dyn FnMut(FromWorker)) {
        let opened = Session::open(rom, |time| post(FromWorker::Booting { figure, time }));
        post(or_failed(figure, opened, |(session, opened)| {
            self.sessions.insert(figure, session);
            FromWorker::Opened { figure, opened: Box::new(opened) }
        }));
    }
}

fn or_failed<T>(figure: FigureId, result: Result<T, Failure>, done: impl FnOnce(T) -> FromWorker) -> FromWorker {
    result.map_or_else(|failure| FromWorker::Failed { figure, failure }, done)
}

fn told(boot: &Boot) -> Booted {
    let Boot { firmware, listing, absent } = boot;
    Booted {
        listing: listing.clone(),
        absent: absent.clone(),
        chronicle: firmware.chronicle.clone(),
        home: moment(firmware.history.machine()),
        ram_mib: firmware.ram_mib,
        cpus: firmware.cpus,
        smram: firmware.smram.clone(),
    }
}
