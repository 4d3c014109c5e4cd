//! QEMU's firmware configuration device: ports 510h and 511h, and its DMA interface at 514h.
//!
//! Source: QEMU docs/specs/fw_cfg. A selector (word write to 510h), then bytes one after the other
//! from 511h; beyond the end they read 0. DMA: the address of a descriptor, big-endian, in two halves;
//! the lower one starts it. Items: signature, id, memory size, processor counts, the file directory and
//! its files. On board `qemu` three files negotiate SMI features, of which it has the broadcast; a fourth has
//! the numbers of sleep states.

use crate::{Silicon, Wiring};
use std::sync::Arc;

/// Item 1: port interface, DMA interface.
const FEATURES: u32 = 3;
const FILE_DIR: u16 = 0x19;
const FILE_FIRST: u16 = 0x20;
/// Bits 13:0; bit 14 asks for write access, which the port interface doesn't grant.
const WRITE_CHANNEL: u16 = 0x4000;
/// Name field of a directory entry, with its NUL.
const NAME_LEN: usize = 56;
/// What ports 514h to 51Bh read.
const DMA_SIGNATURE: [u8; 8] = *b"QEMU CFG";
/// APM_CNT interrupts all processors.
const BROADCAST: u64 = 1;
const SUPPORTED_FILE: &str = "etc/smi/supported-features";
const REQUESTED_FILE: &str = "etc/smi/requested-features";
const OK_FILE: &str = "etc/smi/features-ok";
/// What board `qemu` has of sleep states: bit 7, and SLP_TYP of S3 and S4.
const STATES_FILE: &str = "etc/system-states";
const STATES: [u8; 6] = [0x80, 0, 0, 0x81, 0x82, 0x80];

/// Bits of a DMA descriptor's control word.
mod control {
    pub const ERROR: u32 = 1;
    pub const READ: u32 = 2;
    pub const SKIP: u32 = 4;
    pub const SELECT: u32 = 8;
    pub const WRITE: u32 = 16;
}

/// Memory as a bus master reaches it. What it may not reach reads as all ones.
pub trait Memory {
    fn read(&mut self, at: u64, bytes: &mut [u8]);
    fn write(&mut self, at: u64, bytes: &[u8]);
}

/// The negotiation of SMI features: what was asked for, and what holds since features-ok was selected.
#[derive(Clone, Debug, Default, Hash)]
struct SmiFeatures {
    requested_at: u16,
    ok_at: u16,
    requested: [u8; 8],
    negotiated: Option<u64>,
}

#[derive(Clone, Hash)]
pub struct FwCfg {
    /// Sorted by selector.
    items: Arc<Vec<(u16, Vec<u8>)>>,
    selector: u16,
    offset: usize,
    smi: Option<SmiFeatures>,
    /// Upper half of the descriptor's address, and the whole of it once DMA was started.
    dma_high: u32,
    dma: Option<u64>,
}

impl FwCfg {
    pub fn new(wiring: &Wiring) -> Self {
        let cpus = u16::from(wiring.cpus).to_le_bytes().to_vec();
        let ram = wiring.low_ram.saturating_add(wiring.high_ram);
        let mut files = wiring.fw_cfg.clone();
        if wiring.silicon == Silicon::Qemu {
            let feature = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
            files.extend([
                feature(SUPPORTED_FILE, &BROADCAST.to_le_bytes()),
                feature(REQUESTED_FILE, &[0; 8]),
                feature(OK_FILE, &[0]),
                feature(STATES_FILE, &STATES),
            ]);
        }
        files.sort();
        files.truncate(usize::from(WRITE_CHANNEL - FILE_FIRST));
        let place = |name| files.iter().zip(FILE_FIRST..).find(|((file, _), _)| file == name).map(|(_, at)| at);
        let smi = place(REQUESTED_FILE).zip(place(OK_FILE));
        let smi = smi.filter(|_| wiring.silicon == Silicon::Qemu);
        let smi = smi.map(|(requested_at, ok_at)| SmiFeatures { requested_at, ok_at, ..SmiFeatures::default() });
        let mut items = vec![
            (0x00, b"QEMU".to_vec()),
            (0x01, FEATURES.to_le_bytes().to_vec()),
            (0x03, ram.to_le_bytes().to_vec()),
            (0x05, cpus.clone()),
            (0x0f, cpus),
            (FILE_DIR, directory(&files)),
        ];
        items.extend((FILE_FIRST..).zip(files.into_iter().map(|(_, bytes)| bytes)));
        FwCfg { items: Arc::new(items), selector: 0, offset: 0, smi, dma_high: 0, dma: None }
    }

