//! Assembles `src/demo.s` into `OUT_DIR/demo.rom` and its addresses into `OUT_DIR/demo.symbols.rs`.

fn main() -> std::process::ExitCode {
    match rom_build::build("src/demo.s") {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={}", error.to_string().replace('\n', " | "));
            std::process::ExitCode::FAILURE
        }
    }
}
