//! Small images for tests.

extern crate std;
use crate::Guid;
use crate::depex::assemble;
use crate::image::{Body, File, Placed, Section, Sections, Volume};
use crate::layout::ffs::kind;
use crate::layout::fv::FFS2;
use crate::layout::section::kind as section_kind;
use std::vec;
use std::vec::Vec;

pub const BLOCK: u32 = 0x1000;

pub fn guid(nth: u8) -> Guid {
    Guid([nth; 16])
}

/// An SMM driver whose "PE32" image holds a PCD word `Check` = 1.
pub fn driver(nth: u8, name: &str, depex: &str) -> File {
    let code = assemble(depex, |_| None).unwrap();
    let list = vec![
        Section::new(section_kind::SMM_DEPEX, code),
        Section::new(section_kind::PE32, module()),
        Section::user_interface(name),
        Section::version(1, "1.0"),
    ];
    let mut sections = Sections { list, tail: Vec::new() };
    sections.seal().unwrap();
    File::new(guid(nth), kind::SMM, Body::Sections(sections))
}

fn module() -> Vec<u8> {
    let mut image = vec![0x90; 0x40];
    image.extend(crate::pcd::SIGNATURE);
    image.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    image.extend(b"Check");
    image.resize(image.len() + 23, 0);
    image.extend(1u32.to_le_bytes());
    image
}

pub fn volume_of(files: Vec<File>) -> Volume {
    let mut volume = Volume::new(FFS2, 4, BLOCK).unwrap();
    volume.files_mut().unwrap().extend(files.into_iter().map(Placed::new));
    volume.place().unwrap();
    volume
}

pub fn image_of(files: Vec<File>) -> Vec<u8> {
    let mut bytes = Vec::new();
    volume_of(files).write(&mut bytes);
    bytes
}

/// An image whose one file holds an LZMA section with this volume, as OVMF has it.
#[cfg(feature = "compress")]
pub fn compressed(inner: Volume) -> Vec<u8> {
    use crate::image::{Image, Part, SectionBody};
    use crate::layout::section::LZMA;
    let mut image = Section::new(section_kind::FIRMWARE_VOLUME_IMAGE, Vec::new());
    image.body = SectionBody::Image(Image { parts: vec![Part::Volume(inner)], flaws: Vec::new() });
    let mut headers = vec![0, 0, 0, section_kind::GUID_DEFINED];
    headers.extend(LZMA.0);
    headers.extend([24, 0, 1, 0]);
    let inner = Some(Sections { list: vec![image], tail: Vec::new() });
    // Properties and dictionary size that EDK II's LzmaCompress uses.
    let packed = vec![0x5d, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let body = SectionBody::Encoded { packed, definition: LZMA, inner, changed: true };
    let section = Section { gap: Vec::new(), kind: section_kind::GUID_DEFINED, headers, body };
    let mut sections = Sections { list: vec![section], tail: Vec::new() };
    sections.seal().unwrap();
    image_of(vec![File::new(guid(0xee), kind::FIRMWARE_VOLUME_IMAGE, Body::Sections(sections))])
}
