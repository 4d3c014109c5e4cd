//! Floating-point arithmetic and conversions, packed and scalar.

use crate::float::{self, Context, DOUBLE, Format, Order, Rounding, SINGLE};
use iced_x86::Mnemonic;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Sqrt,
    Compare,
    /// 1/x and 1/√x: silicon approximates (relative error up to 1.5 · 2⁻¹²), this is exact.
    Reciprocal,
    ReciprocalRoot,
}

/// Operation, format, and whether only the lowest lane takes part.
#[rustfmt::skip]
fn operation(m: Mnemonic) -> Option<(Operation, Format, bool)> {
    use Mnemonic::*;
    use Operation as Op;
    Some(match m {
        Addps => (Op::Add, SINGLE, false), Addpd => (Op::Add, DOUBLE, false), Addss => (Op::Add, SINGLE, true), Addsd => (Op::Add, DOUBLE, true),
        Subps => (Op::Sub, SINGLE, false), Subpd => (Op::Sub, DOUBLE, false), Subss => (Op::Sub, SINGLE, true), Subsd => (Op::Sub, DOUBLE, true),
        Mulps => (Op::Mul, SINGLE, false), Mulpd => (Op::Mul, DOUBLE, false), Mulss => (Op::Mul, SINGLE, true), Mulsd => (Op::Mul, DOUBLE, true),
        Divps => (Op::Div, SINGLE, false), Divpd => (Op::Div, DOUBLE, false), Divss => (Op::Div, SINGLE, true), Divsd => (Op::Div, DOUBLE, true),
        Minps => (Op::Min, SINGLE, false), Minpd => (Op::Min, DOUBLE, false), Minss => (Op::Min, SINGLE, true), Minsd => (Op::Min, DOUBLE, true),
        Maxps => (Op::Max, SINGLE, false), Maxpd => (Op::Max, DOUBLE, false), Maxss => (Op::Max, SINGLE, true), Maxsd => (Op::Max, DOUBLE, true),
        Sqrtps => (Op::Sqrt, SINGLE, false), Sqrtpd => (Op::Sqrt, DOUBLE, false), Sqrtss => (Op::Sqrt, SINGLE, true), Sqrtsd => (Op::Sqrt, DOUBLE, true),
        Cmpps => (Op::Compare, SINGLE, false), Cmppd => (Op::Compare, DOUBLE, false), Cmpss => (Op::Compare, SINGLE, true), Cmpsd => (Op::Compare, DOUBLE, true),
        Rcpps => (Op::Reciprocal, SINGLE, false), Rcpss => (Op::Reciprocal, SINGLE, true),
        Rsqrtps => (Op::ReciprocalRoot, SINGLE, false), Rsqrtss => (Op::ReciprocalRoot, SINGLE, true),
        _ => return None,
    })
}

fn bits(format: Format) -> u32 {
    if format == SINGLE { 32 } else { 64 }
}

fn lane(v: u128, width: u32, i: u32) -> u128 {
    v >> (i * width) & (u128::MAX >> (128 - width))
}

/// The result of `m`, or `None` if it isn't of this family.
pub fn arithmetic(cx: &mut Context, m: Mnemonic, a: u128, b: u128, imm: u8) -> Option<u128> {
    let Some((op, format, scalar)) = operation(m) else { return convert(cx, m, a, b) };
    let width = bits(format);
    let count = if scalar { 1 } else { 128 / width };
    let kept = if scalar { a & u128::MAX << width } else { 0 };
    Some((0..count).fold(kept, |out, i| {
        let value = one(cx, op, format, lane(a, width, i), lane(b, width, i), imm);
        out | value << (i * width)
    }))
}

