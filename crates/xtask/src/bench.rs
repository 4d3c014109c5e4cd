//! `cargo xtask bench`: how fast the emulator is beside its peers. Every figure is processor time, the
//! peers take turns within a round, and a figure counts only where the guest came to the same result.
//!
//! A peer that isn't there is named and left out. The table's numbers stand in `target/bench/report.json`,
//! with all rounds.

mod kernel;
mod peer;
mod report;

use std::fs;

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::lab::Lab;
use crate::tools::{self, Tool};
use crate::{firmware, node};

use kernel::{KERNELS, Kernel, Kernels};
use peer::{Peer, Peers};
use report::Report;

#[derive(clap::Args)]
pub struct Options {
    /// How often each measurement is made
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

const NEEDS: &[Tool] =
    &[Tool::WasmTarget, Tool::WasmBindgen, Tool::Npm, Tool::Node, Tool::NodePackages, Tool::FirmwareTarget];

pub fn run(lab: &Lab, options: &Options) -> Result<()> {
    tools::provide(lab, NEEDS, "building what is measured, about 5 minutes")?;
    let folder = lab.target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
    let peers = Peers { lab, program: native(lab)?, wasm: wasm(lab)?, image: firmware::image(lab)? };
    let kernels = Kernels::assemble(lab, &folder)?;
    let there: Vec<Peer> = Peer::ALL.into_iter().filter(|peer| is_there(lab, *peer)).collect();
    let mut report = Report::default();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        measure(&peers, &kernels, &there, &mut report)?;
    }
    let file = folder.join("report.json");
    fs::write(&file, report.json()?).with_context(|| format!("can't write {}", file.display()))?;
    print!("{}", report.table());
    println!("all rounds: {}", file.display());
    Ok(())
}

/// One round of everything.
fn measure(peers: &Peers, kernels: &Kernels, there: &[Peer], report: &mut Report) -> Result<()> {
    // What a peer needs that runs nothing.
    let base = if there.contains(&Peer::Qemu) { peers.qemu(&kernels.nothing()?)?.1 } else { 0.0 };
    for kernel in &KERNELS {
        let mut expected: Option<String> = None;
        for peer in there.iter().filter(|peer| kernel.runs_on(**peer)) {
            let ran = run_on(peers, kernels, kernel, *peer, base)?;
            let expected = expected.get_or_insert_with(|| ran.text.clone());
            if *expected != ran.text {
                bail!("{}: {} says {:?}, the others {expected:?}", kernel.name, peer.name(), ran.text);
            }
            report.add(&format!("{} {}", peer.name(), kernel.name), ran.microseconds);
            ran.others.iter().for_each(|(name, value)| report.note(&format!("{} {name}", kernel.name), *value));
        }
    }
    for name in ["boot", "size"] {
        for (line, value) in peers.machine(name, &peers.image)? {
            report.add(&format!("{name} {line}"), value);
        }
    }
    if there.contains(&Peer::Qemu) {
        let whole = peers.qemu_boot()?;
        report.add("QEMU boot whole", whole);
        report.add("QEMU boot", whole - base);
    }
    let history = kernels.rom(kernel::named("calls"), 0, u32::MAX)?;
    for (line, value) in peers.machine("step-back", &history)? {
        report.add(&format!("step-back {line}"), value);
    }
    Ok(())
}

fn run_on(peers: &Peers, kernels: &Kernels, kernel: &Kernel, peer: Peer, base: f64) -> Result<peer::Ran> {
    let count = kernel.count;
    if peer == Peer::Qemu {
        // Translated code is so much faster that it runs more often to be measured.
        let rom = kernels.rom(kernel, count * kernel.more, count)?;
        let (text, all) = peers.qemu(&rom)?;
        return Ok(peer::Ran::new(text, (all - base) / f64::from(kernel.more + 1)));
    }
    let warm = if peer.is_node() { count / 2 } else { 0 };
    peers.run(peer, &kernels.rom(kernel, warm, count)?, kernel.traced())
}

fn is_there(lab: &Lab, peer: Peer) -> bool {
    let (there, why) = match peer {
        Peer::Native | Peer::Wasm => return true,
        Peer::Qemu => (tools::version_of(lab, peer::QEMU).is_some(), "qemu-system-x86_64 isn't on PATH".to_owned()),
        Peer::V86 => match node::install_bench_packages(lab) {
            Ok(()) => return true,
            Err(error) => (false, format!("{error:#}")),
        },
    };
    if !there {
        println!("left out: {}: {why}", peer.name());
    }
    there
}

fn native(lab: &Lab) -> Result<std::path::PathBuf> {
    cmd!(lab.sh, "cargo build --quiet --release --package bench").quiet().run().context("bench can't be built")?;
    Ok(lab.target.join("release/bench"))
}

/// As the page's worker is built.
fn wasm(lab: &Lab) -> Result<std::path::PathBuf> {
    let target = "wasm32-unknown-unknown";
    cmd!(lab.sh, "cargo build --quiet --profile page --target {target} --package bench")
        .quiet()
        .run()
        .context("bench can't be built as WebAssembly")?;
    let built = lab.target.join(target).join("page/bench.wasm");
    let out = lab.target.join("bench/wasm");
    cmd!(lab.sh, "wasm-bindgen --target nodejs --out-dir {out} {built}").quiet().run()?;
    let module = out.join("bench_bg.wasm");
    let features =
        ["--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext", "--enable-multivalue"];
    let features = features.into_iter().chain(["--enable-reference-types", "--enable-mutable-globals"]);
    // As web/index.html has it.
    let inline = "--one-caller-inline-max-function-size=400";
    cmd!(lab.sh, "wasm-opt -O3 {inline} {features...} {module} -o {module}").quiet().run()?;
    Ok(out)
}