    pub fn reset(&mut self) {
        if let Some(smi) = &mut self.smi {
            *smi = SmiFeatures { requested_at: smi.requested_at, ok_at: smi.ok_at, ..SmiFeatures::default() };
        }
        (self.dma_high, self.dma) = (0, None);
        self.select(0);
    }

    /// Selecting features-ok accepts what was requested, once, if all of it is there.
    pub fn select(&mut self, selector: u16) {
        self.selector = selector & !WRITE_CHANNEL;
        self.offset = 0;
        if let Some(smi) = self.smi.as_mut().filter(|smi| smi.ok_at == self.selector && smi.negotiated.is_none()) {
            let requested = u64::from_le_bytes(smi.requested);
            smi.negotiated = (requested & !BROADCAST == 0).then_some(requested);
        }
    }

    /// APM_CNT interrupts all processors.
    pub fn broadcast(&self) -> bool {
        self.smi.as_ref().and_then(|smi| smi.negotiated).is_some_and(|features| features & BROADCAST != 0)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        if let Some(smi) = &self.smi {
            if self.selector == smi.requested_at {
                return smi.requested.get(at).copied();
            }
            if self.selector == smi.ok_at {
                return (at == 0).then_some(smi.negotiated.is_some().into());
            }
        }
        let item = self.items.binary_search_by_key(&self.selector, |item| item.0).ok()?;
        self.items[item].1.get(at).copied()
    }

    /// The next byte of the selected item.
    pub fn read(&mut self) -> u8 {
        let byte = self.byte(self.offset);
        self.offset += usize::from(byte.is_some());
        byte.unwrap_or(0)
    }

    /// True: this item takes what is written.
    fn put(&mut self, byte: u8) -> bool {
        let Some(smi) = self.smi.as_mut().filter(|smi| smi.requested_at == self.selector) else { return false };
        let Some(slot) = smi.requested.get_mut(self.offset).filter(|_| smi.negotiated.is_none()) else { return false };
        *slot = byte;
        self.offset += 1;
        true
    }

    /// Byte `lane` of ports 514h to 51Bh.
    pub fn dma_signature(lane: u16) -> u8 {
        DMA_SIGNATURE.get(usize::from(lane)).copied().unwrap_or(0xff)
    }

    /// A double word written to 514h, or to 518h, which starts the DMA.
    pub fn write_dma_address(&mut self, low: bool, value: u32) {
        match low {
            false => self.dma_high = value.swap_bytes(),
            true => {
                let high = std::mem::take(&mut self.dma_high);
                self.dma = Some(u64::from(high) << 32 | u64::from(value.swap_bytes()));
            }
        }
    }

    pub fn dma_pending(&self) -> bool {
        self.dma.is_some()
    }

