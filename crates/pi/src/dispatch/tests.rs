extern crate std;
use super::*;
use crate::image::{File, Image, Section, Sections};
use crate::layout::{ffs, section};
use crate::record::layout::{self, Record, database, dispatcher, lock, phase};
use crate::testing::{driver, guid, image_of};
use crate::{depex, known};
use std::vec;

/// Protocol n is installed by driver n.
fn protocol(nth: u8) -> Guid {
    Guid([0x50 | nth; 16])
}

fn on(protocols: &[u8]) -> std::string::String {
    let pushes = protocols.iter().map(|nth| std::format!("PUSH {} AND ", protocol(*nth)));
    std::format!("TRUE {}END", pushes.collect::<std::string::String>())
}

fn found(nth: u8) -> Record {
    let (kind, dispatcher) = (ffs::kind::SMM, dispatcher::SMM);
    Record::Discovered(layout::Discovered { file: guid(nth), kind, dispatcher, reserved: [0; 6] })
}

fn looked(nth: u8, result: u8) -> Record {
    looked_by(dispatcher::SMM, nth, result)
}

fn looked_by(dispatcher: u8, nth: u8, result: u8) -> Record {
    let round = 1.into();
    Record::DepexEvaluated(layout::DepexEvaluated {
        file: guid(nth),
        dispatcher,
        result,
        failure: 0,
        apriori: 0,
        round,
    })
}

fn loaded(nth: u8) -> Record {
    Record::Loaded(layout::Loaded { file: guid(nth), base: 0.into(), size: 0.into(), entry: 0.into() })
}

fn returned(nth: u8, status: u64) -> Record {
    Record::Dispatched(layout::Dispatched { file: guid(nth), status: status.into() })
}

fn installed(protocol: Guid) -> Record {
    installed_in(protocol, database::SMM)
}

fn installed_in(protocol: Guid, database: u8) -> Record {
    let handle = 0.into();
    Record::ProtocolInstalled(layout::ProtocolInstalled { protocol, handle, database, reserved: [0; 7] })
}

fn locked() -> Record {
    Record::ReadyToLock(layout::ReadyToLock { step: lock::DXE_SMM_READY_TO_LOCK })
}

/// Driver n starts and installs its protocol.
fn starts(nth: u8) -> [Record; 4] {
    [looked(nth, 1), loaded(nth), installed(protocol(nth)), returned(nth, 0)]
}

fn healthy() -> Vec<Record> {
    let mut records = vec![found(1), found(2), found(3)];
    [1, 2, 3].into_iter().for_each(|nth| records.extend(starts(nth)));
    records.push(locked());
    records
}

/// The reasons for the drivers with these DEPEX, numbered from 1; the last ones never start.
fn reasons(depex: &[&str], records: &[Record]) -> Vec<(Guid, Reason)> {
    let files = depex.iter().zip(1..).map(|(depex, nth)| driver(nth, "D", depex));
    of_files(files.collect(), records)
}

fn of_files(files: Vec<File>, records: &[Record]) -> Vec<(Guid, Reason)> {
    let image = Image::parse(&image_of(files));
    why_not(&image, records, &healthy()).into_iter().map(|absent| (absent.file, absent.why)).collect()
}

fn file(nth: u8) -> Missing {
    Missing { guid: protocol(nth), producer: Producer::File(guid(nth)) }
}

#[test]
fn a_driver_that_started_is_not_absent() {
    assert_eq!(reasons(&["TRUE END", &on(&[1]), &on(&[1, 2])], &healthy()), []);
}

#[test]
fn what_is_missing_is_named_with_who_would_bring_it() {
    let records = [&[found(1), found(2)][..], &starts(1), &[looked(2, 0), locked()]].concat();
    let nobody = Missing { guid: protocol(9), producer: Producer::Nobody };
    let dropped = Missing { guid: protocol(3), producer: Producer::Dropped(guid(3)) };
    let why = reasons(&["TRUE END", &on(&[1, 9, 3])], &records);
    assert_eq!(why, [(guid(2), Reason::DepexFalse { missing: vec![nobody, dropped] })]);
    let why = reasons(&["TRUE END", "FALSE END"], &records);
    assert_eq!(why, [(guid(2), Reason::DepexFalse { missing: vec![] })]);
}

