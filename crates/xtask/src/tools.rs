//! What the commands need on the machine, how to find it and how to install it.
//!
//! A tool that is there is used; what is missing is installed, step by step, saying what and why. Programs from
//! crates.io and the npm registry go to a per-user cache (`Lab::cache`), never into the person's own folders.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::lab::Lab;
use crate::{apt, firmware, node};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tool {
    // In the order of installation: what may have to stop and ask for a person comes first.
    Qemu,
    Ovmf,
    PythonVenv,
    Chromium,
    ChromeDriver,
    CjkFonts,
    Npm,
    WasmTarget,
    FirmwareTarget,
    WasmBindgen,
    Trunk,
    Node,
    NodePackages,
}

/// Needed to build the page for development.
pub const PAGE: &[Tool] = &[Tool::WasmTarget, Tool::FirmwareTarget, Tool::WasmBindgen, Tool::Trunk];
/// Needed to build the page for release, in addition: wasm-opt is a node package.
pub const RELEASE: &[Tool] = &[Tool::Npm, Tool::Node, Tool::NodePackages];
/// Needed to look at the page with a browser, in addition.
pub const BROWSER: &[Tool] = &[Tool::Npm, Tool::Node, Tool::NodePackages, Tool::Chromium, Tool::CjkFonts];
/// Needed to run wasm tests, in node or a browser.
pub const WASM_TESTS: &[Tool] =
    &[Tool::WasmTarget, Tool::WasmBindgen, Tool::Npm, Tool::Node, Tool::Chromium, Tool::ChromeDriver];

const WASM: &str = "wasm32-unknown-unknown";
/// trunk 0.22 wants a newer Rust. Without default features it has no TLS and can't try to download anything.
const TRUNK: &str = "0.21.14";
/// The tools are run a few times and built once: build them fast.
const FAST_BUILD: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

