//! The shell's commands about processors and the tasks on them.

use crate::commands::{Wrong, number, small};
use crate::{fptask, processors, say, tasks};
use base::Status;
use base::names::Name;
use core::str::SplitWhitespace;

const SUCCESS: Name = Name(Status::SUCCESS);

pub fn wait(words: &mut SplitWhitespace) -> Result<(), Wrong> {
    tasks::wait(number(words)?);
    say!("wait: {SUCCESS}");
    Ok(())
}

pub fn cpus(words: &mut SplitWhitespace) -> Result<(), Wrong> {
    if let Some(command) = words.next() {
        let cpu = small::<u8>(words)?.into();
        let status = match command {
            "init" => processors::init(cpu),
            "sipi" => processors::sipi(cpu),
            _ => return Err(Wrong),
        };
        say!("cpus {command} {cpu}: {}", Name(base::status(status)));
        return Ok(());
    }
    for cpu in 0..processors::count() {
        let tasks::Tasks { ticks, stopped, .. } = tasks::of(cpu);
        let state = if processors::is_online(cpu) { "online" } else { "offline" };
        say!("cpus: {SUCCESS} {cpu} {state}, {ticks} ticks, stopped {stopped} times");
    }
    Ok(())
}

pub fn fptask(words: &mut SplitWhitespace) -> Result<(), Wrong> {
    match words.next() {
        Some("start") => fptask::start(),
        Some("stop") => fptask::stop(),
        Some("state") => {}
        _ => return Err(Wrong),
    }
    for cpu in 0..processors::count() {
        let (right, wrong, last) = fptask::results(cpu);
        say!("fptask: {SUCCESS} {cpu} {right} right, {wrong} wrong, last 0x{last:016x}");
    }
    Ok(())
}

pub fn storm(words: &mut SplitWhitespace) -> Result<(), Wrong> {
    let count: u32 = small(words)?;
    let value: u8 = if words.clone().next().is_some() { small(words)? } else { 0x41 };
    let (raised, answered) = processors::storm(count, value);
    say!("storm: {SUCCESS} {raised} raised, {answered} answered");
    Ok(())
}
