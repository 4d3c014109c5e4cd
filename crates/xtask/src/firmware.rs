//! `cargo xtask firmware`: compiles the modules of `crates/firmware` for bare x86-64, makes PE32+
//! images of them, and lays them out in a flash image as `crates/firmware/image.toml` says.

mod debug;
mod elf;
mod image;
mod manifest;
mod pe;

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::cmd;

use manifest::Kind;

use crate::lab::Lab;
use crate::tools::{self, Tool};
use crate::wrapper;

pub const TARGET: &str = "x86_64-unknown-none";

#[derive(clap::Args)]
pub struct Options {
    /// Build only this one
    #[arg(long, value_enum)]
    only: Option<Profile>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Assertions and the full log
    Debug,
    /// Small and silent
    Release,
}

impl Profile {
    const ALL: [Profile; 2] = [Profile::Debug, Profile::Release];

    /// What cargo calls it, and where it puts the programs.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Profile::Debug => ("dev", "debug"),
            Profile::Release => ("release", "release"),
        }
    }
}

pub fn run(lab: &Lab, options: &Options) -> Result<()> {
    tools::provide(lab, &[Tool::FirmwareTarget], "building the firmware")?;
    for profile in Profile::ALL.into_iter().filter(|profile| options.only.is_none_or(|only| only == *profile)) {
        let built = build(lab, profile)?;
        println!("{}", built.file.display());
        built.sizes.iter().for_each(|size| eprintln!("{size}"));
    }
    Ok(())
}

/// The DEBUG image.
pub fn image(lab: &Lab) -> Result<PathBuf> {
    Ok(build(lab, Profile::Debug)?.file)
}

struct Built {
    /// `target/firmware/<profile>/smmlab.fd`
    file: PathBuf,
    /// For people.
    sizes: Vec<String>,
}

/// Builds one image and what stands beside it.
fn build(lab: &Lab, profile: Profile) -> Result<Built> {
    let programs = compile(lab, profile)?;
    let program = |module: &str| {
        let path = programs.join(module);
        fs::read(&path).with_context(|| format!("can't read the program {}", path.display()))
    };
    let source = lab.root.join("crates/firmware/image.toml");
    let text = fs::read_to_string(&source).with_context(|| format!("can't read {}", source.display()))?;
    let manifest = manifest::parse(&text).with_context(|| source.display().to_string())?;
    let image = image::build(&manifest, program)?;
    let mut debug = debug::Builder::default();
    for file in manifest.volume.iter().flat_map(|volume| &volume.file) {
        let base = if file.kind == Kind::VolumeTop { image::VOLUME_TOP } else { 0 };
        let added = debug.add(file.guid()?, &file.module, &program(&file.module)?, base);
        added.with_context(|| format!("debug information of {}", file.module))?;
    }
    let (tables, sources) = debug.finish(&lab.root)?;
    let folder = lab.target.join("firmware").join(profile.names().1);
    fs::create_dir_all(&folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
    let mut sizes = Vec::new();
    let files = [("fd", &image.bytes), ("dbg", &tables), ("src", &sources), ("map", &image.map.into_bytes())];
    for (kind, bytes) in files {
        let file = folder.join("smmlab").with_extension(kind);
        fs::write(&file, bytes).with_context(|| format!("can't write {}", file.display()))?;
        let name = format!("{}/smmlab.{kind}", profile.names().1);
        sizes.push(format!("{name:20} {:>8} bytes {:>7} gzip -9", bytes.len(), gzipped(bytes)?));
    }
    Ok(Built { file: folder.join("smmlab.fd"), sizes })
}

fn gzipped(bytes: &[u8]) -> Result<usize> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?.len())
}

/// Where the ELF programs are. They don't depend on where the tree lies: see `wrapper`.
fn compile(lab: &Lab, profile: Profile) -> Result<PathBuf> {
    let (name, folder) = profile.names();
    let mut arguments = vec!["build", "--quiet", "--locked", "--profile", name];
    arguments.extend((profile == Profile::Release).then_some("--no-default-features"));
    let this = env::current_exe().context("the path of this program")?;
    let environment = [("RUSTC_WRAPPER", this.as_path()), (wrapper::VARIABLE, &lab.root)];
    cargo(lab, "programs", &arguments, &environment).context("the firmware can't be compiled: see above")?;
    Ok(target(lab, "programs").join(TARGET).join(folder))
}

fn target(lab: &Lab, purpose: &str) -> PathBuf {
    lab.target.join("firmware").join(purpose)
}

/// Cargo in the firmware's workspace, whose .cargo/config.toml counts only there. `purpose` is a folder of
/// `target/firmware`.
pub fn cargo(lab: &Lab, purpose: &str, arguments: &[&str], environment: &[(&str, &Path)]) -> Result<()> {
    let _there = lab.sh.push_dir(lab.root.join("crates/firmware"));
    let command = cmd!(lab.sh, "cargo {arguments...}").quiet().env("CARGO_TARGET_DIR", target(lab, purpose));
    let command = command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(command.envs(environment.iter().copied()).run()?)
}
