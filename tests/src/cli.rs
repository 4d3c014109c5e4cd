//! The program `smmlab`, built by cargo as a user would, and run as a black box.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What one run of `smmlab` left behind.
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// Runs `smmlab` with these arguments.
pub fn smmlab<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Ran {
    let Output { status, stdout, stderr } =
        Command::new(program()).args(arguments).output().expect("smmlab can be started");
    Ran {
        status: status.code().expect("smmlab ends by itself, not by a signal"),
        out: String::from_utf8_lossy(&stdout).into(),
        err: String::from_utf8_lossy(&stderr).into(),
    }
}

/// The binary belongs to another package, so cargo hands no path to these tests: ask it to build
/// (a moment when it is up to date) and to say where.
pub fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let run = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package=cli", "--bin=smmlab", "--message-format=json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo can be started");
        let messages = String::from_utf8_lossy(&run.stdout);
        let executable = |line: &str| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            (message["target"]["name"] == "smmlab").then(|| message["executable"].as_str().map(PathBuf::from))?
        };
        messages.lines().find_map(executable).unwrap_or_else(|| panic!("cargo build failed:\n{messages}"))
    })
}
