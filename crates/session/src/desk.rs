//! Answers messages: finds the figure's session and lets it work.

use crate::Session;
use protocol::{Failure, FigureId, FromWorker, TapeKind, ToWorker};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Desk {
    sessions: BTreeMap<FigureId, Session>,
}

impl Desk {
    pub fn answer(&mut self, message: ToWorker, post: &mut dyn FnMut(FromWorker)) {
        match message {
            ToWorker::Open { figure, rom } => self.open(figure, rom, post),
            ToWorker::Type { figure, at, byte, tape } => {
                let answer = self.with(figure, |session| match tape {
                    TapeKind::Fresh => {
                        let (start, rows, end) = session.record(at, byte);
                        FromWorker::Tape { figure, start, rows, end }
                    }
                    TapeKind::Onward => {
                        let (from, rows, end) = session.insert(at, byte);
                        FromWorker::Rows { figure, from, rows, end }
                    }
                });
                post(answer);
            }
            ToWorker::Seek { figure, time } => post(self.with(figure, |session| {
                let moment = session.seek(time);
                FromWorker::At { figure, asked: time, moment }
            })),
            ToWorker::Close { figure } => _ = self.sessions.remove(&figure),
        }
    }

    fn with(&mut self, figure: FigureId, work: impl FnOnce(&mut Session) -> FromWorker) -> FromWorker {
        match self.sessions.get_mut(&figure) {
            Some(session) => work(session),
            None => FromWorker::Failed { figure, failure: Failure::Closed },
        }
    }

    fn open(&mut self, figure: FigureId, rom: Vec<u8>, post: &mut dyn FnMut(FromWorker)) {
        let opened = Session::open(rom, |time| post(FromWorker::Booting { figure, time }));
        post(match opened {
            Ok((session, opened)) => {
                self.sessions.insert(figure, session);
                FromWorker::Opened { figure, opened: Box::new(opened) }
            }
            Err(failure) => FromWorker::Failed { figure, failure },
        });
    }
}
