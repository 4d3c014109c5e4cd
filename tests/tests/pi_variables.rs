//! Debian's OVMF variable stores, which others have built and enrolled keys in, through `pi::variable`.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use pi::variable::{Areas, Flash, Format, JsonVariables, Nor, Nvram, blank, erase, find};
use std::fs;
use std::path::PathBuf;

/// Every image of the package that has NVRAM, and where it has it.
fn stock() -> Vec<(PathBuf, Vec<u8>, Nvram)> {
    let folders = ["/usr/share/OVMF", "/usr/share/ovmf"];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let images = paths.filter(|path| path.extension().is_some_and(|extension| extension == "fd"));
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).unwrap();
        let nvram = find(&bytes, 0)?.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Some((path, bytes, nvram))
    };
    let found: Vec<_> = images.filter_map(read).collect();
    assert!(found.len() >= 6, "only {} OVMF images with NVRAM: sudo apt-get install ovmf", found.len());
    found
}

#[test]
fn stock_stores_keep_all_rules_and_have_a_valid_work_space() {
    let mut enrolled = 0;
    for (path, bytes, nvram) in stock() {
        let store = nvram.store(&bytes).unwrap();
        assert_eq!(store.check(), Ok(()), "{}", path.display());
        assert_eq!(store.format(), Format::Authenticated);
        let space = nvram.work_space(&bytes).expect("a work space").unwrap();
        assert_eq!(space.bytes().len(), 0x1000, "{}", path.display());
        assert_eq!(nvram.settled(&bytes), Ok(()));
        enrolled += usize::from(store.live().any(|variable| variable.contents.text().unwrap() == "PK"));
    }
    assert!(enrolled >= 3, "{enrolled}");
}

/// All that EDK II has written, deleted variables too, comes out of our writer byte for byte.
#[test]
fn a_stock_store_written_anew_is_the_same_byte_for_byte() {
    let mut variables = 0;
    for (path, bytes, nvram) in stock() {
        let store = nvram.store(&bytes).unwrap();
        let mut again = vec![0; store.bytes().len()];
        erase(&mut again, store.format()).unwrap();
        for variable in store.variables().map(Result::unwrap) {
            let mut flash = Nor(&mut again);
            flash.append(store.format(), variable.offset, &variable.contents).unwrap();
            flash.program(variable.offset + 2, &[variable.state.0]).unwrap();
            variables += 1;
        }
        let differs = again.iter().zip(store.bytes()).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{}", path.display());
    }
    assert!(variables > 100, "{variables}");
}

#[test]
fn a_blank_volume_is_the_one_that_ovmf_is_built_with() {
    for (name, volume, store_end) in [("OVMF_VARS.fd", 0x2_0000, 0xe000), ("OVMF_VARS_4M.fd", 0x8_4000, 0x4_0000)] {
        let stock = fs::read(format!("/usr/share/OVMF/{name}")).expect("sudo apt-get install ovmf");
        let start = store_end + 0x1000;
        let areas = Areas { volume, block: 0x1000, store_end, work_space: start..start + 0x1000 };
        assert!(blank(&areas, Format::Authenticated).unwrap() == stock, "{name}");
    }
}

#[test]
fn json_carries_every_variable_in_force_from_one_store_to_another() {
    let empty = fs::read("/usr/share/OVMF/OVMF_VARS_4M.fd").expect("sudo apt-get install ovmf");
    for (path, bytes, nvram) in stock() {
        let from = nvram.store(&bytes).unwrap();
        let text = serde_json::to_string(&JsonVariables::of(&from).unwrap()).unwrap();
        let list: JsonVariables = serde_json::from_str(&text).unwrap();
        let mut image = empty.clone();
        let to = find(&image, 0).unwrap().unwrap();
        for one in &list.variables {
            pi::variable::set(&mut image, &to, &one.contents(&one.stored_name()).unwrap()).unwrap();
        }
        let to = to.store(&image).unwrap();
        let (from, to): (Vec<_>, Vec<_>) =
            (from.live().map(|one| one.contents).collect(), to.live().map(|one| one.contents).collect());
        assert_eq!(from, to, "{}", path.display());
    }
}
