//! The transcendental functions of the x87 (SDM vol. 2, F2XM1 to FYL2XP1; vol. 1, "Transcendental Instruction
//! Accuracy"): power series with 128 bits, rounded once, so that the last bit is right but for about one result in
//! 2^50. The SDM asks for an error below one unit of the last bit.
//!
//! Angles are reduced with the π of 66 bits that the SDM names (vol. 1, "Approximation of Pi"). The precision control
//! field has no part in all this. Nothing is inlined, here and in `wide`: what is seldom used is kept small for the page
//! (measured: half the size).

use super::exception::*;
use super::remainder::divide;
use super::wide::Wide;
use super::{Class, Context, EXTENDED, Number};

const LN_2: Wide = Wide::positive(-1, 0xb172_17f7_d1cf_79ab_c9e3_b398_03f2_f6af);
const LOG2_E: Wide = Wide::positive(0, 0xb8aa_3b29_5c17_f0bb_be87_fed0_691d_3e88);
const PI: Wide = Wide::positive(1, 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1);
const HALF_PI: Wide = Wide { exp: 0, ..PI };
const QUARTER_PI: Wide = Wide { exp: -1, ..PI };
const ARCTANGENT_OF_HALF: Wide = Wide::positive(-2, 0xed63_382b_0dda_7b45_6fe4_45ec_bc3a_8d03);
const HALF: Wide = Wide::positive(-1, 1 << 127);
/// π/2 as the processor has it: 66 bits, the highest stands for 1.
const HALF_PI_66: u128 = 0x3_243f_6a88_85a3_08d3;
/// The square root of two: between it and its half lies the number whose logarithm is calculated.
const SQRT_2: u64 = 0xb504_f333_f9de_6484;
const ONE: u128 = 0x3fff_8000_0000_0000_0000;

fn wide(sign: bool, exp: i32, mant: u64) -> Wide {
    Wide { sign, exp, mant: u128::from(mant) << 64 }
}

/// Rounds what is known not to be exact.
#[inline(never)]
fn inexact(cx: &mut Context, w: Wide) -> u128 {
    cx.round(EXTENDED, 64, w.sign, w.exp, w.mant | 1)
}

/// 1 + w/(n(n+1)) (1 + w/((n+2)(n+3)) (1 + …)): sine from n = 2, cosine from n = 1, with w = -x².
#[inline(never)]
fn factorials(w: Wide, n: u32) -> Wide {
    (0..18).rev().map(|k| n + 2 * k).fold(Wide::ONE, |sum, n| Wide::ONE.plus(w.over_whole(n * (n + 1)).times(sum)))
}

/// 1 + w/3 + w²/5 + …: the arctangent's and the logarithm's series over their argument.
#[inline(never)]
fn odd_parts(w: Wide) -> Wide {
    (0..33).rev().fold(Wide::ONE.over_whole(67), |sum, n| Wide::ONE.over_whole(2 * n + 1).plus(w.times(sum)))
}

#[inline(never)]
fn square(x: Wide) -> Wide {
    x.times(x)
}

/// F2XM1. Beyond ±1, where the SDM leaves the result undefined, the operand counts as invalid.
#[inline(never)]
pub fn exp2_minus_1(cx: &mut Context, a: u128) -> u128 {
    let [n] = match cx.operands([a]) {
        Ok(numbers) => numbers,
        Err(nan) => return nan,
    };
    match n.class {
        Class::Zero => a,
        Class::Finite { exp: 0, mant } if mant == 1 << 63 => a - u128::from(n.sign) * (1 << 64),
        Class::Finite { exp, mant } if exp < 0 => {
            cx.note_denormals(&[n]);
            let y = wide(n.sign, exp, mant).times(LN_2);
            let sum = (2..=33).rev().fold(Wide::ONE, |sum, n| Wide::ONE.plus(y.over_whole(n).times(sum)));
            inexact(cx, y.times(sum))
        }
        _ => cx.invalid(EXTENDED),
    }
}

