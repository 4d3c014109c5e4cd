//! The tree and the environment that every command runs in: folders, the tools' PATH, versions fixed by Cargo.lock.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::Shell;

use crate::tools;

pub struct Lab {
    /// Top of the source tree.
    pub root: PathBuf,
    /// For what is made and can be made again.
    pub target: PathBuf,
    /// Tools installed for this user, shared by all his trees: `<name>-<version>/`.
    pub cache: PathBuf,
    /// Runs commands at the top of the tree, with the tools on its PATH.
    pub sh: Shell,
}

impl Lab {
    pub fn open() -> Result<Lab> {
        let manifest = env::var("CARGO_MANIFEST_DIR").context("start this program with `cargo xtask`")?;
        let root = Path::new(&manifest).ancestors().nth(2).context("crates/xtask has a tree above it")?.to_path_buf();
        let sh = Shell::new()?;
        sh.change_dir(&root);
        let mut target = root.join("target");
        if let Some(dir) = env::var_os("CARGO_TARGET_DIR") {
            // A relative one means the folder that the person is in, which our commands are not.
            target = std::path::absolute(dir)?;
            sh.set_var("CARGO_TARGET_DIR", &target);
        }
        let lab = Lab { cache: cache_dir()?.join("smmlab/tools"), sh, root, target };
        lab.refresh_path()?;
        Ok(lab)
    }

    /// Puts the tools that exist in the cache before the person's own PATH. To be called again after an install.
    pub fn refresh_path(&self) -> Result<()> {
        let mut dirs: Vec<PathBuf> = tools::bin_dirs(self).into_iter().filter(|dir| dir.is_dir()).collect();
        dirs.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        self.sh.set_var("PATH", env::join_paths(dirs).context("a folder of PATH has a colon in its name")?);
        Ok(())
    }

    pub fn path(&self) -> Result<OsString> {
        self.sh.var_os("PATH").context("PATH is set when the lab is opened")
    }

    pub fn e2e(&self) -> PathBuf {
        self.root.join("tests/e2e")
    }

    /// The version of a package in Cargo.lock.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let lock = fs::read_to_string(self.root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
        version_in_lock(&lock, package)
            .with_context(|| format!("Cargo.lock has no package {package}: run `cargo update --workspace`"))
    }
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = ")?;
    Some(version.trim_matches('"').to_owned())
}

fn cache_dir() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("XDG_CACHE_HOME").filter(|dir| Path::new(dir).is_absolute()) {
        return Ok(dir.into());
    }
    let home = env::home_dir().context("HOME is not set: set it, or XDG_CACHE_HOME, to a folder for the tools")?;
    Ok(home.join(".cache"))
}

#[cfg(test)]
mod tests {
    use super::version_in_lock;

    #[test]
    fn a_locked_version_is_that_of_the_package_named_exactly() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("0.2.129"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }
}
