//! `cargo xtask firmware`: compiles the modules of `crates/firmware` for bare x86-64, makes PE32+
//! images of them, and lays them out in a flash image as `crates/firmware/image.toml` says.

mod elf;
mod image;
mod manifest;
mod pe;

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::lab::Lab;
use crate::wrapper;

const TARGET: &str = "x86_64-unknown-none";

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
    for profile in Profile::ALL.into_iter().filter(|profile| options.only.is_none_or(|only| only == *profile)) {
        let file = build(lab, profile)?;
        println!("{}", file.display());
    }
    Ok(())
}

/// Builds one image; returns its place: `target/firmware/<profile>/smmlab.fd`.
fn build(lab: &Lab, profile: Profile) -> Result<PathBuf> {
    let programs = compile(lab, profile)?;
    let source = lab.root.join("crates/firmware/image.toml");
    let text = fs::read_to_string(&source).with_context(|| format!("can't read {}", source.display()))?;
    let manifest = manifest::parse(&text).with_context(|| source.display().to_string())?;
    let image = image::build(&manifest, |module| {
        let path = programs.join(module);
        fs::read(&path).with_context(|| format!("can't read the program {}", path.display()))
    })?;
    let folder = lab.target.join("firmware").join(profile.names().1);
    fs::create_dir_all(&folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
    let file = folder.join("smmlab.fd");
    fs::write(&file, &image.bytes).with_context(|| format!("can't write {}", file.display()))?;
    fs::write(folder.join("smmlab.map"), &image.map)
        .with_context(|| format!("can't write beside {}", file.display()))?;
    Ok(file)
}

/// Where the ELF programs are. They don't depend on where the tree lies: see `wrapper`.
fn compile(lab: &Lab, profile: Profile) -> Result<PathBuf> {
    let build = lab.target.join("firmware/build");
    let (name, folder) = profile.names();
    let features = (profile == Profile::Release).then_some("--no-default-features");
    // The firmware's own .cargo/config.toml counts only in its folder.
    let _there = lab.sh.push_dir(lab.root.join("crates/firmware"));
    cmd!(lab.sh, "cargo build --quiet --locked --profile {name} {features...}")
        .quiet()
        .env("CARGO_TARGET_DIR", &build)
        .env("RUSTC_WRAPPER", env::current_exe().context("the path of this program")?)
        .env(wrapper::VARIABLE, &lab.root)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .run()
        .context("the firmware can't be compiled: see above")?;
    Ok(build.join(TARGET).join(folder))
}
