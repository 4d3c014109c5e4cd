//! A client of the qtest line protocol: the same script drives `smmlab qtest` and QEMU.

use crate::{cli, qemu};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Qtest {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// `IRQ raise N` and `IRQ lower N`, as they came.
    pub irqs: Vec<String>,
}

impl Qtest {
    /// Ours, with these arguments.
    pub fn ours(arguments: &[&str]) -> Self {
        let mut command = Command::new(cli::program());
        Self::start(command.arg("qtest").args(arguments))
    }

    /// QEMU's q35 with 128 MiB, processors stopped.
    pub fn qemu() -> Self {
        Self::start(&mut qemu::qtest())
    }

    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let input = child.stdin.take().expect("its standard input");
        let output = BufReader::new(child.stdout.take().expect("its standard output"));
        Qtest { child, input, output, irqs: Vec::new() }
    }

    /// The answer to one line: what stands behind `OK`, or `Err` with what stands behind `FAIL` or `ERR`.
    pub fn ask(&mut self, line: &str) -> Result<String, String> {
        self.input.write_all(format!("{line}\n").as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"));
        loop {
            let mut answer = String::new();
            self.output.read_line(&mut answer).expect("its answer");
            let answer = answer.trim_end();
            match answer.split_once(' ').unwrap_or((answer, "")) {
                ("OK", value) => return Ok(value.into()),
                ("FAIL" | "ERR", why) => return Err(why.into()),
                ("IRQ", edge) => self.irqs.push(edge.into()),
                _ => panic!("{answer:?} to {line:?}"),
            }
        }
    }

    pub fn number(&mut self, line: &str) -> u64 {
        let answer = self.ask(line).unwrap_or_else(|why| panic!("{line}: {why}"));
        let hex = answer.strip_prefix("0x").unwrap_or_else(|| panic!("{line}: {answer}"));
        u64::from_str_radix(hex, 16).unwrap_or_else(|error| panic!("{line}: {answer}: {error}"))
    }

    pub fn tell(&mut self, line: &str) {
        self.ask(line).unwrap_or_else(|why| panic!("{line}: {why}"));
    }

    pub fn port_in(&mut self, port: u16, size: u8) -> u64 {
        self.number(&format!("in{} {port:#x}", letter(size)))
    }
    pub fn port_out(&mut self, port: u16, size: u8, value: u64) {
        self.tell(&format!("out{} {port:#x} {value:#x}", letter(size)));
    }
    pub fn read(&mut self, addr: u64, size: u8) -> u64 {
        self.number(&format!("read{} {addr:#x}", letter(size)))
    }
    pub fn write(&mut self, addr: u64, size: u8, value: u64) {
        self.tell(&format!("write{} {addr:#x} {value:#x}", letter(size)));
    }

    /// A register in configuration space of bus 0.
    pub fn config_in(&mut self, function: Function, at: u16, size: u8) -> u64 {
        self.port_out(0xcf8, 4, function.address(at));
        self.port_in(0xcfc + (at & 3), size)
    }
    pub fn config_out(&mut self, function: Function, at: u16, size: u8, value: u64) {
        self.port_out(0xcf8, 4, function.address(at));
        self.port_out(0xcfc + (at & 3), size, value);
    }
}

impl Drop for Qtest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Device and function number on bus 0.
#[derive(Clone, Copy)]
pub struct Function(pub u8, pub u8);

impl Function {
    pub const MCH: Function = Function(0, 0);
    pub const LPC: Function = Function(0x1f, 0);
    pub const UHCI: Function = Function(0x1d, 0);

    fn address(self, at: u16) -> u64 {
        0x8000_0000 | u64::from(self.0) << 11 | u64::from(self.1) << 8 | u64::from(at & 0xfc)
    }
}

fn letter(size: u8) -> char {
    match size {
        1 => 'b',
        2 => 'w',
        4 => 'l',
        8 => 'q',
        _ => panic!("no access of {size} bytes"),
    }
}
