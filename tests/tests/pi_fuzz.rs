//! Damaged images, the same each time: nothing panics, what is read is written back as it was, and
//! an edit gives a well-formed image or an error. `PI_FUZZ_SECONDS` lets it go on for longer.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::fuzz::{damage, fuzz};
use e2e::random::Random;
use pi::depex::{Dialect, Evaluation, decode, to_text, validate};
use pi::dispatch::why_not;
use pi::edit::{Depex, Drop, Edit, End, Order, apply};
use pi::image::{Body, File, Image, Placed, Section, SectionBody, Sections, Severity, Volume};
use pi::layout::{ffs, fv, section};
use pi::{Guid, pcd, record, view};

fn driver(nth: u8, depex: &[u8]) -> File {
    let list = vec![
        Section::new(section::kind::SMM_DEPEX, depex.to_vec()),
        Section::new(section::kind::PE32, vec![0x90; 64]),
        Section::user_interface(&format!("Driver{nth}")),
    ];
    let mut sections = Sections { list, tail: Vec::new() };
    sections.seal().unwrap();
    File::new(Guid([nth; 16]), ffs::kind::SMM, Body::Sections(sections))
}

fn volume(files: Vec<File>) -> Volume {
    let mut volume = Volume::new(fv::FFS2, 1, 0x1000).unwrap();
    volume.files_mut().unwrap().extend(files.into_iter().map(Placed::new));
    volume.place().unwrap();
    volume
}

