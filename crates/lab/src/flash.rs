//! The serial flash of a machine, as its viewers take it; and power cuts while it is at work.

use crate::prompt::{Runs, run_to_prompt};
use crate::say::say;
use crate::witness::Witness;
use board::Machine;
use pi::layout::fv;
use protocol::{Chronicle, CutAt, FlashView, Stretch};
use trace::{FlashWork, Input, Kind, Silent};

const BLOCK: u32 = 4 << 10;
/// In a firmware volume's header.
const FILE_SYSTEM: usize = 0x10;
const LENGTH: usize = 0x20;

/// On board `qemu` there is none.
pub fn flash(machine: &Machine) -> Option<FlashView> {
    let part = machine.flash_part()?;
    let size = part.array().len() as u32;
    let volumes = volumes(machine, size);
    let nvram = volumes.iter().find(|(_, _, kind)| *kind == fv::NV_DATA.0);
    let nvram = nvram.map(|(from, len, _)| (*from, bytes(machine, *from, *len)));
    let (window, status) = (machine.flash_window() as u32, part.status());
    Some(FlashView { time: machine.time(), size, window, status, volumes, stretches: stretches(machine, size), nvram })
}

fn bytes(machine: &Machine, from: u32, len: u32) -> Vec<u8> {
    let mut bytes = vec![0; len as usize];
    machine.flash_part().into_iter().for_each(|part| part.array().read(from as usize, &mut bytes));
    bytes
}

fn volumes(machine: &Machine, size: u32) -> Vec<(u32, u32, [u8; 16])> {
    let (mut all, mut at) = (Vec::new(), 0);
    while at < size {
        let head = bytes(machine, at, fv::HEADER_SIZE as u32);
        let length = head[LENGTH..].first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
        let there = head[fv::SIGNATURE_OFFSET..].starts_with(&fv::SIGNATURE);
        let len = u32::try_from(length).ok().filter(|len| there && *len > 0 && *len <= size - at);
        if let (Some(len), Some(kind)) = (len, head[FILE_SYSTEM..].first_chunk()) {
            all.push((at, len, *kind));
        }
        at += len.map_or(BLOCK, |len| len.next_multiple_of(BLOCK));
    }
    all
}

fn stretches(machine: &Machine, size: u32) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for from in (0..size).step_by(BLOCK as usize) {
        let ask = |smm| machine.flash_refusals(smm, smm, from.into(), BLOCK.into());
        let (os, smm) = (ask(false), ask(true));
        match all.last_mut().filter(|last| last.os == os && last.smm == smm) {
            Some(last) => last.len += BLOCK,
            None => all.push(Stretch { from, len: BLOCK, os, smm }),
        }
    }
    all
}

/// Types a command, pulls the plug while flash is at work for it, and boots; without a command at once. When
/// power went is `None` if the command has fewer operations.
pub fn cut(runs: &mut impl Runs, command: Option<&(String, CutAt)>) -> (Option<u64>, Chronicle) {
    let time = match command {
        Some((text, at)) => {
            let ahead = say(&mut runs.machine().clone(), text);
            runs.serial_input(ahead.typed.as_bytes());
            moment(&ahead.chronicle, *at)
        }
        None => Some(runs.machine().time()),
    };
    let mut witness = Witness::default();
    if let Some(time) = time {
        runs.run_until(time, &mut witness);
        // Until power comes back, nothing asks for a command.
        runs.touch(Input::PowerCut, &mut Silent);
    }
    let outcome = run_to_prompt(runs, &mut witness, |_| {});
    let machine = runs.machine();
    (time, witness.into_chronicle(outcome, machine.time(), machine.instructions()))
}

/// When this operation of the command has come so far.
fn moment(ahead: &Chronicle, at: CutAt) -> Option<u64> {
    let writes = ahead.flash.iter().filter_map(|event| match event.kind {
        Kind::Flash { work, until, .. } if work != FlashWork::Read => Some((event.time, until)),
        _ => None,
    });
    let (from, until) = writes.into_iter().nth(at.operation.checked_sub(1)? as usize)?;
    Some(from + 1 + (until - from) * u64::from(at.done) / 256)
}
