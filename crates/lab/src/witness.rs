//! Writes down what leaves the machine, and what the hardware did.

use crate::look::{Shutter, shutter};
use protocol::{Asked, Chronicle, LogText, Outcome};
use trace::{Event, Kind, Level, Output, Sink, SmiSource};

/// So many requests are told.
const ASKED: usize = 16;
const SETUP_PROMPT: &[u8] = b"\nsetup> ";

const KEY_WANTED: &[u8] = b"Press DEL or ESC for Setup\r\n";

#[derive(Default)]
pub struct Witness {
    log: Vec<LogText>,
    line_ended: bool,
    post: Vec<(u64, u8)>,
    console: Vec<u8>,
    records: Vec<u8>,
    flash: Vec<Event>,
    asked: Vec<Asked>,
    shutdown: Option<String>,
    /// When something last happened, a timer's tick apart.
    pub last: u64,
    /// Times of the first and last thing that the hardware did beside input and output.
    pub deeds: Option<(u64, u64)>,
    pub shutters: Vec<Shutter>,
}

impl Sink for Witness {
    fn level(&self) -> Level {
        Level::Events
    }

    fn event(&mut self, event: Event) {
        let time = event.time;
        match &event.kind {
            // A tick at a prompt is no news.
            Kind::Interrupt { .. } | Kind::Halt | Kind::Wake { .. } => return,
            Kind::Output { to, byte } => self.output(time, *to, *byte),
            Kind::SerialInput { .. } => {}
            Kind::SmiRequest { source, sent } if *source == SmiSource::Apm && self.asked.len() < ASKED => {
                self.asked.push(Asked { time, source: *source, sent: *sent });
                self.did(time);
            }
            Kind::Shutdown { why } => self.shutdown = Some(why.clone()),
            _ => {
                self.did(time);
                self.shutters.extend(shutter(&event));
                if matches!(event.kind, Kind::Flash { .. } | Kind::FlashRefused { .. }) {
                    self.flash.push(event);
                }
            }
        }
        self.last = time;
    }
}

impl Witness {
    fn did(&mut self, time: u64) {
        self.deeds = Some((self.deeds.map_or(time, |(first, _)| first), time));
    }

    fn output(&mut self, time: u64, to: Output, byte: u8) {
        match to {
            Output::Serial => self.console.push(byte),
            Output::Debug402 => self.letter(time, byte),
            Output::Post => self.post.push((time, byte)),
            Output::FirmwareTrace => self.records.push(byte),
            Output::DebugE9 => {}
        }
    }

    /// The log is ASCII; what isn't is shown as Latin-1.
    fn letter(&mut self, time: u64, byte: u8) {
        if self.log.is_empty() || self.line_ended {
            self.log.push(LogText { time, text: String::new() });
        }
        self.line_ended = byte == b'\n';
        if let Some(line) = self.log.last_mut().filter(|_| !matches!(byte, b'\n' | b'\r')) {
            line.text.push(char::from(byte));
        }
    }

    /// The OS, or Setup, has asked for a command.
    pub fn prompted(&self) -> bool {
        self.console == b"> " || self.console.ends_with(b"\n> ") || self.console.ends_with(SETUP_PROMPT)
    }

    /// BDS waits for the key that brings Setup.
    pub fn waits_for_key(&self) -> bool {
        self.console.ends_with(KEY_WANTED)
    }

    pub fn console(&self) -> String {
        String::from_utf8_lossy(&self.console).into_owned()
    }

    pub fn shutdown(&mut self) -> String {
        self.shutdown.take().unwrap_or_default()
    }

    pub fn into_chronicle(self, outcome: Outcome, time: u64, instructions: u64) -> Chronicle {
        let console = self.console();
        let Witness { log, post, records, flash, asked, .. } = self;
        Chronicle { outcome, time, instructions, log, post, console, records, flash, asked }
    }
}
