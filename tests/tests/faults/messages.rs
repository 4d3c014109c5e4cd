//! What an OS that means harm makes of a missing check: bytes of SMRAM change.

use crate::show;
use ::board::{Board, View};
use e2e::firmware::{edited, images};
use e2e::prompt::{Answer, Prompt, Registers, Shared};
use pi::Guid;

const DRIVER_C: Guid = Guid::new("C0000000-5A5A-4C41-8B53-4D4D4C41420C");
const HEADER: u64 = 24;
/// Bytes that driver C's handler zeroes when all is well.
const ROOM: u64 = 8;

/// Driver C takes messages, and the core checks them.
const CHECKED: &str = r#"{"op": "pcd", "file": "DriverC", "word": "PcdTakeMessages", "value": 1}"#;

fn checked() -> Vec<u8> {
    edited(&images().debug, &[CHECKED])
}

/// Raises an SMI with a message of `size` bytes at `at`.
fn send(prompt: &mut Prompt, at: u64, size: u64) -> Result<Answer, String> {
    prompt.set(Shared::BUFFER, at);
    prompt.set(Shared::BUFFER_SIZE, size);
    prompt.raise(&Registers([0; 16]), 0)
}

fn header() -> Vec<u8> {
    [&DRIVER_C.0[..], &ROOM.to_le_bytes()].concat()
}

fn smram(prompt: &Prompt, at: u64) -> [u8; 8] {
    let mut bytes = [0; 8];
    prompt.machine.peek(View::Smm, at, &mut bytes);
    bytes
}

/// Driver C's own copy of the GUID serves as the header of a message inside SMRAM.
fn overwrites_inside(image: &[u8]) -> bool {
    let mut prompt = Prompt::boot(Board::Ich9, image);
    let bytes = prompt.peek_smram();
    let guid = DRIVER_C.0;
    let at = (0..bytes.len() - 32).find(|at| bytes[*at..].starts_with(&guid) && bytes[at + 24..at + 32] != [0; 8]);
    let at = prompt.smram.start + at.unwrap() as u64;
    let before = smram(&prompt, at + HEADER);
    send(&mut prompt, at, HEADER + ROOM).unwrap();
    smram(&prompt, at + HEADER) != before
}

/// The header lies in front of SMRAM, the rest in it.
fn overwrites_across(image: &[u8]) -> bool {
    const MARK: [u8; 8] = *b"untouche";
    let mut prompt = Prompt::boot(Board::Ich9, image);
    let start = prompt.smram.start;
    prompt.poke(start - HEADER, &header());
    prompt.machine.poke(View::Smm, start, &MARK);
    send(&mut prompt, start - HEADER, HEADER + ROOM).unwrap();
    smram(&prompt, start) != MARK
}

#[test]
fn a_message_that_nobody_checks_overwrites_smram_from_inside() {
    show(&["comm-buffer-unchecked"], overwrites_inside);
    assert!(!overwrites_inside(&checked()), "with its check the core refuses it");
}

#[test]
fn a_message_of_which_only_the_start_is_checked_reaches_into_smram() {
    show(&["comm-buffer-start-only"], |image| overwrites_across(image) && !overwrites_inside(image));
    assert!(!overwrites_across(&checked()), "with its check the core refuses it");
}

#[test]
fn a_message_shorter_than_its_header_becomes_endless() {
    let is_endless = |image: &[u8]| {
        let mut prompt = Prompt::boot(Board::Ich9, image);
        let buffer = prompt.buffer;
        prompt.poke(buffer, &header());
        send(&mut prompt, buffer, 8).is_err()
    };
    show(&["comm-header-underflow"], is_endless);
    assert!(!is_endless(&checked()), "with its check the core refuses it");
}

#[test]
fn a_handler_that_trusts_rbx_writes_where_the_os_says() {
    show(&["pointer-from-rbx"], |image| {
        let mut prompt = Prompt::boot(Board::Ich9, image);
        let at = prompt.smram.start;
        let before = smram(&prompt, at);
        let mut registers = Registers([0; 16]);
        (registers.0[0], registers.0[3]) = (0x41, at);
        prompt.raise(&registers, 0).unwrap();
        smram(&prompt, at) != before
    });
}

/// SMRAM in which a word that could be a request's size stands, and data worth reading behind it.
fn readable(prompt: &Prompt) -> (u64, Vec<u8>) {
    const REQUEST: usize = 8;
    let (start, bytes) = (prompt.smram.start, prompt.peek_smram());
    let candidates = prompt.read_only_sections().into_iter().flat_map(|range| range.step_by(4));
    let mut found = candidates.filter_map(|at| {
        let place = (at - start) as usize;
        let size = u32::from_le_bytes(bytes.get(place..place + 4)?.try_into().ok()?) as usize;
        let data = bytes.get(place + REQUEST..)?.get(..size)?;
        ((32..256).contains(&size) && data.iter().filter(|byte| !matches!(byte, 0 | 0xff)).count() > size / 2)
            .then(|| (at, data.to_vec()))
    });
    found.next().unwrap()
}

/// RAX and RBX.
fn update(request: u64) -> Registers {
    let mut registers = Registers([0; 16]);
    (registers.0[0], registers.0[3]) = (0x60, request);
    registers
}

#[test]
fn an_update_that_checks_nothing_tells_what_smram_holds() {
    show(&["update-unchecked"], |image| {
        let mut prompt = Prompt::boot(Board::Ich9, image);
        let (at, secret) = readable(&prompt);
        prompt.raise(&update(at), 0).unwrap();
        let mut told = vec![0; secret.len()];
        prompt.machine.peek(View::Os, 0xfff1_0000, &mut told);
        told == secret
    });
}

/// A copy of four bytes becomes one of a page.
#[test]
fn a_size_read_twice_overflows_a_copy_in_smram() {
    const MARK: [u8; 256] = [0xa5; 256];
    show(&["update-reads-twice"], |image| {
        let mut prompt = Prompt::boot(Board::Ich9, image);
        let request = prompt.buffer;
        prompt.poke(request, &[&4u64.to_le_bytes()[..], &MARK[..]].concat());
        assert!(!prompt.peek_smram().windows(MARK.len()).any(|bytes| bytes == MARK));
        let size = MARK.len() as u32;
        // The handler may be beyond recovery then.
        let _ = prompt.raise_under_dma(&update(request), request, &size.to_le_bytes());
        prompt.peek_smram().windows(MARK.len()).any(|bytes| bytes == MARK)
    });
}
