//! A parallel NOR flash with Intel's command set (JEDEC JESD68.01, command set 0001h), as QEMU's
//! pflash_cfi01 shows it: no latency, no locks, identifiers read 0. Differences to QEMU, towards the
//! real part: an erase happens at D0h and not at 20h, and programming only clears bits.
//!
//! Writes outside SMM are refused one level up; reads there see the array whatever mode the device is
//! in ([`Pflash::array`]).

use crate::cfi::{SECTOR, WRITE_BUFFER, query};
use crate::pages::{PAGE, Pages};
use bitfield_struct::bitfield;

/// The device's status register.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
struct Status {
    #[bits(4)]
    __: u8,
    /// A program command failed.
    program_error: bool,
    erase_error: bool,
    #[bits(1)]
    __: u8,
    /// Write state machine ready.
    ready: bool,
}

/// What reads see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mode {
    Array,
    Status,
    Identifier,
    Query,
}

/// What the next write means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Command,
    Program,
    EraseConfirm,
    LockConfirm,
    BufferCount,
    BufferData { left: u16 },
    BufferConfirm,
}

#[derive(Clone, Copy, Debug, Hash)]
struct Datum {
    offset: u64,
    size: u8,
    value: u64,
}

#[derive(Clone, Hash)]
pub struct Pflash {
    image: Pages,
    mode: Mode,
    step: Step,
    status: Status,
    /// Data of a buffered write until it is confirmed.
    buffer: Vec<Datum>,
}

impl Pflash {
    pub fn new(image: &[u8]) -> Self {
        Pflash {
            image: Pages::from_bytes(image),
            mode: Mode::Array,
            step: Step::Command,
            status: Status::new().with_ready(true),
            buffer: Vec::new(),
        }
    }

    pub fn len(&self) -> u64 {
        self.image.len() as u64
    }

    /// Read-array mode: reads are plain memory.
    pub fn is_array(&self) -> bool {
        self.mode == Mode::Array
    }

    /// Contents at `offset`, 1 to 8 bytes; all ones beyond the end.
    pub fn array(&self, offset: u64, size: u8) -> u64 {
        let mut bytes = [0; 8];
        let start = usize::try_from(offset.min(self.len())).unwrap_or(usize::MAX);
        self.image.read(start, &mut bytes[..usize::from(size.min(8))]);
        u64::from_le_bytes(bytes)
    }

    /// What the device answers in its present mode, 1 to 8 bytes.
    pub fn read(&self, offset: u64, size: u8) -> u64 {
        match self.mode {
            Mode::Array => self.array(offset, size),
            Mode::Status => {
                // Two ×16 devices side by side repeat it in each half.
                let status = u64::from(self.status.into_bits()) * 0x0001_0001_0001_0001;
                status & (u64::MAX >> (64 - 8 * u32::from(size.clamp(1, 8))))
            }
            Mode::Identifier => 0,
            Mode::Query => query(self.len(), offset as u8).into(),
        }
    }

    /// RST#: back to read-array mode, contents kept.
    pub fn reset(&mut self) {
        self.read_array();
        self.status = Status::new().with_ready(true);
    }

    fn read_array(&mut self) {
        self.mode = Mode::Array;
        self.step = Step::Command;
        self.buffer.clear();
    }

    /// A finished operation: status can be read, the next write is a command.
    fn done(&mut self) {
        self.status.set_ready(true);
        self.step = Step::Command;
        self.buffer.clear();
    }

    /// A write cycle: a command, or the data that the last command asked for.
    pub fn write(&mut self, offset: u64, size: u8, value: u64) {
        let command = value as u8;
        match self.step {
            Step::Command => self.command(command),
            Step::Program => {
                self.program(Datum { offset, size, value });
                self.done();
            }
            Step::EraseConfirm if command == 0xd0 => {
                self.erase(offset);
                self.done();
            }
            Step::LockConfirm if matches!(command, 0xd0 | 0x01) => self.done(),
            Step::BufferCount => {
                let left = u16::from(command) + 1;
                self.step = Step::BufferData { left };
            }
            Step::BufferData { left } => self.buffer_data(Datum { offset, size, value }, left),
            Step::BufferConfirm if command == 0xd0 && !self.status.program_error() => {
                for datum in std::mem::take(&mut self.buffer) {
                    self.program(datum);
                }
                self.done();
            }
            Step::EraseConfirm | Step::LockConfirm | Step::BufferConfirm => self.read_array(),
        }
    }

    fn command(&mut self, command: u8) {
        self.mode = Mode::Status;
        match command {
            0x10 | 0x40 => self.step = Step::Program,
            0x20 => self.step = Step::EraseConfirm,
            0x60 => self.step = Step::LockConfirm,
            0x70 => {}
            0x50 => {
                self.status = Status::new();
                self.read_array();
            }
            0x90 => self.mode = Mode::Identifier,
            0x98 => self.mode = Mode::Query,
            0xe8 => {
                self.status.set_ready(true);
                self.step = Step::BufferCount;
            }
            _ => self.read_array(),
        }
    }

