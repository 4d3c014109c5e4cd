//! Turns what the machine tells into rows, and watches for the moment when all is quiet again.

use story::Row;
use trace::{Event, Kind, Level, Sink};

#[derive(Default)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// Instructions since anything but computing happened.
    pub quiet: u32,
    /// One past the last row that was more than computing.
    pub news: usize,
}

impl Sink for Rows {
    fn level(&self) -> Level {
        Level::Instructions
    }

    fn event(&mut self, event: Event) {
        let mut text = None;
        if let Kind::Instruction { mode, rip, bytes, .. } = &event.kind {
            self.quiet += 1;
            text = Some(board::disassemble(*mode, *rip, bytes));
        }
        let level = event.kind.level();
        self.rows.push(Row { event, text });
        if level < Level::Instructions {
            self.quiet = 0;
            self.news = self.rows.len();
        }
    }
}

/// Goes on with a tape, without instructions.
pub struct Events(pub Vec<Row>);

impl Sink for Events {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        self.0.push(Row { event, text: None });
    }
}

impl Rows {
    /// Drops the tail in which nothing happens, but for a few instructions.
    pub fn trim(&mut self, instructions: usize) {
        let tail = self.rows[self.news..].iter().enumerate();
        let cut = tail.filter(|(_, r)| matches!(r.event.kind, Kind::Instruction { .. })).nth(instructions);
        if let Some((i, _)) = cut {
            self.rows.truncate(self.news + i);
        }
    }
}
