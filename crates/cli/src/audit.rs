//! `smmlab audit`: boots a flash image to its OS's prompt, and says what its firmware has locked.

use crate::faults::FaultArgs;
use crate::run::MachineArgs;
use anyhow::{Result, anyhow};
use audit::{Finding, Verdict};
use lab::Hand;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(
    after_help = "Verdicts bear the names of the public CHIPSEC modules. Exit status: 0 when no module has FAILED, \
3 when one has, 2 for bad arguments."
)]
pub struct Args {
    #[command(flatten)]
    machine: MachineArgs,
    /// Flash image whose last byte lies at FFFFFFFFh, as `cargo xtask firmware` builds it
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    #[command(flatten)]
    faults: FaultArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let faults = args.faults.set()?;
    let config = args.faults.wired(&faults, &args.machine, &args.image)?;
    let booted = lab::boot_with(&config, &mut Hand::new(&faults.around.stimuli), |_| ())
        .map_err(|failure| anyhow!("{}: {failure:?}", args.image.display()))?;
    let findings = audit::audit(booted.history.machine());
    let text = if args.json { serde_json::to_string_pretty(&findings)? + "\n" } else { told(&findings) };
    print!("{text}");
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Failed);
    Ok(ExitCode::from(if failed { 3 } else { 0 }))
}

fn told(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { module, verdict, why, read } in findings {
        text += &format!("{:<14} {module}\n  {why}\n", verdict.name());
        for looked in read {
            let bits: Vec<String> = looked.bits.iter().map(|(name, value)| format!("{name} = {value:X}")).collect();
            let value = if looked.value.is_empty() { "#GP" } else { &looked.value };
            text += format!("    {} = {value}  {}", looked.register, bits.join(", ")).trim_end();
            text += "\n";
        }
    }
    text
}
