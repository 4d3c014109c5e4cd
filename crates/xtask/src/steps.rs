//! The steps of `cargo xtask test` and of the other commands that check: what each needs and runs, in which order,
//! and the table of times at the end.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::lab::Lab;
use crate::tools::{self, Tool};
use crate::{apt, firmware, page};

/// Built for the browser only; all other packages are for this machine.
const WASM_PACKAGES: [&str; 3] = ["web", "worker", "image-tools"];
/// Packages with tests that run as WebAssembly, in node or in headless Chromium.
const WASM_TESTED: [&str; 1] = ["worker"];
/// What the tests on this machine compare with.
const HOST_TESTS: &[Tool] = &[Tool::Qemu, Tool::Ovmf, Tool::PythonVenv, Tool::FirmwareTarget];
const TARGET: &str = "wasm32-unknown-unknown";

pub struct Step {
    name: &'static str,
    about: &'static str,
    needs: &'static [&'static [Tool]],
    /// The step whose result this one looks at.
    after: Option<&'static str>,
    run: fn(&Lab, &[String]) -> Result<()>,
}

/// What `cargo xtask test` runs, in this order: the quick ones first.
static TESTS: [Step; 11] = [
    Step { name: "fmt", about: "formatting", needs: &[], after: None, run: fmt },
    Step { name: "clippy", about: "lints, packages for this machine", needs: &[], after: None, run: clippy },
    Step {
        name: "clippy-firmware",
        about: "lints, the training firmware",
        needs: &[&[Tool::FirmwareTarget]],
        after: None,
        run: clippy_firmware,
    },
    Step {
        name: "clippy-wasm",
        about: "lints, packages for the browser",
        needs: &[&[Tool::WasmTarget]],
        after: None,
        run: clippy_wasm,
    },
    Step { name: "firmware", about: "tests of the firmware's parts", needs: &[], after: None, run: firmware_tests },
    Step { name: "web", about: "tests of the page's parts", needs: &[], after: None, run: web_tests },
    Step { name: "host", about: "tests on this machine", needs: &[HOST_TESTS], after: None, run: host_tests },
    Step { name: "wasm", about: "tests as WebAssembly", needs: &[tools::WASM_TESTS], after: None, run: wasm_tests },
    Step {
        name: "build",
        about: "release build of the page",
        needs: &[tools::PAGE, tools::RELEASE],
        after: None,
        run: |lab, _| page::build(lab),
    },
    Step {
        name: "size",
        about: "sizes of the page",
        needs: &[tools::BROWSER],
        after: Some("build"),
        run: |lab, _| page::size(lab),
    },
    Step {
        name: "page",
        about: "the page in a browser",
        needs: &[tools::BROWSER],
        after: Some("build"),
        run: page::browser_tests,
    },
];

static BENCH: Step = Step {
    name: "bench-page",
    about: "waiting times in a browser",
    needs: &[tools::BROWSER],
    after: Some("build"),
    run: |lab, _| page::bench(lab),
};

static SCREENSHOTS: Step = Step {
    name: "screenshots",
    about: "screenshots of the page",
    needs: &[tools::BROWSER],
    after: Some("build"),
    run: |lab, _| page::screenshots(lab),
};

pub static SOAK: Step = Step { name: "soak", about: "long tests", needs: &[HOST_TESTS], after: None, run: soak_tests };

/// The steps of these names and those that they build on; all tests if none is named.
pub fn chosen(names: &[impl AsRef<str>]) -> Result<Vec<&'static Step>> {
    if names.is_empty() {
        return Ok(TESTS.iter().collect());
    }
    let all = || TESTS.iter().chain([&SCREENSHOTS, &BENCH]);
    for name in names.iter().map(AsRef::as_ref) {
        if !all().any(|step| step.name == name) {
            let known = TESTS.iter().map(|step| step.name).collect::<Vec<_>>().join(", ");
            bail!("there is no step {name}: the steps are {known}");
        }
    }
    let named = |name| names.iter().any(|wanted| wanted.as_ref() == name);
    let built_on = |name| all().any(|step| named(step.name) && step.after == Some(name));
    Ok(all().filter(|step| named(step.name) || built_on(step.name)).collect())
}

/// Runs the steps until one fails, and always prints how long each took.
pub fn run(lab: &Lab, steps: &[&Step], args: &[String]) -> Result<()> {
    let start = Instant::now();
    let needs: Vec<Tool> = steps.iter().flat_map(|step| step.needs.concat()).collect();
    tools::provide(lab, &needs, "running the checks")?;
    let mut table = vec![Line { name: "tools", took: start.elapsed(), result: "ok" }];
    let mut outcome = Ok(());
    for step in steps {
        if outcome.is_err() {
            table.push(Line { name: step.name, took: Duration::ZERO, result: "not run" });
            continue;
        }
        println!("\n== {}: {}", step.name, step.about);
        let start = Instant::now();
        outcome = (step.run)(lab, args).with_context(|| format!("step {} failed", step.name));
        let result = if outcome.is_ok() { "ok" } else { "FAILED" };
        table.push(Line { name: step.name, took: start.elapsed(), result });
    }
    table.push(Line { name: "total", took: start.elapsed(), result: if outcome.is_ok() { "ok" } else { "FAILED" } });
    print_table(&table);
    outcome
}

