//! `smmlab run`: a ROM from power-on to its end.

use crate::outputs::{OutputArgs, Outputs};
use anyhow::{Context, Result, bail};
use board::{Board, Config, Machine, Stop};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(after_help = "Exit status: 2*v+1 when the guest writes v to port F4h (isa-debug-exit), 0 when it halts for \
good (HLT with interrupts off), 4 after a triple fault or shutdown, 6 at the instruction limit, 2 for bad arguments.")]
pub struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// ROM image whose last byte lies at FFFFFFFFh: 64 KiB to 16 MiB, a multiple of 64 KiB
    #[arg(long, value_name = "FILE")]
    bios: PathBuf,
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

#[derive(clap::Args)]
pub struct MachineArgs {
    /// ich9: as the datasheets say; qemu: as QEMU's q35 machine behaves
    #[arg(long, value_enum, default_value = "ich9")]
    pub board: BoardName,
    /// DRAM in MiB, 1 to 2048
    #[arg(long, value_name = "MiB", default_value_t = 128, value_parser = between::<1, 2048>)]
    pub ram: u32,
    /// Logical processors, 1 to 4
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = between::<1, 4>)]
    pub cpus: u32,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum BoardName {
    Ich9,
    Qemu,
}

impl From<BoardName> for Board {
    fn from(name: BoardName) -> Board {
        match name {
            BoardName::Ich9 => Board::Ich9,
            BoardName::Qemu => Board::Qemu,
        }
    }
}

pub fn between<const MIN: u32, const MAX: u32>(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|n| (MIN..=MAX).contains(n));
    number.ok_or_else(|| format!("give a number from {MIN} to {MAX}"))
}

pub fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.into(), file.into())),
        _ => Err("write NAME=FILE, for example opt/org.smmlab/script=commands.bin".into()),
    }
}

pub fn read_input(path: &Path) -> Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).context("can't read standard input")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("can't read {} (--input)", path.display()))
}

/// Larger files are no ROM; looking at the size first spares reading them.
const LARGEST_ROM: u64 = 16 << 20;

pub fn read_rom(path: &Path) -> Result<Vec<u8>> {
    let what = || format!("can't read the ROM {} (--bios): give the path of an image file", path.display());
    let size = std::fs::metadata(path).with_context(what)?.len();
    if size > LARGEST_ROM {
        bail!("{} has {size} bytes, more than 16 MiB (16777216): give a smaller image", path.display());
    }
    std::fs::read(path).with_context(what)
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let mut fw_cfg = Vec::new();
    for (name, path) in &args.fw_cfg {
        fw_cfg.push((
            name.clone(),
            std::fs::read(path).with_context(|| format!("can't read {} (--fw-cfg)", path.display()))?,
        ));
    }
    let config = Config {
        board: args.machine.board.into(),
        save_state: None,
        ram_mib: args.machine.ram,
        cpus: args.machine.cpus as u8,
        bios: read_rom(&args.bios)?,
        fw_cfg,
        ..Config::default()
    };
    let mut machine = Machine::new(&config).with_context(|| format!("{}", args.bios.display()))?;
    if let Some(path) = &args.input {
        machine.serial_input(&read_input(path)?);
    }
    let inputs = args.fw_cfg.iter().map(|(_, path)| path).chain([&args.bios]).chain(&args.input);
    args.outputs.spare(&inputs.map(PathBuf::as_path).collect::<Vec<_>>())?;
    let mut outputs = Outputs::open(&args.outputs)?;
    let stop = machine.run_instructions(args.limit.unwrap_or(u64::MAX), &mut outputs);
    outputs.finish()?;
    Ok(match stop {
        Stop::Exit(value) => ExitCode::from((value as u8).wrapping_mul(2).wrapping_add(1)),
        Stop::Halted | Stop::Off => ExitCode::SUCCESS,
        Stop::Shutdown => {
            eprintln!(
                "smmlab: the processor shut down (triple fault, or an illegal state at RSM); --trace FILE.jsonl shows why"
            );
            ExitCode::from(4)
        }
        Stop::Limit | Stop::Time => {
            eprintln!("smmlab: stopped at the limit of {} instructions", args.limit.unwrap_or(u64::MAX));
            ExitCode::from(6)
        }
    })
}
