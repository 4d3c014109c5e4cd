#[path = "../build/assembly.rs"]
mod assembly;

fn main() {
    assembly::with_lines("src/exception.s");
}
