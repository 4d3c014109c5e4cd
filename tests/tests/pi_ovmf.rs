//! Debian's OVMF images, which others have built, through `pi`.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::ovmf::boots_until;
use pi::edit::{Depex, Drop, Edit, Order, apply};
use pi::image::{Data, Image, Part, SectionBody, Sections, Volume};
use std::fs;
use std::path::{Path, PathBuf};

/// Every image of the package.
fn stock() -> Vec<(PathBuf, Vec<u8>)> {
    let folders = ["/usr/share/OVMF", "/usr/share/ovmf"];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.path().canonicalize().ok()).collect();
    paths.retain(|path| is_image(path));
    paths.sort();
    // Several names are links to one image.
    paths.dedup();
    assert!(paths.len() >= 3, "no OVMF images: sudo apt-get install ovmf");
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

fn is_image(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "fd")
}

#[test]
fn stock_images_are_read_without_a_flaw_and_written_back_byte_for_byte() {
    for (path, bytes) in stock() {
        let image = Image::parse(&bytes);
        assert!(image.flaws.is_empty(), "{}: {}", path.display(), image.flaws[0]);
        assert!(image.write() == bytes, "{}", path.display());
    }
}

#[test]
fn stock_images_keep_all_rules() {
    for (path, bytes) in stock() {
        if let Some(finding) = Image::parse(&bytes).check().first() {
            panic!("{}: {:?} {}", path.display(), finding.severity, finding.error);
        }
    }
}

/// Nothing is remembered: sizes, checksums, gaps and pad files come out as the builder made them.
#[test]
fn laying_a_stock_image_out_anew_changes_no_byte() {
    for (path, bytes) in stock() {
        let mut image = Image::parse(&bytes);
        place(&mut image);
        let again = image.write();
        let differs = again.iter().zip(&bytes).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{}", path.display());
    }
}

fn place(image: &mut Image) {
    for part in &mut image.parts {
        if let Part::Volume(volume) = part {
            place_volume(volume);
        }
    }
}

fn place_volume(volume: &mut Volume) {
    let mut before = Vec::new();
    volume.write(&mut before);
    if let Data::Files { files, .. } = &mut volume.data {
        for placed in files {
            if let pi::image::Body::Sections(sections) = &mut placed.file.body {
                place_sections(sections);
            }
        }
    }
    volume.place().unwrap();
    volume.seal_header();
    let mut after = Vec::new();
    volume.write(&mut after);
    let differs = before.iter().zip(&after).position(|(a, b)| a != b);
    assert_eq!(differs, None);
}

fn place_sections(sections: &mut Sections) {
    for section in &mut sections.list {
        match &mut section.body {
            SectionBody::Image(image) => place(image),
            SectionBody::Sections(sections) | SectionBody::Encoded { inner: Some(sections), .. } => {
                place_sections(sections)
            }
            _ => {}
        }
    }
}

/// A PEIM that runs in place is moved and relocated, SMM drivers are moved, one is dropped, all in
/// compressed volumes that are compressed anew: the firmware still comes as far as boot selection.
#[test]
fn an_edited_stock_image_boots_on_qemu() {
    let stock = fs::read("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd").expect("sudo apt-get install ovmf");
    let order = |file: &str, before: &str| Order { file: file.into(), before: Some(before.into()), ..Order::default() };
    let depex = Depex {
        file: "VariableSmm".into(),
        text: Some("PUSH gEfiSmmBase2ProtocolGuid END".into()),
        ..Depex::default()
    };
    let edits = [
        Edit::Order(order("CpuMpPei", "ReportStatusCodeRouterPei")),
        Edit::Order(order("VariableSmm", "CpuIo2Smm")),
        Edit::Depex(depex),
        Edit::Drop(Drop { file: "CpuHotplugSmm".into(), volume: None }),
    ];
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("code"), apply(&stock, &edits).unwrap()).unwrap();
    fs::copy("/usr/share/OVMF/OVMF_VARS_4M.fd", folder.path().join("vars")).unwrap();
    let serial = || String::from_utf8_lossy(&fs::read(folder.path().join("serial")).unwrap_or_default()).into_owned();
    assert!(boots_until(folder.path(), true, || serial().contains("BdsDxe")), "{}", serial());
}
