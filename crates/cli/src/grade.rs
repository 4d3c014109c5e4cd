//! `smmlab grade`: an exercise's faulty image with a repair, on DEBUG and RELEASE.

use crate::image::{line, print_json, read_edits};
use crate::images::ImageArgs;
use anyhow::{Context, Result, anyhow, bail};
use content::source::Library;
use content::{Exercise, Kind};
use protocol::{Trial, Verdict};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 if the repair passes, 1 if it fails, 2 for bad input. docs/content.md tells more."
)]
pub struct Args {
    /// The exercise's id: the name of its folder
    exercise: String,
    /// The repair, edits behind those of the fault: TOML, or JSON if its name ends in .json
    #[arg(long, value_name = "EDITS")]
    fix: Option<PathBuf>,
    /// Folder with the content
    #[arg(long, value_name = "FOLDER", default_value = "static/content")]
    content: PathBuf,
    #[command(flatten)]
    images: ImageArgs,
    /// The verdict as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let exercise = find(args)?;
    let fix = args.fix.as_deref().map(read_edits).transpose()?.unwrap_or_default();
    let of_fix = || args.fix.as_ref().map_or_else(|| exercise.id.clone(), |path| path.display().to_string());
    let verdict = lab::grade(&exercise.task, &fix, &mut args.images.bench()?, &mut |_| {});
    let verdict = verdict.map_err(|failure| anyhow!("{failure}")).with_context(of_fix)?;
    if args.json {
        print_json(&json!({ "exercise": exercise.id, "verdict": verdict }))?;
    } else {
        print(&exercise, &verdict)?;
    }
    Ok(ExitCode::from(u8::from(!verdict.passed)))
}

pub fn read_library(content: &Path) -> Result<Library> {
    Library::read(content).map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        anyhow!("{first}\n{} faults in all: smmlab check content tells them", faults.len())
    })
}

fn find(args: &Args) -> Result<Exercise> {
    let library = read_library(&args.content)?;
    let Some(exercise) = library.find(Kind::Exercise, &args.exercise).and_then(|item| item.exercise("en")) else {
        let ids: Vec<_> = library.items.iter().filter(|item| item.kind() == Kind::Exercise).map(|i| i.id()).collect();
        bail!("there is no exercise {:?}; there are: {}", args.exercise, ids.join(", "));
    };
    Ok(exercise)
}

fn print(exercise: &Exercise, verdict: &Verdict) -> Result<()> {
    for Trial { build, outcome, checks } in &verdict.trials {
        line(&format!("{}: {outcome:?}", build.id().to_uppercase()))?;
        for check in checks {
            let (sign, wanted) = match check.passed {
                true => ("ok    ", String::new()),
                false => ("FAILED", format!(", expected {}", check.expected)),
            };
            line(&format!("  {sign}  {:<14} {}{wanted}", check.id, check.answer))?;
        }
    }
    line(&format!("{}: {}", exercise.id, if verdict.passed { "passed" } else { "failed" }))?;
    match &verdict.response {
        Some(id) => line(&format!("[{id}] {}", plain(exercise.responses.get(id).map_or("", String::as_str)))),
        None => Ok(()),
    }
}

/// HTML of ours as plain text.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => in_tag = false,
            '\n' => text.push(' '),
            _ if !in_tag => text.push(letter),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.trim().to_owned()
}
