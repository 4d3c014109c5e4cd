//! QEMU's firmware configuration device, port interface at 510h and 511h.
//!
//! Source: QEMU docs/specs/fw_cfg. A selector (word write to 510h), then bytes one after the other
//! from 511h; beyond the end they read 0. Not modelled: the DMA interface (its feature bit is clear),
//! writing. Items: signature, id, memory size, processor counts, the file directory and its files.

use crate::Wiring;
use std::sync::Arc;

/// Bit 0 of item 1: the port interface. Bit 1 would be DMA.
const FEATURES: u32 = 1;
const FILE_DIR: u16 = 0x19;
const FILE_FIRST: u16 = 0x20;
/// Bits 13:0; bit 14 asks for write access, which nothing grants.
const WRITE_CHANNEL: u16 = 0x4000;
/// Name field of a directory entry, with its NUL.
const NAME_LEN: usize = 56;

#[derive(Clone, Hash)]
pub struct FwCfg {
    /// Sorted by selector.
    items: Arc<Vec<(u16, Vec<u8>)>>,
    selector: u16,
    offset: usize,
}

impl FwCfg {
    pub fn new(wiring: &Wiring) -> Self {
        let cpus = u16::from(wiring.cpus).to_le_bytes().to_vec();
        let ram = wiring.low_ram.saturating_add(wiring.high_ram);
        let mut files = wiring.fw_cfg.clone();
        files.sort();
        files.truncate(usize::from(WRITE_CHANNEL - FILE_FIRST));
        let mut items = vec![
            (0x00, b"QEMU".to_vec()),
            (0x01, FEATURES.to_le_bytes().to_vec()),
            (0x03, ram.to_le_bytes().to_vec()),
            (0x05, cpus.clone()),
            (0x0f, cpus),
            (FILE_DIR, directory(&files)),
        ];
        items.extend((FILE_FIRST..).zip(files.into_iter().map(|(_, bytes)| bytes)));
        FwCfg { items: Arc::new(items), selector: 0, offset: 0 }
    }

    pub fn reset(&mut self) {
        self.select(0);
    }

    pub fn select(&mut self, selector: u16) {
        self.selector = selector & !WRITE_CHANNEL;
        self.offset = 0;
    }

    /// The next byte of the selected item.
    pub fn read(&mut self) -> u8 {
        let Ok(at) = self.items.binary_search_by_key(&self.selector, |item| item.0) else { return 0 };
        let Some(&byte) = self.items[at].1.get(self.offset) else { return 0 };
        self.offset += 1;
        byte
    }
}

/// Count, then entries of size, selector, two reserved bytes and the name; numbers are big-endian.
fn directory(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut dir = (files.len() as u32).to_be_bytes().to_vec();
    for ((name, bytes), selector) in files.iter().zip(FILE_FIRST..) {
        dir.extend((bytes.len() as u32).to_be_bytes());
        dir.extend(selector.to_be_bytes());
        dir.extend([0, 0]);
        let mut field = [0; NAME_LEN];
        let len = name.len().min(NAME_LEN - 1);
        field[..len].copy_from_slice(&name.as_bytes()[..len]);
        dir.extend(field);
    }
    dir
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silicon;

    fn device() -> FwCfg {
        FwCfg::new(&Wiring {
            silicon: Silicon::Qemu,
            low_ram: 16 << 20,
            high_ram: 0,
            cpus: 2,
            flash: Vec::new(),
            fw_cfg: vec![("opt/org.b".into(), b"hello".to_vec()), ("opt/org.a".into(), b"abc".to_vec())],
            ext_tseg_mib: 16,
        })
    }

    fn item(selector: u16, len: usize) -> Vec<u8> {
        let mut device = device();
        device.select(selector);
        (0..len).map(|_| device.read()).collect()
    }

    #[test]
    fn known_items_read_as_qemus_do() {
        for (selector, bytes) in [
            (0x00, &b"QEMU\0\0"[..]),
            (0x01, &[1, 0, 0, 0, 0]),
            (0x03, &[0, 0, 0, 1, 0, 0, 0, 0]),
            (0x05, &[2, 0, 0]),
            (0x0f, &[2, 0, 0]),
            (0x20, b"abc\0"),
            (0x21, b"hello\0"),
            (0x4000, b"QEMU"),
            (0x8000, &[0, 0]),
            (0x0100, &[0, 0]),
        ] {
            assert_eq!(item(selector, bytes.len()), bytes, "{selector:x}");
        }
    }

    #[test]
    fn the_directory_is_sorted_by_name_and_numbers_files_from_20h() {
        let dir = item(FILE_DIR, 4 + 2 * 64);
        assert_eq!(dir[..4], [0, 0, 0, 2]);
        assert_eq!(dir[4..21], *b"\0\0\0\x03\0\x20\0\0opt/org.a");
        assert_eq!(dir[68..85], *b"\0\0\0\x05\0\x21\0\0opt/org.b");
    }
}
