//! Asks a machine that has booted.

use crate::{Boot, Firmware, records, say};
use board::{Machine, View};
use content::Probe;
use pi::Guid;
use pi::record::Record;
use pi::variable::{Variable, find};
use protocol::{LogText, Outcome};

/// NVRAM as the training firmware has it (docs/firmware.md), and the vendor of its variables.
const VOLUME: u64 = 0xfff0_0000;
const VOLUME_SIZE: usize = 0x1_0000;
const PLATFORM: Guid = Guid::new("5E70DA7A-5A5A-4C41-8B53-4D4D4C414200");

/// The answer, one of those that `Probe` names. The machine is asked in a copy: the boot stays as it is.
pub fn probe(ask: &Probe, boot: &Boot) -> String {
    match ask {
        Probe::Dispatched(module) => dispatched(boot, module).to_owned(),
        Probe::Why(module) => why(boot, module).to_owned(),
        Probe::Hidden => yes_no(boot.firmware.smram.now.os.iter().all(|byte| *byte == 0xff)),
        Probe::Locked => yes_no(boot.firmware.locked),
        Probe::After(after) => {
            let mut there = There::of(boot);
            there.hear(&after.say);
            there.answer(&after.ask)
        }
        ask => There::of(boot).answer(ask),
    }
}

/// A machine, and what it has written into its log: while it booted, or since it was spoken to.
struct There {
    machine: Machine,
    outcome: Outcome,
    log: Vec<LogText>,
}

impl There {
    fn of(boot: &Boot) -> There {
        let Firmware { history, chronicle, .. } = &boot.firmware;
        There { machine: history.machine().clone(), outcome: chronicle.outcome.clone(), log: chronicle.log.clone() }
    }

    fn hear(&mut self, commands: &[String]) {
        self.log.clear();
        for command in commands {
            self.heard(command);
        }
    }

    /// Empty if there is nobody to hear it.
    fn heard(&mut self, text: &str) -> String {
        if self.outcome != Outcome::Prompt {
            return String::new();
        }
        let heard = say(&mut self.machine, text);
        self.outcome = heard.chronicle.outcome;
        self.log.extend(heard.chronicle.log);
        heard.answer
    }

    fn answer(&mut self, ask: &Probe) -> String {
        match ask {
            Probe::Ring(value) => self.status(&format!("smi {value:x}")),
            Probe::Say(text) => self.heard(text),
            Probe::Status(text) => self.status(text),
            Probe::Value(name) => self.value(name),
            Probe::Audit(module) => audited(&self.machine, module),
            Probe::Register(name) => register(&self.machine, name),
            Probe::Record(name) => record(&self.machine, name),
            Probe::Log(text) => yes_no(self.log.iter().any(|line| line.text.contains(text))),
            Probe::Boots => outcome(&self.outcome).to_owned(),
            Probe::Dispatched(_) | Probe::Why(_) | Probe::Hidden | Probe::Locked | Probe::After(_) => String::new(),
        }
    }

    /// `smi 0x43: EFI_SUCCESS`, `getvar Colour: EFI_SUCCESS 0x7 0500`
    fn status(&mut self, command: &str) -> String {
        let answer = self.heard(command);
        let status = answer.lines().rev().find_map(|line| line.split_once(": ")?.1.split(' ').next());
        status.filter(|status| status.starts_with("EFI_")).unwrap_or("no-answer").to_owned()
    }

    fn value(&mut self, name: &str) -> String {
        let answer = self.heard(&format!("getvar {name}"));
        let found = answer.split_once(": ").map(|(_, found)| found.splitn(3, ' ').collect::<Vec<_>>());
        match found.as_deref() {
            Some(["EFI_SUCCESS", _, bytes]) => (*bytes).to_owned(),
            Some([status]) if status.starts_with("EFI_") => (*status).to_owned(),
            _ => "no-answer".to_owned(),
        }
    }
}

fn audited(machine: &Machine, module: &str) -> String {
    let finding = audit::audit(machine).into_iter().find(|finding| finding.module == module);
    finding.map_or("no-answer", |finding| finding.verdict.name()).to_owned()
}

/// A single bit as `0` or `1`, what is wider as the datasheets write it.
fn register(machine: &Machine, name: &str) -> String {
    let (name, field) = name.split_once('.').map_or((name, None), |(name, field)| (name, Some(field)));
    let shown = machine.chipset_registers();
    let Some(shown) = shown.iter().find(|shown| shown.reg.name == name) else { return "no-answer".to_owned() };
    let found = match field {
        None => Some((shown.value, 32)),
        Some(field) => {
            let field = shown.fields().into_iter().find(|one| one.field.name == field);
            field.map(|one| (one.value, one.field.width))
        }
    };
    match found {
        None => "no-answer".to_owned(),
        Some((value, 1)) => value.to_string(),
        Some((value, _)) => format!("{value:X}h"),
    }
}

/// Of several records the one in force, else the last.
fn record(machine: &Machine, name: &str) -> String {
    let mut volume = vec![0; VOLUME_SIZE];
    machine.peek(View::Os, VOLUME, &mut volume);
    let Some(Ok(nvram)) = find(&volume, 0) else { return "no-answer".to_owned() };
    let Ok(store) = nvram.store(&volume) else { return "no-answer".to_owned() };
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let ours = |one: &Variable| one.contents.vendor == PLATFORM && one.contents.name == name;
    let all: Vec<Variable> = store.variables().flatten().filter(ours).collect();
    match all.iter().find(|one| one.state.counts()).or(all.last()) {
        None => "none".to_owned(),
        Some(one) => {
            let bytes: String = one.contents.data.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{:02X}h {bytes}", one.state.0).trim_end().to_owned()
        }
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
        Outcome::Off => "off",
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