#[test]
fn pei_finds_no_protocol_of_smm() {
    let code = [&[2][..], &protocol(1).0, &[8]].concat();
    let peim = with_section(3, 0x30 | ffs::kind::PEIM, &code);
    let why = of_files(
        vec![driver(1, "D", "TRUE END"), peim],
        &[&starts(1)[..], &[looked_by(dispatcher::PEI, 3, 0)]].concat(),
    );
    let missing = vec![Missing { guid: protocol(1), producer: Producer::Nobody }];
    assert_eq!(why, [(guid(3), Reason::DepexFalse { missing })]);
}

#[test]
fn drivers_in_a_cycle_are_told_from_those_that_wait_for_it() {
    let records = [found(1), found(2), found(3), looked(1, 0), looked(2, 0), looked(3, 0), locked()];
    let why = reasons(&[&on(&[2]), &on(&[1]), &on(&[2])], &records);
    let cycle = |files: [u8; 2]| Reason::Cycle { files: files.map(guid).to_vec() };
    let waits = Reason::DepexFalse { missing: vec![file(2)] };
    assert_eq!(why, [(guid(1), cycle([1, 2])), (guid(2), cycle([2, 1])), (guid(3), waits)]);
    let after = |nth| std::format!("AFTER {} END", guid(nth));
    let why = reasons(&[&after(3), "FALSE END", &after(1)], &records);
    assert_eq!((&why[0].1, &why[2].1), (&cycle([1, 3]), &cycle([3, 1])));
}

#[test]
fn a_driver_on_request_waits_for_schedule_first_and_then_for_its_depex() {
    let on_request = || vec![with_section(1, 0x20 | ffs::kind::DRIVER, &[9, 7, 8])];
    let discovered = Record::Discovered(layout::Discovered {
        file: guid(1),
        kind: ffs::kind::DRIVER,
        dispatcher: dispatcher::DXE,
        reserved: [0; 6],
    });
    assert_eq!(of_files(on_request(), &[discovered]), [(guid(1), Reason::NotRequested)]);
    let why = of_files(on_request(), &[discovered, looked_by(dispatcher::DXE, 1, 0)]);
    assert_eq!(why, [(guid(1), Reason::DepexFalse { missing: vec![] })]);
}

#[test]
fn a_driver_that_waits_for_itself_is_a_cycle_of_one() {
    let why = reasons(&[&on(&[1])], &[found(1), looked(1, 0)]);
    assert_eq!(why, [(guid(1), Reason::Cycle { files: vec![guid(1)] })]);
}

#[test]
fn behind_the_lock_are_those_whose_turn_or_whose_protocol_came_too_late() {
    // Driver 1 asks for the lock: 2 was ready, 3 becomes so.
    let first = [found(1), found(2), found(3), looked(2, 1), looked(3, 0)];
    let asks = [loaded(1), installed(known::named("gEfiDxeSmmReadyToLockProtocolGuid")), returned(1, 0)];
    let records = [&first[..], &asks, &[locked(), installed(protocol(9))]].concat();
    let why = reasons(&["TRUE END", "TRUE END", &on(&[9])], &records);
    let behind = |late| Reason::BehindLock { late, locked_by: Some(guid(1)) };
    assert_eq!(why, [(guid(2), behind(vec![])), (guid(3), behind(vec![protocol(9)]))]);
}

#[test]
fn the_lock_of_bds_is_its_drivers() {
    let bds = [loaded(1), installed(known::named("gEfiBdsArchProtocolGuid")), returned(1, 0)];
    let rest = [Record::Phase(layout::Phase { phase: phase::BDS }), locked(), installed(protocol(9))];
    let records = [&[found(1), found(2), looked(2, 0)][..], &bds, &rest].concat();
    let why = reasons(&["TRUE END", &on(&[9])], &records);
    let behind = Reason::BehindLock { late: vec![protocol(9)], locked_by: Some(guid(1)) };
    assert_eq!(why, [(guid(2), behind)]);
}