/// A volume with drivers, a nested volume, and that one once more compressed.
fn seed_image() -> Vec<u8> {
    let drivers = || vec![driver(1, &[6, 8]), driver(2, &[2; 17]), driver(3, &[6, 5, 8])];
    let nested = |packed: bool| {
        let mut holder = Section::new(section::kind::FIRMWARE_VOLUME_IMAGE, Vec::new());
        holder.body =
            SectionBody::Image(Image { parts: vec![pi::image::Part::Volume(volume(drivers()))], ..Image::default() });
        let mut sections = Sections { list: vec![holder], tail: Vec::new() };
        if packed {
            let mut headers = vec![0, 0, 0, section::kind::GUID_DEFINED];
            headers.extend(section::LZMA.0);
            headers.extend([24, 0, 1, 0]);
            let parameters = vec![0x5d, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            let body = SectionBody::Encoded {
                packed: parameters,
                definition: section::LZMA,
                inner: Some(sections),
                changed: true,
            };
            let section = Section { gap: Vec::new(), kind: section::kind::GUID_DEFINED, headers, body };
            sections = Sections { list: vec![section], tail: Vec::new() };
        }
        sections.seal().unwrap();
        File::new(Guid([9 + u8::from(packed); 16]), ffs::kind::FIRMWARE_VOLUME_IMAGE, Body::Sections(sections))
    };
    let mut outer = Volume::new(fv::FFS2, 4, 0x1000).unwrap();
    let mut files = drivers();
    files.extend([nested(false), nested(true)]);
    outer.files_mut().unwrap().extend(files.into_iter().map(Placed::new));
    outer.place().unwrap();
    let image = Image { parts: vec![pi::image::Part::Volume(outer)], ..Image::default() };
    image.write()
}

#[test]
fn a_damaged_image_is_read_checked_listed_and_written_back_as_it_was() {
    let seed = seed_image();
    assert!(!Image::parse(&seed).check().iter().any(|finding| finding.severity == Severity::Error));
    fuzz(|random| {
        let mut bytes = seed.clone();
        damage(random, &mut bytes);
        let image = Image::parse(&bytes);
        assert!(image.write() == bytes);
        for finding in image.check() {
            let _ = finding.error.to_string();
        }
        let _ = serde_json::to_string(&image.list()).unwrap();
        if let Ok(volume) = view::Volume::parse(&bytes) {
            let _ = volume.check();
            let sections = volume.files().flatten().flat_map(|file| file.sections()).flatten();
            sections.for_each(|section| assert!(section.sections().count() < bytes.len()));
        }
    });
}

#[test]
fn an_edit_of_a_damaged_image_gives_a_well_formed_one_or_an_error() {
    let seed = seed_image();
    fuzz(|random| {
        let mut bytes = seed.clone();
        if random.below(2) == 0 {
            damage(random, &mut bytes);
        }
        let edits: Vec<Edit> = (0..=random.below(3)).map(|_| edit(random)).collect();
        match apply(&bytes, &edits) {
            Ok(edited) => assert_eq!(edited.len(), bytes.len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

fn edit(random: &mut Random) -> Edit {
    let name = |random: &mut Random| Guid([1 + random.below(3) as u8; 16]).to_string();
    let file = name(random);
    let volume = Some(["0x0", "0x248", "nowhere"][random.below(3)].into());
    match random.below(3) {
        0 => {
            let hex = (0..random.below(400)).map(|_| format!("{:02x}", random.below(12))).collect();
            Edit::Depex(Depex { file, volume, hex: Some(hex), unchecked: true, ..Depex::default() })
        }
        1 => Edit::Drop(Drop { file, volume }),
        _ => {
            let to = [Some(End::First), Some(End::Last), None][random.below(3)];
            let before = (to.is_none()).then(|| name(random));
            Edit::Order(Order { file, volume, before, after: None, to })
        }
    }
}

#[test]
fn any_files_are_placed_in_their_order_aligned_and_well_formed() {
    fuzz(|random| {
        let files: Vec<File> = (0..random.below(12)).map(|nth| sized(nth as u8 + 1, random)).collect();
        let names: Vec<Guid> = files.iter().map(|file| file.header.name).collect();
        let mut volume = Volume::new(fv::FFS2, 4, 0x1000).unwrap();
        volume.files_mut().unwrap().extend(files.into_iter().map(Placed::new));
        if volume.place().is_err() {
            return;
        }
        let image = Image { parts: vec![pi::image::Part::Volume(volume)], ..Image::default() };
        let bytes = image.write();
        let image = Image::parse(&bytes);
        assert_eq!(image.check(), []);
        let files = image.volumes().next().unwrap().files();
        let placed: Vec<Guid> =
            files.iter().map(|placed| placed.file.header.name).filter(|name| *name != Guid::ONES).collect();
        assert_eq!(placed, names);
        // An edit and its reverse give the image that was.
        if let [first, second, ..] = names[..] {
            let order = |file: Guid, before: Guid| {
                let before = Some(before.to_string());
                Edit::Order(Order { file: file.to_string(), before, ..Order::default() })
            };
            let there = apply(&bytes, &[order(second, first)]);
            assert!(there.is_err() || apply(&there.unwrap(), &[order(first, second)]).unwrap() == bytes);
        }
    });
}

/// A raw file of some size and alignment.
fn sized(nth: u8, random: &mut Random) -> File {
    let mut file = File::new(Guid([nth; 16]), ffs::kind::RAW, Body::Bytes(vec![nth; random.below(0x800)]));
    file.header.attributes = (random.below(5) as u8) << ffs::attribute::DATA_ALIGNMENT_SHIFT;
    file.header.attributes |= [0, ffs::attribute::CHECKSUM][random.below(2)];
    file.seal();
    file
}

#[test]
fn any_bytes_are_a_depex_that_is_evaluated_to_an_end() {
    fuzz(|random| {
        let code: Vec<u8> =
            (0..random.below(300)).map(|_| [random.draw() as u8, random.below(11) as u8][random.below(2)]).collect();
        for dialect in [Dialect::Pei, Dialect::Dxe, Dialect::Smm] {
            let answer = random.below(2) == 0;
            let steps: Vec<_> = Evaluation::new(&code, dialect, |_| answer).collect();
            assert!(steps.len() <= code.len() + 1);
            assert!(steps.last().is_some_and(|step| step.verdict.is_some()));
            if validate(&code, dialect).is_ok() && pi::depex::placement(&code).is_none() {
                assert!(matches!(steps.last().unwrap().verdict, Some(pi::depex::Verdict::Done(_))));
            }
        }
        if let Ok(text) = to_text(&code, |_| None) {
            let valid = decode(&code).flatten().all(|instruction| instruction.op.code() != 0xff);
            assert!(!valid || pi::depex::assemble(&text, |_| None).unwrap() == code);
        }
    });
}

#[test]
fn any_bytes_are_a_capture_of_records_and_errors_that_cover_it() {
    fuzz(|random| {
        let mut bytes = Vec::new();
        for _ in 0..random.below(20) {
            let phase = record::layout::Phase { phase: random.draw() as u8 };
            record::emit(&mut |part| bytes.extend_from_slice(part), random.draw(), 0, &phase);
        }
        bytes.push(0xa5);
        damage(random, &mut bytes);
        let mut next = 0;
        for result in record::read(&bytes) {
            let (offset, size) = match result {
                Ok(located) => (located.offset, record::layout::HEADER_SIZE),
                Err(error) => (error.offset, error.skipped),
            };
            assert!(offset >= next && size > 0);
            next = offset + size;
        }
        assert!(next <= bytes.len());
    });
}

#[test]
fn any_bytes_may_hold_pcd_words() {
    fuzz(|random| {
        let mut bytes = vec![0; 64];
        bytes.extend(pcd::SIGNATURE);
        bytes.extend((random.below(9) as u32).to_le_bytes());
        bytes.resize(200 + random.below(200), 0x41);
        damage(random, &mut bytes);
        assert!(pcd::words(&bytes).all(|word| word.offset + 4 <= bytes.len()));
    });
}

/// Records of a boot that may have gone in any way.
fn chronicle(random: &mut Random) -> Vec<record::Record> {
    use record::layout::{DepexEvaluated, Discovered, Dispatched, Loaded, ProtocolInstalled, ReadyToLock};
    let mut records = Vec::new();
    for _ in 0..random.below(40) {
        let file = Guid([1 + random.below(4) as u8; 16]);
        let (number, small) = (random.draw(), random.below(4) as u8);
        records.push(match random.below(6) {
            0 => record::Record::Discovered(Discovered { file, kind: ffs::kind::SMM, dispatcher: 3, reserved: [0; 6] }),
            1 => record::Record::Loaded(Loaded { file, base: number.into(), size: 0.into(), entry: 0.into() }),
            2 => record::Record::DepexEvaluated(DepexEvaluated {
                file,
                dispatcher: small,
                result: small & 1,
                failure: 0,
                apriori: small >> 1,
                round: 1.into(),
            }),
            3 => record::Record::Dispatched(Dispatched { file, status: (number << 63).into() }),
            4 => record::Record::ProtocolInstalled(ProtocolInstalled {
                protocol: file,
                handle: 0.into(),
                database: small,
                reserved: [0; 7],
            }),
            _ => record::Record::ReadyToLock(ReadyToLock { step: small }),
        });
    }
    records
}

/// The last that a driver's entry point has returned is a success.
fn is_there(records: &[record::Record], file: Guid) -> bool {
    let of = |record: &record::Record| match record {
        record::Record::Dispatched(done) if done.file == file => Some(done.status.get() == 0),
        _ => None,
    };
    records.iter().rev().find_map(of) == Some(true)
}

#[test]
fn whatever_a_boot_tells_each_driver_is_there_or_a_reason_is_given() {
    fuzz(|random| {
        let depex = |random: &mut Random| -> Vec<u8> {
            let pushes = (0..random.below(3)).flat_map(|_| [&[2][..], &[1 + random.below(4) as u8; 16], &[3]].concat());
            let mut code: Vec<u8> = [6].into_iter().chain(pushes).chain([8]).collect();
            if random.below(4) == 0 {
                damage(random, &mut code);
            }
            code
        };
        let files = (1..=3).map(|nth| driver(nth, &depex(random))).collect();
        let image = Image { parts: vec![pi::image::Part::Volume(volume(files))], ..Image::default() };
        let (records, healthy) = (chronicle(random), chronicle(random));
        let absent = why_not(&image, &records, &healthy);
        for nth in 1..=3 {
            let file = Guid([nth; 16]);
            let reasons = absent.iter().filter(|absent| absent.file == file).count();
            assert_eq!(reasons, usize::from(!is_there(&records, file)), "{file} in {records:?}");
        }
    });
}
