//! Short names of file and section types, for people and for edits.

use crate::layout::ffs::kind as file;
use crate::layout::section::kind as section;
use core::fmt;
use core::str::FromStr;

const FILE_TYPES: [(u8, &str); 16] = [
    (file::RAW, "raw"),
    (file::FREEFORM, "freeform"),
    (file::SECURITY_CORE, "sec-core"),
    (file::PEI_CORE, "pei-core"),
    (file::DXE_CORE, "dxe-core"),
    (file::PEIM, "peim"),
    (file::DRIVER, "dxe-driver"),
    (file::COMBINED_PEIM_DRIVER, "peim-dxe-driver"),
    (file::APPLICATION, "application"),
    (file::SMM, "smm-driver"),
    (file::FIRMWARE_VOLUME_IMAGE, "volume-image"),
    (file::COMBINED_SMM_DXE, "smm-dxe-driver"),
    (file::SMM_CORE, "smm-core"),
    (file::MM_STANDALONE, "standalone-mm-driver"),
    (file::MM_CORE_STANDALONE, "standalone-mm-core"),
    (file::PAD, "pad"),
];

const SECTION_TYPES: [(u8, &str); 15] = [
    (section::COMPRESSION, "compression"),
    (section::GUID_DEFINED, "guid-defined"),
    (section::DISPOSABLE, "disposable"),
    (section::PE32, "pe32"),
    (section::PIC, "pic"),
    (section::TE, "te"),
    (section::DXE_DEPEX, "dxe-depex"),
    (section::VERSION, "version"),
    (section::USER_INTERFACE, "ui"),
    (section::COMPATIBILITY16, "compatibility16"),
    (section::FIRMWARE_VOLUME_IMAGE, "volume-image"),
    (section::FREEFORM_SUBTYPE_GUID, "freeform-guid"),
    (section::RAW, "raw"),
    (section::PEI_DEPEX, "pei-depex"),
    (section::SMM_DEPEX, "smm-depex"),
];

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $table:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub u8);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match $table.iter().find(|(code, _)| *code == self.0) {
                    Some((_, name)) => f.pad(name),
                    None => write!(f, "{:#04x}", self.0),
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownType;

            fn from_str(text: &str) -> Result<Self, UnknownType> {
                let named = $table.iter().find(|(_, name)| *name == text).map(|(code, _)| *code);
                let number = || text.strip_prefix("0x").and_then(|digits| u8::from_str_radix(digits, 16).ok());
                named.or_else(number).map($name).ok_or(UnknownType { names: Names(&$table) })
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <alloc::borrow::Cow<'_, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

code! {
    /// A file's type: `smm-driver`, or `0xc1` for one without a name.
    FileType, FILE_TYPES
}

code! {
    /// A section's type: `pe32`, or `0xc1` for one without a name.
    SectionType, SECTION_TYPES
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such type: use {names}, or a number as 0x0a")]
pub struct UnknownType {
    names: Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Names(&'static [(u8, &'static str)]);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (_, name)) in self.0.iter().enumerate() {
            f.write_str(if nth == 0 { "" } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}
