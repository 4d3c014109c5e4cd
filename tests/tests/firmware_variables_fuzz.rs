//! Variables beyond loss: whatever is asked of VariableSmm, and whatever a boot finds in flash, SMM comes
//! back without an exception, the store keeps its rules, and every variable has the value that was set last.
//!
//! The same seeds each time; `VARIABLE_FUZZ_SECONDS` says for how long the long runs go on.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use board::{Board, View};
use e2e::firmware::{boot_and_keep, images};
use e2e::fuzz::{Trying, damage};
use e2e::prompt::{Prompt, Registers, Shared, VARIABLE};
use e2e::random::Random;
use pi::Guid;
use pi::layout::ftw::{HEADER_SIZE, WRITE_HEADER_SIZE, WRITE_RECORD_SIZE, record, write};
use pi::variable::{Auth, Contents, Store, find, set, stored_name};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

const PLATFORM: Guid = Guid::new("5E70DA7A-5A5A-4C41-8B53-4D4D4C414200");
const GLOBAL: Guid = Guid::new("8BE4DF61-93CA-11D2-AA0D-00E098032B8C");
const NVRAM: Range<usize> = 0..0x1_0000;
const NVRAM_BASE: u64 = 0xfff0_0000;

/// Vendor, name with its NUL → attributes, data.
type Values = BTreeMap<(Guid, Vec<u8>), (u32, Vec<u8>)>;

fn values(store: &Store<'_>) -> Values {
    let pair = |one: Contents<'_>| ((one.vendor, one.name.to_vec()), (one.attributes, one.data.to_vec()));
    store.live().map(|variable| pair(variable.contents)).collect()
}

/// The variables of a volume that keeps every rule; that of errors isn't asked for by anybody.
fn sound(volume: &[u8]) -> Values {
    let nvram = find(volume, 0).unwrap().unwrap();
    let store = nvram.store(volume).unwrap();
    assert_eq!(store.check(), Ok(()));
    assert_eq!(nvram.settled(volume), Ok(()));
    let mut all = values(&store);
    all.retain(|(_, name), _| *name != stored_name("VarErrorFlag"));
    all
}

/// A third of the store, some of it deleted.
fn stocked(image: &[u8], random: &mut Random) -> Vec<u8> {
    let mut image = image.to_vec();
    for _ in 0..40 {
        let nvram = find(&image, 0).unwrap().unwrap();
        let name = stored_name(&format!("Kept{}", random.below(20)));
        let size = 1 + random.below(0x100);
        let (attributes, data) = (random.pick(&[3, 7]), random.bytes(size));
        let contents = Contents { attributes, auth: Auth::default(), vendor: PLATFORM, name: &name, data: &data };
        set(&mut image, &nvram, &contents).unwrap();
    }
    image
}

