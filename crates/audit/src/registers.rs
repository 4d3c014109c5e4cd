//! The machine's registers as software of the OS reads them, and a note of each that was read.

use board::{Agent, Board, Machine};
use serde::Serialize;
use trace::Silent;

/// One register that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Looked {
    pub register: String,
    /// Hexadecimal, as the datasheets write it; empty: reading it is #GP.
    pub value: String,
    /// The bits that counted.
    pub bits: Vec<(&'static str, u64)>,
}

/// A register's value, and its fields as they are asked for.
pub struct Value {
    value: u64,
    at: usize,
}

pub struct Registers {
    machine: Machine,
    looked: Vec<Looked>,
}

/// Where RCBA goes if firmware has not enabled it: nothing keeps the OS from doing so.
const RCBA: u64 = 0xfed1_c000;
const SPI: u64 = 0x3800;

#[derive(Clone, Copy)]
pub enum Function {
    Mch = 0x00,
    Lpc = 0xf8,
}

impl Registers {
    pub fn of(machine: &Machine) -> Self {
        Registers { machine: machine.clone(), looked: Vec::new() }
    }

    pub fn into_looked(self) -> Vec<Looked> {
        self.looked
    }

    pub fn board(&self) -> Board {
        self.machine.board()
    }

    pub fn cpus(&self) -> usize {
        self.machine.cpus()
    }

    fn note(&mut self, register: &str, value: Option<u64>, size: usize) {
        let value = value.map_or(String::new(), |value| format!("{value:0width$X}h", width = 2 * size));
        self.looked.push(Looked { register: register.into(), value, bits: Vec::new() });
    }

    fn config_port(&mut self, function: Function, at: u16) -> u16 {
        let address = 0x8000_0000 | (function as u32) << 8 | u32::from(at & 0xfc);
        self.machine.port_out(Agent::OS, 0xcf8, 4, address, &mut Silent);
        0xcfc + (at & 3)
    }

    fn config_quietly(&mut self, function: Function, at: u16, size: usize) -> u64 {
        let port = self.config_port(function, at);
        self.machine.port_in(Agent::OS, port, size, &mut Silent).into()
    }

    pub fn config(&mut self, register: &str, function: Function, at: u16, size: usize) -> Value {
        let value = self.config_quietly(function, at, size);
        self.note(register, Some(value), size);
        Value { value, at: self.looked.len() - 1 }
    }

    pub fn config_write(&mut self, function: Function, at: u16, size: usize, value: u32) {
        let port = self.config_port(function, at);
        self.machine.port_out(Agent::OS, port, size, value, &mut Silent);
    }

    /// A port at PMBASE.
    pub fn pm(&mut self, register: &str, at: u16, size: usize) -> Value {
        let base = self.config_quietly(Function::Lpc, 0x40, 4) as u16 & 0xff80;
        let value = self.machine.port_in(Agent::OS, base + at, size, &mut Silent).into();
        self.note(register, Some(value), size);
        Value { value, at: self.looked.len() - 1 }
    }

    /// A register behind RCBA.
    pub fn rcba(&mut self, register: &str, at: u64, size: usize) -> Value {
        let rcba = self.config_quietly(Function::Lpc, 0xf0, 4);
        let base = match rcba & 1 {
            0 => {
                self.config_write(Function::Lpc, 0xf0, 4, RCBA as u32 | 1);
                RCBA
            }
            _ => rcba & !0x3fff,
        };
        let value = self.memory(base + at, size);
        self.note(register, Some(value), size);
        Value { value, at: self.looked.len() - 1 }
    }

    pub fn spi(&mut self, register: &str, at: u64, size: usize) -> Value {
        self.rcba(register, SPI + at, size)
    }

    pub fn memory(&mut self, at: u64, size: usize) -> u64 {
        self.machine.read_memory(Agent::OS, at, size, &mut Silent)
    }

    /// An MSR of one processor; `None`: #GP.
    pub fn msr(&mut self, register: &str, cpu: usize, index: u32) -> Option<Value> {
        let value = self.machine.read_msr(cpu, index);
        self.note(&format!("{register} (CPU {cpu})"), value, 8);
        Some(Value { value: value?, at: self.looked.len() - 1 })
    }

    /// A field of a register that was read: its lowest bit and how many.
    pub fn field(&mut self, of: &Value, name: &'static str, low: u32, bits: u32) -> u64 {
        let field = of.value >> low & ((1 << bits) - 1);
        if let Some(looked) = self.looked.get_mut(of.at) {
            looked.bits.push((name, field));
        }
        field
    }

    pub fn bit(&mut self, of: &Value, name: &'static str, at: u32) -> bool {
        self.field(of, name, at, 1) != 0
    }
}

impl Value {
    pub fn get(&self) -> u64 {
        self.value
    }
}