fn one(cx: &mut Context, op: Operation, f: Format, a: u128, b: u128, imm: u8) -> u128 {
    let p = f.precision;
    match op {
        Operation::Add => float::add(cx, f, p, a, b),
        Operation::Sub => float::sub(cx, f, p, a, b),
        Operation::Mul => float::mul(cx, f, p, a, b),
        Operation::Div => float::div(cx, f, p, a, b),
        Operation::Sqrt => float::sqrt(cx, f, f.precision, b),
        // The second operand comes out of NaNs and of two zeros.
        Operation::Min => {
            if float::compare(cx, f, a, b, false) == Order::Less {
                a
            } else {
                b
            }
        }
        Operation::Max => {
            if float::compare(cx, f, a, b, false) == Order::Greater {
                a
            } else {
                b
            }
        }
        Operation::Compare => {
            if predicate(cx, f, a, b, imm) {
                u128::MAX >> (128 - bits(f))
            } else {
                0
            }
        }
        Operation::Reciprocal => reciprocal(b),
        Operation::ReciprocalRoot => reciprocal(float::sqrt(&mut approximate(), SINGLE, SINGLE.precision, b)),
    }
}

/// Approximations raise nothing, round to nearest, and know no denormals.
fn approximate() -> Context {
    Context { denormals_are_zero: true, flush_to_zero: true, ..Context::new(Rounding::Nearest) }
}

fn reciprocal(b: u128) -> u128 {
    float::div(&mut approximate(), SINGLE, SINGLE.precision, 0x3f80_0000, b)
}

/// CMPPS and its like: EQ LT LE UNORD NEQ NLT NLE ORD. The orderings mind quiet NaNs, too.
fn predicate(cx: &mut Context, f: Format, a: u128, b: u128, imm: u8) -> bool {
    let quiet = matches!(imm & 3, 0 | 3);
    let order = float::compare(cx, f, a, b, quiet);
    let holds = match imm & 3 {
        0 => order == Order::Equal,
        1 => order == Order::Less,
        2 => matches!(order, Order::Less | Order::Equal),
        _ => order == Order::Unordered,
    };
    holds != (imm & 4 != 0)
}

fn convert(cx: &mut Context, m: Mnemonic, a: u128, b: u128) -> Option<u128> {
    use Mnemonic::*;
    let rounding = cx.rounding;
    let mut each = |count: u32, from: u32, to: u32, f: &mut dyn FnMut(&mut Context, u128) -> u128| {
        (0..count).fold(0, |out, i| out | f(cx, lane(b, from, i)) << (i * to))
    };
    let int = |f: Format, how: Rounding| {
        move |cx: &mut Context, v: u128| u128::from(float::to_signed(cx, f, v, 4, how) as u32)
    };
    let from_int = |f: Format| move |cx: &mut Context, v: u128| float::from_signed(cx, f, i64::from(v as i32));
    let float = |from: Format, to: Format| move |cx: &mut Context, v: u128| float::to_float(cx, from, to, v);
    Some(match m {
        Cvtps2pd => each(2, 32, 64, &mut float(SINGLE, DOUBLE)),
        Cvtpd2ps => each(2, 64, 32, &mut float(DOUBLE, SINGLE)),
        Cvtss2sd => a & u128::MAX << 64 | each(1, 32, 64, &mut float(SINGLE, DOUBLE)),
        Cvtsd2ss => a & u128::MAX << 32 | each(1, 64, 32, &mut float(DOUBLE, SINGLE)),
        Cvtdq2ps => each(4, 32, 32, &mut from_int(SINGLE)),
        Cvtdq2pd => each(2, 32, 64, &mut from_int(DOUBLE)),
        Cvtps2dq => each(4, 32, 32, &mut int(SINGLE, rounding)),
        Cvttps2dq => each(4, 32, 32, &mut int(SINGLE, Rounding::Zero)),
        Cvtpd2dq => each(2, 64, 32, &mut int(DOUBLE, rounding)),
        Cvttpd2dq => each(2, 64, 32, &mut int(DOUBLE, Rounding::Zero)),
        _ => return None,
    })
}
