//! Asks a machine that has booted.

use crate::{Boot, records, say};
use content::Probe;
use pi::Guid;
use pi::record::Record;
use protocol::Outcome;

/// The answer, one of those that `Probe` names. The machine is asked in a copy: the boot stays as it is.
pub fn probe(ask: &Probe, boot: &Boot) -> String {
    match ask {
        Probe::Ring(value) => ring(boot, *value),
        Probe::Say(text) => heard(boot, text),
        Probe::Dispatched(module) => dispatched(boot, module).to_owned(),
        Probe::Why(module) => why(boot, module).to_owned(),
        Probe::Log(text) => yes_no(boot.firmware.chronicle.log.iter().any(|line| line.text.contains(text))),
        Probe::Hidden => yes_no(boot.firmware.smram.now.os.iter().all(|byte| *byte == 0xff)),
        Probe::Locked => yes_no(boot.firmware.locked),
        Probe::Boots => outcome(&boot.firmware.chronicle.outcome).to_owned(),
    }
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn outcome(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Prompt => "prompt",
        Outcome::Hung => "hung",
        Outcome::Shutdown { .. } => "shutdown",
        Outcome::Exit { .. } => "exit",
        Outcome::Endless => "endless",
    }
}

/// Empty if there is no OS to hear it.
fn heard(boot: &Boot, text: &str) -> String {
    if boot.firmware.chronicle.outcome != Outcome::Prompt {
        return String::new();
    }
    say(&mut boot.firmware.history.machine().clone(), text).answer
}

/// `smi 0x43: EFI_SUCCESS`
fn ring(boot: &Boot, value: u8) -> String {
    let answer = heard(boot, &format!("smi {value:x}"));
    match answer.rsplit_once(": ") {
        Some((_, status)) if status.starts_with("EFI_") => status.to_owned(),
        _ => "no-answer".to_owned(),
    }
}

/// The file of this name or GUID.
fn file(boot: &Boot, module: &str) -> Option<Guid> {
    let named = |file: &&story::dispatch::File| {
        file.name.as_deref() == Some(module) || module.parse().is_ok_and(|guid: Guid| guid == file.guid)
    };
    boot.listing.files().find(named).map(|file| file.guid)
}

fn dispatched(boot: &Boot, module: &str) -> &'static str {
    let records = records(&boot.firmware.chronicle);
    let Some(guid) = file(boot, module) else { return "never" };
    let started = records.iter().position(|record| matches!(record, Record::Loaded(loaded) if loaded.file == guid));
    let locked = records.iter().position(|record| matches!(record, Record::ReadyToLock(_)));
    match (started, locked) {
        (None, _) => "never",
        (Some(started), Some(locked)) if started > locked => "after-lock",
        _ => "before-lock",
    }
}

fn why(boot: &Boot, module: &str) -> &'static str {
    let named = |name: Option<&str>, guid: Guid| name == Some(module) || module.parse() == Ok(guid);
    let absent = boot.absent.iter().find(|absent| named(absent.name.as_deref(), absent.file));
    absent.map_or("there", |absent| absent.why.name())
}
