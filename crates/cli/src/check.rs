//! `smmlab check content`: are the files right, does the machine do what they say; and compiling them.

use crate::image::line;
use crate::images::ImageArgs;
use crate::prove;
use anyhow::Result;
use clap::Subcommand;
use content::source::{Fault, Library, write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Scenes, chapters, exercises and faults: files, links, translations, edits, and what the machine answers
    Content(ContentArgs),
}

#[derive(clap::Args)]
#[command(after_help = "Exit status: 0 if all is well, 1 if anything is wrong, 2 if it can't be checked. \
docs/content.md describes the files and the rules.")]
struct ContentArgs {
    /// Folder with scenes/, chapters/, exercises/ and faults.toml
    #[arg(value_name = "FOLDER", default_value = "static/content")]
    root: PathBuf,
    #[command(flatten)]
    images: ImageArgs,
    /// Don't run the machine: only what the files themselves show
    #[arg(long)]
    files_only: bool,
    /// Then write the files that the page reads to OUT
    #[arg(long, value_name = "OUT")]
    compile: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let Command::Content(args) = &args.command;
    let library = match Library::read(&args.root) {
        Ok(library) => library,
        Err(faults) => return Ok(report(&faults)),
    };
    if !args.files_only {
        let faults = prove::all(&library, &mut args.images.bench()?);
        if !faults.is_empty() {
            return Ok(report(&faults));
        }
    }
    if let Some(out) = &args.compile
        && let Err(fault) = write(&library, out)
    {
        anyhow::bail!("{fault}");
    }
    line(&format!("{} items, {} faults, all is well", library.items.len(), library.catalogue.len()))?;
    Ok(ExitCode::SUCCESS)
}

fn report(faults: &[Fault]) -> ExitCode {
    faults.iter().for_each(|fault| eprintln!("{fault}"));
    ExitCode::from(1)
}
