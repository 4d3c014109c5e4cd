extern crate std;
use super::ftw::WorkSpace;
use super::*;
use crate::Guid;
use crate::layout::ftw::{HEADER_SIZE, OLD_SIGNATURE, WRITE_HEADER_SIZE, WRITE_RECORD_SIZE};
use crate::layout::variable::STORE_HEADER_SIZE;
use std::vec;
use std::vec::Vec;
use zerocopy::IntoBytes;

const VENDOR: Guid = Guid([7; 16]);
const FORMATS: [Format; 2] = [Format::Plain, Format::Authenticated];

fn contents<'a>(name: &'a [u8], data: &'a [u8]) -> Contents<'a> {
    Contents { attributes: 3, auth: Auth::default(), vendor: VENDOR, name, data }
}

fn empty(size: usize, format: Format) -> Vec<u8> {
    let mut bytes = vec![0; size];
    erase(&mut bytes, format).unwrap();
    bytes
}

/// A store with variables A and B.
fn two(format: Format) -> Vec<u8> {
    let mut bytes = empty(0x400, format);
    let mut at = STORE_HEADER_SIZE;
    for (name, data) in [("A", &[1, 2, 3][..]), ("B", &[4; 17])] {
        at = Nor(&mut bytes).append(format, at, &contents(&stored_name(name), data)).unwrap();
    }
    bytes
}

fn data<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let store = Store::parse(bytes).unwrap();
    store.find(&VENDOR, &stored_name(name)).map(|found| found.current.contents.data)
}

#[test]
fn a_variable_stands_in_flash_as_edk2_has_it() {
    let mut bytes = empty(0x80, Format::Plain);
    Nor(&mut bytes).append(Format::Plain, 28, &contents(&[b'A', 0, 0, 0], &[0x55])).unwrap();
    let mut want = vec![0x16, 0x36, 0xcf, 0xdd, 0x75, 0x32, 0x64, 0x41, 0x98, 0xb6, 0xfe, 0x85, 0x70, 0x7f, 0xfe, 0x7d];
    want.extend([0x80, 0, 0, 0, 0x5a, 0xfe, 0, 0, 0, 0, 0, 0]);
    want.extend([0xaa, 0x55, 0x3f, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0]);
    want.extend([7; 16]);
    want.extend([b'A', 0, 0, 0, 0x55]);
    want.resize(0x80, 0xff);
    assert_eq!(bytes, want);
}

/// Flash that loses its power after some bytes.
struct Cut {
    bytes: Vec<u8>,
    left: usize,
}

impl Flash for Cut {
    type Error = ();

    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), ()> {
        for (at, byte) in bytes.iter().enumerate() {
            self.left = self.left.checked_sub(1).ok_or(())?;
            let there = &mut self.bytes[offset + at];
            assert_eq!(!*there & byte, 0, "a 0 was to become a 1 at {:#x}", offset + at);
            *there = *byte;
        }
        Ok(())
    }
}

#[test]
fn wherever_the_power_is_cut_the_old_or_the_new_value_is_there_and_the_others_are() {
    for format in FORMATS {
        let before = two(format);
        let store = Store::parse(&before).unwrap();
        let (name, end) = (stored_name("A"), store.end().unwrap());
        let old = store.find(&VENDOR, &name).unwrap();
        let new = contents(&name, &[9; 30]);
        let mut seen = [0, 0];
        for left in 0.. {
            let mut flash = Cut { bytes: before.clone(), left };
            let done = flash.replace(format, end, &old, &new).is_ok();
            let now = data(&flash.bytes, "A").expect("never neither");
            assert!(now == old.current.contents.data || now == new.data, "{left}: {now:?}");
            seen[usize::from(now == new.data)] += 1;
            assert_eq!(data(&flash.bytes, "B"), Some(&[4; 17][..]));
            // What is in force is so in the fresh store, too.
            let mut fresh = vec![0; before.len()];
            reclaim(&Store::parse(&flash.bytes).unwrap(), None, &mut fresh).unwrap();
            assert_eq!((data(&fresh, "A"), data(&fresh, "B")), (Some(now), data(&flash.bytes, "B")));
            assert_eq!(Store::parse(&fresh).unwrap().check(), Ok(()));
            if done {
                assert_eq!(now, new.data);
                break;
            }
        }
        assert!(seen[0] > 30 && seen[1] >= 1, "{seen:?}");
    }
}

