//! Writing a record.

use super::layout::{HEADER_SIZE, Header, MAGIC, VERSION};
use zerocopy::{Immutable, IntoBytes};

/// The fields of a kind of record.
pub trait Payload: IntoBytes + Immutable {
    const KIND: u8;
}

/// Hands a record to `sink`: its header, then its fields. The sink writes them to the port.
pub fn emit<P: Payload>(sink: &mut impl FnMut(&[u8]), time: u64, cpu: u8, payload: &P) {
    let length = size_of::<P>() as u16;
    let header = Header {
        magic: MAGIC,
        version: VERSION,
        kind: P::KIND,
        length: length.into(),
        cpu,
        reserved: 0,
        time: time.into(),
    };
    const { assert!(size_of::<P>() <= u16::MAX as usize - HEADER_SIZE) };
    sink(header.as_bytes());
    sink(payload.as_bytes());
}
