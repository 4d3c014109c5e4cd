//! A message to SMM, and what the machine tells of its way.

use pi::Guid;
use pi::edit::Edit;
use pi::record::layout::Record;
use pi::record::read;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Somebody outside SMM sends a message, with faults or without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub id: String,
    /// Of the catalogue, by their ids.
    #[serde(default)]
    pub faults: Vec<String>,
    /// Theirs; authors don't write them.
    #[serde(default, rename = "edit")]
    pub edits: Vec<Edit>,
    /// The OS's command that sends it.
    pub say: String,
    /// What Communicate() answers, by the name of the specification.
    pub status: String,
    /// Does SMM write over SMRAM for it?
    #[serde(default)]
    pub overwrites: bool,
}

/// `EFI_MM_COMMUNICATE_HEADER` (PI 1.8, volume 4, 5.7): a GUID and the length of the data behind it.
pub const HEADER: u64 = 24;

/// The message as the SMM core found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// `None`: the core refused it unread.
    pub handler: Option<Guid>,
    pub buffer: u64,
    /// With its header.
    pub size: u64,
    pub status: u64,
}

impl Letter {
    /// The last one that the firmware's records tell of.
    #[must_use]
    pub fn last(records: &[u8]) -> Option<Letter> {
        let letters = read(records).filter_map(Result::ok).filter_map(|located| match located.record {
            Record::Communicate(sent) => Some(Letter {
                handler: Some(sent.handler).filter(|guid| guid.0 != [0; 16]),
                buffer: sent.buffer.get(),
                size: sent.size.get(),
                status: sent.status.get(),
            }),
            _ => None,
        });
        letters.last()
    }

    #[must_use]
    pub fn header(&self) -> Range<u64> {
        self.buffer..self.buffer.saturating_add(self.size.min(HEADER))
    }

    #[must_use]
    pub fn data(&self) -> Range<u64> {
        self.header().end..self.buffer.saturating_add(self.size)
    }

    /// What of it lies in TSEG, given as base and size.
    #[must_use]
    pub fn in_smram(&self, tseg: Option<(u64, u64)>) -> Range<u64> {
        overlap(&(self.buffer..self.data().end), tseg)
    }
}

/// What of a range lies in TSEG, given as base and size; an empty range if nothing does.
#[must_use]
pub fn overlap(range: &Range<u64>, tseg: Option<(u64, u64)>) -> Range<u64> {
    let (base, size) = tseg.unwrap_or_default();
    let (start, end) = (range.start.max(base), range.end.min(base.saturating_add(size)));
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::{Letter, overlap};

    const TSEG: Option<(u64, u64)> = Some((0xf0_0000, 1 << 20));

    fn letter(buffer: u64, size: u64) -> Letter {
        Letter { handler: None, buffer, size, status: 0 }
    }

    #[test]
    fn what_lies_in_smram_is_cut_at_its_edges() {
        assert_eq!(letter(0xef_ffe8, 32).in_smram(TSEG), 0xf0_0000..0xf0_0008);
        assert_eq!(letter(0xf0_0000, 32).in_smram(TSEG), 0xf0_0000..0xf0_0020);
        assert_eq!(letter(0xff_fff0, 32).in_smram(TSEG), 0xff_fff0..0x100_0000);
        assert!(letter(0x20_0000, 32).in_smram(TSEG).is_empty());
        assert!(letter(0x100_0000, 32).in_smram(TSEG).is_empty());
        assert!(letter(0xf0_0000, 32).in_smram(None).is_empty());
    }

    #[test]
    fn a_size_without_end_doesnt_wrap() {
        assert_eq!(letter(0xf0_0000, u64::MAX).data(), 0xf0_0018..u64::MAX);
        assert_eq!(overlap(&(0..u64::MAX), Some((u64::MAX - 1, 16))), u64::MAX - 1..u64::MAX);
        assert_eq!(letter(0x1000, 8).header(), 0x1000..0x1008);
        assert!(letter(0x1000, 8).data().is_empty());
    }
}