/// The binary logarithm of 1 + t, which lies between the square roots of 1/2 and 2.
#[inline(never)]
fn log2_beside_1(t: Wide) -> Wide {
    let z = t.over(Wide::TWO.plus(t));
    let sum = z.times(odd_parts(square(z))).times(LOG2_E);
    Wide { exp: sum.exp + 1, ..sum }
}

/// The binary logarithm of a positive number, and whether it is exact.
#[inline(never)]
fn log2(exp: i32, mant: u64) -> (Wide, bool) {
    let up = i32::from(mant > SQRT_2);
    let whole = Wide::whole(exp + up);
    let beyond_1 = wide(false, -up, mant).plus(Wide::ONE.negate());
    if beyond_1.mant == 0 { (whole, true) } else { (whole.plus(log2_beside_1(beyond_1)), false) }
}

/// FYL2X: `y` times the binary logarithm of `x`.
#[inline(never)]
pub fn y_log2_x(cx: &mut Context, y: u128, x: u128) -> u128 {
    let [ny, nx] = match cx.operands([y, x]) {
        Ok(numbers) => numbers,
        Err(nan) => return nan,
    };
    if nx.sign && nx.class != Class::Zero {
        return cx.invalid(EXTENDED);
    }
    let logarithm = match nx.class {
        Class::Zero if matches!(ny.class, Class::Finite { .. }) => {
            cx.raise(DIVIDE);
            return EXTENDED.infinity(!ny.sign);
        }
        Class::Zero => return product(cx, ny, Number { sign: true, class: Class::Infinity, denormal: false }),
        Class::Finite { exp, mant } => log2(exp, mant),
        _ => return product(cx, ny, nx),
    };
    cx.note_denormals(&[ny, nx]);
    times_logarithm(cx, ny, logarithm)
}

/// FYL2XP1: `y` times the binary logarithm of `x` + 1. Where the SDM leaves the result undefined (`x` beyond ±(1 - √½)),
/// it is calculated up to the square root of two less 1, and the operand counts as invalid further on.
#[inline(never)]
pub fn y_log2_x_plus_1(cx: &mut Context, y: u128, x: u128) -> u128 {
    let [ny, nx] = match cx.operands([y, x]) {
        Ok(numbers) => numbers,
        Err(nan) => return nan,
    };
    // 1 - √½, √2 - 1
    let most = if nx.sign { 0x95f6_1998_0c43_36f7 } else { 0xd413_cccf_e779_9211 };
    match nx.class {
        Class::Zero => product(cx, ny, nx),
        Class::Finite { exp, mant } if (exp, mant) <= (-2, most) => {
            cx.note_denormals(&[ny, nx]);
            times_logarithm(cx, ny, (log2_beside_1(wide(nx.sign, exp, mant)), false))
        }
        _ => cx.invalid(EXTENDED),
    }
}

#[inline(never)]
fn times_logarithm(cx: &mut Context, y: Number, (logarithm, exact): (Wide, bool)) -> u128 {
    let Class::Finite { exp, mant } = y.class else {
        let class = if logarithm.mant == 0 { Class::Zero } else { Class::Finite { exp: 0, mant: 1 << 63 } };
        return product(cx, y, Number { sign: logarithm.sign, class, denormal: false });
    };
    let result = wide(y.sign, exp, mant).times(logarithm);
    if result.mant == 0 {
        return EXTENDED.zero(result.sign);
    }
    cx.round(EXTENDED, 64, result.sign, result.exp, result.mant | u128::from(!exact))
}

/// A product in which one factor is 0 or infinite.
#[inline(never)]
fn product(cx: &mut Context, a: Number, b: Number) -> u128 {
    let is = |class: Class| a.class == class || b.class == class;
    let sign = a.sign != b.sign;
    match (is(Class::Zero), is(Class::Infinity)) {
        (true, true) => return cx.invalid(EXTENDED),
        _ => cx.note_denormals(&[a, b]),
    }
    if is(Class::Zero) { EXTENDED.zero(sign) } else { EXTENDED.infinity(sign) }
}