fn for_long(mut test: impl FnMut(u64)) {
    let seconds = std::env::var("VARIABLE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let (start, time) = (Instant::now(), Duration::from_secs(seconds));
    let mut seed = 1000;
    while start.elapsed() < time {
        seed += 1;
        test(seed);
    }
    println!("{} seeds in {:?}", seed - 1000, start.elapsed());
}

// ---- Requests ----------------------------------------------------------------------------------------

const GET: u64 = 1;
const NEXT: u64 = 2;
const SET: u64 = 3;
/// Of EDK II's messages: `EFI_SMM_COMMUNICATE_HEADER`, then function and status, then the function's own.
const STATUS: usize = 24 + 8;
const PAYLOAD: usize = 24 + 16;
/// GUID, data size, name size, attributes.
const ACCESS: usize = 36;
/// The longest that the handler takes.
const MOST: usize = 0x1000 + ACCESS;
const NOT_ANSWERED: u64 = 0x5a5a_5a5a;

/// One moment of a boot at which messages are sent.
struct Ground {
    name: String,
    prompt: Prompt,
}

struct Request {
    function: u64,
    payload: Vec<u8>,
    /// Of the message.
    size: u64,
}

/// What a request to set a variable says, read as VariableSmm has to.
fn asked(payload: &[u8]) -> ((Guid, Vec<u8>), u32, Vec<u8>) {
    let word = |at: usize| u64::from_le_bytes(payload[at..at + 8].try_into().unwrap()) as usize;
    let (vendor, data_size, name_size) = (Guid(payload[..16].try_into().unwrap()), word(16), word(24));
    let attributes = u32::from_le_bytes(payload[32..36].try_into().unwrap());
    let (name, rest) = payload[ACCESS..].split_at(name_size);
    let end = name.chunks_exact(2).position(|unit| unit == [0, 0]).unwrap();
    ((vendor, name[..2 * end + 2].to_vec()), attributes, rest[..data_size].to_vec())
}

/// What UEFI 2.10, 8.2 says of a SetVariable() that succeeds.
fn update(model: &mut Values, payload: &[u8]) {
    const APPEND: u32 = 0x40;
    const ACCESS: u32 = 2 | 4;
    let (key, attributes, data) = asked(payload);
    if data.is_empty() && attributes & APPEND == 0 || attributes & ACCESS == 0 {
        assert!(model.remove(&key).is_some(), "what isn't there was deleted: {key:x?}");
    } else if attributes & APPEND == 0 {
        model.insert(key, (attributes, data));
    } else if !data.is_empty() {
        model.entry(key).or_insert((attributes & !APPEND, Vec::new())).1.extend(data);
    }
}

fn number(random: &mut Random, near: usize) -> u64 {
    let near = near as u64;
    let edge = random.pick(&[0, near, 1, 2, MOST as u64, 0x1000, u64::MAX, 1 << 63, 1 << 32]);
    match random.below(3) {
        0 => random.draw(),
        1 => edge.wrapping_add(random.draw() % 8).wrapping_sub(4),
        _ => edge,
    }
}

fn request(random: &mut Random) -> Request {
    let function = match random.below(8) {
        0 => random.draw() % 16,
        1 => [GET, NEXT][random.below(2)],
        2 if random.below(8) == 0 => number(random, 3),
        _ => SET,
    };
    let long: String = "x".repeat(random.below(0x900));
    let names = ["A", "Bc", "Kept1", "Kept2", "Timeout", "SetupData", "FirmwareUpdate", "Größe 電源", "", &long];
    let mut name = stored_name(names[random.below(names.len())]);
    match random.below(20) {
        0 => drop(name.pop()),
        1 => name.truncate(name.len() - 2),
        2 => {
            let size = random.below(40);
            name = random.bytes(size);
        }
        3 => name.extend(stored_name("more")),
        _ => {}
    }
    let vendor = [PLATFORM, PLATFORM, PLATFORM, GLOBAL, Guid([7; 16])][random.below(5)];
    let attributes = match random.below(12) {
        0 => random.draw() as u32,
        1 => random.draw() as u32 & 0xff,
        _ => random.pick(&[7, 7, 7, 7, 7, 7, 3, 6, 2, 0x47, 0x46, 0x27, 0x4f, 0xf, 0]),
    };
    let size = random.pick(&[0, 1, 2, 16, 64, 0x200, 0x3c0, 0x7bc, 0x7c0, 0x1000]);
    let size = if random.below(3) == 0 { size } else { random.below(size + 1) };
    let mut data_size = size as u64;
    let mut name_size = name.len() as u64;
    if random.below(16) == 0 {
        data_size = number(random, size);
    }
    if random.below(16) == 0 {
        name_size = number(random, name.len());
    }
    let mut payload = match function {
        NEXT => [&vendor.0[..], &name_size.to_le_bytes(), &name].concat(),
        _ => {
            let head = [&vendor.0[..], &data_size.to_le_bytes(), &name_size.to_le_bytes(), &attributes.to_le_bytes()];
            [&head.concat()[..], &name, &random.bytes(size)].concat()
        }
    };
    if random.below(16) == 0 {
        damage(random, &mut payload);
    }
    payload.resize(payload.len().min(MOST), 0);
    let whole = PAYLOAD + payload.len();
    let size = if random.below(20) == 0 { number(random, whole) } else { whole as u64 };
    // No shorter message may find what a longer one has left behind it.
    payload.resize(MOST, 0xee);
    Request { function, payload, size }
}

impl Ground {
    fn flash(prompt: &Prompt) -> Vec<u8> {
        let mut volume = vec![0; NVRAM.len()];
        prompt.machine.peek(View::Os, NVRAM_BASE, &mut volume);
        volume
    }

    /// Sends it; the status and the payload, if the handler has answered.
    fn send(prompt: &mut Prompt, request: &Request) -> Option<(u64, Vec<u8>)> {
        let Request { function, payload, size } = request;
        let length = size.wrapping_sub(24);
        let header = [&VARIABLE.0[..], &length.to_le_bytes(), &function.to_le_bytes(), &NOT_ANSWERED.to_le_bytes()];
        let buffer = prompt.buffer;
        prompt.poke(buffer, &[&header.concat()[..], payload].concat());
        prompt.set(Shared::BUFFER, buffer);
        prompt.set(Shared::BUFFER_SIZE, *size);
        let answer = prompt.raise(&Registers([0; 16]), 0).unwrap_or_else(|error| panic!("{error}"));
        assert!(answer.exceptions.iter().all(|vector| *vector >= 32), "{:?}\n{}", answer.exceptions, answer.log);
        for word in ["!!!!", "ASSERT", "panicked"] {
            assert!(!answer.log.contains(word), "{}", answer.log);
        }
        let mut bytes = vec![0; PAYLOAD + MOST];
        prompt.machine.peek(View::Os, buffer, &mut bytes);
        let status = u64::from_le_bytes(bytes[STATUS..STATUS + 8].try_into().unwrap());
        (status != NOT_ANSWERED).then(|| (status, bytes.split_off(PAYLOAD)))
    }

    /// How many variables were set.
    fn chain(&self, seed: u64, requests: usize) -> usize {
        const NON_VOLATILE: u32 = 1;
        let _trying = Trying(format!("{}, seed {seed}", self.name));
        let mut random = Random(seed);
        let mut prompt = self.prompt.clone();
        let (mut model, mut volatile, mut set) = (sound(&Self::flash(&prompt)), Values::new(), 0);
        for nth in 0..requests {
            let request = request(&mut random);
            let answer = Self::send(&mut prompt, &request);
            let told = || {
                format!(
                    "request {nth}, function {}, size {:x}, {:x?}",
                    request.function,
                    request.size,
                    &request.payload[..100]
                )
            };
            if let (SET, Some((0, _))) = (request.function, &answer) {
                set += 1;
                let (key, attributes, _) = asked(&request.payload);
                let there = volatile.contains_key(&key) || !model.contains_key(&key) && attributes & NON_VOLATILE == 0;
                update(if there { &mut volatile } else { &mut model }, &request.payload);
            }
            if let (GET, Some((0, payload))) = (request.function, &answer) {
                let (key, _, _) = asked(&request.payload);
                let (_, attributes, data) = asked(payload);
                let known = volatile.get(&key).or(model.get(&key));
                assert_eq!(known, Some(&(attributes, data)), "{}", told());
            }
            assert_eq!(
                sound(&Self::flash(&prompt)),
                model,
                "{}, answer {:x?}",
                told(),
                answer.map(|(status, _)| status)
            );
        }
        set
    }
}

fn grounds() -> Vec<Ground> {
    let mut grounds = Vec::new();
    for (image, build) in [(&images().debug, "DEBUG"), (&images().release, "RELEASE")] {
        let image = stocked(image, &mut Random(1));
        for board in [Board::Ich9, Board::Qemu] {
            for at_runtime in [false, true] {
                let prompt = if at_runtime { Prompt::boot(board, &image) } else { Prompt::in_bds(board, &image) };
                let place = if at_runtime { "at the OS's prompt" } else { "in BDS" };
                grounds.push(Ground { name: format!("{build} on {board:?} {place}"), prompt });
            }
        }
    }
    grounds
}

#[test]
fn no_request_harms_a_variable_that_it_does_not_name() {
    for ground in grounds() {
        let start = Instant::now();
        let set: usize = (1..=5).map(|seed| ground.chain(seed, 40)).sum();
        println!("{}: {set} variables set, {:?}", ground.name, start.elapsed());
        assert!(set > 10, "only {set} variables were set: {}", ground.name);
    }
}

#[test]
#[ignore = "soak"]
fn no_request_harms_a_variable_that_it_does_not_name_for_long() {
    let grounds = grounds();
    let mut set = 0;
    for_long(|seed| set += grounds.iter().map(|ground| ground.chain(seed, 200)).sum::<usize>());
    println!("{set} variables set");
}

// ---- What a boot finds -------------------------------------------------------------------------------

const STORE: Range<usize> = 0x48..0x7000;
const STORE_HEADER: Range<usize> = 0x48..0x64;
const VOLUME_HEADER: Range<usize> = 0..0x48;
const QUEUE: Range<usize> = 0x7000..0x7100;
const SPARE: Range<usize> = 0x8000..0x1_0000;
const SCRIPT: &str = "lsvar\nsetvar Fuzz 7 0102\ngetvar Fuzz\n";

/// Some bytes of `area` changed.
fn damage_in(random: &mut Random, image: &mut [u8], area: Range<usize>) {
    let mut part = image[area.clone()].to_vec();
    damage(random, &mut part);
    image[area.start..area.start + part.len()].copy_from_slice(&part);
}

/// A write of the whole store that the power cut before its destination was written, as FTW leaves it; its
/// target is block `lba`.
fn with_unfinished_write(image: &mut [u8], lba: i64) {
    let mut header = [0xff; WRITE_HEADER_SIZE];
    header[0] = !(write::HEADER_ALLOCATED | write::WRITES_ALLOCATED);
    header[0x18..0x28].copy_from_slice(&[1u64.to_le_bytes(), 0u64.to_le_bytes()].concat());
    let mut record = [0xff; WRITE_RECORD_SIZE];
    record[0] = !record::SPARE_COMPLETE;
    let words = [lba, STORE.start as i64, STORE.len() as i64, -(SPARE.start as i64)];
    record[8..].copy_from_slice(&words.map(i64::to_le_bytes).concat());
    let queue = QUEUE.start + HEADER_SIZE;
    image[queue..][..WRITE_HEADER_SIZE + WRITE_RECORD_SIZE].copy_from_slice(&[&header[..], &record].concat());
    image.copy_within(..STORE.end, SPARE.start);
}

/// The variables of `whole` that can be found in `damaged`, whatever the headers of volume and store say.
fn undamaged(whole: &[u8], damaged: &[u8]) -> Values {
    let bytes = [&whole[STORE_HEADER], &damaged[STORE_HEADER.end..STORE.end]].concat();
    let (store, before) = (Store::parse(&bytes).unwrap(), Store::parse(&whole[STORE]).unwrap());
    let before: BTreeMap<usize, _> = before.live().map(|one| (one.offset, one.contents)).collect();
    let mut left = values(&store);
    let same: Vec<_> = store.live().filter(|one| before.get(&one.offset) == Some(&one.contents)).collect();
    left.retain(|(vendor, name), _| same.iter().any(|one| one.contents.vendor == *vendor && one.contents.name == name));
    left
}

/// One damaged flash, and two boots with it.
fn damaged_boot(whole: &[u8], board: Board, seed: u64) {
    let _trying = Trying(format!("{board:?}, seed {seed}"));
    let mut random = Random(seed);
    let mut image = whole.to_vec();
    let wanted = match seed % 8 {
        0 => {
            with_unfinished_write(&mut image, 0);
            for _ in 0..=random.below(4) {
                damage_in(&mut random, &mut image, 0..STORE.end);
            }
            values(&Store::parse(&whole[STORE]).unwrap())
        }
        1 => {
            with_unfinished_write(&mut image, 0);
            let area = [QUEUE, SPARE][random.below(2)].clone();
            damage_in(&mut random, &mut image, area);
            Values::new()
        }
        kind => {
            let areas = [VOLUME_HEADER, STORE_HEADER, 0x64..0x1800, 0x64..0x1800, 0x1000..STORE.end, QUEUE];
            damage_in(&mut random, &mut image, areas[kind as usize - 2].clone());
            undamaged(whole, &image)
        }
    };
    let (boot, left) = boot_and_keep(board, &image, SCRIPT);
    assert_eq!(boot.exit, Some(0), "{}", boot.log);
    for word in ["!!!!", "ASSERT", "panicked"] {
        assert!(!boot.log.contains(word), "{}", boot.log);
    }
    assert!(boot.console.contains("lsvar: EFI_"), "{}", boot.console);
    assert!(boot.console.contains("getvar Fuzz: EFI_SUCCESS 0x7 0102"), "{}\n{}", boot.console, boot.log);
    let now = sound(&left[NVRAM]);
    for (key, value) in &wanted {
        assert_eq!(now.get(key), Some(value), "{} {:x?}\n{}", String::from_utf8_lossy(&key.1), key, boot.log);
    }
    let (again, left) = boot_and_keep(board, &left, "getvar Fuzz\n");
    assert!(again.console.contains("getvar Fuzz: EFI_SUCCESS 0x7 0102"), "{}", again.console);
    assert_eq!(sound(&left[NVRAM]), now);
}

fn damaged_boots(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let (image, board) =
            [(&images().debug, Board::Ich9), (&images().release, Board::Ich9), (&images().release, Board::Qemu)]
                [seed as usize / 8 % 3];
        damaged_boot(&stocked(image, &mut Random(seed)), board, seed);
    }
}

