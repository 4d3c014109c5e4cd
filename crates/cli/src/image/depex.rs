//! `smmlab image depex`: shows and evaluates an expression, or changes it.

use super::edits::edit;
use super::{file_json, read, report_flaws, text};
use anyhow::{Context, Result};
use pi::depex::{self, Dialect, Evaluation, Step, Verdict};
use pi::edit::{Depex, Edit};
use pi::image::{File, Image};
use pi::names::FileType;
use pi::{Guid, known};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Phase {
    Pei,
    Dxe,
    Smm,
}

impl From<Phase> for Dialect {
    fn from(phase: Phase) -> Dialect {
        match phase {
            Phase::Pei => Dialect::Pei,
            Phase::Dxe => Dialect::Dxe,
            Phase::Smm => Dialect::Smm,
        }
    }
}

#[derive(clap::Args)]
pub struct Args {
    image: PathBuf,
    /// The file's GUID or name
    file: String,
    /// Only in this volume: its GUID or offset
    #[arg(long)]
    volume: Option<String>,
    /// Which of its DEPEX sections to change
    #[arg(long, value_enum)]
    section: Option<Phase>,
    /// Protocols or PPIs that are installed when it is evaluated: GUIDs or names, with commas between
    #[arg(long, value_name = "GUID,…", value_delimiter = ',')]
    present: Vec<String>,
    #[arg(long)]
    json: bool,
    /// Set it to this text, as "PUSH gEfiSmmSwDispatch2ProtocolGuid END"
    #[arg(long, value_name = "TEXT", requires = "output")]
    set: Option<String>,
    /// Set it to these bytes, in hexadecimal
    #[arg(long, value_name = "BYTES", requires = "output", conflicts_with = "set")]
    hex: Option<String>,
    /// Take the section out
    #[arg(long, requires = "output", conflicts_with_all = ["set", "hex"])]
    remove: bool,
    /// Set even a malformed expression
    #[arg(long)]
    unchecked: bool,
    /// Where to write the changed image
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    if let Some(output) = &args.output {
        let edit = Depex {
            file: args.file.clone(),
            volume: args.volume.clone(),
            section: args.section.map(Dialect::from),
            text: args.set.clone(),
            hex: args.hex.clone(),
            remove: args.remove,
            unchecked: args.unchecked,
        };
        return self::edit(&args.image, &[Edit::Depex(edit)], output);
    }
    let image = Image::parse(&read(&args.image)?);
    let present = args.present.iter().map(|name| protocol(name)).collect::<Result<Vec<_>>>()?;
    let found = pi::edit::find_file(&image, &args.file, args.volume.as_deref());
    let (_, file) = found.with_context(|| args.image.display().to_string())?;
    let wanted = args.section.map(Dialect::from);
    let shown: Vec<_> =
        sections(file).into_iter().filter(|(dialect, _)| wanted.is_none_or(|wanted| wanted == *dialect)).collect();
    if args.json {
        let sections: Vec<_> = shown.iter().map(|(dialect, code)| section_json(*dialect, code, &present)).collect();
        text::print_json(&json!({ "file": file_json(&file.id()), "sections": sections }))?;
    } else {
        text::line(&format!("{}, {}", file.id(), FileType(file.header.kind)))?;
        shown.iter().try_for_each(|(dialect, code)| print_section(*dialect, code, &present))?;
        if shown.is_empty() {
            text::line("no DEPEX section")?;
        }
    }
    report_flaws(&args.image, &image)
}

fn protocol(name: &str) -> Result<Guid> {
    let near = || known::near(name).map_or(String::new(), |near| format!("; did you mean {near}?"));
    let guid = name.parse().ok().or_else(|| known::guid(name));
    guid.with_context(|| format!("--present: {name:?} is neither a GUID nor a known name{}", near()))
}

/// A file's DEPEX sections.
pub fn sections(file: &File) -> Vec<(Dialect, Vec<u8>)> {
    let of =
        |dialect: Dialect| file.find_all(dialect.section()).into_iter().map(move |section| (dialect, section.data()));
    [Dialect::Pei, Dialect::Dxe, Dialect::Smm].into_iter().flat_map(of).collect()
}

fn print_section(dialect: Dialect, code: &[u8], present: &[Guid]) -> Result<()> {
    text::line(&format!("{} DEPEX, {} bytes", dialect.name(), code.len()))?;
    for step in Evaluation::new(code, dialect, |guid| present.contains(guid)) {
        let op = step.op.map_or_else(|| "?".into(), |op| op.to_string());
        let found = step.found.map_or("", |found| if found { " = TRUE" } else { " = FALSE" });
        text::line(&format!("  {:>#6x}  {:<62} {}", step.offset, format!("{op}{found}"), step.stack))?;
        if let Some(verdict) = step.verdict {
            text::line(&format!("  RESULT = {}", verdict_text(verdict, dialect)))?;
        }
    }
    match depex::validate(code, dialect) {
        Ok(()) => Ok(()),
        Err(error) => text::line(&format!("  malformed: {error}")),
    }
}

fn verdict_text(verdict: Verdict, dialect: Dialect) -> String {
    match verdict {
        Verdict::Done(value) => if value { "TRUE" } else { "FALSE" }.into(),
        Verdict::Failed(failure) => format!("FALSE ({})", failure.text(dialect)),
    }
}

fn section_json(dialect: Dialect, code: &[u8], present: &[Guid]) -> Value {
    let steps: Vec<_> = Evaluation::new(code, dialect, |guid| present.contains(guid)).collect();
    let verdict = steps.last().and_then(|step| step.verdict).map(|verdict| verdict_text(verdict, dialect));
    json!({
        "section": dialect,
        "text": depex::to_text(code, |_| None).ok(),
        "error": depex::validate(code, dialect).err().map(|error| error.to_string()),
        "steps": steps.iter().map(step_json).collect::<Vec<_>>(),
        "result": verdict,
    })
}

fn step_json(step: &Step) -> Value {
    let operand = step.op.and_then(|op| op.operand());
    json!({
        "offset": step.offset,
        "op": step.op.map(|op| op.name()),
        "operand": operand,
        "name": operand.and_then(|guid| known::name(&guid)),
        "found": step.found,
        "stack": step.stack.iter().collect::<Vec<_>>(),
    })
}
