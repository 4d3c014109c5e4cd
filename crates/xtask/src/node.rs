//! Node.js and the packages of tests/e2e: wasm-opt (package `binaryen`), Playwright, axe.
//!
//! Debian 12's own Node.js is too old for Playwright; then a newer one comes from the npm registry into the cache.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::lab::Lab;
use crate::tools;

/// What is installed if the machine's own is older than `OLDEST`.
pub const VERSION: &str = "22.23.3";
/// The first that can `require` an ES module unasked, which @axe-core/playwright does.
const OLDEST: (u32, u32) = (20, 19);

pub fn present(lab: &Lab) -> bool {
    let answer = cmd!(lab.sh, "node --version").quiet().ignore_stderr().read();
    answer.ok().and_then(|version| major_minor(&version)).is_some_and(|version| version >= OLDEST)
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Where the cached Node.js has its program.
pub fn bin_dir(lab: &Lab) -> PathBuf {
    tools::cached("node", VERSION, lab).join("node_modules/.bin")
}

pub fn install(lab: &Lab) -> Result<()> {
    // Debian's may have come in the step before, and be new enough.
    if present(lab) {
        return Ok(());
    }
    let cpu = match (OS, ARCH) {
        ("linux", "x86_64") => "x64",
        ("linux", "aarch64") => "arm64",
        _ => bail!("Node.js {}.{} or newer is needed: install it, then try again", OLDEST.0, OLDEST.1),
    };
    let prefix = tools::cached("node", VERSION, lab);
    let package = format!("node-linux-{cpu}@{VERSION}");
    cmd!(lab.sh, "npm install --silent --no-save --no-package-lock --no-fund --no-audit --prefix {prefix} {package}")
        .quiet()
        .run()
        .context("Node.js could not be installed: see above, or install Node.js 20.19 or newer yourself")
}

/// What `bench` compares with: v86.
pub fn install_bench_packages(lab: &Lab) -> Result<()> {
    let _dir = lab.sh.push_dir(lab.root.join("tests/bench"));
    if lab.sh.path_exists("node_modules/v86") {
        return Ok(());
    }
    cmd!(lab.sh, "npm ci --silent").quiet().run().context("`npm ci` in tests/bench failed")
}

/// Up to date if the last `npm ci` was after the last change of the lock file.
pub fn packages_present(lab: &Lab) -> bool {
    let wanted = changed(&lab.e2e().join("package-lock.json"));
    let installed = changed(&lab.e2e().join("node_modules/.package-lock.json"));
    installed.is_some() && installed >= wanted
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

pub fn install_packages(lab: &Lab) -> Result<()> {
    let _dir = lab.sh.push_dir(lab.e2e());
    cmd!(lab.sh, "npm ci --silent")
        .quiet()
        .run()
        .context("node packages could not be installed: run `npm ci` in tests/e2e and see why")
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, major_minor};

    #[test]
    fn node_18_is_too_old_and_20_19_is_not() {
        assert!(major_minor("v18.20.4").is_some_and(|version| version < OLDEST));
        assert!(major_minor("v20.19.0").is_some_and(|version| version >= OLDEST));
        assert!(major_minor("nonsense").is_none());
    }
}