#[test]
fn a_delete_that_was_cut_brings_no_old_value_back() {
    for format in FORMATS {
        let mut bytes = two(format);
        // The power was cut between the new one's being added and the old one's deletion.
        bytes[STORE_HEADER_SIZE + 2] &= 0xfe;
        let end = Store::parse(&bytes).unwrap().end().unwrap();
        Nor(&mut bytes).append(format, end, &contents(&stored_name("A"), &[9])).unwrap();
        assert_eq!(data(&bytes, "A"), Some(&[9][..]));
        let copy = bytes.clone();
        let found = Store::parse(&copy).unwrap().find(&VENDOR, &stored_name("A")).unwrap();
        assert!(found.in_transition.is_some());
        for (left, want) in [(0, Some(&[9][..])), (1, Some(&[9])), (2, None)] {
            let mut flash = Cut { bytes: bytes.clone(), left };
            assert_eq!(flash.delete(&found).is_ok(), left == 2);
            assert_eq!(data(&flash.bytes, "A"), want, "{left}");
        }
    }
}

#[test]
fn programming_sets_no_bit_and_stays_inside() {
    let mut bytes = [0xf0, 0xff];
    assert_eq!(Nor(&mut bytes).program(0, &[0x70, 0x0f]), Ok(()));
    let error = Nor(&mut bytes).program(0, &[0x70, 0x1f]).unwrap_err();
    assert_eq!(error, NvError::new(1, NvRule::NotErased { old: 0x0f, new: 0x1f }));
    assert!(Nor(&mut bytes).program(1, &[0, 0]).is_err() && Nor(&mut bytes).program(usize::MAX, &[0]).is_err());
    assert_eq!(bytes, [0x70, 0x0f]);
}

#[test]
fn a_damaged_store_is_refused_with_offset_field_and_rule() {
    let check = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = two(Format::Plain);
        change(&mut bytes);
        Store::parse(&bytes).and_then(|store| store.check()).unwrap_err()
    };
    let second = 28 + 40;
    for (at, value, offset, field) in [
        (0, 0, 0, "Signature"),
        (0x11, 9, 0x10, "Size"),
        (0x14, 0, 0x14, "Format"),
        (0x15, 0xff, 0x15, "State"),
        (28 + 10, 1, 28, "NameSize, DataSize"),
        (28 + 32, 0, 28, "Name"),
        (28 + 32, b'B', second, "Name"),
        (second, 0, second, "StartId"),
        (0x3ff, 0, 0x3ff, "StartId"),
    ] {
        let error = check(&|bytes| bytes[at] = value);
        assert_eq!(error.offset, offset, "{error}");
        assert!(std::string::ToString::to_string(&error.rule).starts_with(field), "{error}");
    }
    let error = check(&|bytes| bytes.truncate(20));
    assert_eq!(error, NvError::new(0, NvRule::StoreTooShort { have: 20 }));
}

const AREAS: Areas = Areas { volume: 0x4000, block: 0x1000, store_end: 0x1000, work_space: 0x1000..0x2000 };

#[test]
fn a_full_store_is_reclaimed_and_what_does_not_fit_changes_nothing() {
    let mut image = blank(&AREAS, Format::Authenticated).unwrap();
    let nvram = find(&image, 0).unwrap().unwrap();
    let name = stored_name("Counter");
    for round in 0..200u32 {
        set(&mut image, &nvram, &contents(&name, &[&round.to_le_bytes()[..], &[0x5a; 96]].concat())).unwrap();
    }
    let found = nvram.store(&image).unwrap().find(&VENDOR, &name).unwrap();
    assert_eq!(found.current.contents.data[..4], 199u32.to_le_bytes());
    let before = image.clone();
    let error = set(&mut image, &nvram, &contents(&name, &[1; 0x1000])).unwrap_err();
    assert!(matches!(error.rule, NvRule::Full { .. }), "{error}");
    assert!(image == before);
}

#[test]
fn what_may_not_be_stored_is_refused() {
    let mut image = blank(&AREAS, Format::Plain).unwrap();
    let nvram = find(&image, 0).unwrap().unwrap();
    let (name, good) = (stored_name("A"), [1]);
    let mut refused = |contents: Contents<'_>| set(&mut image, &nvram, &contents).unwrap_err().rule;
    let base = contents(&name, &good);
    for found in [0, 1, 2, 4, 0x43, 0x83, 0x33] {
        assert_eq!(refused(Contents { attributes: found, ..base }), NvRule::Attributes { found });
    }
    assert_eq!(refused(Contents { attributes: 0x27, ..base }), NvRule::NotAuthenticated { found: 0x27 });
    assert_eq!(refused(Contents { data: &[], ..base }), NvRule::NoData);
    for name in [&[0, 0][..], b"A\0", b"A\0\0", b"A\0\0\0B\0\0\0"] {
        assert_eq!(refused(Contents { name, ..base }), NvRule::Name);
    }
}

