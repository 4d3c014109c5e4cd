//! The S3 boot script: what is written to the chipset again when the machine wakes, in order. Opcodes,
//! widths and layout are EDK II's (BootScriptInternalFormat.h); of its opcodes there are the writes, each of
//! one value.

use crate::arch::{in8, in16, in32, mmio, out8, out16, out32};
use crate::chipset::pci::{self, Function};
use crate::debug;

const IO_WRITE: u16 = 0x00;
const MEM_WRITE: u16 = 0x02;
const PCI_CONFIG_WRITE: u16 = 0x04;
const TABLE: u16 = 0xaa;
const TERMINATE: u16 = 0xff;

/// `EFI_BOOT_SCRIPT_WIDTH`
const UINT8: u32 = 0;
const UINT16: u32 = 1;
const UINT32: u32 = 2;

/// The largest script.
pub const SIZE: usize = 0xc00;

/// `EFI_BOOT_SCRIPT_TABLE_HEADER`
#[repr(C, packed)]
struct Table {
    opcode: u16,
    length: u8,
    version: u16,
    table_length: u32,
    reserved: [u16; 2],
}

/// `EFI_BOOT_SCRIPT_IO_WRITE`, of which the others don't differ, with the value behind it: as many bytes as it
/// is wide.
#[repr(C, packed)]
struct Entry {
    opcode: u16,
    length: u8,
    width: u32,
    count: u32,
    address: u64,
    value: u32,
}
const HEADER: usize = size_of::<Entry>() - size_of::<u32>();
/// Opcode and length.
const SHORTEST: usize = 3;

/// A register of the chipset.
#[derive(Clone, Copy)]
pub struct Register {
    opcode: u16,
    width: u32,
    address: u64,
}

const fn width(bytes: u32) -> u32 {
    bytes.trailing_zeros()
}

/// What lies behind a narrow value is the next entry.
fn mask(width: u32) -> u32 {
    u32::MAX >> (32 - (8 << width.min(UINT32)))
}

/// So many bytes of I/O space.
pub const fn io(port: u16, bytes: u32) -> Register {
    Register { opcode: IO_WRITE, width: width(bytes), address: port as u64 }
}

pub const fn memory(address: u64, bytes: u32) -> Register {
    Register { opcode: MEM_WRITE, width: width(bytes), address }
}

/// Configuration space of bus 0: `S3_BOOT_SCRIPT_LIB_PCI_ADDRESS`.
pub const fn config(device: u8, function: u8, register: u8, bytes: u32) -> Register {
    let address = (device as u64) << 16 | (function as u64) << 8 | register as u64;
    Register { opcode: PCI_CONFIG_WRITE, width: width(bytes), address }
}

impl Register {
    fn config(self) -> (Function, u8) {
        let [register, function, device, bus, ..] = self.address.to_le_bytes();
        (pci::function(bus, device, function), register)
    }

    /// In the low bits; others may hold what lies beside a narrow register.
    #[inline(never)]
    pub fn read(self) -> u32 {
        let (at, (pci, register)) = (self.address, self.config());
        let value = match (self.opcode, self.width) {
            (IO_WRITE, UINT8) => return in8(at as u16).into(),
            (IO_WRITE, UINT16) => return in16(at as u16).into(),
            (IO_WRITE, _) => return in32(at as u16),
            (MEM_WRITE, _) => mmio::read::<u32>(at & !3),
            _ => pci.read32(register & !3),
        };
        value >> (8 * (at & 3))
    }

    /// False: there is no such write.
    fn write(self, value: u32) -> bool {
        let (at, (pci, register)) = (self.address, self.config());
        match (self.opcode, self.width) {
            (IO_WRITE, UINT8) => out8(at as u16, value as u8),
            (IO_WRITE, UINT16) => out16(at as u16, value as u16),
            (IO_WRITE, UINT32) => out32(at as u16, value),
            (MEM_WRITE, UINT8) => mmio::write(at, value as u8),
            (MEM_WRITE, UINT16) => mmio::write(at, value as u16),
            (MEM_WRITE, UINT32) => mmio::write(at, value),
            (PCI_CONFIG_WRITE, UINT8) => pci.write8(register, value as u8),
            (PCI_CONFIG_WRITE, UINT16) => pci.write16(register, value as u16),
            (PCI_CONFIG_WRITE, UINT32) => pci.write32(register, value),
            _ => return false,
        }
        true
    }
}

/// A script that is being recorded.
pub struct Script {
    start: u64,
    end: u64,
}

impl Script {
    /// At `start` there is memory for the largest.
    pub fn new(start: u64) -> Script {
        Script { start, end: start + size_of::<Table>() as u64 }
    }

    fn add(&mut self, entry: Entry) {
        let length = u64::from(entry.length);
        assert!(self.end + length + SHORTEST as u64 <= self.start + SIZE as u64, "the boot script is full");
        // SAFETY: the caller's memory. What lies behind the value is overwritten by the next entry.
        unsafe { (self.end as *mut Entry).write_unaligned(entry) };
        self.end += length;
    }

    #[inline(never)]
    pub fn put(&mut self, register: Register, value: u32) {
        let Register { opcode, width, address } = register;
        self.add(Entry { opcode, length: HEADER as u8 + (1 << width), width, count: 1, address, value });
    }

    /// As it is now.
    #[inline(never)]
    pub fn keep(&mut self, register: Register) {
        self.put(register, register.read());
    }

    pub fn close(mut self) {
        let (opcode, length) = (TERMINATE, SHORTEST as u8);
        self.add(Entry { opcode, length, width: 0, count: 0, address: 0, value: 0 });
        let (length, table_length) = (size_of::<Table>() as u8, (self.end - self.start) as u32);
        let table = Table { opcode: TABLE, length, version: 1, table_length, reserved: [0; 2] };
        // SAFETY: as above.
        unsafe { (self.start as *mut Table).write_unaligned(table) };
    }
}

/// Makes the writes. False: this is no script, or not up to its end.
pub fn execute(mut rest: &[u8]) -> bool {
    loop {
        if rest.len() < size_of::<Entry>() {
            return false;
        }
        // SAFETY: so many bytes are there.
        let Entry { opcode, length, width, address, value, .. } =
            unsafe { rest.as_ptr().cast::<Entry>().read_unaligned() };
        match opcode {
            TABLE => {}
            TERMINATE => return true,
            _ => {
                debug!(
                    "S3BootScript: opcode {:X}, width {}, 0x{:X} = 0x{:X}",
                    opcode,
                    width,
                    address,
                    value & mask(width)
                );
                if !(Register { opcode, width, address }).write(value) {
                    return false;
                }
            }
        }
        rest = &rest[usize::from(length).clamp(SHORTEST, rest.len())..];
    }
}
