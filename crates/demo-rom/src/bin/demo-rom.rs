//! Writes the demo ROM to a file: `demo-rom FILE`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("demo-rom: give the file to write, for example `demo-rom demo.rom`");
        return ExitCode::from(2);
    };
    match std::fs::write(&file, demo_rom::ROM) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo-rom: {}: {error}", file.display());
            ExitCode::from(2)
        }
    }
}
