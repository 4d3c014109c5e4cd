//! `--faults`: the catalogue's faults put into an image and on its board.

use crate::grade::read_library;
use crate::run::{MachineArgs, read_rom};
use anyhow::{Context, Result, anyhow};
use board::Config;
use lab::FaultSet;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct FaultArgs {
    /// Faults to boot it with, by their names in docs/faults.md, with commas between
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    faults: Vec<String>,
    /// Folder with faults.toml
    #[arg(long, value_name = "FOLDER", default_value = "static/content")]
    content: PathBuf,
}

impl FaultArgs {
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Those that are asked for.
    pub fn set(&self) -> Result<FaultSet> {
        if self.is_empty() {
            return Ok(FaultSet::default());
        }
        Ok(lab::faults_of(&read_library(&self.content)?.catalogue.all("en"), &self.faults)?)
    }

    /// A board with this image, and what the faults change of both.
    pub fn wired(&self, faults: &FaultSet, machine: &MachineArgs, image: &Path) -> Result<Config> {
        let bios = lab::edited(&read_rom(image)?, &faults.edits)
            .map_err(|failure| anyhow!("{failure}"))
            .with_context(|| format!("{} with {}", image.display(), self.faults.join(",")))?;
        Ok(faults.wired(Config {
            board: machine.board.into(),
            ram_mib: machine.ram,
            cpus: machine.cpus as u8,
            bios,
            ..Config::default()
        }))
    }
}
