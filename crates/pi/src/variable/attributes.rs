//! A variable's attributes as text: `nv,bs,rt`.

use crate::layout::variable::attribute;
use core::fmt;
use core::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attributes are nv, bs, rt, hwerr, auth, time-auth with commas between, or a number as 0x7")]
pub struct AttributesError;

const NAMES: [(&str, u32); 7] = [
    ("nv", attribute::NON_VOLATILE),
    ("bs", attribute::BOOTSERVICE_ACCESS),
    ("rt", attribute::RUNTIME_ACCESS),
    ("hwerr", attribute::HARDWARE_ERROR_RECORD),
    ("auth", attribute::AUTHENTICATED_WRITE_ACCESS),
    ("time-auth", attribute::TIME_BASED_AUTHENTICATED_WRITE_ACCESS),
    ("append", attribute::APPEND_WRITE),
];

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut comma = "";
        for (name, bit) in NAMES.iter().filter(|(_, bit)| self.0 & bit != 0) {
            write!(f, "{comma}{name}")?;
            (comma, rest) = (",", rest & !bit);
        }
        if rest != 0 || self.0 == 0 { write!(f, "{comma}{rest:#x}") } else { Ok(()) }
    }
}

impl FromStr for Attributes {
    type Err = AttributesError;

    /// Names and numbers, in any order.
    fn from_str(text: &str) -> Result<Attributes, AttributesError> {
        let bits = |word: &str| {
            let known = NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, bit)| *bit);
            let number = || match word.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => word.parse().ok(),
            };
            known.or_else(number)
        };
        let mut words = text.split(',').map(|word| bits(word.trim()).ok_or(AttributesError));
        words.try_fold(0, |sum, word| Ok(sum | word?)).map(Attributes)
    }
}

#[cfg(all(test, feature = "alloc"))]
#[allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn text_and_number_are_the_same_attributes() {
        for (text, bits) in [("nv,bs", 3), ("nv,bs,rt,time-auth", 0x27), ("0x0", 0), ("nv,0x80", 0x81)] {
            assert_eq!(text.parse(), Ok(Attributes(bits)), "{text}");
            assert_eq!(Attributes(bits).to_string(), text);
        }
        assert_eq!("0x7".parse::<Attributes>().unwrap(), "BS, nv, RT".parse().unwrap());
        for text in ["", "nv,", "nv bs", "0x", "all"] {
            assert_eq!(text.parse::<Attributes>(), Err(AttributesError), "{text}");
        }
    }
}
