//! One command a line.

use crate::{commands, console, print, say};
use base::arch::{out8, stop};
use base::fwcfg::File;

const SCRIPT: &str = "opt/org.smmlab/script";
/// isa-debug-exit: ends QEMU, and our machine.
const EXIT: u16 = 0xf4;
const LINE: usize = 128;

struct Line {
    bytes: [u8; LINE],
    length: usize,
}

impl Line {
    const fn new() -> Line {
        Line { bytes: [0; LINE], length: 0 }
    }
    /// What is too long is cut.
    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
    }
    fn run(&self) {
        commands::run(core::str::from_utf8(&self.bytes[..self.length]).unwrap_or("?"));
    }
}

pub fn run() -> ! {
    match File::open(SCRIPT) {
        Some(script) => run_script(script),
        None => loop {
            print!("> ");
            read_line().run();
        },
    }
}

fn run_script(script: File) -> ! {
    // Commands don't touch fw_cfg, so the file can be read as it is run.
    let mut line = Line::new();
    for byte in script.chain([b'\n']) {
        match byte {
            b'\n' if line.length != 0 => {
                say!("> {}", core::str::from_utf8(&line.bytes[..line.length]).unwrap_or("?"));
                line.run();
                line = Line::new();
            }
            b'\n' | b'\r' => {}
            byte => line.push(byte),
        }
    }
    say!("script done");
    out8(EXIT, 0);
    stop()
}

fn read_line() -> Line {
    let mut line = Line::new();
    loop {
        match console::read() {
            b'\r' | b'\n' => {
                say!("");
                return line;
            }
            8 | 127 if line.length != 0 => {
                line.length -= 1;
                print!("\x08 \x08");
            }
            byte @ b' '..=b'~' => {
                line.push(byte);
                print!("{}", char::from(byte));
            }
            _ => {}
        }
    }
}
