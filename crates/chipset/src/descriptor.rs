//! The flash descriptor: the first 4 KiB of a serial part, which tell regions and who may reach them.
//!
//! Source: Intel ICH9 datasheet 316972, "Flash Descriptor"; later PCHs have the signature at 10h
//! instead of 0. An image that begins with a descriptor is a whole part; for any other, the board
//! puts one in front: regions descriptor and BIOS, the processors may read both and write BIOS.

use crate::nor::BLOCK;

const SIGNATURE: u32 = 0x0ff0_a55a;
const SIZE: usize = 4096;
pub const REGIONS: usize = 5;

/// What the SPI controller takes from the descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Descriptor {
    /// FREG0 to FREG4.
    pub regions: [u32; REGIONS],
    /// FLMSTR1: what the processors may read (bit n: region n) and write.
    pub reads: u8,
    pub writes: u8,
    /// What FDOC's sections hold: signature and map, components, regions, masters, soft straps.
    sections: [Vec<u32>; 5],
}

/// Words of a section that can be looked at.
const WORDS: usize = 8;

/// Base and limit in 4 KiB units, as FREGn holds them; a base above the limit is no region.
pub fn region(base: u64, end: u64) -> u32 {
    (base >> 12) as u32 | ((end >> 12) as u32 - 1) << 16
}

const UNUSED: u32 = 0x1fff;

fn word(chip: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(chip.get(at..at + 4)?.try_into().ok()?))
}

fn base(chip: &[u8]) -> Option<usize> {
    [0, 0x10].into_iter().find(|at| word(chip, *at) == Some(SIGNATURE))
}

/// The whole part for a flash image.
pub fn chip(image: &[u8]) -> Vec<u8> {
    if base(image).is_some() && image.len().is_power_of_two() {
        return image.to_vec();
    }
    let len = (image.len() + BLOCK as usize).next_power_of_two();
    let mut chip = vec![0xff; len];
    let bios = len - image.len();
    chip[bios..].copy_from_slice(image);
    let density = (len.ilog2().saturating_sub(19)) & 7;
    let words: [(usize, u32); 21] = [
        (0x00, SIGNATURE),
        // FLMAP0: components at 10h, one; regions at 40h, five. FLMAP1: masters at 60h, three;
        // straps at 100h, two. FLMAP2: MCH straps at 200h, one.
        (0x04, 0x0404_0001),
        (0x08, 0x0210_0306),
        (0x0c, 0x0000_0120),
        // FLCOMP, FLILL, FLPB.
        (0x10, density),
        (0x14, 0),
        (0x18, 0),
        (0x40, region(0, SIZE as u64)),
        (0x44, region(bios as u64, len as u64)),
        (0x48, UNUSED),
        (0x4c, UNUSED),
        (0x50, UNUSED),
        // FLMSTR1 to 3: processors, ME, GbE.
        (0x60, 0x0203_0000),
        (0x64, 0),
        (0x68, 0),
        // Soft straps of ICH9 and MCH: no ME.
        (0x100, 1),
        (0x104, 0),
        (0x200, 1),
        // The VSCC table, for an ME: JEDEC id of the part, and how it erases. FLUMAP1: two words at DF0h.
        (0xdf0, 0x40ef | len.ilog2() << 16),
        (0xdf4, 0x2005_2005),
        (0xefc, 0x02df),
    ];
    for (at, value) in words {
        chip[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    chip
}

impl Descriptor {
    /// `None`: the part has no valid descriptor.
    pub fn read(chip: &[u8]) -> Option<Self> {
        let map = base(chip)?;
        let (flmap0, flmap1) = (word(chip, map + 4)?, word(chip, map + 8)?);
        let at = |field: u32| ((field & 0xff) << 4) as usize;
        let places = [map, at(flmap0), at(flmap0 >> 16), at(flmap1), at(flmap1 >> 16)];
        let sections = places.map(|at| (0..WORDS).map(|n| word(chip, at + 4 * n).unwrap_or(0)).collect());
        let mut regions = [0; REGIONS];
        for (n, reg) in regions.iter_mut().enumerate() {
            *reg = word(chip, places[2] + 4 * n)? & 0x1fff_1fff;
        }
        let master = word(chip, places[3])?;
        Some(Descriptor { regions, reads: (master >> 16) as u8, writes: (master >> 24) as u8, sections })
    }

    /// A word as FDOC points at it; 0 where there is none.
    pub fn word(&self, section: usize, index: usize) -> u32 {
        self.sections.get(section).and_then(|words| words.get(index)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_gets_a_part_with_its_descriptor_in_front() {
        let chip = chip(&[0x5a; 0x2_0000]);
        assert_eq!((chip.len(), chip[0x1_ffff], chip[0x2_0000]), (0x4_0000, 0xff, 0x5a));
        let found = Descriptor::read(&chip).expect("a descriptor");
        assert_eq!(found.regions, [0, 0x003f_0020, UNUSED, UNUSED, UNUSED]);
        assert_eq!((found.reads, found.writes), (3, 2));
        assert_eq!(super::chip(&chip), chip, "a whole part stays as it is");
        // Where FLUMAP1 says, ifdtool and an ME look for the part's id.
        let flumap1 = word(&chip, 0xefc).expect("it lies in the descriptor");
        let table = (flumap1 & 0xff) as usize * 16;
        assert_eq!((flumap1 >> 8 & 0xff, word(&chip, table)), (2, Some(0x0012_40ef)));
    }

    #[test]
    fn without_signature_there_is_no_descriptor() {
        assert_eq!(Descriptor::read(&[0xff; 4096]), None);
        assert_eq!(Descriptor::read(&[]), None);
        let mut cut = SIGNATURE.to_le_bytes().to_vec();
        cut.extend([0xff; 12]);
        assert_eq!(Descriptor::read(&cut), None, "it points beyond its end");
    }
}