/// The arctangent of a number from 0 to 1.
#[inline(never)]
fn arctangent_to_1(t: Wide) -> Wide {
    // Near 1/2 and 1 from there: atan t = atan c + atan ((t - c) / (1 + t c)).
    if t.exp < -2 {
        return t.times(odd_parts(square(t).negate()));
    }
    let below_three_quarters = (t.exp, t.mant) < (-1, 3 << 126);
    let (c, at_c) = if below_three_quarters { (HALF, ARCTANGENT_OF_HALF) } else { (Wide::ONE, QUARTER_PI) };
    let distance = t.plus(c.negate());
    if distance.mant == 0 {
        return at_c;
    }
    let u = distance.over(Wide::ONE.plus(t.times(c)));
    at_c.plus(u.times(odd_parts(square(u).negate())))
}

/// FPATAN: the angle of the point (`x`, `y`).
#[inline(never)]
pub fn arctangent(cx: &mut Context, y: u128, x: u128) -> u128 {
    let [ny, nx] = match cx.operands([y, x]) {
        Ok(numbers) => numbers,
        Err(nan) => return nan,
    };
    cx.note_denormals(&[ny, nx]);
    let angle = match (ny.class, nx.class) {
        (Class::Zero, _) | (Class::Finite { .. }, Class::Infinity) if !nx.sign => return EXTENDED.zero(ny.sign),
        (Class::Zero, _) | (Class::Finite { .. }, Class::Infinity) => PI,
        (Class::Infinity, Class::Infinity) if nx.sign => HALF_PI.plus(QUARTER_PI),
        (Class::Infinity, Class::Infinity) => QUARTER_PI,
        (Class::Finite { exp: ey, mant: my }, Class::Finite { exp: ex, mant: mx }) => {
            let (a, b) = (wide(false, ey, my), wide(false, ex, mx));
            let steep = (ey, my) > (ex, mx);
            let angle = arctangent_to_1(if steep { b.over(a) } else { a.over(b) });
            let angle = if steep { HALF_PI.plus(angle.negate()) } else { angle };
            if nx.sign { PI.plus(angle.negate()) } else { angle }
        }
        _ => HALF_PI,
    };
    inexact(cx, Wide { sign: ny.sign, ..angle })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Sine,
    Cosine,
    Tangent,
}

/// FSIN, FCOS, FPTAN; `None`: the operand is 2^63 or more.
#[inline(never)]
pub fn trigonometric(cx: &mut Context, f: Function, a: u128) -> Option<u128> {
    let [n] = match cx.operands([a]) {
        Ok(numbers) => numbers,
        Err(nan) => return Some(nan),
    };
    let (exp, mant) = match n.class {
        Class::Zero => return Some(if f == Function::Cosine { ONE } else { a }),
        Class::Finite { exp, mant } if exp < 63 => (exp, mant),
        Class::Finite { .. } => return None,
        _ => return Some(cx.invalid(EXTENDED)),
    };
    cx.note_denormals(&[n]);
    // The nearest multiple of π/2, and how far from it; never 0, since no multiple has 64 bits.
    let d = divide((exp, u128::from(mant) << 2), (0, HALF_PI_66), true);
    let r = Wide::normal(d.negative, d.exp + 62, d.rest);
    let value = match f {
        Function::Sine => sine(r, d.quotient),
        Function::Cosine => sine(r, d.quotient + 1),
        Function::Tangent if d.quotient & 1 != 0 => sine(r, 1).over(sine(r, 0)).negate(),
        // The two would be too near to what they are rounded to for the quotient to lie on the right side.
        Function::Tangent if r.exp < -40 => r.times(Wide::ONE.plus(square(r).over_whole(3))),
        Function::Tangent => sine(r, 0).over(sine(r, 1)),
    };
    let odd = f != Function::Cosine && n.sign;
    Some(inexact(cx, if odd { value.negate() } else { value }))
}

/// The sine of `r` and so many right angles.
#[inline(never)]
fn sine(r: Wide, right_angles: u64) -> Wide {
    let w = square(r).negate();
    let value = if right_angles & 1 != 0 { factorials(w, 1) } else { r.times(factorials(w, 2)) };
    if right_angles & 2 != 0 { value.negate() } else { value }
}
