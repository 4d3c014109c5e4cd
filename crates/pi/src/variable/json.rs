//! Variables as JSON, in the format of virt-firmware and python-uefivars: version 2. `count` and
//! `pkidx` are ours, for what that format would lose.

use super::{Auth, Contents, NvError, Store, Variable};
use crate::Guid;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zerocopy::FromBytes;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonVariables {
    pub version: u32,
    pub variables: Vec<JsonVariable>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonVariable {
    pub name: String,
    pub guid: Guid,
    pub attr: u32,
    pub data: Hex,
    /// `EFI_TIME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Hex>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub count: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pkidx: u32,
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// Bytes, written in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl Hex {
    /// Two digits a byte. None: it isn't.
    #[must_use]
    pub fn parse(text: &str) -> Option<Hex> {
        let digit = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8);
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect::<Option<_>>()?;
        rest.is_empty().then_some(Hex(bytes))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|byte| alloc::format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hex, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hex::parse(&text).ok_or_else(|| de::Error::custom("bytes are written with two hexadecimal digits each"))
    }
}

impl JsonVariables {
    pub const VERSION: u32 = 2;

    /// The variables in force. Err: a name that isn't text.
    pub fn of(store: &Store<'_>) -> Result<JsonVariables, NvError> {
        let variables = store.live().map(|variable| JsonVariable::of(&variable)).collect::<Result<_, _>>()?;
        Ok(JsonVariables { version: Self::VERSION, variables })
    }
}

impl JsonVariable {
    fn of(variable: &Variable<'_>) -> Result<JsonVariable, NvError> {
        let Contents { attributes, auth, vendor, data, .. } = variable.contents;
        let name = variable.contents.text().map_err(|rule| NvError::new(variable.offset, rule))?;
        let time = (auth.time_stamp != Default::default()).then(|| Hex(auth.time().to_vec()));
        Ok(JsonVariable {
            name,
            guid: vendor,
            attr: attributes,
            data: Hex(data.to_vec()),
            time,
            count: auth.monotonic_count,
            pkidx: auth.public_key_index,
        })
    }

    /// The name as a store has it.
    #[must_use]
    pub fn stored_name(&self) -> Vec<u8> {
        super::edit::stored_name(&self.name)
    }

    /// As a store has it, under its stored name. None: `time` isn't 16 bytes.
    #[must_use]
    pub fn contents<'a>(&'a self, name: &'a [u8]) -> Option<Contents<'a>> {
        let time_stamp = match &self.time {
            Some(time) => FromBytes::read_from_bytes(&time.0).ok()?,
            None => Default::default(),
        };
        let auth = Auth { monotonic_count: self.count, time_stamp, public_key_index: self.pkidx };
        Some(Contents { attributes: self.attr, auth, vendor: self.guid, name, data: &self.data.0 })
    }
}
