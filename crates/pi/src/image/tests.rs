extern crate std;
use super::*;
use crate::layout::ffs::{APRIORI, VOLUME_TOP_FILE, attribute, kind};
use crate::layout::fv::FFS2;
use crate::layout::section::kind as section_kind;
use crate::testing::{BLOCK, driver, guid, image_of, volume_of};
use std::string::ToString;
use std::vec;
use std::vec::Vec;

#[test]
fn a_built_volume_keeps_all_rules_and_reads_back_byte_for_byte() {
    let bytes = image_of(vec![driver(1, "A", "TRUE END"), driver(2, "B", "TRUE END")]);
    let image = Image::parse(&bytes);
    assert_eq!(image.check(), []);
    assert!(image.write() == bytes);
    let files: Vec<_> = image.volumes().next().unwrap().files().iter().map(|placed| placed.file.ui_name()).collect();
    assert_eq!(files, [Some("A".into()), Some("B".into())]);
}

#[test]
fn each_damage_is_named_with_its_place_file_and_rule() {
    let good = image_of(vec![driver(1, "A", "TRUE END"), driver(2, "B", "TRUE END")]);
    let second = Image::parse(&good).volumes().next().unwrap().files()[1].offset;
    let damaged = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        Image::parse(&bytes).check().iter().map(|finding| finding.error.to_string()).collect::<Vec<_>>().join("\n")
    };
    let has = |message: std::string::String, parts: &[&str]| {
        parts.iter().for_each(|part| assert!(message.contains(part), "no {part:?} in: {message}"));
    };
    has(damaged(0x32, 0), &["at 0x32", "16-bit words of a volume header sum to 0"]);
    has(damaged(0x37, 1), &["at 0x32"]);
    has(damaged(0x22, 0xff), &["at 0x20", "volume holds its header and lies inside the image"]);
    has(damaged(second + 0x10, 0), &[&std::format!("at {:#x}", second + 0x10), "(B)", "file header sum to 0"]);
    has(damaged(second + 0x11, 0), &["(B)", "file checksum is 0xaa"]);
    has(damaged(second + 0x16, 0x7f), &[&std::format!("at {second:#x}"), "a file ends inside its volume"]);
    has(damaged(second + 0x17, 0xe8), &["(B)", "state"]);
    has(
        damaged(second + 0x18 + 1, 0xff),
        &[&std::format!("at {:#x}", second + 0x18), "a section ends inside what holds it"],
    );
    has(damaged(good.len() - 4, 0), &["behind the last file a volume is erased"]);
}

#[test]
fn an_image_without_a_volume_says_so() {
    let image = Image::parse(&[0xff; 4096]);
    assert_eq!(image.flaws[0].trouble, Trouble::NoVolume);
    assert!(image.whole().is_err());
    assert!(image.write() == [0xff; 4096]);
}

#[test]
fn files_are_placed_aligned_with_pad_files_between() {
    let mut aligned = driver(2, "B", "TRUE END");
    aligned.header.attributes = 3 << attribute::DATA_ALIGNMENT_SHIFT;
    aligned.seal();
    let volume = volume_of(vec![driver(1, "A", "TRUE END"), aligned]);
    let files = volume.files();
    assert_eq!(files[1].file.header.kind, kind::PAD);
    assert_eq!((files[2].offset + 24) % 512, 0);
    assert_eq!(files[1].offset + files[1].file.size(), files[2].offset);
}

/// PI 1.8 Vol. 3, EFI_FVB2_ALIGNMENT and EFI_FVB2_WEAK_ALIGNMENT.
#[test]
fn a_volume_is_aligned_to_what_its_files_are_unless_it_is_weak() {
    let mut aligned = driver(2, "B", "TRUE END");
    aligned.header.attributes = 2 << attribute::DATA_ALIGNMENT_SHIFT;
    let volume = volume_of(vec![driver(1, "A", "TRUE END"), aligned]);
    assert_eq!(volume.head[0x2e], 7, "128 bytes");
    let mut bytes = Vec::new();
    volume.write(&mut bytes);
    assert_eq!(Image::parse(&bytes).check(), []);
    for (high, flaws) in [([6, 0x00], 1), ([6, 0x80], 0), ([7, 0x00], 0)] {
        let mut volume = volume.clone();
        volume.head[0x2e..0x30].copy_from_slice(&high);
        volume.seal_header();
        let mut bytes = Vec::new();
        volume.write(&mut bytes);
        let found = Image::parse(&bytes).check();
        assert_eq!(found.len(), flaws, "{high:x?}");
        let want = Trouble::Format(crate::Rule::VolumeAlignment { volume: 64, file: 128 });
        assert!(found.iter().all(|finding| finding.error.trouble == want));
    }
}

