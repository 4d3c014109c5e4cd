//! The log: text on port 402h, as EDK II's DebugLib writes it, with its words. Only DEBUG has it.

use crate::arch::{out_bytes, out8};
use crate::text::Show;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU32, Ordering};

const PORT: u16 = 0x402;

pub struct Log;

impl Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        out_bytes(PORT, text.as_bytes());
        Ok(())
    }

    /// The log is ASCII.
    fn write_char(&mut self, letter: char) -> fmt::Result {
        out8(PORT, letter as u8);
        Ok(())
    }
}

/// EDK II's `DEBUG_ERROR` and `DEBUG_INFO`, as a module's word `PcdDebugPrintErrorLevel` has them.
pub const ERROR: u32 = 1 << 31;
pub const INFO: u32 = 1 << 6;
pub const ALL: u32 = ERROR | INFO;
/// This module's.
static LEVEL: AtomicU32 = AtomicU32::new(ALL);

/// What is of no level of these isn't printed.
pub fn set_level(level: u32) {
    LEVEL.store(level, Ordering::Relaxed);
}

fn is_wanted(level: u32) -> bool {
    LEVEL.load(Ordering::Relaxed) & level != 0
}

/// Use `info!`.
pub fn info(text: fmt::Arguments) {
    if is_wanted(INFO) {
        line(text);
    }
}

/// Use `error!`.
pub fn error(text: fmt::Arguments) {
    if is_wanted(ERROR) {
        line(text);
    }
}

/// Use `debug!`.
pub fn line(text: fmt::Arguments) {
    // Writing to the port can't fail.
    let _ = Log.write_fmt(text);
    let _ = Log.write_str("\n");
}

/// One line of the log. RELEASE compiles it away, with the text.
#[macro_export]
macro_rules! debug {
    ($($text:tt)*) => {
        if $crate::DEBUG {
            $crate::log::line($crate::text!($($text)*));
        }
    };
}

/// The same in a module that has a level, as some of SMM have.
#[macro_export]
macro_rules! info {
    ($($text:tt)*) => {
        if $crate::DEBUG {
            $crate::log::info($crate::text!($($text)*));
        }
    };
}

/// The same, of what went wrong.
#[macro_export]
macro_rules! error {
    ($($text:tt)*) => {
        if $crate::DEBUG {
            $crate::log::error($crate::text!($($text)*));
        }
    };
}

/// EDK II's `DebugAssert`: says where, and stops the processor for good.
pub fn assert_failed(file: &str, line: u32, text: &str) -> ! {
    crate::debug!("ASSERT {}({}): {}", file, line, text);
    crate::arch::stop()
}

/// In DEBUG what isn't so ends the boot.
#[macro_export]
macro_rules! debug_assert {
    ($condition:expr) => {
        $crate::debug_assert!($condition, ::core::stringify!($condition))
    };
    ($condition:expr, $text:expr) => {
        if $crate::DEBUG && !$condition {
            $crate::log::assert_failed(::core::file!(), ::core::line!(), $text);
        }
    };
}

/// A pointer as EDK II's `%11p` prints it.
pub struct P(pub u64);

impl Show for P {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(crate::text!("{:011X}", self.0))
    }
}
