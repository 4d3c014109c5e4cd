//! Every module is linked as an image that can be moved: see link/module.ld.

#[path = "../build/assembly.rs"]
mod assembly;

fn main() {
    for name in [
        "PiSmmCpuDxeSmm/entry.s",
        "PiSmmCpuDxeSmm/park.s",
        "PiSmmCpuDxeSmm/relocate.s",
        "SmallOs/sleep.s",
        "SmallOs/start_up.s",
        "SmallOs/fptask.s",
    ] {
        assembly::with_lines(&format!("src/bin/{name}"));
    }
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-arg-bins=-T{folder}/../link/module.ld");
    // What debug information says of code that was left out must not look like an address.
    println!("cargo::rustc-link-arg-bins=-zdead-reloc-in-nonalloc=.debug_*=0x8000000000000000");
    println!("cargo::rerun-if-changed=../link/module.ld");
}