#[test]
fn the_volume_top_file_ends_where_the_volume_ends() {
    let top = File::new(VOLUME_TOP_FILE, kind::RAW, Body::Bytes(vec![0x90; 104]));
    let volume = volume_of(vec![driver(1, "A", "TRUE END"), top]);
    let last = volume.files().last().unwrap();
    assert_eq!(last.offset + last.file.size(), volume.length);
    assert_eq!(volume.free(), 0);
}

#[test]
fn a_file_of_16_mib_gets_a_large_header_in_an_ffs3_volume() {
    let data = vec![0x5a; 0x100_0000];
    let mut volume = Volume::new(crate::layout::fv::FFS3, 0x1100, BLOCK).unwrap();
    volume.files_mut().unwrap().push(Placed::new(File::new(guid(1), kind::RAW, Body::Bytes(data))));
    volume.place().unwrap();
    let mut bytes = Vec::new();
    volume.write(&mut bytes);
    let image = Image::parse(&bytes);
    assert_eq!(image.check(), []);
    let file = &image.volumes().next().unwrap().files()[0].file;
    assert_eq!((file.header_size(), file.size(), file.header.size), (32, 0x100_0020, [0; 3]));
}

#[test]
fn a_volume_that_is_full_says_what_it_lacks() {
    let mut volume = Volume::new(FFS2, 1, BLOCK).unwrap();
    let file = File::new(guid(1), kind::RAW, Body::Bytes(vec![0; BLOCK as usize]));
    volume.files_mut().unwrap().push(Placed::new(file));
    assert_eq!(volume.place(), Err(Trouble::VolumeFull { lacks: 0x48 + 24 }));
}

#[test]
fn what_a_dispatcher_would_stumble_over_is_a_warning() {
    let mut no_depex = driver(3, "C", "TRUE END");
    if let Body::Sections(sections) = &mut no_depex.body {
        sections.list.retain(|section| section.kind != section_kind::SMM_DEPEX);
        sections.seal().unwrap();
    }
    let after = std::format!("AFTER {} END", guid(9));
    let list = Section::new(section_kind::RAW, guid(8).0.to_vec());
    let body = Body::Sections(Sections { list: vec![list], tail: Vec::new() });
    let apriori = File::new(APRIORI, kind::FREEFORM, body);
    let bytes = image_of(vec![apriori, driver(1, "A", &after), driver(2, "B", "AND END"), no_depex]);
    let findings = Image::parse(&bytes).check();
    let troubles: Vec<_> = findings.iter().map(|finding| finding.error.trouble).collect();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
    assert_eq!(troubles.len(), 4);
    assert_eq!(troubles[0], Trouble::AprioriUnknown(guid(8)));
    assert_eq!(troubles[1], Trouble::PlacementUnknown(guid(9)));
    assert!(matches!(troubles[2], Trouble::Depex(_)));
    assert_eq!(troubles[3], Trouble::NoSmmDepex);
}

#[cfg(feature = "compress")]
#[test]
fn compressed_sections_are_read_through_and_located() {
    let inner = volume_of(vec![driver(1, "A", "TRUE END")]);
    let bytes = crate::testing::compressed(inner);
    let image = Image::parse(&bytes);
    assert_eq!(image.check(), []);
    assert!(image.write() == bytes);
    let names: Vec<_> =
        image.walk().into_iter().filter_map(|visit| Some((visit.file?.ui_name()?, visit.at.to_string()))).collect();
    assert!(names.iter().any(|(name, at)| name == "A" && at == "0x60 > 0x4c"), "{names:?}");
}

#[cfg(feature = "compress")]
#[test]
fn compressed_data_that_is_damaged_is_a_flaw_of_its_section() {
    let mut bytes = crate::testing::compressed(volume_of(vec![driver(1, "A", "TRUE END")]));
    let data = 0x60 + 24 + 13;
    bytes[data..data + 8].fill(0xff);
    let image = Image::parse(&bytes);
    assert_eq!(image.flaws[0].trouble, Trouble::Format(crate::Rule::Compressed));
    assert!(image.write() == bytes);
}

#[test]
fn bytes_in_front_of_a_file_that_cannot_be_read_are_kept() {
    let mut bytes = image_of(vec![driver(1, "A", "TRUE END"), driver(2, "B", "TRUE END")]);
    let second = Image::parse(&bytes).volumes().next().unwrap().files()[1].offset;
    bytes[second - 1] = 0x55;
    bytes[second + 0x16] = 0x7f;
    let image = Image::parse(&bytes);
    assert_eq!(image.flaws.len(), 2);
    assert!(image.write() == bytes);
}
