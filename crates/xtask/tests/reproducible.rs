//! The firmware's images are the same wherever the tree and cargo's folder lie.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the images are made of.
const PARTS: [&str; 4] = ["Cargo.toml", "rust-toolchain.toml", "crates/firmware", "crates/pi"];

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            if name != "target" {
                copy(&from.join(&name), &to.join(&name));
            }
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A folder for cargo like the person's, at another place.
fn cargo_home(at: PathBuf) -> PathBuf {
    fs::create_dir(&at).unwrap();
    for entry in fs::read_dir(home::cargo_home().unwrap()).unwrap() {
        let entry = entry.unwrap();
        symlink(entry.path(), at.join(entry.file_name())).unwrap();
    }
    at
}

fn build(tree: &Path, only: &str, environment: &[(&str, &Path)]) -> Vec<u8> {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    xtask.args(["firmware", "--only", only]).env("CARGO_MANIFEST_DIR", tree.join("crates/xtask"));
    let run = xtask.envs(environment.iter().copied()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    fs::read(String::from_utf8(run.stdout).unwrap().trim()).unwrap()
}

fn is_the_same_elsewhere(only: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let there = scratch.path().join("another/place");
    fs::create_dir_all(there.join("crates")).unwrap();
    PARTS.iter().for_each(|part| copy(&here.join(part), &there.join(part)));
    let cargo = cargo_home(scratch.path().join("cargo"));
    let elsewhere = [("CARGO_HOME", cargo.as_path()), ("CARGO_TARGET_DIR", &there.join("made"))];
    let (ours, theirs) = (build(&here, only, &[]), build(&there, only, &elsewhere));
    let differs = ours.iter().zip(&theirs).position(|(a, b)| a != b);
    assert_eq!(differs, None, "offset of the first byte that differs");
}

#[test]
fn debug_is_bit_identical_wherever_the_tree_and_cargos_folder_lie() {
    is_the_same_elsewhere("debug");
}

#[test]
#[ignore = "soak"]
fn release_is_bit_identical_wherever_the_tree_and_cargos_folder_lie() {
    is_the_same_elsewhere("release");
}
