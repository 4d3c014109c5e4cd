//! Remainder, scaling by a power of two, exponent and significand, packed decimals (SDM vol. 2, FPREM, FPREM1, FSCALE,
//! FXTRACT, FBLD, FBSTP).

use super::convert::{from_signed, to_integer};
use super::exception::*;
use super::{Class, Context, EXTENDED};

/// What integer division leaves. The rest counts in units of the operands' lowest bits, at the smaller exponent.
pub(super) struct Division {
    /// Its low bits.
    pub quotient: u64,
    /// The quotient was rounded up, so that the true rest is negative.
    pub negative: bool,
    pub exp: i32,
    pub rest: u128,
}

/// Divides `ma * 2^ea` by `mb * 2^eb`, both significands with their highest bit at one place below bit 126; the quotient
/// is truncated, or rounded to the nearest (and even) integer.
#[inline(never)]
pub(super) fn divide((ea, ma): (i32, u128), (eb, mb): (i32, u128), nearest: bool) -> Division {
    if ea < eb {
        // Less than half unless the exponents are neighbours.
        if nearest && ea + 1 == eb && ma > mb {
            return Division { quotient: 1, negative: true, exp: ea, rest: 2 * mb - ma };
        }
        return Division { quotient: 0, negative: false, exp: ea, rest: ma };
    }
    let (mut quotient, mut rest) = (0u64, ma);
    for step in 0..=ea - eb {
        if step > 0 {
            (quotient, rest) = (quotient << 1, rest << 1);
        }
        if rest >= mb {
            (quotient, rest) = (quotient | 1, rest - mb);
        }
    }
    if nearest && (2 * rest > mb || 2 * rest == mb && quotient & 1 != 0) {
        return Division { quotient: quotient.wrapping_add(1), negative: true, exp: eb, rest: mb - rest };
    }
    Division { quotient, negative: false, exp: eb, rest }
}

/// FPREM, and FPREM1 with `nearest`: the remainder, and the quotient's low bits once it is complete.
#[inline(never)]
pub fn remainder(cx: &mut Context, a: u128, b: u128, nearest: bool) -> (u128, Option<u64>) {
    let f = EXTENDED;
    let [x, y] = match cx.operands([a, b]) {
        Ok(numbers) => numbers,
        Err(nan) => return (nan, Some(0)),
    };
    if x.class == Class::Infinity || y.class == Class::Zero {
        return (cx.invalid(f), Some(0));
    }
    cx.note_denormals(&[x, y]);
    let Class::Finite { exp: ea, mant: ma } = x.class else { return (a, Some(0)) };
    let (eb, mb) = match y.class {
        Class::Finite { exp, mant } => (exp, mant),
        // Of infinity nothing fits, and the number stays as it is, rounded as it may be too small.
        _ => (i32::MAX, 1 << 63),
    };
    // Too much for one time: as many bits as AMD's manual names (APM vol. 5, FPREM); the SDM says 32 to 63.
    let apart = ea.saturating_sub(eb);
    let complete = apart < 64;
    let eb = if complete { eb } else { ea - (32 + apart % 32) };
    let d = divide((ea, ma.into()), (eb, mb.into()), nearest && complete);
    let sign = x.sign != d.negative;
    let up = d.rest.leading_zeros();
    let bits = if d.rest == 0 { f.zero(x.sign) } else { cx.round(f, 64, sign, d.exp + 64 - up as i32, d.rest << up) };
    (bits, complete.then_some(d.quotient))
}

/// FSCALE: `a` times two to the integer part of `b`.
#[inline(never)]
pub fn scale(cx: &mut Context, a: u128, b: u128) -> u128 {
    let f = EXTENDED;
    let [x, y] = match cx.operands([a, b]) {
        Ok(numbers) => numbers,
        Err(nan) => return nan,
    };
    match (x.class, y.class) {
        (Class::Infinity, Class::Infinity) if y.sign => return cx.invalid(f),
        (Class::Zero, Class::Infinity) if !y.sign => return cx.invalid(f),
        _ => cx.note_denormals(&[x, y]),
    }
    let Class::Finite { exp, mant } = x.class else { return a };
    // Beyond this everything overflows or underflows, an unmasked exception's adjusted exponent, too.
    const MOST: i32 = 1 << 17;
    let by = match y.class {
        Class::Infinity if y.sign => return f.zero(x.sign),
        Class::Infinity => return f.infinity(x.sign),
        Class::Finite { exp, .. } if exp < 0 => 0,
        Class::Finite { exp, mant } if exp < 17 => (mant >> (63 - exp)) as i32,
        Class::Finite { .. } => MOST,
        _ => 0,
    };
    cx.round(f, 64, x.sign, exp + if y.sign { -by } else { by }, u128::from(mant) << 64)
}

/// FXTRACT: the exponent as a number, and the significand with an exponent of 0.
#[inline(never)]
pub fn extract(cx: &mut Context, a: u128) -> (u128, u128) {
    let f = EXTENDED;
    let [x] = match cx.operands([a]) {
        Ok(numbers) => numbers,
        Err(nan) => return (nan, nan),
    };
    cx.note_denormals(&[x]);
    match x.class {
        Class::Zero => {
            cx.raise(DIVIDE);
            (f.infinity(true), a)
        }
        Class::Finite { exp, mant } => {
            let exponent = from_signed(cx, f, exp.into());
            (exponent, cx.round(f, 64, x.sign, 0, u128::from(mant) << 64))
        }
        _ => (f.infinity(false), a),
    }
}

const DIGITS: u32 = 18;
const DECIMAL_SIGN: u128 = 1 << 79;
/// "Packed BCD indefinite" (SDM vol. 1, "Packed Decimal Indefinite").
const DECIMAL_INDEFINITE: u128 = 0xffff_c000_0000_0000_0000;

/// FBLD. A digit above 9, which the SDM leaves undefined, counts what it says.
#[inline(never)]
pub fn from_decimal(cx: &mut Context, decimal: u128) -> u128 {
    let digit = |n: u32| (decimal >> (4 * n)) as i64 & 15;
    let value = (0..DIGITS).rev().fold(0, |value, n| value * 10 + digit(n));
    from_signed(cx, EXTENDED, value) | decimal & DECIMAL_SIGN
}

/// FBSTP.
#[inline(never)]
pub fn to_decimal(cx: &mut Context, a: u128) -> u128 {
    let sign = a >> 79 & 1 != 0;
    let before = cx.flags;
    let whole = to_integer(cx, EXTENDED, a, 8, cx.rounding).map(i64::unsigned_abs);
    let Some(mut rest) = whole.filter(|whole| *whole < 10u64.pow(DIGITS)) else {
        (cx.flags, cx.rounded_up) = (before | INVALID, false);
        return DECIMAL_INDEFINITE;
    };
    let mut decimal = if sign { DECIMAL_SIGN } else { 0 };
    for n in 0..DIGITS {
        decimal |= u128::from(rest % 10) << (4 * n);
        rest /= 10;
    }
    decimal
}