struct Line {
    name: &'static str,
    took: Duration,
    result: &'static str,
}

fn print_table(lines: &[Line]) {
    println!("\n{:<16} {:>8}  result", "step", "seconds");
    for Line { name, took, result } in lines {
        println!("{name:<16} {:>8.1}  {result}", took.as_secs_f64());
    }
}

fn fmt(lab: &Lab, _: &[String]) -> Result<()> {
    cmd!(lab.sh, "cargo fmt --all --check").quiet().run().context("run `cargo fmt --all`")?;
    let _there = lab.sh.push_dir(lab.root.join("crates/firmware"));
    cmd!(lab.sh, "cargo fmt --all --check").quiet().run().context("run `cargo fmt --all` in crates/firmware")
}

fn clippy(lab: &Lab, _: &[String]) -> Result<()> {
    let exclude = options("--exclude", &WASM_PACKAGES);
    let command = cmd!(lab.sh, "cargo clippy --workspace {exclude...} --all-targets -- -D warnings");
    command.quiet().run().context("repair what clippy says above")
}

/// DEBUG, then RELEASE.
fn clippy_firmware(lab: &Lab, _: &[String]) -> Result<()> {
    for features in ["--features=debug", "--no-default-features"] {
        let arguments = ["clippy", "--workspace", features, "--", "-D", "warnings"];
        firmware::cargo(lab, "checks", &arguments, &[]).context("repair what clippy says above")?;
    }
    Ok(())
}

fn clippy_wasm(lab: &Lab, _: &[String]) -> Result<()> {
    let packages = options("--package", &WASM_PACKAGES);
    let command = cmd!(lab.sh, "cargo clippy {packages...} --target {TARGET} --all-targets -- -D warnings");
    command.quiet().run().context("repair what clippy says above")
}

fn firmware_tests(lab: &Lab, args: &[String]) -> Result<()> {
    let host = tools::host_target(lab)?;
    let mut arguments = vec!["test", "--package", "base", "--lib", "--target", &host, "--"];
    arguments.extend(args.iter().map(String::as_str));
    firmware::cargo(lab, "checks", &arguments, &[]).context("tests failed: see above")
}

fn web_tests(lab: &Lab, args: &[String]) -> Result<()> {
    cmd!(lab.sh, "cargo test --package web -- {args...}").quiet().run().context("tests failed: see above")
}

fn host_tests(lab: &Lab, args: &[String]) -> Result<()> {
    let exclude = options("--exclude", &WASM_PACKAGES);
    cmd!(lab.sh, "cargo test --workspace {exclude...} -- {args...}").quiet().run().context("tests failed: see above")
}

fn soak_tests(lab: &Lab, args: &[String]) -> Result<()> {
    let exclude = options("--exclude", &WASM_PACKAGES);
    let command = cmd!(lab.sh, "cargo test --release --workspace {exclude...} -- --ignored {args...}");
    command.quiet().run().context("long tests failed: see above")
}

fn wasm_tests(lab: &Lab, args: &[String]) -> Result<()> {
    let packages = options("--package", &WASM_TESTED);
    let browser = apt::chromium(lab)?.context("there is no Chromium: install it or set CHROMIUM to its path")?;
    let command = cmd!(lab.sh, "cargo test {packages...} --target {TARGET} -- {args...}");
    command.quiet().env("CHROMIUM", browser).run().context("tests failed: see above")
}

/// `--flag a --flag b`
fn options<'a>(flag: &'a str, values: &[&'a str]) -> Vec<&'a str> {
    values.iter().flat_map(|value| [flag, value]).collect()
}

#[cfg(test)]
mod tests {
    use super::chosen;

    fn names(steps: &[&str]) -> Vec<&'static str> {
        chosen(steps).expect("they exist").iter().map(|step| step.name).collect()
    }

    #[test]
    fn a_step_brings_the_one_that_it_looks_at_and_the_order_stays() {
        assert_eq!(names(&["page", "fmt"]), ["fmt", "build", "page"]);
        assert_eq!(names(&["screenshots"]), ["build", "screenshots"]);
    }

    #[test]
    fn no_name_means_every_test() {
        assert_eq!(names(&[]).first(), Some(&"fmt"));
        assert_eq!(names(&[]).len(), 11);
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_list() {
        let message = chosen(&["fnt"]).err().expect("there is none").to_string();
        assert!(message.contains("no step fnt") && message.contains("clippy-wasm"), "{message}");
    }
}
