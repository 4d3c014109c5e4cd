//! The address map: who answers at a physical address, for whom, in which mode. This is the one
//! place where SMRAM's visibility is decided (Intel 3 Series Express Chipset datasheet 316966,
//! "System Address Map" and "SMM Space").

use chipset::MemoryMap;
use cpu::{Access, Purpose};

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// DRAM at this offset.
    Ram(u64),
    /// The flash device at this offset in its image.
    Flash(u64),
    /// SMRAM that this access may not reach: reads as all ones, writes are dropped.
    Denied,
    /// Whatever device claims it; nobody: all ones.
    Device,
}

/// What doesn't change while the machine runs.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Layout {
    /// Bytes of DRAM, all below 4 GiB.
    pub low_ram: u64,
    /// Bytes of flash; it ends at 4 GiB.
    pub flash: u64,
}

const FOUR_GIB: u64 = 1 << 32;
const ASEG: std::ops::Range<u64> = 0xa_0000..0xc_0000;
const HSEG: std::ops::Range<u64> = 0xfeda_0000..0xfedc_0000;
/// QEMU's "SMRAM at default SMBASE".
const SMBASE_SMRAM: std::ops::Range<u64> = 0x3_0000..0x5_0000;
const PAM: std::ops::Range<u64> = 0xc_0000..0x10_0000;
/// The low alias of the flash's last 128 KiB.
const LOW_BIOS: u64 = 0xe_0000;

impl Layout {
    /// Who answers an access to `addr`.
    pub fn answer(&self, map: &MemoryMap, access: Access, write: bool, addr: u64) -> Answer {
        // SMM blocks A20M# (SDM vol. 3, "SMM", "Entering SMM").
        let addr = if map.a20 || access.smm { addr } else { addr & !(1 << 20) };
        match addr {
            _ if ASEG.contains(&addr) => self.aseg(map, access, addr),
            _ if PAM.contains(&addr) => self.pam(map, write, addr),
            _ if map.smbase_smram && SMBASE_SMRAM.contains(&addr) && !access.smm => Answer::Denied,
            _ if in_tseg(map, addr) && !access.smm => Answer::Denied,
            _ if addr < self.low_ram => Answer::Ram(addr),
            _ if map.hseg && HSEG.contains(&addr) => {
                if access.smm || map.aseg.open {
                    Answer::Ram(addr - HSEG.start + ASEG.start)
                } else {
                    Answer::Denied
                }
            }
            _ if map.reclaim.is_some_and(|window| (window.base..window.end).contains(&addr)) => {
                map.reclaim.map_or(Answer::Device, |window| self.ram(window.to + (addr - window.base)))
            }
            _ if (FOUR_GIB - self.flash..FOUR_GIB).contains(&addr) => Answer::Flash(addr - (FOUR_GIB - self.flash)),
            _ => Answer::Device,
        }
    }

    fn aseg(&self, map: &MemoryMap, access: Access, addr: u64) -> Answer {
        let aseg = map.aseg;
        // D_CLS closes SMRAM to data, not to code; the processor's own save area stays reachable.
        let in_smm = access.smm && !(aseg.closed_data && access.purpose == Purpose::Data);
        match aseg.enabled {
            true if aseg.open || in_smm => self.ram(addr),
            true => Answer::Denied,
            false => Answer::Device,
        }
    }

    fn pam(&self, map: &MemoryMap, write: bool, addr: u64) -> Answer {
        let index = if addr >= 0xf_0000 { 12 } else { ((addr - PAM.start) >> 14) as usize };
        let pam = map.pam[index];
        match write {
            _ if if write { pam.write } else { pam.read } => self.ram(addr),
            true => Answer::Device,
            false if addr >= LOW_BIOS => match (self.flash + addr).checked_sub(PAM.end) {
                Some(offset) => Answer::Flash(offset),
                None => Answer::Device,
            },
            false => Answer::Device,
        }
    }

    fn ram(&self, addr: u64) -> Answer {
        if addr < self.low_ram { Answer::Ram(addr) } else { Answer::Device }
    }

    /// The stretches in which every access is plain DRAM, whoever makes it.
    pub fn plain(&self, map: &MemoryMap) -> Plain {
        let tseg = map.tseg.map_or(self.low_ram, |(base, _)| base);
        let hidden = if map.smbase_smram { SMBASE_SMRAM.start } else { ASEG.start };
        let low_end = hidden.min(self.low_ram).min(tseg);
        let high_end = tseg.min(self.low_ram);
        Plain { low_end, high: if map.a20 { PAM.end..high_end } else { 0..0 } }
    }
}

/// See [`Layout::plain`]; the fast path of every memory access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    low_end: u64,
    high: std::ops::Range<u64>,
}

