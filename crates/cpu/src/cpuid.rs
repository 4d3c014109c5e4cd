//! CPUID: what this processor has (SDM vol. 2, "CPUID"). What isn't named here is #UD.

/// Family 6, model 0Fh, stepping 1: a model that always writes the Intel 64 save-state map.
pub const SIGNATURE: u32 = 0x0000_06f1;

const VENDOR: [u32; 3] = [le(b"Genu"), le(b"ineI"), le(b"ntel")];
const BRAND: &[u8; 48] = b"SMM Lab virtual processor\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Leaf 1 EDX: DE, PSE, TSC, MSR, PAE, MCE, CX8, APIC, MTRR, PGE, MCA, CMOV, PAT, CLFSH; FPU, FXSR, SSE, SSE2.
const FEATURES_EDX: u32 = 1 << 2
    | 1 << 3
    | 1 << 4
    | 1 << 5
    | 1 << 6
    | 1 << 7
    | 1 << 8
    | 1 << 9
    | 1 << 12
    | 1 << 13
    | 1 << 14
    | 1 << 15
    | 1 << 16
    | 1 << 19
    | FLOATING;
const APIC: u32 = 1 << 9;
const FLOATING: u32 = 1 | 1 << 24 | 1 << 25 | 1 << 26;
/// Leaf 1 ECX: CMPXCHG16B.
const FEATURES_ECX: u32 = 1 << 13;
/// Leaf 80000001h EDX: NX, 1 GiB pages, long mode. ECX: LAHF in 64-bit mode.
const EXTENDED_EDX: u32 = 1 << 20 | 1 << 26 | 1 << 29;
const EXTENDED_ECX: u32 = 1;

const fn le(s: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*s)
}

/// EAX, EBX, ECX, EDX of a leaf; leaves beyond the highest answer as the highest basic one.
pub fn cpuid(leaf: u32, apic_id: u8, apic_on: bool) -> [u32; 4] {
    match leaf {
        0 => [2, VENDOR[0], VENDOR[2], VENDOR[1]],
        1 => {
            // One logical processor a package, 64-byte lines for CLFLUSH.
            let ebx = u32::from(apic_id) << 24 | 1 << 16 | 8 << 8;
            let apic = if apic_on { APIC } else { 0 };
            [SIGNATURE, ebx, FEATURES_ECX, FEATURES_EDX & !APIC | apic]
        }
        0x8000_0000 => [0x8000_0008, 0, 0, 0],
        0x8000_0001 => [0, 0, EXTENDED_ECX, EXTENDED_EDX],
        0x8000_0002..=0x8000_0004 => brand(leaf),
        // 40 physical, 48 linear address bits.
        0x8000_0008 => [0x3028, 0, 0, 0],
        0x8000_0005..=0x8000_0007 => [0; 4],
        // Leaf 2: no cache descriptors, as the caches aren't modelled.
        _ => [1, 0, 0, 0],
    }
}

fn brand(leaf: u32) -> [u32; 4] {
    let start = (leaf - 0x8000_0002) as usize * 16;
    std::array::from_fn(|i| {
        let at = start + i * 4;
        u32::from_le_bytes([BRAND[at], BRAND[at + 1], BRAND[at + 2], BRAND[at + 3]])
    })
}
