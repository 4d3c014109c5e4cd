//! COM1, polled.

use base::arch::{halt, in8, out8, pause};
use core::fmt::{self, Write};

const DATA: u16 = 0x3f8;
const LCR: u16 = 0x3fb;
const LSR: u16 = 0x3fd;
const EIGHT_BITS: u8 = 3;
const DIVISOR: u8 = 1 << 7;
const RECEIVED: u8 = 1;
const MAY_SEND: u8 = 1 << 5;

/// 115200 baud, 8N1.
pub fn init() {
    out8(LCR, DIVISOR | EIGHT_BITS);
    out8(DATA, 1);
    out8(DATA + 1, 0);
    out8(LCR, EIGHT_BITS);
}

pub struct Console;

impl Write for Console {
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

pub fn read() -> u8 {
    while in8(LSR) & RECEIVED == 0 {
        // The tick wakes us.
        halt();
    }
    in8(DATA)
}

/// Use `say!` or `print!`.
pub fn print(text: fmt::Arguments) {
    // The port can't fail.
    let _ = Console.write_fmt(text);
}

#[macro_export]
macro_rules! print {
    ($($text:tt)*) => { $crate::console::print(base::text!($($text)*)) };
}

/// A line.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => {{
        $crate::console::print(base::text!($($text)*));
        $crate::console::print(base::text!("\r\n"));
    }};
}
