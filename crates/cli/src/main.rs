//! `smmlab`: the machine without a browser.

mod outputs;
mod run;
mod smi_flow;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "smmlab", version, about = "SMM Lab: an x86 machine with System Management Mode, on the command line")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a ROM until it ends, and write down what it says
    Run(Box<run::Args>),
    /// Run the built-in demo ROM through one SMI and print the stages with times and registers
    SmiFlow(smi_flow::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::SmiFlow(args) => smi_flow::run(&args).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("smmlab: {error:#}");
        ExitCode::from(2)
    })
}
