//! The log: text on port 402h, as EDK II's DebugLib writes it, with its words. Only DEBUG has it.

use crate::arch::out_bytes;
use core::fmt::{self, Write};

const PORT: u16 = 0x402;

pub struct Log;

impl Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        out_bytes(PORT, text.as_bytes());
        Ok(())
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
            $crate::log::line(format_args!($($text)*));
        }
    };
}

/// `assert!`, in DEBUG.
#[macro_export]
macro_rules! debug_assert {
    ($($text:tt)*) => {
        if $crate::DEBUG {
            assert!($($text)*);
        }
    };
}

/// A pointer as EDK II's `%11p` prints it.
pub struct P(pub u64);

impl fmt::Display for P {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:011X}", self.0)
    }
}
