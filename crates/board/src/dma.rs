//! What a bus master reaches: DRAM, and never SMRAM, whoever is in SMM and whatever is open (316966,
//! "SMM Space": "only the processor").

use crate::map::{Answer, Layout};
use chipset::pages::Pages;
use chipset::{Aseg, Memory, MemoryMap};
use cpu::{Access, Purpose};

pub struct Master<'a> {
    pub layout: Layout,
    pub map: MemoryMap,
    pub ram: &'a mut Pages,
}

impl Master<'_> {
    fn ram_at(&self, at: u64, write: bool) -> Option<usize> {
        let map = MemoryMap { aseg: Aseg { open: false, ..self.map.aseg }, ..self.map };
        let access = Access { cpu: 0, smm: false, purpose: Purpose::Data };
        match self.layout.answer(&map, access, write, at) {
            Answer::Ram(at) => Some(at as usize),
            Answer::Flash(_) | Answer::Denied | Answer::Device => None,
        }
    }
}

impl Memory for Master<'_> {
    fn read(&mut self, at: u64, bytes: &mut [u8]) {
        for (i, byte) in (0..).zip(bytes) {
            let at = self.ram_at(at.wrapping_add(i), false);
            *byte = at.map_or(0xff, |at| self.ram.read_value(at, 1) as u8);
        }
    }

    fn write(&mut self, at: u64, bytes: &[u8]) {
        for (i, byte) in (0..).zip(bytes) {
            if let Some(at) = self.ram_at(at.wrapping_add(i), true) {
                self.ram.write_value(at, 1, (*byte).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_master_reaches_dram_around_smram_and_never_smram() {
        let layout = Layout { low_ram: 16 << 20, flash: 64 << 10 };
        let aseg = Aseg { enabled: true, open: true, closed_data: false };
        let map = MemoryMap { a20: true, aseg, tseg: Some((0xf0_0000, 1 << 20)), ..MemoryMap::default() };
        let mut ram = Pages::filled(16 << 20, 0x5a);
        for (at, reached) in [(0x9_fffe, true), (0xa_0000, false), (0xef_fffe, true), (0xf0_0000, false)] {
            let mut master = Master { layout, map, ram: &mut ram };
            master.write(at, &[1, 2]);
            let mut bytes = [0; 2];
            master.read(at, &mut bytes);
            assert_eq!(bytes, if reached { [1, 2] } else { [0xff; 2] }, "{at:x}");
        }
        assert_eq!((ram.read_value(0xa_0000, 1), ram.read_value(0xf0_0000, 1)), (0x5a, 0x5a));
    }
}