impl Plain {
    #[inline]
    pub fn contains(&self, addr: u64) -> bool {
        addr < self.low_end || self.high.contains(&addr)
    }
}

fn in_tseg(map: &MemoryMap, addr: u64) -> bool {
    map.tseg.is_some_and(|(base, len)| (base..base + len).contains(&addr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chipset::{Aseg, Pam as PamRights};

    const LAYOUT: Layout = Layout { low_ram: 16 << 20, flash: 64 << 10 };
    const OS: Access = Access { cpu: 0, smm: false, purpose: Purpose::Data };
    const SMM: Access = Access { smm: true, ..OS };
    const FETCH: Access = Access { purpose: Purpose::Fetch, ..SMM };

    fn map() -> MemoryMap {
        MemoryMap { a20: true, ..MemoryMap::default() }
    }

    /// The access matrix of the compatible segment, row by row (datasheet 316966, "SMM Space").
    #[test]
    fn the_compatible_segment_answers_as_the_datasheets_matrix_says() {
        let rows = [
            // enabled, open, closed_data; OS, SMM data, SMM code
            (false, false, false, Answer::Device, Answer::Device, Answer::Device),
            (true, true, false, Answer::Ram(0xa1234), Answer::Ram(0xa1234), Answer::Ram(0xa1234)),
            (true, false, false, Answer::Denied, Answer::Ram(0xa1234), Answer::Ram(0xa1234)),
            (true, false, true, Answer::Denied, Answer::Denied, Answer::Ram(0xa1234)),
        ];
        for (enabled, open, closed_data, os, data, code) in rows {
            let map = MemoryMap { aseg: Aseg { enabled, open, closed_data }, ..map() };
            for (access, expected) in [(OS, os), (SMM, data), (FETCH, code)] {
                assert_eq!(LAYOUT.answer(&map, access, false, 0xa1234), expected, "{map:?} {access:?}");
            }
        }
    }

    #[test]
    fn tseg_answers_in_smm_only_and_its_neighbours_answer_everybody() {
        let map = MemoryMap { tseg: Some((0xf0_0000, 1 << 20)), ..map() };
        assert_eq!(LAYOUT.answer(&map, OS, false, 0xef_ffff), Answer::Ram(0xef_ffff));
        assert_eq!(LAYOUT.answer(&map, OS, true, 0xf0_0000), Answer::Denied);
        assert_eq!(LAYOUT.answer(&map, SMM, true, 0xf0_0000), Answer::Ram(0xf0_0000));
        assert_eq!(LAYOUT.answer(&map, OS, false, 0x100_0000), Answer::Device);
        assert_eq!(LAYOUT.plain(&map), Plain { low_end: 0xa_0000, high: 0x10_0000..0xf0_0000 });
    }

    #[test]
    fn the_low_bios_is_the_flash_until_pam_opens_dram() {
        let mut map = map();
        assert_eq!(LAYOUT.answer(&map, OS, false, 0xf_fff0), Answer::Flash(0xfff0));
        assert_eq!(LAYOUT.answer(&map, OS, false, 0xe_0000), Answer::Device);
        assert_eq!(LAYOUT.answer(&map, OS, true, 0xf_fff0), Answer::Device);
        map.pam[12] = PamRights { read: true, write: true };
        assert_eq!(LAYOUT.answer(&map, OS, false, 0xf_fff0), Answer::Ram(0xf_fff0));
        assert_eq!(LAYOUT.answer(&map, OS, false, 0xffff_fff0), Answer::Flash(0xfff0));
    }

    /// The way around TSEG that a reclaim window opens while its registers can be written.
    #[test]
    fn the_reclaim_window_shows_the_dram_above_tolud_whoever_asks() {
        let reclaim = Some(chipset::Reclaim { base: 1 << 32, end: (1 << 32) + (64 << 20), to: 8 << 20 });
        let map = MemoryMap { reclaim, tseg: Some((0xf0_0000, 1 << 20)), ..map() };
        assert_eq!(LAYOUT.answer(&map, OS, false, (1 << 32) + (7 << 20)), Answer::Ram(0xf0_0000));
        assert_eq!(LAYOUT.answer(&map, OS, false, (1 << 32) + (8 << 20)), Answer::Device, "no DRAM behind it");
        assert_eq!(LAYOUT.answer(&map, OS, false, (1 << 32) + (64 << 20)), Answer::Device);
    }

    #[test]
    fn a_masked_a20_wraps_the_second_mebibyte_onto_the_first_but_in_smm() {
        let map = MemoryMap::default();
        assert_eq!(LAYOUT.answer(&map, OS, false, 0x10_0500), Answer::Ram(0x500));
        assert_eq!(LAYOUT.answer(&map, SMM, false, 0x10_0500), Answer::Ram(0x10_0500));
    }
}
