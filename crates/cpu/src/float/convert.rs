//! Between formats, and between floating point and integers.

use super::exception::*;
use super::round::shift_jamming;
use super::{Class, Context, Format, Rounding, quiet_nan};

/// `bits` of format `from` in format `to`.
pub fn to_float(cx: &mut Context, from: Format, to: Format, bits: u128) -> u128 {
    let n = cx.unpack(from, bits);
    cx.note_denormals(&[n]);
    match n.class {
        Class::Zero => to.zero(n.sign),
        Class::Infinity => to.infinity(n.sign),
        Class::Nan { mant, signaling } => {
            if signaling {
                cx.raise(INVALID);
            }
            quiet_nan(to, n.sign, mant)
        }
        Class::Finite { exp, mant } => cx.round(to, to.precision, n.sign, exp, u128::from(mant) << 64),
    }
}

pub fn from_signed(cx: &mut Context, to: Format, value: i64) -> u128 {
    if value == 0 {
        return to.zero(false);
    }
    let magnitude = value.unsigned_abs();
    let up = magnitude.leading_zeros();
    cx.round(to, to.precision, value < 0, 63 - up as i32, u128::from(magnitude << up) << 64)
}

/// The integer nearest to a number, in `size` bytes; `None`: not representable (INVALID is set).
pub(super) fn to_integer(cx: &mut Context, from: Format, bits: u128, size: u32, rounding: Rounding) -> Option<i64> {
    cx.rounded_up = false;
    let n = cx.unpack(from, bits);
    let (exp, mant) = match n.class {
        Class::Zero => return Some(0),
        Class::Finite { exp, mant } if exp < 64 => (exp, mant),
        _ => {
            cx.raise(INVALID);
            return None;
        }
    };
    // Integer part in the upper half, fraction in the lower.
    let fixed = shift_jamming(u128::from(mant) << 64, (63 - exp) as u32);
    let (whole, rest) = ((fixed >> 64) as u64, fixed << 64);
    let goes_up = Context { rounding, ..*cx }.rounds_up(n.sign, whole & 1 != 0, rest);
    let whole = i128::from(whole) + i128::from(goes_up);
    let value = if n.sign { -whole } else { whole };
    let limit = 1i128 << (size * 8 - 1);
    if !(-limit..limit).contains(&value) {
        cx.raise(INVALID);
        return None;
    }
    if rest != 0 {
        cx.raise(PRECISION);
    }
    cx.rounded_up = goes_up;
    Some(value as i64)
}

/// As [`to_integer`], with the "integer indefinite" where nothing fits.
pub fn to_signed(cx: &mut Context, from: Format, bits: u128, size: u32, rounding: Rounding) -> i64 {
    to_integer(cx, from, bits, size, rounding).unwrap_or(i64::MIN >> (64 - size * 8))
}
