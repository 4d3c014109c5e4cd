//! The transcendental functions against values that mpmath 1.3 calculated (`tests/functions.py`). FUNCTIONS names a longer
//! table.

use super::exception::*;
use super::*;

fn calculate(cx: &mut Context, name: &str, st0: u128, st1: u128) -> u128 {
    let angle = |cx: &mut Context, f| trigonometric(cx, f, st0).expect("in range");
    match name {
        "fsin" => angle(cx, Function::Sine),
        "fcos" => angle(cx, Function::Cosine),
        "fptan" => angle(cx, Function::Tangent),
        "f2xm1" => exp2_minus_1(cx, st0),
        "fyl2x" => y_log2_x(cx, st1, st0),
        "fyl2xp1" => y_log2_x_plus_1(cx, st1, st0),
        "fpatan" => arctangent(cx, st1, st0),
        _ => panic!("{name}"),
    }
}

/// Right in the last bit, in all rounding modes, and the flags with it.
#[test]
fn each_function_gives_the_bits_that_mpmath_has() {
    let table = std::env::var("FUNCTIONS").map(|path| std::fs::read_to_string(path).expect("a table"));
    let mut rows = 0;
    for row in table.as_deref().unwrap_or(include_str!("../../tests/functions.txt")).lines() {
        let fields: Vec<&str> = row.split(' ').collect();
        let number = |i: usize| u128::from_str_radix(fields[i], 16).expect("80 bits");
        let (st0, st1, short, near) = (number(1), number(2), number(3), number(4));
        let negative = short >> 79 != 0;
        for rounding in [Rounding::Nearest, Rounding::Down, Rounding::Up, Rounding::Zero] {
            let away = match rounding {
                Rounding::Nearest => near != short,
                Rounding::Down => negative,
                Rounding::Up => !negative,
                Rounding::Zero => false,
            };
            // A significand of all ones goes on as the next power of two.
            let beyond = if short as u64 == u64::MAX { short + 1 | 1 << 63 } else { short + 1 };
            let mut cx = Context::new(rounding);
            let got = calculate(&mut cx, fields[0], st0, st1);
            let expected = if away { beyond } else { short };
            assert!(got == expected, "{row}, {rounding:?}: {got:020x}, not {expected:020x}");
            assert_eq!(cx.rounded_up, away, "{row}, {rounding:?}");
            assert_eq!(cx.flags & (PRECISION | INVALID | DIVIDE | OVERFLOW), PRECISION, "{row}, {rounding:?}");
        }
        rows += 1;
    }
    assert!(rows >= 200, "{rows}");
}
