//! The trace file: `SMMT`, a format version (u16, little endian), then the events in postcard
//! encoding, each behind its length (u32). `.jsonl` is the same for people: one JSON object a line.

use crate::Event;
use std::io::{self, Read, Write};

const MAGIC: &[u8; 4] = b"SMMT";
/// Raised whenever an event changes shape.
pub const FORMAT_VERSION: u16 = 1;
/// No event is larger; a greater length means a damaged file.
const MAX_EVENT: u32 = 1 << 16;

#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("not a trace file: it does not start with \"SMMT\"")]
    Magic,
    #[error("trace format {found}, this program reads format {FORMAT_VERSION}")]
    Version { found: u16 },
    #[error("damaged trace: event {index} at byte {offset} can't be decoded")]
    Event { index: usize, offset: usize },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes a trace event by event, so that a long run needs no memory.
pub struct TraceWriter<W: Write> {
    out: W,
    lines: bool,
}

impl<W: Write> TraceWriter<W> {
    /// The binary format.
    pub fn binary(mut out: W) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        out.write_all(&FORMAT_VERSION.to_le_bytes())?;
        Ok(TraceWriter { out, lines: false })
    }

    /// One JSON object a line.
    pub fn jsonl(out: W) -> Self {
        TraceWriter { out, lines: true }
    }

    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        if self.lines {
            serde_json::to_writer(&mut self.out, event)?;
            return self.out.write_all(b"\n");
        }
        let bytes = postcard::to_stdvec(event).map_err(io::Error::other)?;
        self.out.write_all(&(bytes.len() as u32).to_le_bytes())?;
        self.out.write_all(&bytes)
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a whole trace in the binary format.
pub fn write_trace(out: impl Write, events: &[Event]) -> io::Result<()> {
    let mut writer = TraceWriter::binary(out)?;
    events.iter().try_for_each(|event| writer.write(event))?;
    writer.finish()
}

pub fn read_trace(mut input: impl Read) -> Result<Vec<Event>, TraceError> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let body = bytes.strip_prefix(MAGIC).ok_or(TraceError::Magic)?;
    let (version, mut rest) = body.split_first_chunk().ok_or(TraceError::Magic)?;
    let found = u16::from_le_bytes(*version);
    if found != FORMAT_VERSION {
        return Err(TraceError::Version { found });
    }
    let mut events = Vec::new();
    while !rest.is_empty() {
        let damaged = TraceError::Event { index: events.len(), offset: bytes.len() - rest.len() };
        let event = rest.split_first_chunk::<4>().and_then(|(len, tail)| {
            let len = u32::from_le_bytes(*len);
            let (event, tail) = tail.split_at_checked(len.min(MAX_EVENT) as usize)?;
            Some((postcard::from_bytes(event).ok()?, tail))
        });
        let Some((event, tail)) = event else { return Err(damaged) };
        events.push(event);
        rest = tail;
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, SaveField};

    fn sample() -> Vec<Event> {
        vec![
            Event { time: 1, cpu: 0, kind: Kind::SmiTaken { smbase: 0x30000, cs: 8, rip: 0x1000 } },
            Event {
                time: 1,
                cpu: 0,
                kind: Kind::Save { field: SaveField::Rax, offset: 0x7f5c, size: 8, value: u64::MAX },
            },
        ]
    }

    #[test]
    fn a_trace_reads_back_as_it_was_written() {
        let mut file = Vec::new();
        write_trace(&mut file, &sample()).unwrap();
        assert_eq!(read_trace(&file[..]).unwrap(), sample());
    }

    #[test]
    fn a_damaged_trace_names_the_event_and_the_byte() {
        let mut file = Vec::new();
        write_trace(&mut file, &sample()).unwrap();
        file.truncate(file.len() - 1);
        let message = read_trace(&file[..]).unwrap_err().to_string();
        assert!(message.contains("event 1"), "{message}");
        assert!(matches!(read_trace(&b"ELF"[..]), Err(TraceError::Magic)));
        assert!(matches!(read_trace(&b"SMMT\xff\0"[..]), Err(TraceError::Version { found: 255 })));
    }
}
