//! Writing a record.

use super::layout::{HEADER_SIZE, Header, MAGIC, VERSION};
use zerocopy::{Immutable, IntoBytes};

/// The fields of a kind of record.
pub trait Payload: IntoBytes + Immutable {
    const KIND: u8;
}

/// Hands a record to `sink`: its header, then its fields. The sink writes them to the port.
pub fn emit<P: Payload>(sink: &mut impl FnMut(&[u8]), time: u64, cpu: u8, payload: &P) {
    const { assert!(size_of::<P>() <= u16::MAX as usize - HEADER_SIZE) };
    emit_fields(sink, time, cpu, P::KIND, payload.as_bytes());
}

/// The same for who doesn't want it in the program for every kind of record.
pub fn emit_fields(sink: &mut impl FnMut(&[u8]), time: u64, cpu: u8, kind: u8, fields: &[u8]) {
    let length = fields.len() as u16;
    let header =
        Header { magic: MAGIC, version: VERSION, kind, length: length.into(), cpu, reserved: 0, time: time.into() };
    sink(header.as_bytes());
    sink(fields);
}
