//! Packed integers and logic: pure functions of two registers.

use iced_x86::Mnemonic;

fn lanes<const N: usize>(v: u128) -> [u64; N] {
    let bits = 128 / N as u32;
    std::array::from_fn(|i| (v >> (i as u32 * bits)) as u64 & (u64::MAX >> (64 - bits)))
}

fn join<const N: usize>(lanes: [u64; N]) -> u128 {
    let bits = 128 / N as u32;
    lanes.iter().rev().fold(0, |v, &lane| v << bits % 128 | u128::from(lane & (u64::MAX >> (64 - bits))))
}

/// Lane by lane, unsigned.
fn map<const N: usize>(a: u128, b: u128, f: impl Fn(u64, u64) -> u64) -> u128 {
    let (a, b) = (lanes::<N>(a), lanes::<N>(b));
    join(std::array::from_fn::<_, N, _>(|i| f(a[i], b[i])))
}

/// Lane by lane, signed.
fn signed<const N: usize>(a: u128, b: u128, f: impl Fn(i64, i64) -> i64) -> u128 {
    let shift = 64 - 128 / N as u32;
    let extend = |v: u64| (v << shift) as i64 >> shift;
    map::<N>(a, b, |x, y| f(extend(x), extend(y)) as u64)
}

fn ones(condition: bool) -> u64 {
    if condition { u64::MAX } else { 0 }
}

/// Shift counts beyond the lane's width give 0.
fn shift<const N: usize>(a: u128, count: u128, f: impl Fn(u64, u32) -> u64) -> u128 {
    if count as u64 >= 128 / N as u64 { 0 } else { map::<N>(a, 0, |x, _| f(x, count as u32)) }
}

/// Arithmetic shifts fill with the sign instead.
fn shift_signed<const N: usize>(a: u128, count: u128) -> u128 {
    let count = (count as u64).min(63) as u32;
    signed::<N>(a, 0, |x, _| x >> count)
}

fn clamp(value: i64, low: i64, high: i64) -> i64 {
    value.clamp(low, high)
}

/// Narrows lanes of `a`, then of `b`, to half their width.
fn pack<const WIDE: usize, const NARROW: usize>(a: u128, b: u128, low: i64, high: i64) -> u128 {
    let shift = 64 - 128 / WIDE as u32;
    let narrow = |v: u64| clamp((v << shift) as i64 >> shift, low, high) as u64;
    let (a, b) = (lanes::<WIDE>(a), lanes::<WIDE>(b));
    join(std::array::from_fn::<_, NARROW, _>(|i| narrow(if i < WIDE { a[i] } else { b[i - WIDE] })))
}

fn multiply_add(a: u128, b: u128) -> u128 {
    let product = |shift: u32| {
        let word = move |v: u128, lane: u32| i64::from((v >> (lane * 32 + shift)) as u16 as i16);
        move |lane: u32| word(a, lane) * word(b, lane)
    };
    let (low, high) = (product(0), product(16));
    join(std::array::from_fn::<_, 4, _>(|i| (low(i as u32) + high(i as u32)) as u64))
}

fn sum_of_differences(a: u128, b: u128) -> u128 {
    let d = lanes::<16>(map::<16>(a, b, u64::abs_diff));
    u128::from(d[8..].iter().sum::<u64>()) << 64 | u128::from(d[..8].iter().sum::<u64>())
}

/// The result of `m`, or `None` if it isn't of this family. For shifts, `b` is the count.
#[rustfmt::skip]
pub fn integer(m: Mnemonic, a: u128, b: u128) -> Option<u128> {
    use Mnemonic::*;
    Some(match m {
        Andps | Andpd | Pand => a & b,
        Andnps | Andnpd | Pandn => !a & b,
        Orps | Orpd | Por => a | b,
        Xorps | Xorpd | Pxor => a ^ b,
        Paddb => map::<16>(a, b, u64::wrapping_add),
        Paddw => map::<8>(a, b, u64::wrapping_add),
        Paddd => map::<4>(a, b, u64::wrapping_add),
        Paddq => map::<2>(a, b, u64::wrapping_add),
        Psubb => map::<16>(a, b, u64::wrapping_sub),
        Psubw => map::<8>(a, b, u64::wrapping_sub),
        Psubd => map::<4>(a, b, u64::wrapping_sub),
        Psubq => map::<2>(a, b, u64::wrapping_sub),
        Paddsb => signed::<16>(a, b, |x, y| clamp(x + y, -0x80, 0x7f)),
        Paddsw => signed::<8>(a, b, |x, y| clamp(x + y, -0x8000, 0x7fff)),
        Psubsb => signed::<16>(a, b, |x, y| clamp(x - y, -0x80, 0x7f)),
        Psubsw => signed::<8>(a, b, |x, y| clamp(x - y, -0x8000, 0x7fff)),
        Paddusb => map::<16>(a, b, |x, y| (x + y).min(0xff)),
        Paddusw => map::<8>(a, b, |x, y| (x + y).min(0xffff)),
        Psubusb => map::<16>(a, b, u64::saturating_sub),
        Psubusw => map::<8>(a, b, u64::saturating_sub),
        Pmullw => map::<8>(a, b, u64::wrapping_mul),
        Pmulhw => signed::<8>(a, b, |x, y| x * y >> 16),
        Pmulhuw => map::<8>(a, b, |x, y| x * y >> 16),
        Pmuludq => map::<2>(a, b, |x, y| (x & 0xffff_ffff) * (y & 0xffff_ffff)),
        Pmaddwd => multiply_add(a, b),
        Psadbw => sum_of_differences(a, b),
        Pavgb => map::<16>(a, b, |x, y| (x + y + 1) >> 1),
        Pavgw => map::<8>(a, b, |x, y| (x + y + 1) >> 1),
        Pmaxub => map::<16>(a, b, u64::max),
        Pminub => map::<16>(a, b, u64::min),
        Pmaxsw => signed::<8>(a, b, i64::max),
        Pminsw => signed::<8>(a, b, i64::min),
        Pcmpeqb => map::<16>(a, b, |x, y| ones(x == y)),
        Pcmpeqw => map::<8>(a, b, |x, y| ones(x == y)),
        Pcmpeqd => map::<4>(a, b, |x, y| ones(x == y)),
        Pcmpgtb => signed::<16>(a, b, |x, y| ones(x > y) as i64),
        Pcmpgtw => signed::<8>(a, b, |x, y| ones(x > y) as i64),
        Pcmpgtd => signed::<4>(a, b, |x, y| ones(x > y) as i64),
        Psllw => shift::<8>(a, b, |x, n| x << n),
        Pslld => shift::<4>(a, b, |x, n| x << n),
        Psllq => shift::<2>(a, b, |x, n| x << n),
        Psrlw => shift::<8>(a, b, |x, n| x >> n),
        Psrld => shift::<4>(a, b, |x, n| x >> n),
        Psrlq => shift::<2>(a, b, |x, n| x >> n),
        Psraw => shift_signed::<8>(a, b),
        Psrad => shift_signed::<4>(a, b),
        Pslldq => if b > 15 { 0 } else { a << (b * 8) },
        Psrldq => if b > 15 { 0 } else { a >> (b * 8) },
        Packsswb => pack::<8, 16>(a, b, -0x80, 0x7f),
        Packssdw => pack::<4, 8>(a, b, -0x8000, 0x7fff),
        Packuswb => pack::<8, 16>(a, b, 0, 0xff),
        _ => return None,
    })
}
