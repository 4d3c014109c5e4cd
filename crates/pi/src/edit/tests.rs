extern crate std;
use super::*;
use crate::image::{Image, Node};
use crate::layout::ffs;
use crate::testing::{driver, guid, image_of};
use crate::{depex, pcd};
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

fn abc() -> Vec<u8> {
    image_of(vec![driver(1, "A", "TRUE END"), driver(2, "B", "TRUE END"), driver(3, "C", "TRUE END")])
}

fn file(name: &str) -> String {
    name.to_string()
}

fn order(name: &str) -> Order {
    Order { file: file(name), ..Order::default() }
}

fn depex_of(name: &str, text: &str) -> Edit {
    Edit::Depex(Depex { file: file(name), text: Some(file(text)), ..Depex::default() })
}

/// Names of the files that aren't padding, in order.
fn names(bytes: &[u8]) -> Vec<String> {
    let image = Image::parse(bytes);
    assert_eq!(image.check().into_iter().find(|finding| finding.severity == crate::image::Severity::Error), None);
    let walk = image.walk();
    let files = walk.iter().filter_map(|visit| match visit.node {
        Node::File(file) if file.header.kind != ffs::kind::PAD => {
            Some(file.ui_name().unwrap_or(file.header.name.to_string()))
        }
        _ => None,
    });
    files.collect()
}

fn message(edit: Edit) -> String {
    apply(&abc(), &[edit]).unwrap_err().to_string()
}

#[test]
fn order_moves_a_file_and_keeps_the_image_well_formed() {
    let to = |edit: Order| names(&apply(&abc(), &[Edit::Order(edit)]).unwrap()).concat();
    assert_eq!(to(Order { before: Some(file("A")), ..order("C") }), "CAB");
    assert_eq!(to(Order { after: Some(file("B")), ..order("A") }), "BAC");
    assert_eq!(to(Order { to: Some(End::First), ..order("B") }), "BAC");
    assert_eq!(to(Order { to: Some(End::Last), ..order("A") }), "BCA");
    assert_eq!(to(Order { before: Some(guid(1).to_string()), ..order(&guid(2).to_string()) }), "BAC");
}

#[test]
fn first_is_behind_a_file_of_fixed_place() {
    let mut image = Image::parse(&abc());
    let Some(crate::image::Part::Volume(volume)) = image.parts.first_mut() else { panic!("a volume") };
    let pinned = &mut volume.files_mut().unwrap()[0].file;
    pinned.header.attributes |= ffs::attribute::FIXED;
    pinned.seal();
    let image = image.write();
    let to_first = Edit::Order(Order { to: Some(End::First), ..order("C") });
    let apriori = Edit::Apriori(Apriori { phase: Dialect::Pei, files: vec![file("B")], volume: None });
    let edited = apply(&image, &[to_first, apriori]).unwrap();
    assert_eq!(names(&edited).concat(), std::format!("A{}CB", ffs::APRIORI_PEI));
}

#[test]
fn moving_there_and_back_gives_the_same_bytes() {
    let there = apply(&abc(), &[Edit::Order(Order { before: Some(file("A")), ..order("C") })]).unwrap();
    let back = apply(&there, &[Edit::Order(Order { to: Some(End::Last), ..order("C") })]).unwrap();
    assert!(back == abc());
}

#[test]
fn a_dropped_file_leaves_no_hole() {
    let edited = apply(&abc(), &[Edit::Drop(Drop { file: file("B"), volume: None })]).unwrap();
    assert!(edited == image_of(vec![driver(1, "A", "TRUE END"), driver(3, "C", "TRUE END")]));
}

