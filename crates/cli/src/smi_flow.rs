//! `smmlab smi-flow`: one SMI of the demo ROM, from the OS's OUT to the instruction after it, as
//! the trace tells it.

use crate::run::BoardName;
use anyhow::{Context, Result, bail};
use board::{Config, Machine, Stop, View, disassemble};
use std::collections::HashMap;
use trace::{CpuReg, Event, Kind, Level, Output, Recorder, SaveField, Silent};

#[derive(clap::Args)]
pub struct Args {
    /// ich9: as the datasheets say; qemu: as QEMU's q35 machine behaves
    #[arg(long, value_enum, default_value = "ich9")]
    board: BoardName,
    /// Command byte that the OS writes to APM_CNT (port B2h): 0x42 is known to the handler
    #[arg(long, value_name = "BYTE", default_value = "0x42", value_parser = command_byte)]
    command: u8,
}

fn command_byte(text: &str) -> Result<u8, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_suffix(['h', 'H'])).unwrap_or(text);
    u8::from_str_radix(digits, 16).map_err(|_| "write a byte in hexadecimal, 00 to ff, for example 0x42".into())
}

/// Instructions after which the ROM must have booted, or answered.
const PATIENCE: u64 = 2_000_000;
/// OS instructions shown before the SMI and after the answer.
const CONTEXT: usize = 2;

pub fn run(args: &Args) -> Result<()> {
    let config = Config { board: args.board.into(), bios: demo_rom::ROM.to_vec(), ..Config::default() };
    let mut machine = Machine::new(&config)?;
    boot(&mut machine)?;
    println!("SMM Lab: one SMI, there and back");
    let board = match args.board {
        BoardName::Ich9 => "ich9",
        BoardName::Qemu => "qemu",
    };
    println!("board {board}, demo ROM, save-state map revision {:05X}h", machine.save_state_map().revision());
    let smram = u64::from(machine.register(0, CpuReg::Smbase) as u32) + 0x8000;
    for (who, view) in [("the OS", View::Os), ("SMM   ", View::Smm)] {
        let mut bytes = [0; 8];
        machine.peek(view, smram, &mut bytes);
        println!("SMRAM at {smram:08X}h as {who} reads it: {bytes:02X?}");
    }
    println!();
    machine.serial_input(&[args.command]);
    let events = record(&mut machine)?;
    Printer { smbase: machine.register(0, CpuReg::Smbase) as u32, ..Printer::default() }.print(&events);
    Ok(())
}

/// Until the OS idles: it has locked SMRAM and polls COM1.
fn boot(machine: &mut Machine) -> Result<()> {
    let idle = u64::from(demo_rom::symbols::OS_LOOP);
    let ready = |m: &Machine| m.register(0, CpuReg::Rip) == idle;
    while machine.instructions() < PATIENCE {
        if let stop @ (Stop::Exit(_) | Stop::Halted | Stop::Shutdown | Stop::Off) =
            machine.run_instructions(1, &mut Silent)
        {
            bail!("the demo ROM ended while booting: {stop:?}");
        }
        if ready(machine) {
            return Ok(());
        }
    }
    bail!("the demo ROM did not reach its idle loop within {PATIENCE} instructions")
}

/// From the key to the first instructions of the OS after its answer.
fn record(machine: &mut Machine) -> Result<Vec<Event>> {
    let idle = u64::from(demo_rom::symbols::OS_LOOP);
    let before = machine.smi_count(0);
    let mut recorder = Recorder::new(Level::Instructions);
    for _ in 0..PATIENCE {
        machine.step(&mut recorder);
        let answered = machine.smi_count(0) != before && !machine.in_smm(0);
        if answered && machine.register(0, CpuReg::Rip) == idle {
            return Ok(recorder.into_events());
        }
    }
    Err(anyhow::anyhow!("no SMI came back within {PATIENCE} instructions")).context("demo ROM")
}

/// Prints events as stages; remembers what a later line needs.
#[derive(Default)]
struct Printer {
    smbase: u32,
    registers: HashMap<CpuReg, u64>,
    handler_instructions: usize,
    text: String,
}

