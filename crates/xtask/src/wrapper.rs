//! rustc as the firmware's build calls it (`RUSTC_WRAPPER`): makes what it writes independent of the
//! folders that the tree and cargo's registry lie in.
//!
//! Cargo derives `-C metadata`, and so the hashes of all symbols, from the path of a package; symbols'
//! order is the order of functions in the image. Paths in panic messages and debug information become
//! `/smmlab/…` and `/cargo/PACKAGE-VERSION/…`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Set to the top of the tree, it makes a wrapper of this program.
pub const VARIABLE: &str = "SMMLAB_RUSTC_WRAPPER";

pub fn run(root: &OsStr) -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(rustc) = arguments.next() else {
        eprintln!("error: {VARIABLE} is for cargo: it makes this program call rustc");
        return ExitCode::FAILURE;
    };
    let package = package();
    let mut command = Command::new(rustc);
    command.args(arguments.map(|argument| replace_metadata(argument, &package)));
    command.args(remaps(Path::new(root), &package).iter());
    match command.status() {
        Ok(status) => status.code().map_or(ExitCode::FAILURE, |code| ExitCode::from(code as u8)),
        Err(error) => {
            eprintln!("error: rustc can't be started: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Name and version, as cargo tells rustc; empty when cargo only asks rustc about itself.
fn package() -> String {
    let variable = |name| env::var(name).unwrap_or_default();
    format!("{}-{}", variable("CARGO_PKG_NAME"), variable("CARGO_PKG_VERSION"))
}

fn replace_metadata(argument: OsString, package: &str) -> OsString {
    match argument.to_str() {
        Some(text) if text.starts_with("metadata=") => format!("metadata={package}").into(),
        _ => argument,
    }
}

fn remaps(root: &Path, package: &str) -> Vec<OsString> {
    let remap = |from: &Path, to: &str| {
        let mut option = OsString::from("--remap-path-prefix=");
        option.push(from);
        option.push("=");
        option.push(to);
        option
    };
    let mut remaps = vec![remap(root, "/smmlab")];
    let folder = env::var_os("CARGO_MANIFEST_DIR");
    if let Some(folder) = folder.as_deref().map(Path::new).filter(|folder| !folder.starts_with(root)) {
        remaps.push(remap(folder, &format!("/cargo/{package}")));
    }
    if let Some(made) = env::var_os("OUT_DIR") {
        remaps.push(remap(Path::new(&made), "/out"));
    }
    remaps
}

#[cfg(test)]
mod tests {
    use super::{remaps, replace_metadata};
    use std::path::Path;

    #[test]
    fn symbols_hash_the_packages_name_and_version_in_place_of_its_path() {
        assert_eq!(replace_metadata("metadata=0123456789abcdef".into(), "pi-0.1.0"), "metadata=pi-0.1.0");
        assert_eq!(replace_metadata("extra-filename=-01234567".into(), "pi-0.1.0"), "extra-filename=-01234567");
    }

    #[test]
    fn paths_begin_with_names_that_are_the_same_everywhere() {
        // Cargo sets CARGO_MANIFEST_DIR for this test, too.
        let elsewhere = remaps(Path::new("/somewhere"), "xtask-0.1.0");
        assert_eq!(elsewhere[0], "--remap-path-prefix=/somewhere=/smmlab");
        let own = concat!("--remap-path-prefix=", env!("CARGO_MANIFEST_DIR"), "=/cargo/xtask-0.1.0");
        assert!(elsewhere.iter().any(|option| option == own), "{elsewhere:?}");
        let inside = remaps(Path::new(env!("CARGO_MANIFEST_DIR")), "xtask-0.1.0");
        assert!(inside.iter().all(|option| option != own), "{inside:?}");
    }
}
