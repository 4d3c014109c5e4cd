//! What a CFI query reads: geometry and timing of the flash, one byte an address.
//!
//! Source: JEDEC JESD68.01 "Common Flash Interface", Intel/Sharp extended command set (0001h). The
//! values are those of QEMU's pflash: 4 KiB sectors, a write buffer of 256 bytes.

pub const SECTOR: u64 = 4096;
pub const WRITE_BUFFER: u64 = 256;

/// Byte `offset` of the query table for a device of `len` bytes; undefined bytes read 0.
pub fn query(len: u64, offset: u8) -> u8 {
    let log2 = len.checked_ilog2().unwrap_or(0) as u8;
    let blocks = ((len / SECTOR).saturating_sub(1) as u16).to_le_bytes();
    let sector = ((SECTOR / 256) as u16).to_le_bytes();
    match offset {
        0x10 => b'Q',
        0x11 => b'R',
        0x12 => b'Y',
        // Primary command set 0001h, its table at 31h.
        0x13 => 0x01,
        0x15 => 0x31,
        // Vcc 4.5 V to 5.5 V.
        0x1b => 0x45,
        0x1c => 0x55,
        // Typical times: byte and buffer program 2^7 µs, sector erase 2^10 ms; at most 2^4 times that.
        0x1f | 0x20 => 7,
        0x21 => 10,
        0x23..=0x25 => 4,
        0x27 => log2,
        // ×8 and ×16 interface.
        0x28 => 2,
        0x2a => WRITE_BUFFER.ilog2() as u8,
        // One region: blocks − 1, size of a block in units of 256 bytes.
        0x2c => 1,
        0x2d => blocks[0],
        0x2e => blocks[1],
        0x2f => sector[0],
        0x30 => sector[1],
        0x31 => b'P',
        0x32 => b'R',
        0x33 => b'I',
        0x34 => b'1',
        0x35 => b'0',
        // One protection register.
        0x3f => 1,
        _ => 0,
    }
}
