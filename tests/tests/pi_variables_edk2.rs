//! EDK II's own variable driver, as OVMF on QEMU, with a store that we wrote.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::ovmf::boots_until;
use pi::Guid;
use pi::layout::ftw::write;
use pi::variable::{Auth, Contents, Flash, Nor, Nvram, State, Store, find, ftw, reclaim, set, stored_name};
use std::fs;

const OURS: Guid = Guid([0x5a; 16]);
const FILLER: &str = "Filler";

fn contents<'a>(name: &'a [u8], data: &'a [u8]) -> Contents<'a> {
    Contents { attributes: 3, auth: Auth::default(), vendor: OURS, name, data }
}

/// Names and data of our variables, in the order of the store.
fn ours(store: &Store<'_>) -> Vec<(String, Vec<u8>)> {
    let ours = store.live().filter(|variable| variable.contents.vendor == OURS);
    ours.map(|variable| (variable.contents.text().unwrap(), variable.contents.data.to_vec())).collect()
}

/// Variables as power cuts leave them, then so many of which only the last is in force that little room is left.
fn full(image: &mut [u8], nvram: &Nvram) {
    for (name, data) in [("Kept", &[1; 7][..]), ("OldOnly", &[2; 30]), ("Both", &[3; 5])] {
        set(image, nvram, &contents(&stored_name(name), data)).unwrap();
    }
    let bytes = &mut image[nvram.store.clone()];
    let copy = bytes.to_vec();
    let store = Store::parse(&copy).unwrap();
    let found = |name: &str| store.find(&OURS, &stored_name(name)).unwrap().current;
    let mut flash = Nor(bytes);
    let mut at = store.end().unwrap();
    for name in ["OldOnly", "Both"] {
        flash.program(found(name).offset + 2, &[State::IN_DELETED_TRANSITION.0]).unwrap();
    }
    at = flash.append(store.format(), at, &contents(&stored_name("Both"), &[4; 9])).unwrap();
    // Its successor's data was being written.
    let name = stored_name("OldOnly");
    let half = at;
    flash.append(store.format(), at, &contents(&name, &[5; 3])).unwrap();
    bytes[half + 2] = 0x7f;
    let room = |image: &[u8]| {
        let store = nvram.store(image).unwrap();
        store.bytes().len() - store.end().unwrap()
    };
    for round in 0.. {
        if room(image) < 0x400 {
            break;
        }
        set(image, nvram, &contents(&stored_name(FILLER), &[round as u8; 0x180])).unwrap();
    }
}

#[test]
fn edk2_finds_what_we_wrote_reclaims_it_as_we_do_and_leaves_a_queue_that_we_read() {
    let folder = tempfile::tempdir().unwrap();
    let vars = folder.path().join("vars");
    let mut image = fs::read("/usr/share/OVMF/OVMF_VARS.fd").expect("sudo apt-get install ovmf");
    let nvram = find(&image, 0).unwrap().unwrap();
    full(&mut image, &nvram);
    let before = nvram.store(&image).unwrap();
    let mut fresh = vec![0; before.bytes().len()];
    reclaim(&before, None, &mut fresh).unwrap();
    let want = ours(&Store::parse(&fresh).unwrap());
    assert_eq!(want.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Kept", "Both", FILLER, "OldOnly"]);
    fs::write(&vars, &image).unwrap();
    fs::copy("/usr/share/OVMF/OVMF_CODE.fd", folder.path().join("code")).unwrap();
    let is_done = |image: &[u8]| {
        let Ok(store) = nvram.store(image) else { return false };
        let ours = store.variables().flatten().filter(|one| one.contents.vendor == OURS).count();
        let written = store.live().any(|one| one.contents.text().is_ok_and(|name| name == "BootOrder"));
        ours == want.len() && written && nvram.settled(image).is_ok() && store.check().is_ok()
    };
    assert!(boots_until(folder.path(), false, || is_done(&fs::read(&vars).unwrap())));
    let after = fs::read(&vars).unwrap();
    let store = nvram.store(&after).unwrap();
    assert_eq!(ours(&store), want);
    let space = nvram.work_space(&after).unwrap().unwrap();
    let writes: Vec<_> = space.writes().map(Result::unwrap).collect();
    assert!(!writes.is_empty() && writes.iter().all(|one| ftw::reached(one.header.state, write::COMPLETE)));
    let record = writes[0].records().next().unwrap().header;
    assert_eq!((record.lba.get(), record.relative_offset.get()), (0, -0x1_0000));
}
