//! Sum, product, quotient, square root, comparison.

use super::convert::{from_signed, to_signed};
use super::exception::*;
use super::round::shift_jamming;
use super::{Class, Context, Format, Number, Rounding};

/// What comparing two numbers gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Less,
    Equal,
    Greater,
    Unordered,
}

pub fn add(cx: &mut Context, f: Format, precision: u32, a: u128, b: u128) -> u128 {
    sum(cx, f, precision, a, b, false)
}

pub fn sub(cx: &mut Context, f: Format, precision: u32, a: u128, b: u128) -> u128 {
    sum(cx, f, precision, a, b, true)
}

fn sum(cx: &mut Context, f: Format, precision: u32, a: u128, b: u128, negate: bool) -> u128 {
    let (a, b) = (cx.unpack(f, a), cx.unpack(f, b));
    if let Some(nan) = cx.nan(f, &[a, b]) {
        return nan;
    }
    let b = Number { sign: b.sign != negate, ..b };
    if a.class == Class::Infinity && b.class == Class::Infinity && a.sign != b.sign {
        return cx.invalid(f);
    }
    cx.note_denormals(&[a, b]);
    match (a.class, b.class) {
        (Class::Infinity, _) => f.infinity(a.sign),
        (_, Class::Infinity) => f.infinity(b.sign),
        (Class::Zero, Class::Zero) if a.sign == b.sign => f.zero(a.sign),
        (Class::Zero, Class::Zero) => f.zero(cx.rounding == Rounding::Down),
        (Class::Finite { exp, mant }, Class::Zero) => cx.round(f, precision, a.sign, exp, u128::from(mant) << 64),
        (Class::Zero, Class::Finite { exp, mant }) => cx.round(f, precision, b.sign, exp, u128::from(mant) << 64),
        (Class::Finite { exp: ea, mant: ma }, Class::Finite { exp: eb, mant: mb }) => {
            // The larger magnitude first; one bit of room for the carry.
            let ((sign, exp, large), (other, lower, small)) = if (ea, ma) >= (eb, mb) {
                ((a.sign, ea, ma), (b.sign, eb, mb))
            } else {
                ((b.sign, eb, mb), (a.sign, ea, ma))
            };
            let large = u128::from(large) << 63;
            let small = shift_jamming(u128::from(small) << 63, (exp - lower) as u32);
            let total = if sign == other { large + small } else { large - small };
            if total == 0 {
                return f.zero(cx.rounding == Rounding::Down);
            }
            let up = total.leading_zeros();
            cx.round(f, precision, sign, exp + 1 - up as i32, total << up)
        }
        // NaNs were answered above.
        (Class::Nan { .. }, _) | (_, Class::Nan { .. }) => f.indefinite(),
    }
}

pub fn mul(cx: &mut Context, f: Format, precision: u32, a: u128, b: u128) -> u128 {
    let (a, b) = (cx.unpack(f, a), cx.unpack(f, b));
    if let Some(nan) = cx.nan(f, &[a, b]) {
        return nan;
    }
    let sign = a.sign != b.sign;
    if matches!((a.class, b.class), (Class::Infinity, Class::Zero) | (Class::Zero, Class::Infinity)) {
        return cx.invalid(f);
    }
    cx.note_denormals(&[a, b]);
    match (a.class, b.class) {
        (Class::Finite { exp: ea, mant: ma }, Class::Finite { exp: eb, mant: mb }) => {
            let product = u128::from(ma) * u128::from(mb);
            let up = product.leading_zeros();
            cx.round(f, precision, sign, ea + eb + 1 - up as i32, product << up)
        }
        (Class::Infinity, _) | (_, Class::Infinity) => f.infinity(sign),
        _ => f.zero(sign),
    }
}

