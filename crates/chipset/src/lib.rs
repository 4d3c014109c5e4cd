//! The devices of a Q35 + ICH9 platform. They know no processor: they raise lines.

mod cx;
mod flash;
mod map;
pub mod pages;

pub use cx::Cx;
pub use flash::Flash;
pub use map::{Aseg, MemoryMap, Pam};
use trace::ResetKind;

/// Whose behaviour the devices follow where the datasheet and QEMU differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Silicon {
    /// The training board: as the datasheets say.
    Ich9,
    /// As QEMU's q35 machine behaves.
    Qemu,
}

/// What is soldered to the board.
pub struct Wiring {
    pub silicon: Silicon,
    /// Bytes of DRAM below 4 GiB.
    pub low_ram: u64,
    /// Bytes of DRAM above 4 GiB.
    pub high_ram: u64,
    pub cpus: u8,
    /// The flash image; it ends at 4 GiB. A multiple of 64 KiB.
    pub flash: Vec<u8>,
    /// Files offered through fw_cfg: name and contents.
    pub fw_cfg: Vec<(String, Vec<u8>)>,
}

/// Which processors an SMI message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SmiTo {
    All,
    One(u8),
}

#[derive(Clone, Hash)]
pub struct Chipset {
    flash: Flash,
}

impl Chipset {
    pub fn new(wiring: Wiring) -> Self {
        Chipset { flash: Flash::new(&wiring.flash) }
    }
    pub fn port_read(&mut self, _cx: &mut Cx, _port: u16, size: u8) -> u32 {
        u32::MAX >> (32 - 8 * size)
    }
    pub fn port_write(&mut self, _cx: &mut Cx, _port: u16, _size: u8, _value: u32) {}
    pub fn mmio_read(&mut self, _cx: &mut Cx, _addr: u64, _size: u8) -> Option<u64> {
        None
    }
    pub fn mmio_write(&mut self, _cx: &mut Cx, _addr: u64, _size: u8, _value: u64) -> bool {
        false
    }
    pub fn flash(&self) -> &Flash {
        &self.flash
    }
    pub fn flash_write(&mut self, _cx: &mut Cx, _offset: u64, _size: u8, _value: u64) {}
    pub fn memory_map(&self) -> MemoryMap {
        MemoryMap::default()
    }
    pub fn map_epoch(&self) -> u32 {
        0
    }
    pub fn take_smi(&mut self) -> Option<SmiTo> {
        None
    }
    pub fn take_reset(&mut self) -> Option<ResetKind> {
        None
    }
    pub fn take_exit(&mut self) -> Option<u32> {
        None
    }
    pub fn reset(&mut self, _kind: ResetKind) {}
    pub fn deadline(&self) -> Option<u64> {
        None
    }
    pub fn advance(&mut self, _cx: &mut Cx) {}
    pub fn serial_input(&mut self, _cx: &mut Cx, _byte: u8) {}
    pub fn serial_pending(&self) -> usize {
        0
    }
}