#[test]
fn a_damaged_store_loses_no_variable_that_can_be_found_in_it() {
    damaged_boots(1..=64);
}

#[test]
#[ignore = "soak"]
fn a_damaged_store_loses_no_variable_that_can_be_found_in_it_for_long() {
    // Their building is no part of the time.
    images();
    for_long(|seed| damaged_boots(seed..=seed));
}

/// What a boot says, and what is in force then.
fn boots(image: &[u8], script: &str) -> (String, Values) {
    let (boot, left) = boot_and_keep(Board::Ich9, image, script);
    assert_eq!(boot.exit, Some(0), "{}", boot.log);
    (boot.console, sound(&left[NVRAM]))
}

/// Who asks for the next variable names the one before as a string: one in the middle would lead back.
#[test]
fn a_damaged_name_does_not_lead_the_list_round_in_circles() {
    let mut image = images().release.clone();
    for name in ["Cup", "Dish", "CupOfTea"] {
        let nvram = find(&image, 0).unwrap().unwrap();
        let contents =
            Contents { attributes: 7, auth: Auth::default(), vendor: PLATFORM, name: &stored_name(name), data: &[1] };
        set(&mut image, &nvram, &contents).unwrap();
    }
    let long = stored_name("CupOfTea");
    let at = image.windows(long.len()).position(|bytes| bytes == long).unwrap();
    image[at + 6..at + 8].fill(0);
    let (console, left) = boots(&image, "lsvar\n");
    assert!(console.contains("lsvar: EFI_SUCCESS"), "{console}");
    assert_eq!(console.matches(&format!("{PLATFORM} ")).count(), 2, "{console}");
    assert_eq!(left.len(), 2);
}

