//! The reset vector has fixed addresses of its own.

#[path = "../build/assembly.rs"]
mod assembly;

fn main() {
    assembly::with_lines("src/reset.s");
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-arg-bins=-T{folder}/reset.ld");
    println!("cargo::rustc-link-arg-bins=--no-pie");
    println!("cargo::rerun-if-changed=reset.ld");
}