#[test]
fn code_that_runs_in_place_stays_when_a_file_before_it_goes() {
    let mut peim = driver(3, "C", "TRUE END");
    peim.header.kind = ffs::kind::PEIM;
    peim.seal();
    let before = image_of(vec![driver(1, "A", "TRUE END"), driver(2, "B", "TRUE END"), peim]);
    let edited = apply(&before, &[Edit::Drop(Drop { file: file("B"), volume: None })]).unwrap();
    assert_eq!(names(&edited), ["A", "C"]);
    let offset = |bytes: &[u8]| Image::parse(bytes).volumes().next().unwrap().files().last().unwrap().offset;
    assert_eq!(offset(&edited), offset(&before));
}

#[test]
fn a_depex_is_replaced_longer_and_shorter_and_removed() {
    let long = "PUSH gEfiSmmSwDispatch2ProtocolGuid PUSH gEfiSmmCpuProtocolGuid AND END";
    let text = |bytes: &[u8]| {
        let image = Image::parse(bytes);
        let walk = image.walk();
        let file = walk
            .iter()
            .filter_map(|visit| visit.file)
            .find(|file| file.ui_name().is_some_and(|name| name == "B"))
            .unwrap();
        file.find(0x1c).map(|section| depex::to_text(section.bytes().unwrap(), |_| None).unwrap())
    };
    let longer = apply(&abc(), &[depex_of("B", long)]).unwrap();
    assert_eq!((names(&longer).concat(), text(&longer)), (file("ABC"), Some(file(long))));
    assert!(apply(&longer, &[depex_of("B", "TRUE END")]).unwrap() == abc());
    let removed = apply(&abc(), &[Edit::Depex(Depex { file: file("B"), remove: true, ..Depex::default() })]).unwrap();
    assert_eq!((names(&removed).concat(), text(&removed)), (file("ABC"), None));
    let added = apply(&removed, &[depex_of("B", "TRUE END")]).unwrap();
    assert_eq!(text(&added), Some(file("TRUE END")));
}

#[test]
fn a_depex_may_name_a_file_of_its_volume() {
    let edited = apply(&abc(), &[depex_of("C", "BEFORE A END")]).unwrap();
    let image = Image::parse(&edited);
    assert_eq!(image.check(), []);
    let section = image.volumes().next().unwrap().files()[2].file.find(0x1c).unwrap();
    assert_eq!(depex::placement(section.bytes().unwrap()), Some(depex::Placement::Before(guid(1))));
}

#[test]
fn a_malformed_depex_is_refused_unless_it_is_wanted() {
    let error = message(depex_of("A", "AND END"));
    assert!(error.contains("(A): DEPEX offset 0x0, opcode 03h: the operation finds too few values"), "{error}");
    let wanted = Depex { file: file("A"), hex: Some(file("03 08")), unchecked: true, ..Depex::default() };
    assert!(apply(&abc(), &[Edit::Depex(wanted)]).is_ok());
    assert!(message(depex_of("A", "PUSH gEfiNowhere END")).contains("word 2 (line 1, column 6)"));
}

#[test]
fn an_apriori_list_is_made_changed_and_dropped() {
    let set = |files: &[&str]| {
        let volume = files.is_empty().then(|| file("0x0"));
        Edit::Apriori(Apriori {
            phase: crate::depex::Dialect::Smm,
            files: files.iter().map(|name| file(name)).collect(),
            volume,
        })
    };
    let list = |bytes: &[u8]| Image::parse(bytes).volumes().next().unwrap().files()[0].file.apriori();
    let made = apply(&abc(), &[set(&["C", "A"])]).unwrap();
    assert_eq!(list(&made), Some(vec![guid(3), guid(1)]));
    assert_eq!(names(&made)[1..], ["A", "B", "C"]);
    let changed = apply(&made, &[set(&["B"])]).unwrap();
    assert_eq!(list(&changed), Some(vec![guid(2)]));
    let dropped = apply(&changed, &[set(&[])]).unwrap();
    assert_eq!(names(&dropped), ["A", "B", "C"]);
    assert!(message(set(&["A", "X"])).contains("\"X\" is none"));
}

