//! `smmlab image`: what is in a flash image, and changes to it. An image is only read; what a
//! command changes goes to the file that `--output` names.

mod depex;
mod edits;
mod order;
mod setvar;
mod text;
mod vars;

pub use edits::read_edits;
pub use text::{line, print_json};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use pi::image::{FileId, Image, ImageError, Node, Severity};
use pi::names::SectionType;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 if all is well, 2 if the image is damaged or can't be changed as asked. FILE is a \
file's GUID or its name. docs/edits.md and docs/variables.md tell more."
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show volumes and files, inside compressed sections too
    List(ListArgs),
    /// Show a file's DEPEX and evaluate it, or change it
    Depex(depex::Args),
    /// Show the drivers in the order of their volumes, or move a file
    Order(order::OrderArgs),
    /// Show the a-priori lists, or set one
    Apriori(order::AprioriArgs),
    /// Take a file out
    Drop(edits::DropArgs),
    /// Change a file's type
    Type(edits::TypeArgs),
    /// Write a file, or the data of one of its sections, to a file of its own
    Extract(ExtractArgs),
    /// Check sizes, checksums, places, DEPEX sections and a-priori lists
    Check(CheckArgs),
    /// Do a list of edits, from a TOML or JSON file
    Apply(edits::ApplyArgs),
    /// Show the UEFI variables in the image's variable store
    Vars(vars::VarsArgs),
    /// Set a variable, as firmware would write it
    Setvar(setvar::SetArgs),
    /// Delete a variable
    Delvar(setvar::DelArgs),
    /// Write the variable store to a file of its own, or its variables as JSON
    Export(setvar::ExportArgs),
    /// Put variables from JSON, or a whole store, into the image
    Import(setvar::ImportArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    /// Flash image, firmware volume, or any file with volumes in it
    image: PathBuf,
    /// Sections, too
    #[arg(long)]
    sections: bool,
    /// As JSON, sections included
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct CheckArgs {
    image: PathBuf,
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct ExtractArgs {
    image: PathBuf,
    /// The file's GUID or name
    file: String,
    /// Only the data of its first section of this type, as `pe32`
    #[arg(long, value_name = "TYPE")]
    section: Option<SectionType>,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    match &args.command {
        Command::List(args) => list(args),
        Command::Depex(args) => depex::run(args),
        Command::Order(args) => order::order(args),
        Command::Apriori(args) => order::apriori(args),
        Command::Drop(args) => edits::drop(args),
        Command::Type(args) => edits::retype(args),
        Command::Extract(args) => extract(args),
        Command::Check(args) => check(args),
        Command::Apply(args) => edits::apply(args),
        Command::Vars(args) => vars::vars(args),
        Command::Setvar(args) => setvar::set(args),
        Command::Delvar(args) => setvar::delete(args),
        Command::Export(args) => setvar::export(args),
        Command::Import(args) => setvar::import(args),
    }
}

/// No flash part is larger, by far.
const LARGEST_IMAGE: u64 = 256 << 20;

fn read(path: &Path) -> Result<Vec<u8>> {
    let what = || format!("can't read the image {}: give the path of an image file", path.display());
    let size = std::fs::metadata(path).with_context(what)?.len();
    if size > LARGEST_IMAGE {
        bail!("{} has {size} bytes, more than 256 MiB: give a smaller image", path.display());
    }
    std::fs::read(path).with_context(what)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let what =
        || format!("can't write {} (--output): choose a path in a folder that exists and is writable", path.display());
    std::fs::write(path, bytes).with_context(what)
}

/// The first flaw, after everything that could be read was shown.
fn report_flaws(path: &Path, image: &Image) -> Result<ExitCode> {
    match image.flaws.as_slice() {
        [] => Ok(ExitCode::SUCCESS),
        [only] => bail!("{}: {only}", path.display()),
        [first, rest @ ..] => bail!("{}: {first}; {} more, see `smmlab image check`", path.display(), rest.len()),
    }
}

fn list(args: &ListArgs) -> Result<ExitCode> {
    let image = Image::parse(&read(&args.image)?);
    let entries = image.list();
    if args.json {
        let flaws: Vec<_> = image.flaws.iter().map(error_json).collect();
        text::print_json(&json!({ "entries": entries, "flaws": flaws }))?;
    } else {
        text::print_list(&entries, args.sections)?;
    }
    report_flaws(&args.image, &image)
}

fn file_json(file: &FileId) -> Value {
    json!({ "guid": file.guid, "name": file.name })
}

fn error_json(error: &ImageError) -> Value {
    json!({ "at": error.at, "file": error.file.as_ref().map(file_json), "rule": error.trouble.to_string() })
}

fn check(args: &CheckArgs) -> Result<ExitCode> {
    let image = Image::parse(&read(&args.image)?);
    let findings = image.check();
    if args.json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| {
                let mut value = error_json(&finding.error);
                value["severity"] = json!(finding.severity);
                value
            })
            .collect();
        text::print_json(&json!(findings))?;
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if !args.json {
        for finding in &findings {
            let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
            text::line(&format!("{severity}: {}: {}", args.image.display(), finding.error))?;
        }
        let files = image.walk().iter().filter(|visit| matches!(visit.node, Node::File(_))).count();
        text::line(&format!("{files} files, {errors} errors, {} warnings", findings.len() - errors))?;
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn extract(args: &ExtractArgs) -> Result<ExitCode> {
    let image = Image::parse(&read(&args.image)?);
    let (visit, file) =
        pi::edit::find_file(&image, &args.file, None).with_context(|| args.image.display().to_string())?;
    let bytes = match args.section {
        None => file.write(),
        Some(kind) => match file.find(kind.0) {
            Some(section) => section.data(),
            None => {
                bail!("{}: at {}, file {}: it has no {kind} section", args.image.display(), visit.at, file.id())
            }
        },
    };
    write(&args.output, &bytes)?;
    Ok(ExitCode::SUCCESS)
}