#[test]
fn neighbours_are_files_of_the_same_dispatcher() {
    let records = [found(1), found(2), looked(1, 0), locked()];
    let before = |name: Guid| std::format!("BEFORE {name} END");
    let why = reasons(&["FALSE END", &before(protocol(1))], &records);
    assert_eq!(why[1].1, Reason::NoNeighbour { file: protocol(1) });
    let why = reasons(&["FALSE END", &before(guid(1))], &records);
    assert_eq!(why[1].1, Reason::NeighbourAbsent { file: guid(1) });
}

/// A driver with this DEPEX section.
fn with_section(nth: u8, kind: u8, depex: &[u8]) -> File {
    let mut sections = Sections { list: vec![Section::new(depex_kind(kind), depex.to_vec())], tail: Vec::new() };
    sections.seal().unwrap();
    File::new(guid(nth), kind & 0xf, crate::image::Body::Sections(sections))
}

/// The high nibble picks the section: 1 SMM, 2 DXE, 3 PEI.
fn depex_kind(kind: u8) -> u8 {
    [section::kind::SMM_DEPEX, section::kind::DXE_DEPEX, section::kind::PEI_DEPEX][usize::from(kind >> 4) - 1]
}

const SMM: u8 = 0x10 | ffs::kind::SMM;

#[test]
fn a_malformed_depex_is_named_with_offset_and_rule() {
    let records = [found(1), looked(1, 0), locked()];
    for (code, offset, opcode, reason) in [
        (&[2, 1, 2][..], 0, Some(2), depex::DepexReason::OperandCut),
        (&[6], 1, None, depex::DepexReason::NoEnd),
        (&[6, 3, 8], 1, Some(3), depex::DepexReason::StackEmpty),
        (&[6, 0x77, 8], 1, Some(0x77), depex::DepexReason::UnknownOpcode),
        (&[9, 6, 8], 0, Some(9), depex::DepexReason::NotInDialect(Dialect::Smm)),
        (&[], 0, None, depex::DepexReason::Empty),
    ] {
        let error = depex::DepexError { offset, opcode, reason };
        let why = of_files(vec![with_section(1, SMM, code)], &records);
        assert_eq!(why, [(guid(1), Reason::Malformed { error })]);
    }
    // Bytes behind END break a rule that no dispatcher knows: they aren't the reason.
    let why = of_files(vec![with_section(1, SMM, &[7, 8, 8])], &records);
    assert_eq!(why, [(guid(1), Reason::DepexFalse { missing: vec![] })]);
}

