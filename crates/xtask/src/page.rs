//! The page's release build, and what looks at it: sizes, browser tests, screenshots.

use anyhow::{Context, Result};
use xshell::cmd;

use crate::lab::Lab;
use crate::{apt, tools};

pub fn build_alone(lab: &Lab) -> Result<()> {
    tools::provide(lab, &[tools::PAGE, tools::RELEASE].concat(), "building the page for release, about 5 minutes")?;
    build(lab)
}

/// Into dist/.
pub fn build(lab: &Lab) -> Result<()> {
    cmd!(lab.sh, "trunk --log error build --release").quiet().run().context("the page does not build: see above")
}

pub fn size(lab: &Lab) -> Result<()> {
    node(lab, "size.mjs", &[])
}

pub fn bench(lab: &Lab) -> Result<()> {
    node(lab, "bench.mjs", &[])
}

pub fn screenshots(lab: &Lab) -> Result<()> {
    node(lab, "screenshots.mjs", &[])
}

pub fn browser_tests(lab: &Lab, args: &[String]) -> Result<()> {
    let _dir = lab.sh.push_dir(lab.e2e());
    let command = cmd!(lab.sh, "playwright test {args...}").quiet();
    command.env("CHROMIUM", browser(lab)?).run().context("browser tests failed: see above and tests/e2e/out/")
}

fn node(lab: &Lab, script: &str, args: &[String]) -> Result<()> {
    let _dir = lab.sh.push_dir(lab.e2e());
    let command = cmd!(lab.sh, "node {script} {args...}").quiet();
    command.env("CHROMIUM", browser(lab)?).run().with_context(|| format!("tests/e2e/{script} failed: see above"))
}

fn browser(lab: &Lab) -> Result<String> {
    apt::chromium(lab)?.context("there is no Chromium: install it or set CHROMIUM to its path")
}
