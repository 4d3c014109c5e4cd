//! The shell's commands about processors and the tasks on them.

use crate::commands::{Wrong, number, small};
use crate::{fptask, processors, tasks};
use base::names::Name;
use base::{Status, say};
use core::str::SplitAsciiWhitespace;

const SUCCESS: Name = Name(Status::SUCCESS);

pub fn wait(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    tasks::wait(number(words)?);
    say!("wait: {}", SUCCESS);
    Ok(())
}

pub fn cpus(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let change = match words.next() {
        None => return list("cpus"),
        Some("init") => processors::init,
        Some("sipi") => processors::sipi,
        _ => return Err(Wrong),
    };
    let cpu: u8 = small(words)?;
    say!("cpus: {}", Name(base::status(change(cpu.into()))));
    Ok(())
}

pub fn fptask(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    match words.next() {
        Some("start") => fptask::run(true),
        Some("stop") => fptask::run(false),
        Some("state") => {}
        _ => return Err(Wrong),
    }
    list("fptask")
}

/// What the tasks of each processor have found.
fn list(command: &str) -> Result<(), Wrong> {
    for cpu in 0..processors::count() {
        let tasks::Tasks { ticks, stopped, .. } = tasks::of(cpu);
        let fptask::Task { right, wrong, last, .. } = fptask::of(cpu);
        let state = if processors::is_online(cpu) { "online" } else { "offline" };
        say!(
            "{}: {} {:x} {}, {} ticks, stopped {} times, {} sums right, {} wrong, last 0x{:016x}",
            command,
            SUCCESS,
            cpu as u64,
            state,
            ticks,
            stopped,
            right,
            wrong,
            last
        );
    }
    Ok(())
}

pub fn storm(words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let count: u32 = small(words)?;
    let value: u8 = if words.clone().next().is_some() { small(words)? } else { 0x41 };
    let (raised, answered) = processors::storm(count, value);
    say!("storm: {} {} raised, {} answered", SUCCESS, raised, answered);
    Ok(())
}
