//! GUIDs as UEFI stores them: the first three fields little-endian (UEFI 2.10, Appendix A).

use core::fmt::{self, Write};
use core::str::FromStr;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// 16 bytes in the order of memory and flash. Printed in capitals, as EDK II's `%g` does.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(transparent)]
pub struct Guid(pub [u8; 16]);

/// Text order of the bytes: `33221100-5544-7766-8899-AABBCCDDEEFF`.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
/// A dash stands before these bytes of the text.
const DASHES: [usize; 4] = [4, 6, 8, 10];
const TEXT_LENGTH: usize = 36;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a GUID is written XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX in hexadecimal digits")]
pub struct GuidError;

impl Guid {
    pub const ZERO: Guid = Guid([0; 16]);
    /// The name of pad files.
    pub const ONES: Guid = Guid([0xff; 16]);

    /// A GUID known when the program is compiled; any other text stops the build.
    #[must_use]
    pub const fn new(text: &str) -> Guid {
        match Guid::parse(text.as_bytes()) {
            Some(guid) => guid,
            None => panic!("not a GUID"),
        }
    }

    const fn parse(text: &[u8]) -> Option<Guid> {
        if text.len() != TEXT_LENGTH {
            return None;
        }
        let mut bytes = [0; 16];
        let mut at = 0;
        let mut nth = 0;
        while nth < 16 {
            if nth == DASHES[0] || nth == DASHES[1] || nth == DASHES[2] || nth == DASHES[3] {
                if text[at] != b'-' {
                    return None;
                }
                at += 1;
            }
            let (Some(high), Some(low)) = (digit(text[at]), digit(text[at + 1])) else { return None };
            bytes[ORDER[nth]] = high << 4 | low;
            at += 2;
            nth += 1;
        }
        Some(Guid(bytes))
    }
}

const fn digit(character: u8) -> Option<u8> {
    Some(match character {
        b'0'..=b'9' => character - b'0',
        b'a'..=b'f' => character - b'a' + 10,
        b'A'..=b'F' => character - b'A' + 10,
        _ => return None,
    })
}

fn capital(digit: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(digit & 15)])
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, byte) in ORDER.iter().enumerate() {
            if DASHES.contains(&nth) {
                f.write_str("-")?;
            }
            f.write_char(capital(self.0[*byte] >> 4))?;
            f.write_char(capital(self.0[*byte] & 15))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Guid, GuidError> {
        Guid::parse(text.as_bytes()).ok_or(GuidError)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Guid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Guid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <alloc::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn the_first_three_fields_are_little_endian() {
        let guid = Guid::new("8C8CE578-8A3D-4F1C-9935-896185C32DD3");
        assert_eq!(guid.0[..8], [0x78, 0xe5, 0x8c, 0x8c, 0x3d, 0x8a, 0x1c, 0x4f]);
        assert_eq!(guid.0[8..], [0x99, 0x35, 0x89, 0x61, 0x85, 0xc3, 0x2d, 0xd3]);
    }

    #[test]
    fn text_reads_back_as_it_was_printed() {
        let guid = Guid(core::array::from_fn(|n| n as u8 * 17));
        assert_eq!(guid.to_string(), "33221100-5544-7766-8899-AABBCCDDEEFF");
        assert_eq!(guid.to_string().to_lowercase().parse(), Ok(guid));
    }

    #[test]
    fn other_text_is_no_guid() {
        for text in ["", "33221100-5544-7766-8899-AABBCCDDEEF", "33221100-5544-7766-8899+AABBCCDDEEFF", "é"] {
            assert_eq!(text.parse::<Guid>(), Err(GuidError), "{text}");
        }
        assert!("33221100-5544-7766-8899-AABBCCDDEEFG".parse::<Guid>().is_err());
    }
}
