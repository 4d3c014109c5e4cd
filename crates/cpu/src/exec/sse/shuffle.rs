//! Shuffles and interleaving: pure functions of two registers.

use iced_x86::Mnemonic;

/// Lane `i` of `bits` bits.
fn lane(v: u128, bits: u32, i: u32) -> u128 {
    v >> (i * bits) & (u128::MAX >> (128 - bits))
}

/// Builds a register from `128 / bits` lanes.
fn build(bits: u32, f: impl Fn(u32) -> u128) -> u128 {
    (0..128 / bits).fold(0, |v, i| v | f(i) << (i * bits))
}

/// Lanes of `a` and `b` in turn, from the lower or the upper half.
fn interleave(a: u128, b: u128, bits: u32, high: bool) -> u128 {
    let first = if high { 64 / bits } else { 0 };
    build(bits, |i| lane(if i & 1 == 0 { a } else { b }, bits, first + i / 2))
}

fn choice(imm: u8, i: u32) -> u32 {
    u32::from(imm) >> (i * 2) & 3
}

/// The result of `m`, or `None` if it isn't of this family.
pub fn shuffle(m: Mnemonic, a: u128, b: u128, imm: u8) -> Option<u128> {
    use Mnemonic::*;
    let low_half = u128::from(u64::MAX);
    Some(match m {
        Unpcklps | Punpckldq => interleave(a, b, 32, false),
        Unpckhps | Punpckhdq => interleave(a, b, 32, true),
        Unpcklpd | Punpcklqdq => interleave(a, b, 64, false),
        Unpckhpd | Punpckhqdq => interleave(a, b, 64, true),
        Punpcklbw => interleave(a, b, 8, false),
        Punpckhbw => interleave(a, b, 8, true),
        Punpcklwd => interleave(a, b, 16, false),
        Punpckhwd => interleave(a, b, 16, true),
        Pshufd => build(32, |i| lane(b, 32, choice(imm, i))),
        Pshuflw => b & !low_half | build(16, |i| if i < 4 { lane(b, 16, choice(imm, i)) } else { 0 }),
        Pshufhw => b & low_half | build(16, |i| if i < 4 { 0 } else { lane(b, 16, 4 + choice(imm, i - 4)) }),
        Shufps => build(32, |i| lane(if i < 2 { a } else { b }, 32, choice(imm, i))),
        Shufpd => build(64, |i| lane(if i == 0 { a } else { b }, 64, u32::from(imm) >> i & 1)),
        _ => return None,
    })
}
