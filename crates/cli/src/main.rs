//! `smmlab`: the machine without a browser.

mod audit;
mod boot;
mod check;
mod faults;
mod grade;
mod image;
mod images;
mod outputs;
mod prove;
mod qtest;
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
    /// Boot a flash image, with commands for the OS's shell from a file
    Boot(Box<boot::Args>),
    /// Look into a flash image, check it, change it
    Image(image::Args),
    /// Check content: scenes, chapters, exercises
    Check(check::Args),
    /// Prove a repair of an exercise on DEBUG and RELEASE
    Grade(grade::Args),
    /// Boot a flash image and say what its firmware has locked
    Audit(audit::Args),
    /// Read and write ports, memory and registers by QEMU's qtest line protocol on standard input and output
    Qtest(qtest::Args),
    /// Run the built-in demo ROM through one SMI and print the stages with times and registers
    SmiFlow(smi_flow::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let done = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Boot(args) => boot::run(&args),
        Command::Image(args) => image::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Grade(args) => grade::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Qtest(args) => qtest::run(&args),
        Command::SmiFlow(args) => smi_flow::run(&args).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("smmlab: {error:#}");
        ExitCode::from(2)
    })
}

/// Help goes out whole; a refused argument is one line, as every other error is.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    let text = error.to_string();
    let said: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:")).collect();
    let said = said.join(" ");
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    let said = said.split("For more information").next().unwrap_or(said).trim_end();
    eprintln!("smmlab: {said} (see smmlab --help)");
    ExitCode::from(2)
}
