extern crate std;
use super::layout::{self, KINDS, Loaded, Phase, SmmEnter};
use super::*;
use crate::Guid;
use std::vec::Vec;

fn capture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sink = |part: &[u8]| bytes.extend_from_slice(part);
    emit(&mut sink, 100, 0, &Phase { phase: layout::phase::SEC });
    let loaded = Loaded { file: Guid::ONES, base: 0x1000.into(), size: 0x200.into(), entry: 0x1240.into() };
    emit(&mut sink, 200, 0, &loaded);
    emit(&mut sink, 300, 1, &SmmEnter { smbase: 0x30000.into(), revision: 0x20064.into() });
    bytes
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    let bytes = capture();
    let records: Vec<_> = read(&bytes).map(|record| record.unwrap()).collect();
    assert_eq!(records.len(), 3);
    assert_eq!((records[2].time, records[2].cpu, records[2].offset), (300, 1, 17 + 56));
    assert!(matches!(records[1].record, Record::Loaded(loaded) if loaded.entry.get() == 0x1240));
}

#[test]
fn the_header_is_sixteen_bytes_and_the_fields_follow() {
    let bytes = capture();
    assert_eq!(bytes[..17], [0xa5, 0x5d, 1, 1, 1, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn foreign_bytes_are_reported_and_the_next_record_is_found() {
    let mut bytes = capture();
    bytes.splice(17..17, *b"\xa5\x5dnoise");
    let results: Vec<_> = read(&bytes).collect();
    assert_eq!(results.len(), 4);
    let error = results[1].unwrap_err();
    assert_eq!((error.offset, error.skipped, error.reason), (17, 7, RecordReason::Version(b'n')));
}

#[test]
fn a_capture_that_ends_inside_a_record_says_so() {
    let bytes = capture();
    let last = read(&bytes[..bytes.len() - 1]).last().unwrap();
    assert_eq!(last.unwrap_err().reason, RecordReason::Cut);
}

#[test]
fn each_kind_has_its_own_number_and_length() {
    for (nth, kind) in KINDS.iter().enumerate() {
        assert!(!KINDS[..nth].contains(kind));
        let fields = std::vec![0; Record::length(*kind).unwrap()];
        assert!(Record::parse(*kind, &fields).is_some());
        assert!(Record::parse(*kind, &fields[1..]).is_none());
    }
}
