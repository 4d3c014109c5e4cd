//! `smmlab qtest`: QEMU's qtest line protocol on standard input and output, processors standing
//! still (QEMU docs/devel/testing, "QTest"). A line that can't be done is answered `FAIL` with the
//! reason, and the next one is read.
//!
//! Beyond QEMU's commands: `rdmsr CPU INDEX`, `wrmsr CPU INDEX VALUE`, `cpuid LEAF SUBLEAF`, and `run NS`, for
//! which time the processors don't stand still.

mod line;

use crate::faults::FaultArgs;
use crate::run::{MachineArgs, between, named_file};
use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use board::{Config, Machine};
use lab::Hand;
use line::Line;
use std::fmt::Write as _;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use trace::Silent;

#[derive(clap::Args)]
#[command(after_help = "As QEMU's options: --ram 128 is -m 128, --ext-tseg 16 -global mch.extended-tseg-mbytes=16, \
--spkr-low -global ICH9-LPC.noreboot=false, --rtc-utc -rtc clock=vm, --image FILE -drive if=pflash,format=raw,file=FILE, --fw-cfg NAME=FILE \
-fw_cfg name=NAME,file=FILE; the rest is -machine q35,smm=on -accel qtest -nodefaults -qtest stdio -S.")]
pub struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// Extended TSEG of board qemu in MiB, 0 to 4094
    #[arg(long, value_name = "MiB", default_value_t = 16, value_parser = between::<0, 4094>)]
    ext_tseg: u32,
    /// Flash image whose last byte lies at FFFFFFFFh; without it, 1 MiB of erased flash
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    #[command(flatten)]
    faults: FaultArgs,
    /// Let the image boot to its OS's prompt, or to where it hangs, before the first line is read
    #[arg(long, requires = "image")]
    booted: bool,
    /// The No Reboot strap is low: the TCO timer's second time-out resets where GCS.NO_REBOOT is clear
    #[arg(long)]
    spkr_low: bool,
    /// The CMOS clock starts at the host's time in UTC, as QEMU's does, and not at 2008-01-01
    #[arg(long)]
    rtc_utc: bool,
    /// A fw_cfg file for the guest, as NAME=FILE; may be given several times
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    fw_cfg: Vec<(String, PathBuf)>,
}

/// The longest stretch that `read`, `write` and `memset` take at once.
const LONGEST: u64 = 16 << 20;
/// A line that holds the longest stretch as hex digits, and its command.
const LONGEST_LINE: u64 = 2 * LONGEST + 256;

/// Seconds behind 2008-01-01 00:00:00 UTC.
fn host_clock() -> Result<u64> {
    const BASE_S: u64 = 1_199_145_600;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the host's clock stands before 1970")?;
    Ok(now.as_secs().saturating_sub(BASE_S))
}

/// The inputs of QEMU's I/O APIC.
const INPUTS: u64 = 24;

