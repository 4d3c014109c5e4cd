//! What the end-to-end tests share: ROMs, QEMU as the reference, our own machine run the same way,
//! and the built `smmlab` program.

pub mod cli;
pub mod conformance;
pub mod driver;
pub mod firmware;
pub mod fuzz;
pub mod machine;
pub mod ovmf;
pub mod prompt;
pub mod qemu;
pub mod qtest;
pub mod random;

use rom_build::Rom;
use std::path::Path;

/// Assembles `tests/roms/<name>.s`.
pub fn rom(name: &str) -> Rom {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("roms").join(name).with_extension("s");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    rom_build::assemble(&source, scratch.path()).unwrap_or_else(|error| panic!("{error}"))
}

/// What a run left behind, on QEMU or on ours.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    /// Port 402h.
    pub log: String,
    /// Port 80h.
    pub post: Vec<u8>,
    /// The value that the guest wrote to port F4h.
    pub exit: u32,
}

impl Ran {
    pub fn lines(&self) -> Vec<&str> {
        self.log.lines().collect()
    }
}
