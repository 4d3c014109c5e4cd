//! `smmlab boot`: a flash image from power-on until it has said or done what was asked for.

use crate::faults::FaultArgs;
use crate::outputs::{OutputArgs, Outputs};
use crate::run::{MachineArgs, named_file, read_input};
use anyhow::{Context, Result};
use board::{Config, Machine, Stop, View};
use lab::{FaultSet, Hand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use trace::{Event, Kind, Level, Output, Sink};

#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 when TEXT of --until has come, or the script is done, or the guest halts for good; \
2*v+1 when the guest writes v other than 0 to port F4h, 4 after a triple fault or shutdown, 6 at the instruction limit, \
7 when the run ends without TEXT, 2 for bad arguments."
)]
pub struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// Flash image whose last byte lies at FFFFFFFFh, as `cargo xtask firmware` builds it
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    #[command(flatten)]
    faults: FaultArgs,
    /// Commands for the OS's shell, one a line; the run ends when they are done
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Stop as soon as the guest has written TEXT to COM1 or to the log (port 402h)
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    until: Option<String>,
    /// Afterwards write the flash, as the guest has left it, to FILE
    #[arg(long, value_name = "FILE")]
    save_image: Option<PathBuf>,
    /// Bytes that arrive on COM1, from FILE (`-`: standard input)
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// A fw_cfg file for the guest, as NAME=FILE; may be given several times
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    fw_cfg: Vec<(String, PathBuf)>,
    #[command(flatten)]
    outputs: OutputArgs,
    /// Stop after this many instructions
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

/// Instructions between two looks at what the guest has said.
const SLICE: u64 = 1000;

fn read(path: &Path, option: &str) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("can't read {} (--{option})", path.display()))
}

fn config(args: &Args, faults: &FaultSet) -> Result<Config> {
    let mut fw_cfg = Vec::new();
    for (name, path) in &args.fw_cfg {
        fw_cfg.push((name.clone(), read(path, "fw-cfg")?));
    }
    if let Some(path) = &args.script {
        fw_cfg.push((demo_rom::SCRIPT_FILE.to_owned(), read(path, "script")?));
    }
    Ok(Config { fw_cfg, ..args.faults.wired(faults, &args.machine, &args.image)? })
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let faults = args.faults.set()?;
    let config = config(args, &faults)?;
    let mut machine = Machine::new(&config).with_context(|| format!("{}", args.image.display()))?;
    if let Some(path) = &args.input {
        machine.serial_input(&read_input(path)?);
    }
    let until = args.until.as_deref().unwrap_or_default().as_bytes();
    let mut watch =
        Watch { outputs: Outputs::open(&args.outputs)?, until, serial: Vec::new(), log: Vec::new(), found: false };
    let limit = args.limit.unwrap_or(u64::MAX);
    let stop = if faults.around.stimuli.is_empty() {
        run_until(&mut machine, &mut watch, limit)
    } else {
        run_with(&mut Hand::new(&faults.around.stimuli), &mut machine, &mut watch, limit)
    };
    let found = watch.found;
    watch.outputs.finish()?;
    if let Some(path) = &args.save_image {
        save(&machine, config.bios.len(), path)?;
    }
    eprintln!("smmlab: {} instructions, {} ns", machine.instructions(), machine.time());
    Ok(ExitCode::from(exit_code(stop, found, args)))
}

fn run_until(machine: &mut Machine, watch: &mut Watch, limit: u64) -> Stop {
    loop {
        let slice = limit.saturating_sub(machine.instructions());
        let slice = if watch.until.is_empty() { slice } else { slice.min(SLICE) };
        match machine.run_instructions(slice, watch) {
            Stop::Limit if !watch.found && machine.instructions() < limit => {}
            stop => return stop,
        }
    }
}

/// The same with a hand. No instruction takes less than a nanosecond: the limit isn't passed.
fn run_with(hand: &mut Hand, machine: &mut Machine, watch: &mut Watch, limit: u64) -> Stop {
    loop {
        let left = limit.saturating_sub(machine.instructions());
        if left == 0 {
            return Stop::Limit;
        }
        let stop = hand.run_until(machine, machine.time() + SLICE.min(left), watch);
        if stop != Stop::Time || watch.found {
            return stop;
        }
    }
}

fn exit_code(stop: Stop, found: bool, args: &Args) -> u8 {
    match stop {
        _ if found => 0,
        Stop::Shutdown => {
            eprintln!("smmlab: the processor shut down; --trace FILE.jsonl shows why");
            4
        }
        Stop::Limit | Stop::Time => {
            eprintln!("smmlab: stopped at the limit of {} instructions", args.limit.unwrap_or(u64::MAX));
            6
        }
        Stop::Exit(value) if value != 0 => (value as u8).wrapping_mul(2).wrapping_add(1),
        Stop::Exit(_) | Stop::Halted | Stop::Off => match &args.until {
            Some(text) => {
                eprintln!("smmlab: the run ended without {text:?}");
                7
            }
            None => 0,
        },
    }
}

fn save(machine: &Machine, size: usize, path: &Path) -> Result<()> {
    let mut image = vec![0; size];
    machine.peek(View::Os, (1 << 32) - size as u64, &mut image);
    std::fs::write(path, image).with_context(|| format!("can't write {} (--save-image)", path.display()))
}

/// Passes everything on, and looks for a text.
struct Watch<'a> {
    outputs: Outputs,
    until: &'a [u8],
    /// The last bytes of each door, as many as the text has.
    serial: Vec<u8>,
    log: Vec<u8>,
    found: bool,
}

impl Sink for Watch<'_> {
    fn level(&self) -> Level {
        self.outputs.level()
    }

    fn event(&mut self, event: Event) {
        if let Kind::Output { to: to @ (Output::Serial | Output::Debug402), byte } = event.kind {
            let said = if to == Output::Serial { &mut self.serial } else { &mut self.log };
            said.push(byte);
            let extra = said.len().saturating_sub(self.until.len());
            said.drain(..extra);
            self.found |= !self.until.is_empty() && said == self.until;
        }
        self.outputs.event(event);
    }
}
