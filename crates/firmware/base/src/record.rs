//! The trace: binary records on port 502h, in DEBUG and RELEASE.

pub use pi::record::layout::*;
use pi::record::{Payload, emit_fields};

use crate::arch::{apic_id, out_bytes, tsc};
use crate::depex::Verdict;
use crate::{Guid, Status};

pub fn write<P: Payload>(payload: &P) {
    send(P::KIND, payload.as_bytes());
}

#[inline(never)]
fn send(kind: u8, fields: &[u8]) {
    emit_fields(&mut |bytes| out_bytes(PORT, bytes), tsc(), apic_id(), kind, fields);
}

pub fn phase(phase: u8) {
    write(&Phase { phase });
}

pub fn discovered(file: Guid, kind: u8, dispatcher: u8) {
    write(&Discovered { file, kind, dispatcher, reserved: [0; 6] });
}

pub fn loaded(file: Guid, base: u64, size: usize, entry: u64) {
    write(&Loaded { file, base: base.into(), size: (size as u64).into(), entry: entry.into() });
}

pub fn depex(file: Guid, dispatcher: u8, round: u32, verdict: Verdict) {
    let failure = if let Verdict::Failed(failure) = verdict { failure as u8 } else { 0 };
    let result = verdict.is_ready().into();
    write(&DepexEvaluated { file, dispatcher, result, failure, apriori: 0, round: round.into() });
}

/// An a-priori file names the module.
pub fn apriori(file: Guid, dispatcher: u8) {
    write(&DepexEvaluated { file, dispatcher, result: 1, failure: 0, apriori: 1, round: 0.into() });
}

pub fn dispatched(file: Guid, status: Status) {
    write(&Dispatched { file, status: (status.as_usize() as u64).into() });
}

pub fn protocol(protocol: Guid, handle: crate::Handle, database: u8) {
    write(&ProtocolInstalled { protocol, handle: (handle as u64).into(), database, reserved: [0; 7] });
}
