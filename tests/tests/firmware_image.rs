//! The training firmware's images as PI has them.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::firmware::images;
use pi::edit::{EditList, apply};
use pi::image::Image;
use pi::layout::ffs::{attribute, kind};

fn edited(image: &[u8], edits: &str) -> Result<Vec<u8>, String> {
    let edits: EditList = toml::from_str(edits).unwrap();
    apply(image, &edits.edit).map_err(|error| error.to_string())
}

/// Offset of the SEC core in its volume.
fn sec_core(image: &[u8]) -> usize {
    let image = Image::parse(image);
    let files = image.volumes().flat_map(|volume| volume.files());
    let sec: Vec<_> = files.filter(|placed| placed.file.header.kind == kind::SECURITY_CORE).collect();
    assert_eq!(sec.len(), 1);
    assert_ne!(sec[0].file.header.attributes & attribute::FIXED, 0);
    sec[0].offset
}

#[test]
fn the_images_keep_every_rule() {
    for image in [&images().debug, &images().release] {
        let read = Image::parse(image);
        assert_eq!(read.check(), []);
        assert_eq!(read.write(), *image);
    }
}

/// The reset vector jumps to an address that was written into it.
#[test]
fn no_edit_moves_the_sec_core() {
    for image in [&images().debug, &images().release] {
        let at = sec_core(image);
        let refused = edited(image, "[[edit]]\nop = 'order'\nfile = 'SecCore'\nto = 'last'").err().unwrap();
        assert!(refused.contains("stays where it is"), "{refused}");
        for edit in [
            "[[edit]]\nop = 'depex'\nfile = 'PlatformPei'\ntext = 'TRUE TRUE AND END'",
            "[[edit]]\nop = 'order'\nfile = 'DxeIpl'\nto = 'first'",
        ] {
            assert_eq!(sec_core(&edited(image, edit).unwrap()), at);
        }
    }
}
