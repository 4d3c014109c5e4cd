//! The guests of `tests/bench/kernels.s`: which there are, and ROMs that run one of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::peer::Peer;
use crate::lab::Lab;

pub struct Kernel {
    pub name: &'static str,
    /// As the source counts them.
    number: u32,
    pub count: u32,
    /// QEMU runs it so many times more.
    pub more: u32,
}

const fn kernel(name: &'static str, number: u32, count: u32, more: u32) -> Kernel {
    Kernel { name, number, count, more }
}

/// Half a second on ours, each; the SMIs on QEMU.
pub const KERNELS: [Kernel; 8] = [
    kernel("alu", 0, 12_000_000, 6),
    kernel("crc", 1, 200, 6),
    kernel("fib", 2, 240, 4),
    kernel("sort", 16, 120, 6),
    kernel("sieve", 17, 120, 8),
    kernel("calls", 18, 4_000, 4),
    kernel("smi", 3, 100_000, 0),
    kernel("port", 4, 100_000, 4),
];

pub fn named(name: &str) -> &'static Kernel {
    KERNELS.iter().find(|kernel| kernel.name == name).unwrap_or(&KERNELS[0])
}

impl Kernel {
    pub fn is_64_bit(&self) -> bool {
        self.number >= 16
    }

    /// The chipset's part is run with events traced: the page always does.
    pub fn traced(&self) -> bool {
        matches!(self.name, "smi" | "port")
    }

    /// v86 knows neither 64-bit code nor SMM.
    pub fn runs_on(&self, peer: Peer) -> bool {
        peer != Peer::V86 || !self.is_64_bit() && !self.traced()
    }
}

pub struct Kernels {
    bytes: Vec<u8>,
    /// Where the source has its parameters: which kernel, warm-up, count.
    parameters: usize,
    folder: PathBuf,
}

impl Kernels {
    pub fn assemble(lab: &Lab, folder: &Path) -> Result<Kernels> {
        let rom = rom_build::assemble(&lab.root.join("tests/bench/kernels.s"), folder)?;
        let parameters = *rom.symbols.get("PARAMETERS").context("tests/bench/kernels.s has no PARAMETERS")? as usize;
        Ok(Kernels { bytes: rom.bytes, parameters, folder: folder.to_owned() })
    }

    /// A file with a ROM that runs a kernel.
    pub fn rom(&self, kernel: &Kernel, warm: u32, count: u32) -> Result<PathBuf> {
        let file = self.folder.join(format!("{}-{warm}-{count}.rom", kernel.name));
        let mut bytes = self.bytes.clone();
        let place = bytes.get_mut(self.parameters..).context("PARAMETERS lie outside of the ROM")?;
        for (place, value) in place.chunks_exact_mut(4).zip([kernel.number, warm, count]) {
            place.copy_from_slice(&value.to_le_bytes());
        }
        fs::write(&file, bytes).with_context(|| format!("can't write {}", file.display()))?;
        Ok(file)
    }

    pub fn nothing(&self) -> Result<PathBuf> {
        self.rom(&KERNELS[0], 0, 0)
    }
}
