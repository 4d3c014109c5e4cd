//! Programs that come with the operating system: Debian's package names, how to tell that a program is there, and
//! installing where that is allowed (root, or sudo without a password). Elsewhere the person is told what to run.

use std::env;
use std::path::Path;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::lab::Lab;
use crate::tools::Tool;

/// A tool's Debian package, and what it is for. `None`: the tool doesn't come from Debian.
fn package(tool: Tool) -> Option<(&'static str, &'static str)> {
    Some(match tool {
        Tool::Qemu => ("qemu-system-x86", "to compare the emulator with"),
        Tool::Ovmf => ("ovmf", "stock firmware images to read"),
        Tool::PythonVenv => ("python3-venv", "to hold programs of others that read firmware images"),
        Tool::Chromium => ("chromium", "browser for the page's tests"),
        Tool::ChromeDriver => ("chromium-driver", "drives it in wasm tests"),
        Tool::CjkFonts => ("fonts-noto-cjk", "Japanese letters in it"),
        Tool::Npm => ("npm", "wasm-opt and Playwright are node packages"),
        _ => return None,
    })
}

pub fn is_debian_package(tool: Tool) -> bool {
    package(tool).is_some()
}

pub fn present(lab: &Lab, tool: Tool) -> Result<bool> {
    Ok(match tool {
        Tool::Qemu => on_path(lab, "qemu-system-x86_64")?,
        Tool::Ovmf => Path::new("/usr/share/OVMF").is_dir(),
        Tool::PythonVenv => has_python_venv(lab),
        Tool::Chromium => chromium(lab)?.is_some(),
        Tool::ChromeDriver => on_path(lab, "chromedriver")?,
        Tool::CjkFonts => has_japanese_font(lab),
        Tool::Npm => on_path(lab, "npm")?,
        _ => bail!("{tool:?} is no program of the operating system"),
    })
}

/// The browser: `$CHROMIUM`, or the first of its usual names on PATH.
pub fn chromium(lab: &Lab) -> Result<Option<String>> {
    if let Ok(path) = env::var("CHROMIUM") {
        if !Path::new(&path).is_file() {
            bail!("CHROMIUM is set to {path}, which is no file: correct it or unset it");
        }
        return Ok(Some(path));
    }
    for name in ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] {
        if let Ok(path) = which::which_in(name, Some(lab.path()?), &lab.root) {
            return Ok(Some(path.display().to_string()));
        }
    }
    Ok(None)
}

fn on_path(lab: &Lab, program: &str) -> Result<bool> {
    Ok(which::which_in(program, Some(lab.path()?), &lab.root).is_ok())
}

/// Debian's python3 alone comes without what makes virtual environments.
fn has_python_venv(lab: &Lab) -> bool {
    cmd!(lab.sh, "python3 -c 'import ensurepip, venv'").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}

fn has_japanese_font(lab: &Lab) -> bool {
    let fontconfig = cmd!(lab.sh, "fc-list :lang=ja").quiet().ignore_stderr().read();
    let dpkg = || cmd!(lab.sh, "dpkg-query -W fonts-noto-cjk").quiet().ignore_stderr().ignore_stdout().run().is_ok();
    fontconfig.is_ok_and(|fonts| !fonts.is_empty()) || dpkg()
}

/// `chromium (browser for …), npm (…)`.
pub fn describe(tools: &[Tool]) -> String {
    let packages = tools.iter().filter_map(|tool| package(*tool));
    packages.map(|(name, purpose)| format!("{name} ({purpose})")).collect::<Vec<_>>().join(", ")
}

pub fn install(lab: &Lab, tools: &[Tool]) -> Result<()> {
    let packages: Vec<&str> = tools.iter().filter_map(|tool| package(*tool)).map(|(name, _)| name).collect();
    let list = packages.join(" ");
    if !Path::new("/etc/debian_version").exists() || !on_path(lab, "apt-get")? {
        bail!("this is no Debian: install what Debian calls {list} with your package manager, then try again");
    }
    let Some(sudo) = become_root(lab) else {
        let command = format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {list}");
        bail!("only root can install packages: run `{command}`, then try again");
    };
    apt_get(lab, sudo, &["update"])?;
    apt_get(lab, sudo, &[&["install", "-y", "--no-install-recommends"], &packages[..]].concat())
}

/// The words to put before a command so that it runs as root, if that works without a password.
fn become_root(lab: &Lab) -> Option<&'static [&'static str]> {
    if cmd!(lab.sh, "id -u").quiet().read().is_ok_and(|id| id == "0") {
        return Some(&[]);
    }
    let sudo = cmd!(lab.sh, "sudo -n true").quiet().ignore_stdout().ignore_stderr().run();
    sudo.is_ok().then_some(&["sudo", "-n"])
}

/// Runs apt-get; shows its hundreds of lines only if it fails.
fn apt_get(lab: &Lab, sudo: &[&str], args: &[&str]) -> Result<()> {
    let command = [sudo, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"], args].concat();
    let (program, args) = command.split_first().expect("the list has apt-get in it");
    let output = cmd!(lab.sh, "{program} {args...}").quiet().ignore_status().output()?;
    if output.status.success() {
        return Ok(());
    }
    eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    bail!("`{}` failed: see above, run it by hand, then try again", command.join(" "))
}