pub fn div(cx: &mut Context, f: Format, precision: u32, a: u128, b: u128) -> u128 {
    let (a, b) = (cx.unpack(f, a), cx.unpack(f, b));
    if let Some(nan) = cx.nan(f, &[a, b]) {
        return nan;
    }
    let sign = a.sign != b.sign;
    if matches!((a.class, b.class), (Class::Infinity, Class::Infinity) | (Class::Zero, Class::Zero)) {
        return cx.invalid(f);
    }
    if matches!((a.class, b.class), (Class::Finite { .. }, Class::Zero)) {
        cx.raise(DIVIDE);
        return f.infinity(sign);
    }
    cx.note_denormals(&[a, b]);
    match (a.class, b.class) {
        (Class::Finite { exp: ea, mant: ma }, Class::Finite { exp: eb, mant: mb }) => {
            let (numerator, divisor) = (u128::from(ma) << 63, u128::from(mb));
            // Two digits of base 2^64: more than any format keeps.
            let (high, rest) = (numerator / divisor, numerator % divisor);
            let (low, rest) = ((rest << 64) / divisor, (rest << 64) % divisor);
            let quotient = high << 64 | low;
            let up = quotient.leading_zeros();
            // A quotient of 1 has its bit at 63 + 64.
            cx.round(f, precision, sign, ea - eb - up as i32, quotient << up | u128::from(rest != 0))
        }
        (Class::Infinity, _) => f.infinity(sign),
        _ => f.zero(sign),
    }
}

pub fn sqrt(cx: &mut Context, f: Format, precision: u32, a: u128) -> u128 {
    let a = cx.unpack(f, a);
    if let Some(nan) = cx.nan(f, &[a]) {
        return nan;
    }
    match a.class {
        Class::Zero => f.zero(a.sign),
        _ if a.sign => cx.invalid(f),
        Class::Finite { exp, mant } => {
            cx.note_denormals(&[a]);
            // An even exponent, and the significand below 2^128.
            let wide = u128::from(mant) << (63 + (exp & 1));
            let root = wide.isqrt();
            // 64 bits of root; what is left tells whether it is more than half of the next.
            let rest = wide - root * root;
            let half = u128::from(rest > root) << 63;
            cx.round(f, precision, false, exp >> 1, root << 64 | half | u128::from(rest != 0))
        }
        _ => f.infinity(false),
    }
}

/// `quiet`: a quiet NaN is no invalid operand (UCOMISD, CMPEQPD and their like).
pub fn compare(cx: &mut Context, f: Format, a: u128, b: u128, quiet: bool) -> Order {
    let (a, b) = (cx.unpack(f, a), cx.unpack(f, b));
    let nans = [a, b].map(|n| match n.class {
        Class::Nan { signaling, .. } => Some(signaling),
        _ => None,
    });
    if nans.iter().any(Option::is_some) {
        if !quiet || nans.contains(&Some(true)) {
            cx.raise(INVALID);
        }
        return Order::Unordered;
    }
    cx.note_denormals(&[a, b]);
    // Key: sign and magnitude as a tuple that orders like the numbers.
    let magnitude = |n: Number| match n.class {
        Class::Finite { exp, mant } => (1, exp, mant),
        Class::Infinity => (2, 0, 0),
        _ => (0, 0, 0),
    };
    let (ma, mb) = (magnitude(a), magnitude(b));
    let order = match (ma == (0, 0, 0) && mb == (0, 0, 0), a.sign, b.sign) {
        (true, _, _) => return Order::Equal,
        (_, false, false) => ma.cmp(&mb),
        (_, true, true) => mb.cmp(&ma),
        (_, true, false) => return Order::Less,
        (_, false, true) => return Order::Greater,
    };
    match order {
        std::cmp::Ordering::Less => Order::Less,
        std::cmp::Ordering::Equal => Order::Equal,
        std::cmp::Ordering::Greater => Order::Greater,
    }
}

/// FRNDINT: to an integer in the same format.
pub fn round_to_integer(cx: &mut Context, f: Format, a: u128) -> u128 {
    let n = cx.unpack(f, a);
    if let Some(nan) = cx.nan(f, &[n]) {
        return nan;
    }
    match n.class {
        // From 2^63 on there is nothing behind the point.
        Class::Finite { exp, .. } if exp < 63 => {
            cx.note_denormals(&[n]);
            let rounding = cx.rounding;
            let whole = to_signed(cx, f, a, 8, rounding);
            let rounded_up = cx.rounded_up;
            let result = if whole == 0 { f.zero(n.sign) } else { from_signed(cx, f, whole) };
            cx.rounded_up = rounded_up;
            result
        }
        _ => a,
    }
}