impl Printer {
    fn print(&mut self, events: &[Event]) {
        let taken = events.iter().position(|e| matches!(e.kind, Kind::SmiTaken { .. })).unwrap_or(0);
        let left = events.iter().rposition(|e| matches!(e.kind, Kind::SmmLeft { .. })).unwrap_or(events.len());
        let os_before = instructions(&events[..taken]);
        let first = os_before.len().saturating_sub(CONTEXT);
        println!("01 OS");
        os_before[first..].iter().for_each(|e| self.instruction(e));
        println!("02 SMI#");
        for event in &events[..left] {
            self.event(event);
        }
        self.flush(events[left.min(events.len() - 1)].time);
        let after = &events[left..];
        if let Some(Event { time, kind: Kind::SmmLeft { smbase, cs, rip }, .. }) = after.first() {
            println!("{time:>12} ns  back at {cs:04X}:{rip:X}, SMBASE {smbase:08X}h");
        }
        println!("01 OS again");
        instructions(after).iter().take(CONTEXT).for_each(|e| self.instruction(e));
        for event in after {
            if let Kind::Output { to: Output::Debug402, byte } = event.kind {
                self.text.push(char::from(byte));
            }
        }
        self.text.lines().for_each(|line| println!("                 the OS says: {line}"));
    }

    fn instruction(&self, event: &Event) {
        if let Kind::Instruction { mode, cs, rip, bytes, .. } = &event.kind {
            let text = disassemble(*mode, *rip, bytes);
            println!("{:>12} ns  {cs:04X}:{rip:08X}  {text}", event.time);
        }
    }

    fn event(&mut self, event: &Event) {
        let t = event.time;
        match &event.kind {
            Kind::Chip { reg, old, new } => {
                self.flush(t);
                println!("{t:>12} ns  {} {old:08X}h -> {new:08X}h", reg.name());
            }
            Kind::SmiRequest { source, sent } => {
                self.flush(t);
                println!("{t:>12} ns  SMI request from {source:?}: {}", if *sent { "sent" } else { "held back" });
            }
            Kind::SmiLatched => {
                self.flush(t);
                println!("{t:>12} ns  in SMM already: one SMI is latched");
            }
            Kind::SmiTaken { rip, .. } => println!("03 Save State (interrupted at RIP {rip:08X}h)"),
            Kind::Save { field, offset, size, value } if shown(*field) => {
                let at = u64::from(self.smbase) + 0x8000 + u64::from(*offset);
                let bytes: Vec<String> =
                    value.to_le_bytes()[..usize::from(*size)].iter().map(|b| format!("{b:02X}")).collect();
                println!("{t:>12} ns  {at:08X}h  {:<12} {}", field.name(), bytes.join(" "));
            }
            Kind::SmmEntered { entry, smi_count } => {
                println!("04 SMRAM (SMI_COUNT {smi_count}, handler at {entry:08X}h)");
            }
            Kind::Instruction { smm: true, .. } => self.handler_instructions += 1,
            Kind::Rsm { .. } => {
                self.flush(t);
                println!("05 RSM");
            }
            Kind::Restore { field, value, .. } if *field == SaveField::Rax => {
                let saved = self.registers.get(&CpuReg::Rax).copied().unwrap_or_default();
                println!("{t:>12} ns  RAX comes back as {value:016X}h (in the handler it was {saved:016X}h)");
            }
            Kind::Register { reg, value } => {
                self.registers.insert(*reg, *value);
            }
            _ => {}
        }
    }

    fn flush(&mut self, t: u64) {
        let n = std::mem::take(&mut self.handler_instructions);
        if n > 0 {
            println!("{t:>12} ns  … {n} instructions of the handler");
        }
    }
}

fn instructions(events: &[Event]) -> Vec<&Event> {
    events.iter().filter(|e| matches!(e.kind, Kind::Instruction { smm: false, .. })).collect()
}

/// Fields that a reader knows by name; the hidden parts of the segments are left out.
fn shown(field: SaveField) -> bool {
    use SaveField::*;
    matches!(
        field,
        Cr0 | Cr3 | Cr4 | Efer | Rflags | Rip | Rsp | Rax | Rbx | Rcx | Rdx | IoState | Revision | Smbase | AutoHalt
    )
}
