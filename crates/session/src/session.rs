//! One figure's machine and its history.

use crate::boot::boot;
use crate::recorder::{Events, Rows};
use board::{History, Stop};
use lab::{Felt, Firmware, chipset, cut, flash, memory, moment, say, touch};
use protocol::chipset::ChipsetView;
use protocol::{Cut, CutAt, Failure, FlashView, MOST_PEEKED, Memory, Moment, Opened, Recorded, Said, Touched};
use story::{Row, Start};
use trace::Input;

pub struct Session {
    history: History,
}

/// A tape begins with so many instructions of the OS at work, before the key comes.
const LEAD: u32 = 7;
/// All is quiet when nothing but computing has happened for so many instructions.
const QUIET: u32 = 64;
/// So many of them stay on the tape.
const TAIL: usize = 8;
/// No excursion is longer.
const LONGEST: u32 = 100_000;

impl Session {
    pub fn open(rom: Vec<u8>, progress: impl FnMut(u64)) -> Result<(Self, Opened), Failure> {
        let (history, opened) = boot(rom, progress)?;
        Ok((Session { history }, opened))
    }

    /// The machine of a booted image.
    pub fn of(firmware: Firmware) -> Self {
        Session { history: firmware.history }
    }

    /// A command for the OS's shell at `at`, where it waits for one. First a copy of the machine
    /// tells what will happen; then the part in which the hardware does something is recorded.
    pub fn say(&mut self, at: u64, text: &str) -> Said {
        self.history.seek(at);
        self.history.truncate();
        let heard = say(&mut self.history.machine().clone(), text);
        self.history.serial_input(heard.typed.as_bytes());
        let tape = heard.deeds.map(|(first, last)| {
            let tape = self.tape(first, last);
            self.and_events(tape, heard.chronicle.time)
        });
        self.history.run_until(heard.chronicle.time, &mut trace::Silent);
        Said { answer: heard.answer, chronicle: heard.chronicle, home: moment(self.history.machine()), tape }
    }

    /// Somebody touches the board, or time goes by. A copy of the machine goes ahead here, too.
    pub fn touch(&mut self, at: u64, input: Option<Input>, wait: u64) -> Touched {
        self.history.seek(at);
        self.history.truncate();
        let mut ahead = self.history.machine().clone();
        let Felt { from, rest, asked, taken, log, flash, deeds } = touch(&mut ahead, input, wait);
        let end = ahead.time();
        if let Some(input) = input {
            self.history.run_until(from, &mut trace::Silent);
            self.history.touch(input, &mut trace::Silent);
        }
        let tape = deeds.map(|(first, last)| {
            self.history.seek(first.saturating_sub(LEAD.into()).max(at));
            self.tape(first, last)
        });
        self.history.run_until(end, &mut trace::Silent);
        Touched { from, rest, asked, taken, log, flash, home: moment(self.history.machine()), tape }
    }

    /// A command, and a power cut while flash is at work for it.
    pub fn cut(&mut self, at: u64, command: Option<&(String, CutAt)>) -> Cut {
        self.history.seek(at);
        self.history.truncate();
        let (time, chronicle) = cut(&mut self.history, command);
        Cut { time, chronicle, home: moment(self.history.machine()) }
    }

    /// `None`: this board has no serial flash.
    pub fn flash(&mut self, time: u64) -> Option<FlashView> {
        self.history.seek(time);
        flash(self.history.machine())
    }

    pub fn inspect(&mut self, time: u64) -> ChipsetView {
        self.history.seek(time);
        chipset(self.history.machine())
    }

    pub fn peek(&mut self, time: u64, addr: u64, length: u32) -> Memory {
        self.history.seek(time);
        memory(self.history.machine(), addr, length.min(MOST_PEEKED) as usize)
    }

    /// Instruction by instruction from shortly before `first` to shortly after `last`.
    fn tape(&mut self, first: u64, last: u64) -> Recorded {
        self.history.run_until(first.saturating_sub(LEAD.into()), &mut trace::Silent);
        let start = self.start();
        let mut rows = Rows::default();
        let mut tail = 0;
        for _ in 0..LONGEST {
            if tail == TAIL || self.history.step(&mut rows) != Stop::Time {
                break;
            }
            tail += usize::from(self.history.machine().time() > last + 1);
        }
        Recorded { start, rows: rows.rows, end: self.history.machine().time() }
    }

    /// The same, and then what leaves the machine until `end`.
    fn and_events(&mut self, tape: Recorded, end: u64) -> Recorded {
        let mut events = Events(tape.rows);
        self.history.run_until(end, &mut events);
        Recorded { start: tape.start, rows: events.0, end: self.history.machine().time() }
    }

    fn start(&self) -> Start {
        let machine = self.history.machine();
        let here = moment(machine);
        Start { time: here.time, hash: here.hash, registers: here.registers, smi_count: machine.smi_count(0) }
    }

    pub fn seek(&mut self, time: u64) -> Moment {
        self.history.seek(time);
        moment(self.history.machine())
    }

    /// A new tape from `at`: the OS runs for a little while, then a byte arrives on COM1.
    pub fn record(&mut self, at: u64, byte: u8) -> (Start, Vec<Row>, u64) {
        self.history.seek(at);
        self.history.truncate();
        let start = self.start();
        let mut rows = Rows::default();
        for _ in 0..LEAD {
            self.history.step(&mut rows);
        }
        let end = self.type_and_settle(byte, rows);
        (start, end.0, end.1)
    }

    /// A byte arrives on COM1 at `at`; the future from there on replaces the one known.
    pub fn insert(&mut self, at: u64, byte: u8) -> (u64, Vec<Row>, u64) {
        self.history.seek(at);
        let from = self.history.machine().time();
        let (rows, end) = self.type_and_settle(byte, Rows::default());
        (from, rows, end)
    }

    fn type_and_settle(&mut self, byte: u8, mut rows: Rows) -> (Vec<Row>, u64) {
        self.history.serial_input(&[byte]);
        for _ in 0..LONGEST {
            if self.history.step(&mut rows) != Stop::Time {
                return (rows.rows, self.history.machine().time());
            }
            let machine = self.history.machine();
            let busy = machine.in_smm(0) || machine.smi_pending(0) || machine.serial_unread() > 0;
            if !busy && rows.quiet >= QUIET {
                break;
            }
        }
        rows.trim(TAIL);
        let end = rows.rows.last().map_or(0, |r| r.event.time + 1);
        (rows.rows, end)
    }
}
