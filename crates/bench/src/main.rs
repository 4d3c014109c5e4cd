//! Our side of `cargo xtask bench`: runs guests natively, and as WebAssembly in node.

mod clock;
mod guest;
#[cfg(not(target_arch = "wasm32"))]
mod machine;
#[cfg(target_arch = "wasm32")]
mod wasm;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match work(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Each line of the answer is a name and a number, but for what a guest sends to COM1.
fn work(arguments: &[&str]) -> Result<(), String> {
    let read = |file: &str| std::fs::read(file).map_err(|error| format!("{file}: {error}"));
    match arguments {
        ["run", rom, rest @ ..] => {
            let mut out = std::io::stdout();
            let mut put = |byte| _ = out.write_all(&[byte]);
            let counted = guest::run(read(rom)?, rest == ["--events"], &mut put)?;
            println!("instructions {}\nmicroseconds {}", counted.instructions, counted.used.microseconds());
        }
        #[cfg(not(target_arch = "wasm32"))]
        ["boot", image] => {
            let boot = machine::boot(&read(image)?)?;
            println!("instructions {}\nmicroseconds {}", boot.instructions, boot.silent.microseconds());
            println!("traced-microseconds {}\nevents {}", boot.traced.microseconds(), boot.events);
        }
        #[cfg(not(target_arch = "wasm32"))]
        ["size", image] => {
            let size = machine::size(&read(image)?)?;
            println!("machine-bytes {}\nsnapshot-bytes {}", size.machine, size.snapshot);
            println!("snapshot-microseconds {}", size.snapshot_time.microseconds());
        }
        #[cfg(not(target_arch = "wasm32"))]
        ["step-back", rom] => {
            let back = machine::step_back(read(rom)?)?;
            let part = |n: usize| back.times[back.times.len() * n / 100].microseconds();
            println!("p50-microseconds {}\np95-microseconds {}\nhistory-bytes {}", part(50), part(95), back.history);
        }
        _ => return Err("what to do? run ROM [--events], boot IMAGE, size IMAGE, step-back ROM".into()),
    }
    Ok(())
}