/// A write of one block, with these states of header and record.
fn queue(image: &mut [u8], header: u8, record: u8) {
    let at = AREAS.work_space.start + HEADER_SIZE;
    image[at] = header;
    image[at + 0x18..at + 0x28].copy_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
    image[at + WRITE_HEADER_SIZE] = record;
}

#[test]
fn a_write_whose_data_is_in_the_spare_area_only_must_be_finished_first() {
    // HeaderAllocated, WritesAllocated, Complete; SpareComplete, DestinationComplete.
    for (header, record, settled) in
        [(0xff, 0xff, true), (0xfc, 0xff, true), (0xfc, 0xfd, false), (0xfc, 0xf9, false), (0xf8, 0xf9, true)]
    {
        let mut image = blank(&AREAS, Format::Plain).unwrap();
        queue(&mut image, header, record);
        let nvram = find(&image, 0).unwrap().unwrap();
        assert_eq!(nvram.settled(&image).is_ok(), settled, "{header:#x} {record:#x}");
        let done = set(&mut image, &nvram, &contents(&stored_name("A"), &[1]));
        assert_eq!(done.map_err(|error| error.rule), if settled { Ok(()) } else { Err(NvRule::Unfinished) });
    }
}

#[test]
fn a_work_space_is_read_down_to_its_records() {
    let mut image = blank(&AREAS, Format::Plain).unwrap();
    queue(&mut image, 0xf8, 0xf9);
    let space = WorkSpace::parse(&image[AREAS.work_space]).unwrap();
    let writes: Vec<_> = space.writes().map(Result::unwrap).collect();
    let records: Vec<_> = writes[0].records().collect();
    assert_eq!((writes.len(), writes[0].offset, records.len()), (1, HEADER_SIZE, 1));
    assert_eq!((records[0].offset, records[0].private), (HEADER_SIZE + WRITE_HEADER_SIZE, &[0xff; 4][..]));
    // The next write follows the private data.
    let next = AREAS.work_space.start + HEADER_SIZE + WRITE_HEADER_SIZE + WRITE_RECORD_SIZE + 4;
    image[next] = 0xfe;
    let space = WorkSpace::parse(&image[AREAS.work_space]).unwrap();
    let error = space.writes().nth(1).unwrap().unwrap_err();
    assert_eq!(error.offset, next - AREAS.work_space.start);
    assert!(matches!(error.rule, NvRule::WriteBeyondEnd { writes: u64::MAX, .. }), "{error}");
}

#[test]
fn work_spaces_of_both_generations_are_known_and_damage_is_named() {
    let mut old = ftw::header(0x1000);
    old.signature = OLD_SIGNATURE;
    (old.crc, old.state) = (u32::MAX.into(), 0xff);
    old.crc = crate::sum::crc32(old.as_bytes()).into();
    old.state = 0xfe;
    let mut bytes = vec![0xff; 0x1000];
    bytes[..HEADER_SIZE].copy_from_slice(old.as_bytes());
    assert_eq!(WorkSpace::parse(&bytes).unwrap().writes().count(), 0);
    bytes[HEADER_SIZE] = 0xfe;
    let error = WorkSpace::parse(&bytes).unwrap().writes().next().unwrap().unwrap_err();
    assert_eq!(error, NvError::new(HEADER_SIZE, NvRule::OldWriteQueue));
    for (at, value, offset) in [(0, 0, 0), (0x10, 0, 0x10), (0x14, 0xff, 0x14), (0x14, 0xfc, 0x14), (0x19, 1, 0x10)] {
        let mut bytes = vec![0xff; 0x1000];
        bytes[..HEADER_SIZE].copy_from_slice(ftw::header(0x1000).as_bytes());
        bytes[at] = value;
        assert_eq!(WorkSpace::parse(&bytes).unwrap_err().offset, offset, "{at:#x}");
    }
    let error = WorkSpace::parse(&bytes[..0x800]).unwrap_err();
    assert_eq!(error, NvError::new(0x18, NvRule::WriteQueueSize { found: 0xfe0, have: 0x800 }));
}

#[test]
fn the_old_signature_is_not_taken_from_a_volume_header_in_the_spare_area() {
    let mut image = blank(&AREAS, Format::Plain).unwrap();
    image.copy_within(..0x1000, 0x2000);
    image[AREAS.work_space].fill(0xff);
    assert_eq!(find(&image, 0).unwrap().unwrap().work_space, None);
}
