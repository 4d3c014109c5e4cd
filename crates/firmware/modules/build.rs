//! Every module is linked as an image that can be moved: see link/module.ld.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-arg-bins=-T{folder}/../link/module.ld");
    println!("cargo::rerun-if-changed=../link/module.ld");
}