#[test]
fn a_file_type_and_a_pcd_word_are_set() {
    let kind = Edit::Type(Type { file: file("A"), volume: None, kind: "dxe-driver".parse().unwrap() });
    let word = Edit::Pcd(Pcd { file: file("A"), volume: None, word: file("Check"), value: 7 });
    let edited = apply(&abc(), &[kind, word]).unwrap();
    let image = Image::parse(&edited);
    let a = &image.volumes().next().unwrap().files()[0].file;
    assert_eq!(a.header.kind, ffs::kind::DRIVER);
    let module = a.find(0x10).and_then(|section| section.bytes()).unwrap();
    assert_eq!(pcd::words(module).next().map(|word| word.value), Some(7));
    let missing = Edit::Pcd(Pcd { file: file("A"), volume: None, word: file("Chek"), value: 7 });
    assert!(message(missing).contains("no PCD word \"Chek\"; it has: Check"));
}

#[test]
fn an_edit_that_fails_names_itself_the_file_and_the_rule() {
    assert!(
        message(depex_of("Aa", "TRUE END"))
            .contains("edit 1 (depex): no file has the GUID or name \"Aa\"; did you mean A?")
    );
    let error = message(Edit::Order(order("B")));
    assert!(error.contains(&std::format!("file {} (B): exactly one of before, after and to", guid(2))), "{error}");
    let twice =
        apply(&image_of(vec![driver(1, "A", "TRUE END"), driver(2, "A", "TRUE END")]), &[depex_of("A", "FALSE END")]);
    assert!(twice.unwrap_err().to_string().contains("several files are called \"A\""));
    let damaged = apply(&[0; 64], &[]).unwrap_err().to_string();
    assert!(damaged.contains("there is no firmware volume"), "{damaged}");
}

#[test]
fn an_edit_for_which_there_is_no_room_says_what_lacks() {
    let many = Depex { file: file("B"), hex: Some("06".repeat(0x4000)), unchecked: true, ..Depex::default() };
    assert!(message(Edit::Depex(many)).contains("a volume is full: it lacks 0x"));
}

#[cfg(feature = "compress")]
#[test]
fn edits_reach_into_compressed_volumes() {
    let inner = crate::testing::volume_of(vec![driver(1, "A", "TRUE END"), driver(2, "B", "TRUE END")]);
    let bytes = crate::testing::compressed(inner);
    let edits = [Edit::Order(Order { before: Some(file("A")), ..order("B") }), depex_of("A", "FALSE END")];
    let edited = apply(&bytes, &edits).unwrap();
    assert_eq!(names(&edited)[1..], ["B", "A"]);
    let back = [Edit::Order(Order { before: Some(file("B")), ..order("A") }), depex_of("A", "TRUE END")];
    assert!(apply(&edited, &back).unwrap() == bytes);
}

#[cfg(feature = "serde")]
#[test]
fn an_edit_reads_from_json_and_refuses_what_it_does_not_know() {
    let read = |text: &str| serde_json::from_str::<EditList>(text);
    let list = read(
        r#"{"edit": [{"op": "type", "file": "A", "type": "smm-core"}, {"op": "order", "file": "A", "to": "last"}]}"#,
    );
    let list = list.unwrap();
    assert!(matches!(&list.edit[0], Edit::Type(edit) if edit.kind.0 == ffs::kind::SMM_CORE));
    let again = serde_json::to_string(&list).unwrap();
    assert_eq!(read(&again).unwrap(), list);
    for wrong in [
        r#"{"edit": [{"op": "drop", "fil": "A"}]}"#,
        r#"{"edit": [{"op": "drop", "file": "A", "why": 1}]}"#,
        r#"{"edit": [{"op": "erase", "file": "A"}]}"#,
        r#"{"edit": [{"op": "type", "file": "A", "type": "smm"}]}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    assert_eq!(serde_json::to_string(&guid(0x11)).unwrap(), "\"11111111-1111-1111-1111-111111111111\"");
    assert_eq!(serde_json::from_str::<crate::Guid>("\"11111111-1111-1111-1111-111111111111\"").unwrap(), guid(0x11));
}