fn machine(args: &Args) -> Result<Machine> {
    let faults = args.faults.set()?;
    let config = match &args.image {
        Some(path) => args.faults.wired(&faults, &args.machine, path)?,
        None => Config {
            board: args.machine.board.into(),
            ram_mib: args.machine.ram,
            cpus: args.machine.cpus as u8,
            bios: vec![0xff; 1 << 20],
            ..Config::default()
        },
    };
    let read = |(name, path): &(String, PathBuf)| {
        let bytes = std::fs::read(path).with_context(|| format!("can't read {} (--fw-cfg)", path.display()))?;
        Ok((name.clone(), bytes))
    };
    let config = Config {
        ext_tseg_mib: args.ext_tseg as u16,
        no_reboot: !args.spkr_low,
        clock_s: if args.rtc_utc { host_clock()? } else { 0 },
        fw_cfg: args.fw_cfg.iter().map(read).collect::<Result<_>>()?,
        ..config
    };
    if !args.booted {
        return Ok(Machine::new(&config)?);
    }
    let booted = lab::boot_with(&config, &mut Hand::new(&faults.around.stimuli), |_| ());
    Ok(booted.map_err(|failure| anyhow!("{failure:?}"))?.history.machine().clone())
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let mut bench = Bench::new(machine(args)?);
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    loop {
        let mut text = Vec::new();
        let limited = std::io::Read::take(&mut input, LONGEST_LINE).read_until(b'\n', &mut text);
        if limited.context("can't read standard input")? == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        let whole = text.last() == Some(&b'\n') || (text.len() as u64) < LONGEST_LINE;
        let answer = match whole {
            true => bench.answer(&String::from_utf8_lossy(&text)),
            false => {
                skip_line(&mut input)?;
                format!("FAIL the line is longer than {LONGEST_LINE} bytes\n")
            }
        };
        // A reader that is gone ends the session; nothing is lost.
        if output.write_all(answer.as_bytes()).and_then(|()| output.flush()).is_err() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> Result<()> {
    loop {
        let seen = input.fill_buf().context("can't read standard input")?;
        let end = seen.iter().position(|byte| *byte == b'\n');
        let (used, done) = (end.map_or(seen.len(), |at| at + 1), end.is_some() || seen.is_empty());
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

struct Bench {
    machine: Machine,
    /// `irq_intercept_in` was given: changes of the interrupt lines are told.
    watched: bool,
    /// Levels of the lines when they were last looked at, and those that were told.
    irqs: u16,
    told: u32,
    /// Edges that the answer will have in front.
    edges: String,
}

/// What stands behind `OK`, or why not.
type Answer = std::result::Result<String, String>;

impl Bench {
    fn new(machine: Machine) -> Self {
        Bench { irqs: machine.irq_lines(), machine, watched: false, told: 0, edges: String::new() }
    }

    /// Answers one line, with the interrupt lines that changed in front.
    fn answer(&mut self, text: &str) -> String {
        let line = Line::new(text);
        let answer = self.command(&line);
        self.look_at_lines();
        let out = std::mem::take(&mut self.edges);
        match answer {
            Ok(value) if value.is_empty() => out + "OK\n",
            Ok(value) => out + "OK " + &value + "\n",
            Err(why) if why == line::TOO_SHORT => out + "ERR " + &why + "\n",
            Err(why) => out + "FAIL " + &why + "\n",
        }
    }

    fn look_at_lines(&mut self) {
        let now = self.machine.irq_lines();
        let changed = std::mem::replace(&mut self.irqs, now) ^ now;
        for irq in (0..16).filter(|irq| changed >> irq & 1 != 0) {
            self.tell(irq, now >> irq & 1 != 0);
        }
    }

    /// A line has this level; who watches is told if that is news.
    fn tell(&mut self, irq: u32, high: bool) {
        if self.watched && (self.told >> irq & 1 != 0) != high {
            self.told ^= 1 << irq;
            let _ = writeln!(self.edges, "IRQ {} {irq}", if high { "raise" } else { "lower" });
        }
    }

    fn command(&mut self, line: &Line) -> Answer {
        let name = line.name();
        if let Some((size, write)) = access("in", "out", name, &[('b', 1), ('w', 2), ('l', 4)]) {
            return self.port(line, size, write);
        }
        if let Some((size, write)) = access("read", "write", name, &[('b', 1), ('w', 2), ('l', 4), ('q', 8)]) {
            return self.value(line, size, write);
        }
        match name {
            "read" => Ok(line::hex(&self.read(line, 1)?)),
            "b64read" => Ok(BASE64_STANDARD.encode(self.read(line, 0)?)),
            "write" | "b64write" | "memset" => self.write(line),
            "endianness" => Ok("little".into()),
            "clock_step" => {
                let now = self.machine.time();
                let to = match line.has(1) {
                    true => self.later(line)?,
                    false => self.machine.next_event().ok_or("no device waits for a later time")?.max(now),
                };
                self.clock(to)
            }
            "run" => {
                let to = self.later(line)?;
                self.machine.run_until(to, &mut Silent);
                Ok(self.machine.time().to_string())
            }
            "clock_set" => {
                let to = line.number(1, "NS")?;
                match self.machine.time() {
                    now if to < now => Err(format!("the clock stands at {now} ns and can't go back")),
                    _ => self.clock(to),
                }
            }
            "irq_intercept_in" | "irq_intercept_out" => self.intercept(line),
            "set_irq_in" => self.set_irq(line),
            "rdmsr" | "wrmsr" => self.msr(line),
            "cpuid" => {
                let leaf = line.at_most(1, "LEAF", u32::MAX.into())? as u32;
                line.at_most(2, "SUBLEAF", u32::MAX.into())?;
                Ok(self.machine.cpuid(0, leaf).map(|register| format!("0x{register:08x}")).join(" "))
            }
            _ => Err(format!("Unknown command '{name}'")),
        }
    }

    fn port(&mut self, line: &Line, size: usize, write: bool) -> Answer {
        let port = line.at_most(1, "PORT", 0xffff)? as u16;
        if write {
            let value = line.number(2, "VALUE")? as u32;
            self.machine.port_out(board::Agent::OS, port, size, value, &mut Silent);
            return Ok(String::new());
        }
        Ok(format!("0x{:04x}", self.machine.port_in(board::Agent::OS, port, size, &mut Silent)))
    }

    fn value(&mut self, line: &Line, size: usize, write: bool) -> Answer {
        let addr = line.number(1, "ADDR")?;
        within(addr, size as u64)?;
        if write {
            let value = line.number(2, "VALUE")? & (u64::MAX >> (64 - 8 * size));
            self.machine.write_memory(board::Agent::OS, addr, size, value, &mut Silent);
            return Ok(String::new());
        }
        Ok(format!("0x{:016x}", self.machine.read_memory(board::Agent::OS, addr, size, &mut Silent)))
    }

    /// Aligned accesses of at most four bytes, as QEMU makes them.
    fn read(&mut self, line: &Line, least: u64) -> std::result::Result<Vec<u8>, String> {
        let (addr, size) = stretch(line)?;
        if size < least {
            return Err("SIZE is 0".into());
        }
        let mut bytes = Vec::with_capacity(size as usize);
        while (bytes.len() as u64) < size {
            let at = addr + bytes.len() as u64;
            let step = step(at, size - bytes.len() as u64);
            let value = self.machine.read_memory(board::Agent::OS, at, step, &mut Silent);
            bytes.extend_from_slice(&value.to_le_bytes()[..step]);
        }
        Ok(bytes)
    }

    /// Where DATA and SIZE disagree, as QEMU does: what `write` lacks is zeros, `b64write` writes the shorter of
    /// both, and `memset` takes the low byte of its value.
    fn write(&mut self, line: &Line) -> Answer {
        let (addr, size) = stretch(line)?;
        let size = size as usize;
        let mut bytes = match line.name() {
            "write" => line::from_hex(line.word(3, "DATA")?)?,
            "b64write" => match line.word(3, "DATA")? {
                short if short.len() < 3 => return Err(line::TOO_SHORT.into()),
                text => BASE64_STANDARD.decode(text).map_err(|error| format!("DATA: {error}"))?,
            },
            _ => vec![line.number(3, "VALUE")? as u8; size],
        };
        if line.name() == "write" && size != 0 {
            bytes.resize(size, 0);
        }
        bytes.truncate(size);
        let mut done = 0;
        while done < bytes.len() {
            let at = addr + done as u64;
            let step = step(at, (bytes.len() - done) as u64);
            let value = bytes[done..done + step].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
            self.machine.write_memory(board::Agent::OS, at, step, value, &mut Silent);
            done += step;
        }
        Ok(String::new())
    }

    /// From now on so many nanoseconds.
    fn later(&self, line: &Line) -> std::result::Result<u64, String> {
        let ns = line.number(1, "NS")?;
        self.machine.time().checked_add(ns).ok_or_else(|| "the clock can't go beyond 64 bits of ns".into())
    }

    /// One event after the other, so that no edge is missed.
    fn clock(&mut self, to: u64) -> Answer {
        let mut last = None;
        while let Some(at) = self.machine.next_event().filter(|at| *at < to && Some(*at) != last && self.watched) {
            self.machine.pass_time(at, &mut Silent);
            self.look_at_lines();
            last = Some(at);
        }
        self.machine.pass_time(to, &mut Silent);
        Ok(self.machine.time().to_string())
    }

    /// The inputs of QEMU's I/O APIC are the interrupt lines.
    fn intercept(&mut self, line: &Line) -> Answer {
        match (line.name(), line.word(1, "QOM-PATH")?) {
            ("irq_intercept_in", "ioapic") => {
                self.watched = true;
                Ok(String::new())
            }
            // It has none.
            ("irq_intercept_out", "ioapic") => Ok(String::new()),
            _ => Err("Unknown device".into()),
        }
    }

    /// An input of QEMU's I/O APIC lies behind the lines, so that nothing but the watch on it sees the level.
    fn set_irq(&mut self, line: &Line) -> Answer {
        let names = (line.word(1, "QOM-PATH")?, line.word(2, "NAME")?);
        let input = line.at_most(3, "NUM", INPUTS - 1)? as u32;
        let level = line.number(4, "LEVEL")?;
        match names {
            ("ioapic", "unnamed-gpio-in") => {
                self.tell(input, level != 0);
                Ok(String::new())
            }
            _ => Err("Unknown device".into()),
        }
    }

    fn msr(&mut self, line: &Line) -> Answer {
        let last = self.machine.cpus() as u64 - 1;
        let cpu = line.at_most(1, "CPU", last)? as usize;
        let index = line.at_most(2, "INDEX", u32::MAX.into())? as u32;
        let gp = || format!("MSR {index:X}h: #GP");
        if line.name() == "rdmsr" {
            return self.machine.read_msr(cpu, index).map(|value| format!("0x{value:x}")).ok_or_else(gp);
        }
        let value = line.number(3, "VALUE")?;
        self.machine.write_msr(cpu, index, value).then(String::new).ok_or_else(gp)
    }
}

/// `inb` … `outl`, `readb` … `writeq`: bytes, and whether it writes.
fn access(read: &str, write: &str, name: &str, sizes: &[(char, usize)]) -> Option<(usize, bool)> {
    let (letter, writes) = match name.strip_prefix(read) {
        Some(letter) => (letter, false),
        None => (name.strip_prefix(write)?, true),
    };
    let size = sizes.iter().find(|(c, _)| letter.chars().eq([*c]))?;
    Some((size.1, writes))
}

fn within(addr: u64, size: u64) -> std::result::Result<(), String> {
    match addr.checked_add(size - 1) {
        Some(_) => Ok(()),
        None => Err(format!("{size} bytes from {addr:#x} on go beyond 64 bits of address")),
    }
}

/// ADDR and SIZE of a stretch of memory.
fn stretch(line: &Line) -> std::result::Result<(u64, u64), String> {
    let (addr, size) = (line.number(1, "ADDR")?, line.at_most(2, "SIZE", LONGEST)?);
    within(addr, size.max(1))?;
    Ok((addr, size))
}

fn step(at: u64, left: u64) -> usize {
    [4, 2].into_iter().find(|step| at.is_multiple_of(*step as u64) && left >= *step as u64).unwrap_or(1)
}