#[test]
fn a_type_that_its_depex_is_not_for_is_wrong() {
    let wrong = |kind, depex, status| Reason::WrongType { kind: FileType(kind), depex, status };
    let as_dxe = with_section(1, 0x10 | ffs::kind::DRIVER, &[6, 8]);
    let as_smm = with_section(2, 0x20 | ffs::kind::SMM, &[6, 8]);
    let as_application = with_section(3, 0x10 | ffs::kind::APPLICATION, &[6, 8]);
    let records = [loaded(1), returned(1, 1 << 63 | 3), found(2), locked()];
    let why = of_files(vec![as_dxe, as_smm, as_application], &records);
    let reasons: Vec<Reason> = why.into_iter().map(|(_, why)| why).collect();
    let unsupported = Some(1 << 63 | 3);
    let expected = [
        wrong(ffs::kind::DRIVER, Dialect::Smm, unsupported),
        wrong(ffs::kind::SMM, Dialect::Dxe, None),
        wrong(ffs::kind::APPLICATION, Dialect::Smm, None),
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn a_driver_that_fails_or_hangs_is_told_from_those_behind_it() {
    let records = [found(1), found(2), looked(1, 1), looked(2, 1), loaded(1)];
    let why = reasons(&["TRUE END", "TRUE END", "TRUE END"], &records);
    let stalled = Reason::Stalled { by: guid(1) };
    assert_eq!(why, [(guid(1), Reason::NeverReturned), (guid(2), stalled), (guid(3), Reason::NeverDiscovered)]);
}

#[test]
fn a_peim_is_not_stalled_by_what_hangs_in_dxe() {
    let peim = with_section(3, 0x30 | ffs::kind::PEIM, &[7, 8]);
    let why =
        of_files(vec![driver(1, "D", "TRUE END"), peim], &[looked_by(dispatcher::PEI, 3, 0), found(1), loaded(1)]);
    let never = Reason::DepexFalse { missing: vec![] };
    assert_eq!(why, [(guid(1), Reason::NeverReturned), (guid(3), never)]);
}

#[test]
fn an_a_priori_driver_that_fails_is_told_what_its_depex_waits_for() {
    let apriori = Record::DepexEvaluated(layout::DepexEvaluated {
        file: guid(2),
        dispatcher: dispatcher::SMM,
        result: 1,
        failure: 0,
        apriori: 1,
        round: 0.into(),
    });
    let records = [&[found(1), found(2), apriori, loaded(2), returned(2, 1 << 63 | 14)][..], &starts(1)].concat();
    let why = reasons(&["TRUE END", &on(&[1])], &records);
    let failed = Reason::Failed { status: 1 << 63 | 14, apriori: true, missing: vec![file(1)] };
    assert_eq!(why, [(guid(2), failed)]);
}

#[test]
fn names_in_an_a_priori_list_that_do_nothing_are_told() {
    let list = [guid(1), guid(7), guid(3)].iter().flat_map(|guid| guid.0).collect();
    let mut sections = Sections { list: vec![Section::new(section::kind::RAW, list)], tail: Vec::new() };
    sections.seal().unwrap();
    let apriori = File::new(ffs::APRIORI, ffs::kind::FREEFORM, crate::image::Body::Sections(sections));
    let peim = File::new(guid(3), ffs::kind::PEIM, crate::image::Body::Bytes(vec![0; 8]));
    let records = [&starts(1)[..], &[loaded(3), returned(3, 0)]].concat();
    let why = of_files(vec![apriori, driver(1, "D", "TRUE END"), peim], &records);
    let ineligible = Reason::AprioriIneligible { kind: FileType(ffs::kind::PEIM) };
    assert_eq!(why, [(guid(7), Reason::AprioriAbsent), (guid(3), ineligible)]);
}

#[test]
fn a_dxe_driver_without_depex_waits_for_the_architectural_protocols() {
    let bds = known::named("gEfiBdsArchProtocolGuid");
    let mut bare = driver(1, "D", "TRUE END");
    if let crate::image::Body::Sections(sections) = &mut bare.body {
        sections.list.remove(0);
    }
    bare.header.kind = ffs::kind::DRIVER;
    bare.seal();
    let image = Image::parse(&image_of(vec![bare]));
    let discovered = Record::Discovered(layout::Discovered {
        file: guid(1),
        kind: ffs::kind::DRIVER,
        dispatcher: dispatcher::DXE,
        reserved: [0; 6],
    });
    let why = why_not(&image, &[discovered], &[installed_in(bds, database::UEFI)]);
    let missing = vec![Missing { guid: bds, producer: Producer::Core }];
    assert_eq!(why[0].why, Reason::DepexFalse { missing });
}

#[cfg(feature = "serde")]
#[test]
fn a_reason_goes_through_json_and_back() {
    let records = [found(1), looked(1, 0), locked()];
    let image = Image::parse(&image_of(vec![driver(1, "D", &on(&[2]))]));
    let why = why_not(&image, &records, &healthy());
    let json = serde_json::to_string(&why).unwrap();
    assert!(json.contains(r#""why":{"depex-false":{"#), "{json}");
    assert_eq!(why[0].why.name(), "depex-false");
    assert_eq!(serde_json::from_str::<Vec<Absent>>(&json).unwrap(), why);
}
