//! For build scripts: assembly whose lines can be told from its addresses. LLVM writes no line table
//! for `global_asm!`, so each line that makes code gets an entry (address, line) in a section that
//! isn't loaded, named after the file; `cargo xtask firmware` reads it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Directives that make code or data.
const DATA: [&str; 4] = [".byte", ".word", ".long", ".quad"];

/// Writes `OUT_DIR/NAME` from `source`, a path in the package.
pub fn with_lines(source: &str) {
    println!("cargo::rerun-if-changed={source}");
    let variable = |name| PathBuf::from(env::var_os(name).expect("cargo sets it"));
    let package = variable("CARGO_MANIFEST_DIR");
    let text = fs::read_to_string(package.join(source)).expect("the source is there");
    let package = package.file_name().expect("a package has a name").display().to_string();
    let mut out = String::new();
    for (nth, line) in text.lines().enumerate() {
        if makes_code(line) {
            let section = format!(".debug_asmline.crates/firmware/{package}/{source}");
            let entry =
                format!("661: .pushsection \"{section}\", \"\", @progbits; .long 661b, {}; .popsection", nth + 1);
            writeln!(out, "{entry}").expect("a String takes all");
        }
        writeln!(out, "{line}").expect("a String takes all");
    }
    let name = Path::new(source).file_name().expect("a file has a name");
    fs::write(variable("OUT_DIR").join(name), out).expect("OUT_DIR takes files");
}

fn makes_code(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| word.ends_with(':'));
    match words.next() {
        None => false,
        Some(word) if word.starts_with('.') => DATA.contains(&word),
        Some(word) => !word.starts_with('#') && !word.starts_with("//"),
    }
}
