//! Files from outside, by QEMU's fw_cfg ports (QEMU docs/specs/fw_cfg).

use crate::arch::{in8, out16};

const SELECT: u16 = 0x510;
const DATA: u16 = 0x511;
const SIGNATURE: u16 = 0x00;
const DIRECTORY: u16 = 0x19;
const NAME: usize = 56;

/// A file that is read from its beginning to its end. Nothing else may use fw_cfg meanwhile.
pub struct File {
    left: u32,
}

fn bytes<const N: usize>() -> [u8; N] {
    core::array::from_fn(|_| in8(DATA))
}

impl File {
    pub fn open(name: &str) -> Option<File> {
        out16(SELECT, SIGNATURE);
        if bytes() != *b"QEMU" {
            return None;
        }
        out16(SELECT, DIRECTORY);
        let mut found = None;
        for _ in 0..u32::from_be_bytes(bytes()) {
            let size = u32::from_be_bytes(bytes());
            let selector = u16::from_be_bytes(bytes());
            let _reserved: [u8; 2] = bytes();
            let entry: [u8; NAME] = bytes();
            let length = entry.iter().position(|&b| b == 0).unwrap_or(NAME);
            if &entry[..length] == name.as_bytes() {
                found = Some((selector, size));
                break;
            }
        }
        let (selector, left) = found?;
        out16(SELECT, selector);
        Some(File { left })
    }
}

impl Iterator for File {
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        self.left = self.left.checked_sub(1)?;
        Some(in8(DATA))
    }
}
