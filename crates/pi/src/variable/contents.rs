//! What a variable consists of, apart from its place and its state.

use super::NvRule;
use crate::Guid;
use crate::layout::variable::{
    AUTHENTICATED, AuthVariableHeader, HEADER_ALIGNMENT, PLAIN, START_ID, Time, VariableHeader, attribute,
};
use zerocopy::{FromBytes, IntoBytes};

/// Which of the two headers the variables of a store have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Format {
    Plain,
    Authenticated,
}

impl Format {
    #[must_use]
    pub const fn signature(self) -> Guid {
        match self {
            Format::Plain => PLAIN,
            Format::Authenticated => AUTHENTICATED,
        }
    }

    #[must_use]
    pub fn of(signature: Guid) -> Option<Format> {
        [Format::Plain, Format::Authenticated].into_iter().find(|format| format.signature() == signature)
    }

    #[must_use]
    pub const fn header_size(self) -> usize {
        match self {
            Format::Plain => size_of::<VariableHeader>(),
            Format::Authenticated => size_of::<AuthVariableHeader>(),
        }
    }

    /// From a header to the end of its data.
    #[must_use]
    pub fn size(self, contents: &Contents<'_>) -> usize {
        self.header_size().saturating_add(contents.name.len()).saturating_add(contents.data.len())
    }

    /// From a header to the next one's place.
    #[must_use]
    pub fn step(self, contents: &Contents<'_>) -> usize {
        self.size(contents).checked_next_multiple_of(HEADER_ALIGNMENT).unwrap_or(usize::MAX)
    }
}

/// Fields of an authenticated header; zeros in a plain store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Auth {
    pub monotonic_count: u64,
    pub time_stamp: Time,
    pub public_key_index: u32,
}

impl Auth {
    /// The time stamp as flash has it.
    #[must_use]
    pub fn time(&self) -> [u8; 16] {
        zerocopy::transmute!(self.time_stamp)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents<'a> {
    pub attributes: u32,
    pub auth: Auth,
    pub vendor: Guid,
    /// UTF-16, little-endian, with the NUL.
    pub name: &'a [u8],
    pub data: &'a [u8],
}

/// A header of either format, with its state.
pub(super) struct Header {
    pub state: u8,
    pub attributes: u32,
    pub auth: Auth,
    pub name_size: u32,
    pub data_size: u32,
    pub vendor: Guid,
}

impl Header {
    pub fn read(bytes: &[u8], format: Format) -> Option<Header> {
        Some(match format {
            Format::Plain => {
                let (header, _) = VariableHeader::ref_from_prefix(bytes).ok()?;
                Header {
                    state: header.state,
                    attributes: header.attributes.get(),
                    auth: Auth::default(),
                    name_size: header.name_size.get(),
                    data_size: header.data_size.get(),
                    vendor: header.vendor,
                }
            }
            Format::Authenticated => {
                let (header, _) = AuthVariableHeader::ref_from_prefix(bytes).ok()?;
                let auth = Auth {
                    monotonic_count: header.monotonic_count.get(),
                    time_stamp: header.time_stamp,
                    public_key_index: header.public_key_index.get(),
                };
                Header {
                    state: header.state,
                    attributes: header.attributes.get(),
                    auth,
                    name_size: header.name_size.get(),
                    data_size: header.data_size.get(),
                    vendor: header.vendor,
                }
            }
        })
    }
}

impl Contents<'_> {
    /// Hands `write` the header, its state erased: it is programmed afterwards.
    pub(super) fn with_header<T>(&self, format: Format, write: impl FnOnce(&[u8]) -> T) -> T {
        let (start_id, state, attributes) = (START_ID.into(), 0xff, self.attributes.into());
        let (name_size, data_size) = ((self.name.len() as u32).into(), (self.data.len() as u32).into());
        match format {
            Format::Plain => {
                let vendor = self.vendor;
                write(
                    VariableHeader { start_id, state, reserved: 0, attributes, name_size, data_size, vendor }
                        .as_bytes(),
                )
            }
            Format::Authenticated => write(
                AuthVariableHeader {
                    start_id,
                    state,
                    reserved: 0,
                    attributes,
                    monotonic_count: self.auth.monotonic_count.into(),
                    time_stamp: self.auth.time_stamp,
                    public_key_index: self.auth.public_key_index.into(),
                    name_size,
                    data_size,
                    vendor: self.vendor,
                }
                .as_bytes(),
            ),
        }
    }

    /// The name's characters without the NUL.
    pub fn units(&self) -> impl Iterator<Item = u16> + Clone {
        let text = self.name.strip_suffix(&[0, 0]).unwrap_or(self.name);
        text.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
    }

    /// The name as text. Err: it isn't UTF-16 with the NUL only at its end.
    #[cfg(feature = "alloc")]
    pub fn text(&self) -> Result<alloc::string::String, NvRule> {
        self.check_name()?;
        char::decode_utf16(self.units()).collect::<Result<_, _>>().map_err(|_| NvRule::Name)
    }

    /// UCS-2 with the NUL at its end and nowhere else.
    pub(super) fn check_name(&self) -> Result<(), NvRule> {
        let ends = self.name.len().is_multiple_of(2) && self.name.len() > 2 && self.name.ends_with(&[0, 0]);
        if ends && self.units().all(|unit| unit != 0) { Ok(()) } else { Err(NvRule::Name) }
    }

    /// May it be stored in a store of this format?
    pub fn check(&self, format: Format) -> Result<(), NvRule> {
        const NEEDED: u32 = attribute::NON_VOLATILE | attribute::BOOTSERVICE_ACCESS;
        const AUTH: u32 = attribute::AUTHENTICATED_WRITE_ACCESS | attribute::TIME_BASED_AUTHENTICATED_WRITE_ACCESS;
        const KNOWN: u32 = NEEDED | attribute::RUNTIME_ACCESS | attribute::HARDWARE_ERROR_RECORD | AUTH;
        let found = self.attributes;
        self.check_name()?;
        Err(if self.data.is_empty() {
            NvRule::NoData
        } else if found & NEEDED != NEEDED || found & !KNOWN != 0 || found & AUTH == AUTH {
            NvRule::Attributes { found }
        } else if format == Format::Plain && (found & AUTH != 0 || self.auth != Auth::default()) {
            NvRule::NotAuthenticated { found }
        } else {
            return Ok(());
        })
    }
}
