//! Who runs the guests, and how much processor time that takes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use xshell::cmd;

use crate::lab::Lab;

pub const QEMU: &str = "qemu-system-x86_64";
/// isa-debug-exit's status for value 0.
const DONE: i32 = 1;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Native,
    Qemu,
    Wasm,
    V86,
}

impl Peer {
    pub const ALL: [Peer; 4] = [Peer::Qemu, Peer::Native, Peer::V86, Peer::Wasm];

    pub fn name(self) -> &'static str {
        match self {
            Peer::Native => "native",
            Peer::Qemu => "QEMU",
            Peer::Wasm => "wasm",
            Peer::V86 => "v86",
        }
    }

    /// Compiles what it runs while it runs.
    pub fn is_node(self) -> bool {
        matches!(self, Peer::Wasm | Peer::V86)
    }
}

pub struct Ran {
    /// What the guest sent to COM1.
    pub text: String,
    pub microseconds: f64,
    pub others: Vec<(String, f64)>,
}

impl Ran {
    pub fn new(text: String, microseconds: f64) -> Ran {
        Ran { text, microseconds, others: Vec::new() }
    }
}

pub struct Peers<'a> {
    pub lab: &'a Lab,
    /// Ours, for this machine and for node.
    pub program: PathBuf,
    pub wasm: PathBuf,
    /// The training firmware.
    pub image: PathBuf,
}

impl Peers<'_> {
    /// A guest on a peer that measures itself.
    pub fn run(&self, peer: Peer, rom: &Path, traced: bool) -> Result<Ran> {
        let Peers { lab, program, wasm, .. } = self;
        let events = traced.then_some("--events");
        let said = match peer {
            Peer::Native => cmd!(lab.sh, "{program} run {rom} {events...}").quiet().read(),
            Peer::Wasm => cmd!(lab.sh, "node tests/bench/smmlab.mjs {wasm} {rom} {events...}").quiet().read(),
            Peer::V86 => cmd!(lab.sh, "node tests/bench/v86.mjs {rom}").quiet().read(),
            Peer::Qemu => bail!("QEMU doesn't measure itself"),
        };
        let said = said.with_context(|| format!("{} on {}", rom.display(), peer.name()))?;
        let (text, rest) = said.split_once('\n').context("the guest said nothing")?;
        let mut others = numbers(rest)?;
        let at = others.iter().position(|(name, _)| name == "microseconds").context("no time")?;
        let microseconds = others.remove(at).1;
        Ok(Ran { text: text.to_owned(), microseconds, others })
    }

    /// Our program's other measurements.
    pub fn machine(&self, what: &str, file: &Path) -> Result<Vec<(String, f64)>> {
        let Peers { lab, program, .. } = self;
        numbers(&cmd!(lab.sh, "{program} {what} {file}").quiet().read()?)
    }

    /// What the guest sends to COM1, and the microseconds of the whole process.
    pub fn qemu(&self, rom: &Path) -> Result<(String, f64)> {
        let start = used_by_children()?;
        let machine = "-accel tcg -machine q35,smm=on -nodefaults -display none -net none -serial stdio -m 16";
        let machine = machine.split(' ');
        let exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
        let output = cmd!(self.lab.sh, "{QEMU} {machine...} {exit...} -bios {rom}").quiet().ignore_status().output()?;
        if output.status.code() != Some(DONE) {
            bail!("QEMU ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        Ok((text, used_by_children()? - start))
    }

    /// The firmware from reset to the end of its script, as `bench boot` runs it.
    pub fn qemu_boot(&self) -> Result<f64> {
        let start = used_by_children()?;
        let machine = "-accel tcg -machine q35,smm=on -nodefaults -display none -net none -m 16";
        let machine = machine.split(' ');
        let exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
        let secure = ["-global", "driver=cfi.pflash01,property=secure,value=on"];
        let script = ["-fw_cfg", "name=opt/org.smmlab/script,string=help\n"];
        let drive = format!("if=pflash,format=raw,unit=0,snapshot=on,file={}", self.image.display());
        let command = cmd!(self.lab.sh, "{QEMU} {machine...} {exit...} {secure...} {script...} -drive {drive}");
        let output = command.quiet().ignore_status().output()?;
        if output.status.code() != Some(DONE) {
            bail!("the firmware on QEMU ended with {}", output.status);
        }
        Ok(used_by_children()? - start)
    }
}

/// Lines of a name and a number.
fn numbers(text: &str) -> Result<Vec<(String, f64)>> {
    let line = |line: &str| {
        let (name, number) = line.split_once(' ')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    text.lines().map(|text| line(text).with_context(|| format!("{text:?} is no name with a number"))).collect()
}

/// Microseconds of all that ended.
fn used_by_children() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64)
}
