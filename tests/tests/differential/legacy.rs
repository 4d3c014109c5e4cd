//! Random entries of 32-bit and PAE paging, in the way of `paging`: faults, error codes, CR2, A and D. The frame is
//! `legacy_paging.s`.

use crate::guest::Random;
use crate::{IMAGE, ours, padded};
use e2e::{qemu, rom};
use rom_build::Rom;

const RECORD: usize = 32;
const COUNT: usize = 20_000;
const NAMES: [&str; 8] = ["vector", "error", "CR2", "32-bit PDE", "32-bit PTE", "PAE PDE", "PAE PTE", "page"];

const P: u64 = 1;
const PS: u64 = 1 << 7;
const NX: u64 = 1 << 63;
/// Beyond 40 physical address bits; in a large page's entry of PAE; what PAE keeps free above the address.
const RESERVED: u64 = 1 << 45;
const RESERVED_LARGE: u64 = 1 << 14;
const RESERVED_HIGH: u64 = 1 << 57;

struct Trial {
    words: [u32; 8],
    /// QEMU 7.2 leaves P out of the error code when a reserved bit is set.
    p_counts: bool,
}

fn trial(r: &mut Random, at: &dyn Fn(&str) -> u64) -> Trial {
    let pae = r.below(2) == 0;
    let pse = pae || r.below(3) > 0;
    let nxe = r.below(2) == 0;
    let (entry, base) = match (r.below(3), pae) {
        (0, false) => (at("PTE_32"), at("SPARE")),
        (0, true) => (at("PTE_PAE"), at("SPARE")),
        (1, false) => (at("PDE_32"), at("LOW")),
        (1, true) => (at("PDE_PAE"), at("PAE_TABLE")),
        // A 4 MiB page, or without CR4.PSE a table at the same place; 2 MiB with PAE.
        (_, false) => (at("PDE_32"), if pse { at("LARGE") | PS } else { at("LOW") | PS }),
        (_, true) => (at("PDE_PAE"), at("LARGE") | PS),
    };
    let mut value = base | P;
    for bit in [2, 4, 1 << 3, 1 << 4, 1 << 5, 1 << 6] {
        value |= if r.below(4) > 0 { bit } else { 0 };
    }
    let mut reserved = false;
    if r.below(2) == 0 {
        let large = base & PS != 0;
        let (bit, is_reserved) = match r.below(if pae { 8 } else { 3 }) {
            0 => (P, false),
            1 => (1 << 8, false),
            2 => (1 << 11, false),
            3 | 4 => (NX, !nxe),
            5 => (RESERVED, true),
            6 => (RESERVED_HIGH, true),
            _ => (if large { RESERVED_LARGE } else { 1 << 9 }, large),
        };
        value ^= bit;
        reserved = is_reserved;
    }
    let cr0 = 0x8000_0011 | if r.below(3) > 0 { 1 << 16 } else { 0 };
    let cr4 = u32::from(pae) << 5 | u32::from(pse) << 4;
    let access = r.below(3) as u32 | (r.below(2) as u32) << 2;
    let efer = u32::from(nxe) << 11;
    let words = [pae.into(), cr0, cr4, efer, access, entry as u32, value as u32, (value >> 32) as u32];
    Trial { words, p_counts: !reserved }
}

fn image(rom: &Rom, trials: &[Trial]) -> Vec<u8> {
    let mut image = vec![0; 16];
    image[..4].copy_from_slice(&(trials.len() as u32).to_le_bytes());
    trials.iter().flat_map(|t| t.words).for_each(|word| image.extend(word.to_le_bytes()));
    assert!(image.len() == 16 + trials.len() * RECORD && image.len() < IMAGE);
    padded(image, rom)
}

#[test]
fn random_entries_of_32_bit_and_pae_paging_do_the_same_on_qemu_and_on_ours() {
    let rom = rom("legacy_paging");
    let len = rom.symbols["RESULT_LEN"] as usize;
    let mut r = Random(0x001e_9ac4);
    let trials: Vec<Trial> = (0..COUNT).map(|_| trial(&mut r, &|name| rom.symbols[name])).collect();
    let bios = image(&rom, &trials);
    let (reference, got) = (qemu::debug_bytes(&bios), ours(&bios));
    assert_eq!((reference.len(), got.len()), (COUNT * len, COUNT * len));
    let mut faults = 0;
    for (i, trial) in trials.iter().enumerate() {
        let words = |bytes: &[u8]| -> Vec<u32> {
            bytes[i * len..][..len].chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())).collect()
        };
        let (mut a, mut b) = (words(&reference), words(&got));
        faults += u32::from(b[0] == 14);
        if !trial.p_counts {
            assert_eq!(b[1] & 1, b[1] >> 3 & 1, "RSVD comes with P");
            (a[1], b[1]) = (a[1] & !1, b[1] & !1);
        }
        for (name, (a, b)) in NAMES.iter().zip(a.iter().zip(&b)) {
            assert_eq!(a, b, "{name}: QEMU {a:x}, ours {b:x} in record {i}: {:x?}", trial.words);
        }
    }
    println!("{COUNT} accesses compared, {faults} of them page faults");
    assert!(faults > 3000);
}