    /// All data of one buffered write lie in the same 256 bytes, or it fails at the confirm.
    fn buffer_data(&mut self, datum: Datum, left: u16) {
        if self.buffer.first().is_some_and(|first| first.offset / WRITE_BUFFER != datum.offset / WRITE_BUFFER) {
            self.status.set_program_error(true);
        }
        self.buffer.push(datum);
        self.step = if left > 1 { Step::BufferData { left: left - 1 } } else { Step::BufferConfirm };
    }

    /// Clears bits; nothing sets them but an erase.
    fn program(&mut self, datum: Datum) {
        for (i, byte) in datum.value.to_le_bytes().into_iter().take(datum.size.into()).enumerate() {
            let at = datum.offset.saturating_add(i as u64);
            if at < self.len() {
                let at = at as usize;
                self.image.page_mut(at / PAGE)[at % PAGE] &= byte;
            }
        }
    }

    fn erase(&mut self, offset: u64) {
        const { assert!(SECTOR == PAGE as u64) }
        if offset < self.len() {
            self.image.page_mut(offset as usize / PAGE).fill(0xff);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flash() -> Pflash {
        Pflash::new(&[0x5a; 0x2_0000])
    }

    fn commands(flash: &mut Pflash, cycles: &[(u64, u8)]) {
        cycles.iter().for_each(|&(offset, byte)| flash.write(offset, 1, byte.into()));
    }

    #[test]
    fn the_device_starts_in_read_array_mode() {
        let flash = flash();
        assert_eq!(flash.len(), 0x2_0000);
        assert!(flash.is_array());
        assert_eq!(flash.read(0x1_fffc, 8), 0xffff_ffff_5a5a_5a5a);
        assert_eq!(flash.read(u64::MAX, 4), 0xffff_ffff);
    }

    #[test]
    fn programming_only_clears_bits() {
        for setup in [0x10, 0x40] {
            let mut flash = flash();
            commands(&mut flash, &[(5, setup), (5, 0x0f)]);
            assert_eq!(flash.read(0, 1), 0x80, "status");
            assert!(!flash.is_array());
            commands(&mut flash, &[(0, 0xff)]);
            assert_eq!(flash.read(4, 2), 0x0a5a);
        }
    }

    #[test]
    fn an_erase_needs_its_confirmation_and_takes_one_sector() {
        let mut flash = flash();
        commands(&mut flash, &[(0x1234, 0x20), (0x1234, 0x55)]);
        assert!(flash.is_array());
        assert_eq!(flash.array(0x1234, 1), 0x5a);
        commands(&mut flash, &[(0x1234, 0x20), (0x1234, 0xd0)]);
        assert_eq!(flash.read(0x1234, 1), 0x80);
        assert_eq!((flash.array(0xfff, 2), flash.array(0x1fff, 2)), (0xff5a, 0x5aff));
    }

    #[test]
    fn a_buffered_write_lands_at_its_confirmation() {
        let mut flash = flash();
        commands(&mut flash, &[(0x3000, 0xe8), (0x3000, 1), (0x3000, 0), (0x3001, 0)]);
        assert_eq!(flash.array(0x3000, 2), 0x5a5a);
        commands(&mut flash, &[(0x3000, 0xd0)]);
        assert_eq!((flash.array(0x3000, 2), flash.read(0, 1)), (0, 0x80));
    }

    #[test]
    fn a_buffered_write_across_its_256_bytes_or_without_confirmation_changes_nothing() {
        let mut flash = flash();
        commands(&mut flash, &[(0x3000, 0xe8), (0x3000, 1), (0x30ff, 0), (0x3100, 0)]);
        assert_eq!(flash.read(0, 1), 0x90);
        commands(&mut flash, &[(0x3000, 0xd0)]);
        assert!(flash.is_array());
        commands(&mut flash, &[(0, 0x50), (0, 0xe8), (0, 0), (0, 0), (0, 0xff)]);
        assert!(flash.is_array());
        assert_eq!(flash.array(0x30ff, 2) + flash.array(0, 1), 0x5ab4);
    }

    #[test]
    fn status_identifier_and_query_answer_as_qemus_do() {
        let mut flash = flash();
        commands(&mut flash, &[(0, 0x70)]);
        assert_eq!([1, 2, 4, 8].map(|n| flash.read(0, n)), [0x80, 0x80, 0x80_0080, 0x0080_0080_0080_0080]);
        commands(&mut flash, &[(0, 0x50)]);
        assert!(flash.is_array());
        commands(&mut flash, &[(0, 0x70)]);
        assert_eq!(flash.read(0, 1), 0);
        commands(&mut flash, &[(0, 0x90)]);
        assert_eq!(flash.read(0, 4), 0);
        commands(&mut flash, &[(0, 0x98)]);
        let expected: [u8; 0x22] = [
            0x51, 0x52, 0x59, 1, 0, 0x31, 0, 0, 0, 0, 0, 0x45, 0x55, 0, 0, 7, 7, 10, 0, 4, 4, 4, 0, 0x11, 2, 0, 8, 0,
            1, 0x1f, 0, 0x10, 0, 0x50,
        ];
        let read: Vec<u64> = (0x10..0x32).map(|i| flash.read(0x100 + i, 1)).collect();
        assert_eq!(read, expected.map(u64::from));
        flash.reset();
        assert!(flash.is_array());
    }
}
