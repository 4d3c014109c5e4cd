//! One command a line.

use crate::{commands, sleep};
use base::arch::{halt, out8, stop};
use base::fwcfg::File;
use base::serial::{self, Line};
use base::{say, text};

const SCRIPT: &str = "opt/org.smmlab/script";
/// isa-debug-exit: ends QEMU, and our machine.
const EXIT: u16 = 0xf4;

pub fn run() -> ! {
    match File::open(SCRIPT) {
        Some(script) => run_script(script),
        None => loop {
            serial::print(text!("> "));
            commands::run(read_line().text());
        },
    }
}

fn run_script(mut script: File) -> ! {
    // Commands don't touch fw_cfg, so the file can be read as it is run; a resume from S3 does.
    let mut line = Line::new();
    loop {
        let byte = script.next();
        match byte {
            Some(b'\n') | None if !line.is_empty() => {
                say!("> {}", line.text());
                commands::run(line.text());
                line = Line::new();
                if sleep::woke() {
                    script.select_again();
                }
            }
            None => break,
            Some(b'\n' | b'\r') => {}
            Some(byte) => line.push(byte),
        }
    }
    say!("script done");
    out8(EXIT, 0);
    stop()
}

fn read_line() -> Line {
    let mut line = Line::new();
    loop {
        match serial::received() {
            Some(byte) if line.key(byte) => return line,
            Some(_) => {}
            // The tick wakes us.
            None => halt(),
        }
    }
}