#[test]
fn variables_outlive_the_headers_of_volume_and_store() {
    let whole = stocked(&images().release, &mut Random(1));
    for header in [VOLUME_HEADER, STORE_HEADER, 0..STORE_HEADER.end] {
        for byte in [0, 0xff] {
            let mut image = whole.clone();
            image[header.clone()].fill(byte);
            assert_eq!(boots(&image, "").1, values(&Store::parse(&whole[STORE]).unwrap()), "{header:x?}: {byte:x}");
        }
    }
}

#[test]
fn a_record_of_an_unfinished_write_that_makes_no_sense_is_dropped() {
    let whole = stocked(&images().release, &mut Random(1));
    // Its target lies behind the volume; what is in the spare area is no store.
    for (lba, spare) in [(0x1000, 0..0), (0, SPARE)] {
        let mut image = whole.clone();
        with_unfinished_write(&mut image, lba);
        image[spare].fill(0xff);
        let (console, left) = boots(&image, "setvar Fuzz 7 01\n");
        assert!(console.contains("setvar Fuzz: EFI_SUCCESS"), "{console}");
        assert_eq!(left.len(), 1 + values(&Store::parse(&whole[STORE]).unwrap()).len());
    }
}

/// A part in which a byte happens to look like the status of parallel flash.
#[test]
fn parallel_flash_is_found_whatever_it_holds() {
    for byte in [0, 0x70, 0x80] {
        let mut image = images().release.clone();
        image[0x28..0x2c].fill(byte);
        let (boot, _) = boot_and_keep(Board::Qemu, &image, "setvar Fuzz 7 01\n");
        assert!(boot.console.contains("setvar Fuzz: EFI_SUCCESS"), "{byte:x}: {}", boot.console);
    }
}
