//! COM1, a 16550A: complete for polled use, with the interrupt line as a level nobody listens to yet.
//!
//! Source: National Semiconductor PC16550D datasheet, "Registers". Sending takes no time. Not
//! modelled: baud rate, framing and parity errors, break, modem status changes; the receiver
//! time-out interrupt comes at once instead of after four character times. What arrives from outside
//! waits on the line until the FIFO has room, as if the sender obeyed hardware flow control.

use crate::Cx;
use bitfield_struct::bitfield;
use std::collections::VecDeque;
use trace::{Kind, Output};

/// Bytes that wait outside; more are lost.
const LINE_LIMIT: usize = 4096;
const FIFO_DEPTH: usize = 16;

/// IER, Interrupt Enable Register, port +1 (PC16550D, "Interrupt Enable Register").
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
struct Ier {
    received_data: bool,
    transmitter_empty: bool,
    line_status: bool,
    modem_status: bool,
    #[bits(4)]
    __: u8,
}

/// LCR, Line Control Register, port +3.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
struct Lcr {
    #[bits(7)]
    format: u8,
    /// DLAB: ports +0 and +1 are the divisor latch.
    dlab: bool,
}

/// MCR, Modem Control Register, port +4.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
struct Mcr {
    dtr: bool,
    rts: bool,
    out1: bool,
    /// OUT2 gates the interrupt line on PC boards.
    out2: bool,
    loopback: bool,
    #[bits(3)]
    __: u8,
}

/// LSR, Line Status Register, port +5.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
struct Lsr {
    data_ready: bool,
    overrun: bool,
    #[bits(3)]
    __: u8,
    /// THRE, TEMT: always, for sending takes no time.
    holding_empty: bool,
    empty: bool,
    #[bits(1)]
    __: u8,
}

/// MSR, Modem Status Register, port +6; the delta bits stay 0.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
struct Msr {
    #[bits(4)]
    __: u8,
    cts: bool,
    dsr: bool,
    ri: bool,
    dcd: bool,
}

#[derive(Clone, Hash)]
pub struct Uart {
    ier: Ier,
    lcr: Lcr,
    mcr: Mcr,
    scratch: u8,
    divisor: u16,
    fifo_enabled: bool,
    /// Bytes in the FIFO that make "received data available".
    trigger: u8,
    overrun: bool,
    /// The "transmitter empty" interrupt has not been read off IIR yet.
    thre_pending: bool,
    /// RBR: without FIFO, the byte received last, read or not.
    held: u8,
    fifo: VecDeque<u8>,
    line: VecDeque<u8>,
}

impl Uart {
    pub fn new() -> Self {
        Uart {
            ier: Ier::new(),
            lcr: Lcr::new(),
            // The part resets to 0; QEMU's has the interrupt gate open from the start.
            mcr: Mcr::new().with_out2(true),
            scratch: 0,
            divisor: 12,
            fifo_enabled: false,
            trigger: 1,
            overrun: false,
            thre_pending: false,
            held: 0,
            fifo: VecDeque::new(),
            line: VecDeque::new(),
        }
    }

    /// Master reset; what still waits on the line stays there.
    pub fn reset(&mut self) {
        let line = std::mem::take(&mut self.line);
        *self = Uart { line, ..Uart::new() };
        self.fill();
    }

    fn depth(&self) -> usize {
        if self.fifo_enabled { FIFO_DEPTH } else { 1 }
    }

    /// Moves bytes from the line while there is room; a looped-back receiver is cut off from it.
    fn fill(&mut self) {
        while !self.mcr.loopback() && self.fifo.len() < self.depth() {
            let Some(byte) = self.line.pop_front() else { break };
            self.receive(byte);
        }
    }

    fn receive(&mut self, byte: u8) {
        self.fifo.push_back(byte);
        if !self.fifo_enabled {
            self.held = byte;
        }
    }

    /// A byte from outside.
    pub fn input(&mut self, cx: &mut Cx, byte: u8) {
        if self.line.len() < LINE_LIMIT {
            self.line.push_back(byte);
            cx.emit(Kind::SerialInput { byte });
            self.fill();
        }
    }

    /// Bytes from outside and looped back that were not read yet.
    pub fn pending(&self) -> usize {
        self.fifo.len() + self.line.len()
    }

