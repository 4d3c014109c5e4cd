//! Variable stores and FTW work spaces under fuzzing: a store holds what was set, and damage makes
//! nothing panic. `PI_FUZZ_SECONDS` lets it go on for longer.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use e2e::fuzz::{damage, fuzz};
use e2e::random::Random;
use pi::Guid;
use pi::variable::{Areas, Auth, Contents, Format, NvRule, Nvram, Store, blank, delete, find, set, stored_name};
use std::collections::BTreeMap;

const AREAS: Areas = Areas { volume: 0x2000, block: 0x400, store_end: 0xc00, work_space: 0xc00..0x1000 };

fn nvram(image: &[u8]) -> Nvram {
    find(image, 0).unwrap().unwrap()
}

/// A variable out of a few.
fn draw(random: &mut Random, format: Format) -> (Guid, Vec<u8>, u32, Auth, Vec<u8>) {
    let name = stored_name(["A", "Setup", "Größe", "電源"][random.below(4)]);
    let attributes = match format {
        Format::Plain => [3, 7][random.below(2)],
        Format::Authenticated => [3, 7, 0x27][random.below(3)],
    };
    let auth = match format {
        Format::Plain => Auth::default(),
        Format::Authenticated => Auth { monotonic_count: random.draw() % 3, ..Auth::default() },
    };
    let size = 1 + random.below(200);
    (Guid([1 + random.below(2) as u8; 16]), name, attributes, auth, random.bytes(size))
}

fn format(random: &mut Random) -> Format {
    [Format::Plain, Format::Authenticated][random.below(2)]
}

fn live(store: &Store<'_>) -> BTreeMap<(Guid, Vec<u8>), (u32, Vec<u8>)> {
    let pair = |contents: Contents<'_>| {
        ((contents.vendor, contents.name.to_vec()), (contents.attributes, contents.data.to_vec()))
    };
    store.live().map(|variable| pair(variable.contents)).collect()
}

#[test]
fn a_store_holds_what_was_set_last_and_no_bit_is_set_without_an_erase() {
    fuzz(|random| {
        let format = format(random);
        let mut image = blank(&AREAS, format).unwrap();
        let nvram = nvram(&image);
        let mut model = BTreeMap::new();
        for _ in 0..random.below(60) {
            let before = image.clone();
            let end = nvram.store(&before).unwrap().end().unwrap();
            let (vendor, name, attributes, auth, data) = draw(random, format);
            if random.below(4) == 0 {
                let done = delete(&mut image, &nvram, &vendor, &name);
                assert_eq!(done.is_ok(), model.remove(&(vendor, name)).is_some());
            } else {
                let contents = Contents { attributes, auth, vendor, name: &name, data: &data };
                match set(&mut image, &nvram, &contents) {
                    Ok(()) => drop(model.insert((vendor, name.clone()), (attributes, data.clone()))),
                    Err(error) => {
                        assert!(matches!(error.rule, NvRule::Full { .. }) && image == before, "{error}");
                    }
                }
            }
            let store = nvram.store(&image).unwrap();
            assert_eq!(store.check(), Ok(()));
            assert_eq!(live(&store), model);
            let (inside, outside) = (&image[nvram.store.clone()], &image[nvram.store.end..]);
            assert!(outside == &before[nvram.store.end..]);
            let reclaimed =
                store.end().unwrap() < end || store.variables().flatten().all(|one| store.in_force().has(&one));
            let set_bit = inside.iter().zip(&before[nvram.store.clone()]).any(|(new, old)| new & !old != 0);
            assert!(reclaimed || !set_bit);
        }
    });
}

#[test]
fn damaged_nvram_is_read_and_an_edit_changes_one_variable_or_nothing() {
    fuzz(|random| {
        let format = format(random);
        let mut image = blank(&AREAS, format).unwrap();
        let place = nvram(&image);
        for _ in 0..random.below(20) {
            let (vendor, name, attributes, auth, data) = draw(random, format);
            let contents = Contents { attributes, auth, vendor, name: &name, data: &data };
            let _full = set(&mut image, &place, &contents);
        }
        let queue = AREAS.work_space.start + 0x20;
        if random.below(2) == 0 {
            image[queue] = 0xfc;
            image[queue + 0x18..queue + 0x28].copy_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
            image[queue + 0x28] = 0xfd;
        }
        // Where there is something to damage.
        let target = [0..0x200, 0x48..0xc00, 0xc00..0xc80][random.below(3)].clone();
        let mut part = image[target.clone()].to_vec();
        damage(random, &mut part);
        image[target.start..target.start + part.len()].copy_from_slice(&part);

        let Some(Ok(nvram)) = find(&image, 0) else { return };
        let Ok(store) = nvram.store(&image) else { return };
        assert!(store.variables().count() <= store.bytes().len());
        for variable in store.variables().flatten().filter(|variable| variable.state.counts()) {
            let found = store.find(&variable.contents.vendor, variable.contents.name).unwrap().current;
            assert_eq!(store.in_force().has(&variable), found.offset == variable.offset);
        }
        let before = live(&store);
        if let Some(Ok(space)) = nvram.work_space(&image) {
            let records = space.writes().flatten().flat_map(|write| write.records());
            assert!(records.count() < space.bytes().len());
        }
        let bytes = image.clone();
        let (vendor, name, attributes, auth, data) = draw(random, format);
        let contents = Contents { attributes, auth, vendor, name: &name, data: &data };
        match set(&mut image, &nvram, &contents) {
            Ok(()) => {
                let mut want = before;
                want.insert((vendor, name), (attributes, data));
                assert_eq!(live(&nvram.store(&image).unwrap()), want);
            }
            Err(error) => assert!(image == bytes && !error.to_string().is_empty()),
        }
    });
}

#[test]
fn any_bytes_may_be_a_store_or_a_work_space() {
    fuzz(|random| {
        let size = random.below(400);
        let mut bytes = random.bytes(size);
        for _ in 0..random.below(4) {
            let seed = [&pi::layout::variable::PLAIN.0[..], &[0xaa, 0x55], &pi::layout::ftw::SIGNATURE.0];
            let (seed, at) = (seed[random.below(3)], random.below(bytes.len()));
            let end = bytes.len().min(at + seed.len());
            bytes[at..end].copy_from_slice(&seed[..end - at]);
        }
        if let Ok(store) = Store::parse(&bytes) {
            let _ = (store.check(), store.live().count());
        }
        if let Ok(space) = pi::variable::ftw::WorkSpace::parse(&bytes) {
            let _ = space.unfinished();
        }
        let _ = find(&bytes, random.below(16));
    });
}
