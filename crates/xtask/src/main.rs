//! `cargo xtask`: the one entrance to building, serving and testing SMM Lab.
//!
//! Each command first sees to the tools that it needs (`tools`), then does its work. What goes wrong is said in
//! one line that tells what to do.

mod apt;
mod bench;
mod firmware;
mod lab;
mod node;
mod page;
mod serve;
mod steps;
mod tools;
mod wrapper;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use lab::Lab;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, serves and tests SMM Lab", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page and serve it on this machine; rebuilds when a source file changes
    Serve(serve::Options),
    /// Run all tests, or only the steps named: fmt, clippy, clippy-firmware, clippy-wasm, firmware, web,
    /// host, wasm, build, size, page
    Test {
        /// Steps to run (default: all)
        steps: Vec<String>,
        /// Arguments for the test runners of the chosen steps, such as a test's name
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Run the long tests, which `test` leaves out
    Soak {
        /// Arguments for the test runner, such as a test's name
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Check formatting and lints, native and wasm
    Check,
    /// Build the page for release into dist/
    Build,
    /// Build the training firmware: target/firmware/{debug,release}/smmlab.fd
    Firmware(firmware::Options),
    /// Build for release and tell the sizes: of the files, and of what a browser loads until the figure moves
    Size,
    /// Build for release and measure the emulator beside QEMU and v86: speed, SMIs, a boot, memory, steps back
    Bench(bench::Options),
    /// Build for release and measure waiting times in a browser: until a machine is ready, a step back, long tasks
    BenchPage,
    /// Build for release and photograph every view: widths, themes, languages
    Screenshots,
}

fn main() -> ExitCode {
    if let Some(root) = std::env::var_os(wrapper::VARIABLE) {
        return wrapper::run(&root);
    }
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let lab = Lab::open()?;
    match command {
        Command::Serve(options) => serve::serve(&lab, &options),
        Command::Test { steps: names, args } => steps::run(&lab, &steps::chosen(&names)?, &args),
        Command::Soak { args } => steps::run(&lab, &[&steps::SOAK], &args),
        Command::Check => steps::run(&lab, &steps::chosen(&["fmt", "clippy", "clippy-firmware", "clippy-wasm"])?, &[]),
        Command::Build => page::build_alone(&lab),
        Command::Firmware(options) => firmware::run(&lab, &options),
        Command::Size => steps::run(&lab, &steps::chosen(&["build", "size"])?, &[]),
        Command::Bench(options) => bench::run(&lab, &options),
        Command::BenchPage => steps::run(&lab, &steps::chosen(&["build", "bench-page"])?, &[]),
        Command::Screenshots => steps::run(&lab, &steps::chosen(&["build", "screenshots"])?, &[]),
    }
}