    /// Level of IRQ4.
    pub fn irq(&self) -> bool {
        self.mcr.out2() && self.interrupt_id() != 1
    }

    /// Bits 3:0 of IIR, by priority; 1: none.
    fn interrupt_id(&self) -> u8 {
        if self.ier.line_status() && self.overrun {
            6
        } else if self.ier.received_data() && self.fifo.len() >= self.trigger.into() {
            4
        } else if self.ier.received_data() && !self.fifo.is_empty() {
            0xc
        } else if self.ier.transmitter_empty() && self.thre_pending {
            2
        } else {
            1
        }
    }

    fn msr(&self) -> Msr {
        let m = self.mcr;
        match m.loopback() {
            true => Msr::new().with_cts(m.rts()).with_dsr(m.dtr()).with_ri(m.out1()).with_dcd(m.out2()),
            false => Msr::new().with_cts(true).with_dsr(true).with_dcd(true),
        }
    }

    /// Register 0 to 7.
    pub fn read(&mut self, register: u16) -> u8 {
        let dlab = self.lcr.dlab();
        match register {
            0 if dlab => self.divisor as u8,
            1 if dlab => (self.divisor >> 8) as u8,
            0 => {
                let empty = if self.fifo_enabled { 0 } else { self.held };
                let byte = self.fifo.pop_front().unwrap_or(empty);
                self.fill();
                byte
            }
            1 => self.ier.into_bits(),
            2 => {
                let id = self.interrupt_id();
                self.thre_pending &= id != 2;
                id | if self.fifo_enabled { 0xc0 } else { 0 }
            }
            3 => self.lcr.into_bits(),
            4 => self.mcr.into_bits(),
            5 => {
                let lsr = Lsr::new()
                    .with_data_ready(!self.fifo.is_empty())
                    .with_overrun(std::mem::take(&mut self.overrun))
                    .with_holding_empty(true)
                    .with_empty(true);
                lsr.into_bits()
            }
            6 => self.msr().into_bits(),
            _ => self.scratch,
        }
    }

    pub fn write(&mut self, cx: &mut Cx, register: u16, byte: u8) {
        let dlab = self.lcr.dlab();
        match register {
            0 if dlab => self.divisor = (self.divisor & 0xff00) | u16::from(byte),
            1 if dlab => self.divisor = (self.divisor & 0x00ff) | u16::from(byte) << 8,
            0 => self.transmit(cx, byte),
            1 => {
                let old = std::mem::replace(&mut self.ier, Ier::from_bits(byte & 0x0f));
                if self.ier.transmitter_empty() != old.transmitter_empty() {
                    self.thre_pending = self.ier.transmitter_empty();
                }
            }
            2 => self.fifo_control(byte),
            3 => self.lcr = Lcr::from_bits(byte),
            4 => {
                self.mcr = Mcr::from_bits(byte & 0x1f);
                self.fill();
            }
            7 => self.scratch = byte,
            // LSR and MSR are read only.
            _ => {}
        }
    }

    fn transmit(&mut self, cx: &mut Cx, byte: u8) {
        self.thre_pending = true;
        match self.mcr.loopback() {
            true => self.loop_back(byte),
            false => cx.emit(Kind::Output { to: Output::Serial, byte }),
        }
    }

    /// A full FIFO drops the newcomer; without FIFO the holding register is overwritten.
    fn loop_back(&mut self, byte: u8) {
        if self.fifo.len() < self.depth() {
            return self.receive(byte);
        }
        self.overrun = true;
        if !self.fifo_enabled {
            self.fifo.pop_front();
            self.receive(byte);
        }
    }

    /// FCR: bit 0 enables the FIFOs (a change clears them), bits 1 and 2 clear the receiver's and the
    /// transmitter's, 7:6 set the trigger level.
    fn fifo_control(&mut self, byte: u8) {
        let enable = byte & 1 != 0;
        let changed = enable != self.fifo_enabled;
        if changed || byte & 2 != 0 {
            self.fifo.clear();
        }
        self.thre_pending |= changed || byte & 4 != 0;
        self.fifo_enabled = enable;
        self.trigger = match (enable, byte >> 6) {
            (false, _) | (true, 0) => 1,
            (true, 1) => 4,
            (true, 2) => 8,
            (true, _) => 14,
        };
        self.fill();
    }
}

#[cfg(test)]
#[path = "uart_tests.rs"]
mod tests;