/// Installs what is missing of `wanted`. Says nothing if nothing is. `then` is the work that follows, counted as
/// the last step.
pub fn provide(lab: &Lab, wanted: &[Tool], then: &str) -> Result<()> {
    let missing = missing(lab, wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(&lab.cache).with_context(|| format!("cannot make the folder {}", lab.cache.display()))?;
    let lock = File::create(lab.cache.join("lock"))?;
    if lock.try_lock().is_err() {
        eprintln!("another xtask is installing tools: waiting for it");
        lock.lock()?;
    }
    let steps = plan(&self::missing(lab, wanted)?);
    let total = steps.len() + 1;
    for (number, step) in steps.iter().enumerate() {
        eprintln!("[{}/{total}] {}", number + 1, step.message(lab)?);
        let start = Instant::now();
        step.install(lab)?;
        lab.refresh_path()?;
        eprintln!("[{}/{total}] done in {} s", number + 1, start.elapsed().as_secs());
    }
    // Kept until now: the tools share many dependencies.
    let _ = fs::remove_dir_all(build_dir(lab));
    eprintln!("[{total}/{total}] {then}");
    Ok(())
}

fn missing(lab: &Lab, wanted: &[Tool]) -> Result<Vec<Tool>> {
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut missing = Vec::new();
    for tool in wanted {
        if !present(lab, tool)? {
            missing.push(tool);
        }
    }
    Ok(missing)
}

fn present(lab: &Lab, tool: Tool) -> Result<bool> {
    Ok(match tool {
        Tool::WasmTarget => rust_lib(lab)?.join(WASM).is_dir(),
        Tool::FirmwareTarget => rust_lib(lab)?.join(firmware::TARGET).is_dir(),
        Tool::WasmBindgen => {
            let version = lab.locked_version("wasm-bindgen")?;
            let runner = version_of(lab, "wasm-bindgen-test-runner");
            version_of(lab, "wasm-bindgen").as_ref() == Some(&version) && runner == Some(version)
        }
        Tool::Trunk => version_of(lab, "trunk").as_deref() == Some(TRUNK),
        Tool::Node => node::present(lab),
        Tool::NodePackages => node::packages_present(lab),
        Tool::Npm
        | Tool::Qemu
        | Tool::Ovmf
        | Tool::PythonVenv
        | Tool::Chromium
        | Tool::ChromeDriver
        | Tool::CjkFonts => apt::present(lab, tool)?,
    })
}

/// What a program answers to `--version`, without its name; nothing if it isn't there.
pub fn version_of(lab: &Lab, program: &str) -> Option<String> {
    let answer = cmd!(lab.sh, "{program} --version").quiet().ignore_stderr().read().ok()?;
    answer.split_whitespace().nth(1).map(str::to_owned)
}

/// What rustc calls this machine.
pub fn host_target(lab: &Lab) -> Result<String> {
    let about = cmd!(lab.sh, "rustc -vV").quiet().read()?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}

fn rust_lib(lab: &Lab) -> Result<PathBuf> {
    let sysroot = cmd!(lab.sh, "rustc --print sysroot").quiet().read()?;
    Ok(PathBuf::from(sysroot).join("lib/rustlib"))
}

/// Where the cached tools' programs are, whether they exist or not.
pub fn bin_dirs(lab: &Lab) -> Vec<PathBuf> {
    let mut dirs =
        vec![lab.e2e().join("node_modules/.bin"), node::bin_dir(lab), cached("trunk", TRUNK, lab).join("bin")];
    if let Ok(version) = lab.locked_version("wasm-bindgen") {
        dirs.push(cached("wasm-bindgen-cli", &version, lab).join("bin"));
    }
    dirs
}

pub fn cached(name: &str, version: &str, lab: &Lab) -> PathBuf {
    lab.cache.join(format!("{name}-{version}"))
}

fn build_dir(lab: &Lab) -> PathBuf {
    lab.cache.join("build")
}

/// One installation: one tool, or all the Debian packages together.
#[derive(Debug, PartialEq)]
enum Install {
    Debian(Vec<Tool>),
    One(Tool),
}

fn plan(missing: &[Tool]) -> Vec<Install> {
    let (debian, other): (Vec<Tool>, Vec<Tool>) = missing.iter().partition(|tool| apt::is_debian_package(**tool));
    let debian = (!debian.is_empty()).then_some(Install::Debian(debian));
    debian.into_iter().chain(other.into_iter().map(Install::One)).collect()
}

impl Install {
    fn message(&self, lab: &Lab) -> Result<String> {
        Ok(match self {
            Install::Debian(tools) => format!("installing {}, about 3 minutes", apt::describe(tools)),
            Install::One(Tool::WasmTarget) => format!("adding Rust's target {WASM} (the page is WebAssembly)"),
            Install::One(Tool::FirmwareTarget) => {
                format!("adding Rust's target {} (the training firmware has no OS below it)", firmware::TARGET)
            }
            Install::One(Tool::WasmBindgen) => format!(
                "installing wasm-bindgen-cli {} (joins WebAssembly and JavaScript), about 3 minutes",
                lab.locked_version("wasm-bindgen")?
            ),
            Install::One(Tool::Trunk) => format!("installing trunk {TRUNK} (web bundler), about 6 minutes"),
            Install::One(Tool::Node) => {
                format!("installing node {} (this machine has no Node.js that is new enough)", node::VERSION)
            }
            Install::One(Tool::NodePackages) => {
                "installing node packages (wasm-opt, Playwright, axe) into tests/e2e/node_modules".to_owned()
            }
            Install::One(tool) => bail!("{tool:?} comes with a Debian package"),
        })
    }

    fn install(&self, lab: &Lab) -> Result<()> {
        match self {
            Install::Debian(tools) => apt::install(lab, tools),
            Install::One(Tool::WasmTarget) => add_target(lab, WASM),
            Install::One(Tool::FirmwareTarget) => add_target(lab, firmware::TARGET),
            Install::One(Tool::WasmBindgen) => {
                cargo_install(lab, "wasm-bindgen-cli", &lab.locked_version("wasm-bindgen")?, &[])
            }
            Install::One(Tool::Trunk) => cargo_install(lab, "trunk", TRUNK, &["--no-default-features"]),
            Install::One(Tool::Node) => node::install(lab),
            Install::One(Tool::NodePackages) => node::install_packages(lab),
            Install::One(tool) => bail!("{tool:?} comes with a Debian package"),
        }
    }
}

fn add_target(lab: &Lab, target: &str) -> Result<()> {
    if which::which("rustup").is_err() {
        bail!("this Rust has no target {target} and there is no rustup to add it: install rustup (https://rustup.rs)");
    }
    cmd!(lab.sh, "rustup target add {target}")
        .quiet()
        .run()
        .with_context(|| format!("rustup could not add the target: run `rustup target add {target}` and see why"))
}

fn cargo_install(lab: &Lab, package: &str, version: &str, options: &[&str]) -> Result<()> {
    let root = cached(package, version, lab);
    // A log file needs no list of 400 packages; a person does like to see that something goes on.
    let quiet = (!std::io::stderr().is_terminal()).then_some("--quiet");
    cmd!(lab.sh, "cargo install --locked {quiet...} --root {root} {package} --version {version} {options...}")
        .quiet()
        .envs(FAST_BUILD)
        .env("CARGO_TARGET_DIR", build_dir(lab))
        .env_remove("RUSTFLAGS")
        .run()
        .with_context(|| {
            format!("{package} could not be installed: see above; a C compiler and the network are needed")
        })
}

#[cfg(test)]
mod tests {
    use super::{Install, Tool, plan};

    #[test]
    fn debian_packages_are_installed_together_and_first() {
        let steps = plan(&[Tool::Qemu, Tool::Chromium, Tool::Trunk]);
        assert_eq!(steps, [Install::Debian(vec![Tool::Qemu, Tool::Chromium]), Install::One(Tool::Trunk)]);
    }
}
