//! Reading captured records, and finding the next one where bytes are lost or foreign.

use super::layout::{HEADER_SIZE, Header, MAGIC, Record, VERSION};
use zerocopy::FromBytes;

/// A record with its place in the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    pub offset: usize,
    pub time: u64,
    pub cpu: u8,
    pub record: Record,
}

/// Bytes that are no record; reading goes on behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no record at byte {offset:#x}: {reason}; skipped {skipped} bytes")]
pub struct RecordError {
    pub offset: usize,
    pub skipped: usize,
    pub reason: RecordReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordReason {
    #[error("a record starts with A5h 5Dh")]
    Magic,
    #[error("version {0}, this program reads version {VERSION}")]
    Version(u8),
    #[error("there is no kind {0:02X}h")]
    Kind(u8),
    #[error("a record of kind {kind:02X}h has {want} bytes of fields, this one {found}")]
    Length { kind: u8, want: usize, found: usize },
    #[error("the capture ends inside the record")]
    Cut,
}

/// The records of a capture, in order.
#[must_use]
pub fn read(bytes: &[u8]) -> Reader<'_> {
    Reader { bytes, next: 0 }
}

#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Reader<'_> {
    /// Bytes read so far: where to go on when more has arrived.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.next
    }

    fn record_at(&self, offset: usize) -> Result<Located, RecordReason> {
        let rest = self.bytes.get(offset..).unwrap_or_default();
        if !rest.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic) {
            return Err(RecordReason::Magic);
        }
        let (header, rest) = Header::ref_from_prefix(rest).map_err(|_| RecordReason::Cut)?;
        if header.version != VERSION {
            return Err(RecordReason::Version(header.version));
        }
        let (kind, found) = (header.kind, usize::from(header.length.get()));
        let want = Record::length(kind).ok_or(RecordReason::Kind(kind))?;
        if want != found {
            return Err(RecordReason::Length { kind, want, found });
        }
        let record = rest.get(..found).and_then(|fields| Record::parse(kind, fields)).ok_or(RecordReason::Cut)?;
        Ok(Located { offset, time: header.time.get(), cpu: header.cpu, record })
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Located, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.next;
        if offset >= self.bytes.len() {
            return None;
        }
        match self.record_at(offset) {
            Ok(located) => {
                self.next = offset + HEADER_SIZE + Record::length(self.bytes[offset + 3]).unwrap_or(0);
                Some(Ok(located))
            }
            Err(reason) => {
                let end = self.bytes.len();
                self.next = (offset + 1..end).find(|at| self.record_at(*at).is_ok()).unwrap_or(end);
                Some(Err(RecordError { offset, skipped: self.next - offset, reason }))
            }
        }
    }
}
