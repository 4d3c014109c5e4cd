//! Texts with values in them, printed small. core prints integers and strings in 3 kB, and each module is an
//! image of its own with its own copy; what stands here takes a tenth.

use core::fmt::{self, Display, Formatter, LowerHex, UpperHex, Write};
use core::num::NonZero;

/// What `{}` may stand for in `text!` and in what is made of it.
pub trait Show {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result;
}

/// What `{:X}` and `{:x}` may stand for, too.
pub trait Number: Copy {
    fn value(self) -> u64;
}

/// A value that `text!` prints.
#[repr(transparent)]
pub struct Arg<T: ?Sized>(T);

pub fn arg<T: ?Sized>(value: &T) -> &Arg<T> {
    // SAFETY: it has the same layout.
    unsafe { &*(&raw const *value as *const Arg<T>) }
}

/// `format_args!` of values that are `Show`. They stand behind the text: those that it names itself can't be
/// wrapped, so `concat!` refuses them.
#[macro_export]
macro_rules! text {
    ($text:literal $(, $value:expr)* $(,)?) => {
        ::core::format_args!(::core::concat!($text) $(, *$crate::text::arg(&$value))*)
    };
}

impl<T: Show + ?Sized> Display for Arg<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl<T: Number> UpperHex for Arg<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        digits(f, self.0.value(), SIXTEEN, b'A')
    }
}

impl<T: Number> LowerHex for Arg<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        digits(f, self.0.value(), SIXTEEN, b'a')
    }
}

const TEN: NonZero<u64> = NonZero::new(10).expect("not 0");
const SIXTEEN: NonZero<u64> = NonZero::new(16).expect("not 0");

/// `ten`: the digit of that value.
fn digits(f: &mut Formatter<'_>, mut value: u64, base: NonZero<u64>, ten: u8) -> fmt::Result {
    const MOST: usize = 20;
    let mut text = [if f.sign_aware_zero_pad() { b'0' } else { b' ' }; MOST];
    let mut length = f.width().unwrap_or(0);
    for (place, nth) in text.iter_mut().rev().zip(1..) {
        let digit = (value % base) as u8;
        *place = if digit < 10 { b'0' + digit } else { ten + digit - 10 };
        value /= base;
        if value == 0 {
            length = length.max(nth);
            break;
        }
    }
    let text = &text[MOST - length.min(MOST)..];
    // SAFETY: digits and spaces.
    f.write_str(unsafe { core::str::from_utf8_unchecked(text) })
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Number for $number {
            fn value(self) -> u64 {
                self as u64
            }
        }

        impl Show for $number {
            fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
                digits(f, self.value(), TEN, 0)
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 usize);

impl Show for str {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self)?;
        (self.len()..f.width().unwrap_or(0)).try_for_each(|_| f.write_str(" "))
    }
}

impl Show for char {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char(*self)
    }
}

/// The nth of texts that stand in one, a NUL behind each. In a table of references each has a pointer, a length
/// and a relocation, too.
pub struct Nth(pub &'static str, pub usize);

impl Show for Nth {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Ascii(self.0.as_bytes().split(|byte| *byte == 0).nth(self.1).unwrap_or_default()).show(f)
    }
}

/// A text that somebody else has written.
pub struct Ascii<'a>(pub &'a [u8]);

impl Show for Ascii<'_> {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| f.write_char(char::from(*letter)))
    }
}

impl Show for fmt::Arguments<'_> {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_fmt(*self)
    }
}

impl Show for crate::Guid {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl<T: Show + ?Sized> Show for &T {
    fn show(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (*self).show(f)
    }
}

impl<T: Number> Number for &T {
    fn value(self) -> u64 {
        (*self).value()
    }
}

#[cfg(test)]
mod tests {
    use crate::Guid;
    use alloc::string::ToString;

    /// Each specification that the firmware's texts use, beside core's own printing.
    #[test]
    fn values_look_as_core_prints_them() {
        for value in [0, 9, 10, 0x5a, 0xfff, 0xdead_beef, u64::MAX] {
            assert_eq!(text!("{}", value).to_string(), format_args!("{value}").to_string());
            assert_eq!(text!("{:x}{:X}", value, value).to_string(), format_args!("{value:x}{value:X}").to_string());
            let ours = text!("{:02X} {:03X} {:04x} {:011X} {:016x} {:4X}", value, value, value, value, value, value);
            let theirs = format_args!("{value:02X} {value:03X} {value:04x} {value:011X} {value:016x} {value:4X}");
            assert_eq!(ours.to_string(), theirs.to_string());
        }
        assert_eq!(text!("{:02x} {} {:X}", 7u8, 300u16, &8u32).to_string(), "07 300 8");
        assert_eq!(text!("{:4}|{:4}|{}{}", "CS", "RFLAGS", "", 'c').to_string(), "CS  |RFLAGS|c");
        let guid = Guid::new("8C8CE578-8A3D-4F1C-9935-896185C32DD3");
        assert_eq!(text!("<{}>{}", guid, text!("{}", 1u8)).to_string(), "<8C8CE578-8A3D-4F1C-9935-896185C32DD3>1");
    }
}
