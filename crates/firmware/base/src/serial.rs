//! COM1 for people, polled: 115200 baud, 8N1. And a line that one types.

use crate::arch::{in8, out8, pause};
use crate::text;
use core::fmt::{self, Write};

const DATA: u16 = 0x3f8;
const LCR: u16 = 0x3fb;
const LSR: u16 = 0x3fd;
const EIGHT_BITS: u8 = 3;
const DIVISOR: u8 = 1 << 7;
const RECEIVED: u8 = 1;
const MAY_SEND: u8 = 1 << 5;

pub fn init() {
    out8(LCR, DIVISOR | EIGHT_BITS);
    out8(DATA, 1);
    out8(DATA + 1, 0);
    out8(LCR, EIGHT_BITS);
}

pub fn received() -> Option<u8> {
    (in8(LSR) & RECEIVED != 0).then(|| in8(DATA))
}

pub struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while in8(LSR) & MAY_SEND == 0 {
                pause();
            }
            out8(DATA, byte);
        }
        Ok(())
    }
}

pub fn print(text: fmt::Arguments) {
    // The port can't fail.
    let _ = Serial.write_fmt(text);
}

/// Use `say!`.
pub fn line(text: fmt::Arguments) {
    print(text);
    let _ = Serial.write_str("\r\n");
}

/// A line on COM1.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::serial::line($crate::text!($($text)*)) };
}

const LINE: usize = 128;

pub struct Line {
    bytes: [u8; LINE],
    length: usize,
}

impl Line {
    pub const fn new() -> Line {
        Line { bytes: [0; LINE], length: 0 }
    }

    /// What is too long is cut; what isn't ASCII isn't understood.
    pub fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.length) {
            *slot = if byte.is_ascii() { byte } else { b'?' };
            self.length += 1;
        }
    }

    pub fn text(&self) -> &str {
        // SAFETY: ASCII.
        unsafe { core::str::from_utf8_unchecked(&self.bytes[..self.length.min(LINE)]) }
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A key, echoed. True: the line is finished.
    pub fn key(&mut self, byte: u8) -> bool {
        match byte {
            b'\r' | b'\n' => {
                say!("");
                return true;
            }
            8 | 127 if self.length != 0 => {
                self.length -= 1;
                print(text!("\x08 \x08"));
            }
            b' '..=b'~' => {
                self.push(byte);
                print(text!("{}", char::from(byte)));
            }
            _ => {}
        }
        false
    }
}

impl Default for Line {
    fn default() -> Self {
        Line::new()
    }
}