    /// Carries out the descriptor that was started.
    pub fn run_dma(&mut self, memory: &mut dyn Memory) {
        let Some(at) = self.dma.take() else { return };
        let mut descriptor = [0; 16];
        memory.read(at, &mut descriptor);
        let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|i| descriptor[at + i]));
        let (command, len) = (word(0), word(4));
        let address = u64::from(word(8)) << 32 | u64::from(word(12));
        if command & control::SELECT != 0 {
            self.select((command >> 16) as u16);
        }
        let done = self.transfer(memory, command, len, address);
        memory.write(at, &if done { 0 } else { control::ERROR }.to_be_bytes());
    }

    fn transfer(&mut self, memory: &mut dyn Memory, command: u32, len: u32, address: u64) -> bool {
        /// Nothing here is longer; what a descriptor asks for beyond is zeros.
        const LONGEST: u32 = 16 << 20;
        if len > LONGEST && command & (control::READ | control::WRITE) != 0 {
            return false;
        }
        if command & control::READ != 0 {
            let bytes: Vec<u8> = (0..len).map(|_| self.read()).collect();
            memory.write(address, &bytes);
        } else if command & control::WRITE != 0 {
            let mut bytes = vec![0; len as usize];
            memory.read(address, &mut bytes);
            return bytes.into_iter().all(|byte| self.put(byte));
        } else if command & control::SKIP != 0 {
            self.offset = self.offset.saturating_add(len as usize);
        }
        true
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
            fw_cfg: vec![("opt/org.b".into(), b"hello".to_vec()), ("opt/org.a".into(), b"abc".to_vec())],
            ..Wiring::new(Silicon::Ich9, 16 << 20, 2, Vec::new())
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
            (0x01, &[3, 0, 0, 0, 0]),
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

    /// 256 bytes of memory.
    struct Ram(Vec<u8>);

    impl Memory for Ram {
        fn read(&mut self, at: u64, bytes: &mut [u8]) {
            bytes.iter_mut().zip(at as usize..).for_each(|(byte, at)| *byte = self.0.get(at).copied().unwrap_or(0xff));
        }
        fn write(&mut self, at: u64, bytes: &[u8]) {
            for (byte, at) in bytes.iter().zip(at as usize..) {
                if let Some(slot) = self.0.get_mut(at) {
                    *slot = *byte;
                }
            }
        }
    }

    /// A descriptor at 10h for data at 40h; returns its control word afterwards.
    fn dma(device: &mut FwCfg, ram: &mut Ram, command: u32, len: u32) -> u32 {
        ram.write(0x10, &command.to_be_bytes());
        ram.write(0x14, &len.to_be_bytes());
        ram.write(0x18, &0x40u64.to_be_bytes());
        device.write_dma_address(false, 0);
        device.write_dma_address(true, 0x10u32.swap_bytes());
        device.run_dma(ram);
        let mut word = [0; 4];
        ram.read(0x10, &mut word);
        u32::from_be_bytes(word)
    }

    #[test]
    fn dma_reads_skips_and_refuses_to_write() {
        let (mut device, mut ram) = (device(), Ram(vec![0xee; 256]));
        assert_eq!(dma(&mut device, &mut ram, 0x0021_000a, 3), 0);
        assert_eq!(ram.0[0x40..0x44], *b"hel\xee");
        assert_eq!(dma(&mut device, &mut ram, 4, 1), 0);
        assert_eq!(dma(&mut device, &mut ram, 2, 2), 0);
        assert_eq!(ram.0[0x40..0x42], *b"o\0");
        assert_eq!(dma(&mut device, &mut ram, 0x0021_0018, 1), 1);
        assert_eq!(dma(&mut device, &mut ram, 2, u32::MAX), 1);
        assert_eq!((0..8).map(FwCfg::dma_signature).collect::<Vec<_>>(), b"QEMU CFG");
    }

    #[test]
    fn smi_features_are_negotiated_once_and_only_those_that_are_there() {
        let wiring = Wiring::new(Silicon::Qemu, 16 << 20, 2, Vec::new());
        // Files by name: features-ok 20h, requested 21h, supported 22h.
        for (asked, ok) in [(1u64, true), (0, true), (3, false)] {
            let (mut device, mut ram) = (FwCfg::new(&wiring), Ram(vec![0; 256]));
            device.select(0x22);
            assert_eq!(device.read(), 1);
            ram.write(0x40, &asked.to_le_bytes());
            assert_eq!(dma(&mut device, &mut ram, 0x0021_0018, 8), 0);
            device.select(0x20);
            assert_eq!((device.read(), device.broadcast()), (ok.into(), ok && asked == 1));
            assert_eq!(dma(&mut device, &mut ram, 0x0021_0018, 8), u32::from(ok), "frozen once accepted");
            device.reset();
            assert!(!device.broadcast());
        }
    }
}
