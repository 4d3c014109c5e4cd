//! Random entries at the three lower levels of 4-level paging: one is changed, then its page is read, written or
//! called, from ring 0 or 3, with and without CR0.WP. The report has the entries, too: A and D.

use crate::flow::Sequence;
use crate::guest::{Random, Segment};
use rom_build::Rom;

pub struct Tables {
    spare: u64,
    far: u64,
    pte: u64,
    pde: u64,
    pdpte: u64,
    cr0: u64,
}

const RW: u64 = 2;
const US: u64 = 4;
const PS: u64 = 1 << 7;
const NX: u64 = 1 << 63;
/// Beyond the physical address; in a large page's.
const RESERVED: u64 = 1 << 45;
const RESERVED_LARGE: u64 = 1 << 20;
const WP: u64 = 1 << 16;
/// Page table of the low addresses, from the PTE's own page; the large page that a PDE may name.
const LARGE: u64 = 0x20_0000;

impl Tables {
    pub fn of(rom: &Rom) -> Self {
        let at = |name: &str| rom.symbols[name];
        Tables {
            spare: at("SPARE"),
            far: at("FAR"),
            pte: at("PTE"),
            pde: at("PDE"),
            pdpte: at("PDPTE"),
            cr0: at("CONTROL"),
        }
    }
}

/// Which entry, its new value, the address to use, and whether code lies there.
fn entry(r: &mut Random, t: &Tables) -> (u64, u64, u64, bool) {
    let far = t.far + t.spare;
    let (at, base, address, code) = match r.below(4) {
        0 => (t.pte, t.spare, r.pick(&[t.spare, far]), true),
        1 => (t.pde, t.pte & !0xfff, far, true),
        2 => (t.pde, LARGE | PS, far, false),
        _ => (t.pdpte, t.pde & !0xfff, far, true),
    };
    let mut bits = 1;
    for bit in [RW, US, 1 << 3, 1 << 4, 1 << 5, 1 << 6] {
        bits |= if r.below(4) > 0 { bit } else { 0 };
    }
    // What is rare: not present, PAT or PS, global, software's, no execute, reserved; 1 GiB pages aren't tried, which
    // QEMU's processor hasn't.
    let rare = [
        1,
        if at == t.pte { 1 << 7 } else { 0 },
        1 << 8,
        1 << 9,
        1 << 11,
        NX,
        NX,
        1 << 52,
        RESERVED,
        1 << 12,
        RESERVED_LARGE,
    ];
    if r.below(2) == 0 {
        bits ^= r.pick(&rare);
    }
    // Another table or page would be named by address bits: only those that a large page reserves.
    if base & PS == 0 {
        bits &= !(1 << 12 | RESERVED_LARGE);
    }
    (at, base | bits, address, code)
}

pub fn sequence(r: &mut Random, t: &Tables, slot: u32) -> Sequence {
    let (at, value, address, holds_code) = entry(r, t);
    let access: &[u8] = match r.below(if holds_code { 3 } else { 2 }) {
        0 => &[0x41, 0x8b, 0x02], // mov eax, [r10]
        1 => &[0x41, 0x89, 0x02], // mov [r10], eax
        _ => &[0x41, 0xff, 0xd2], // call r10
    };
    let mut code = Vec::new();
    // mov [r8], r9; invlpg [r10]
    code.extend([0x4d, 0x89, 0x08, 0x41, 0x0f, 0x01, 0x3a]);
    let cr0 = t.cr0 & if r.below(3) == 0 { !WP } else { !0 };
    // mov cr0, r11
    code.extend([0x41, 0x0f, 0x22, 0xc3]);
    let user = r.below(2) == 0;
    if user {
        // PUSH SS, RSP, flags, CS, target; IRETQ
        code.extend([0x6a, 91, 0x54, 0x9c, 0x6a, 115, 0x68]);
        let target = slot + code.len() as u32 + 4 + 2;
        code.extend(target.to_le_bytes());
        code.extend([0x48, 0xcf]);
    }
    code.extend(access);
    if user {
        code.push(0xcc);
    }
    let registers = vec![(8, at), (9, value), (10, address), (11, cr0)];
    // QEMU 7.2 leaves P out when a reserved bit is set, which the SDM has set in all these cases.
    let reserved = value & RESERVED != 0 || value & PS != 0 && at == t.pde && value & RESERVED_LARGE != 0;
    let error = if reserved { !1 } else { !0 };
    Sequence { code, end: (!user).then_some(Segment::Bits64), registers, error }
}
