//! Commands that change an image.

use super::{read, write};
use anyhow::{Context, Result};
use pi::edit::{Drop, Edit, EditList, Type};
use pi::names::FileType;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct DropArgs {
    image: PathBuf,
    /// The file's GUID or name
    file: String,
    /// Only in this volume: its GUID or offset
    #[arg(long)]
    volume: Option<String>,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(clap::Args)]
pub struct TypeArgs {
    image: PathBuf,
    /// The file's GUID or name
    file: String,
    /// As `smm-driver`, or a number as 0x0a
    #[arg(value_name = "TYPE")]
    kind: FileType,
    /// Only in this volume: its GUID or offset
    #[arg(long)]
    volume: Option<String>,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(clap::Args)]
pub struct ApplyArgs {
    image: PathBuf,
    /// List of edits: TOML, or JSON if its name ends in .json
    edits: PathBuf,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// Edits the image and writes it elsewhere.
pub fn edit(image: &Path, edits: &[Edit], output: &Path) -> Result<ExitCode> {
    let edited = pi::edit::apply(&read(image)?, edits).with_context(|| image.display().to_string())?;
    write(output, &edited)?;
    Ok(ExitCode::SUCCESS)
}

pub fn drop(args: &DropArgs) -> Result<ExitCode> {
    let edit = Drop { file: args.file.clone(), volume: args.volume.clone() };
    self::edit(&args.image, &[Edit::Drop(edit)], &args.output)
}

pub fn retype(args: &TypeArgs) -> Result<ExitCode> {
    let edit = Type { file: args.file.clone(), volume: args.volume.clone(), kind: args.kind };
    self::edit(&args.image, &[Edit::Type(edit)], &args.output)
}

pub fn apply(args: &ApplyArgs) -> Result<ExitCode> {
    edit(&args.image, &read_edits(&args.edits)?, &args.output)
}

/// A list of edits from a file.
pub fn read_edits(path: &Path) -> Result<Vec<Edit>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read the edits {}", path.display()))?;
    let list = parse(path, &text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))?;
    Ok(list.edit)
}

/// An error in one line.
fn parse(path: &Path, text: &str) -> Result<EditList, String> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let place = before.map_or(String::new(), |before| format!("line {}: ", before.lines().count().max(1)));
        format!("{place}{}", error.message().replace('\n', ", "))
    })
}
