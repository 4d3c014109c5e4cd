//! Against the host's own arithmetic, which rounds to nearest.

use super::convert::to_integer;
use super::exception::*;
use super::*;

/// Values with their corners: zeros, infinities, NaNs, denormals, neighbours of powers of two.
fn value(seed: &mut u64) -> u64 {
    let mut next = || {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        seed.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let (sign, raw) = (next() & 1 << 63, next());
    sign | match next() >> 60 {
        0 => 0,
        1 => 0x7ff << 52,
        2 => 0x7ff << 52 | 1 << (raw % 52),
        3 => raw >> 12,
        4 => (raw % 0x7ff) << 52,
        5 => (raw % 0x7ff) << 52 | 0xf_ffff_ffff_ffff,
        6 => (raw as i32 as f64).to_bits() & !(1 << 63),
        7..=10 => raw >> 12 | (0x3f0 + raw % 0x20) << 52,
        _ => raw >> 1,
    }
}

fn same(got: u128, expected: f64) -> bool {
    got == u128::from(expected.to_bits()) || expected.is_nan() && f64::from_bits(got as u64).is_nan()
}

#[test]
fn double_arithmetic_gives_the_hosts_bits() {
    let mut seed = 0x1234_5678_9abc_def1;
    for _ in 0..400_000 {
        let (a, b) = (value(&mut seed), value(&mut seed));
        let (x, y) = (f64::from_bits(a), f64::from_bits(b));
        let (a, b) = (u128::from(a), u128::from(b));
        let cx = &mut Context::new(Rounding::Nearest);
        assert!(same(add(cx, DOUBLE, 53, a, b), x + y), "{x:e} + {y:e}");
        assert!(same(sub(cx, DOUBLE, 53, a, b), x - y), "{x:e} - {y:e}");
        assert!(same(mul(cx, DOUBLE, 53, a, b), x * y), "{x:e} * {y:e}");
        assert!(same(div(cx, DOUBLE, 53, a, b), x / y), "{x:e} / {y:e}");
        assert!(same(sqrt(cx, DOUBLE, DOUBLE.precision, a), x.sqrt()), "sqrt {x:e}");
        let narrow = to_float(cx, DOUBLE, SINGLE, a) as u32;
        assert!(narrow == (x as f32).to_bits() || x.is_nan(), "{x:e} as f32");
        let order = match x.partial_cmp(&y) {
            None => Order::Unordered,
            Some(std::cmp::Ordering::Less) => Order::Less,
            Some(std::cmp::Ordering::Equal) => Order::Equal,
            Some(_) => Order::Greater,
        };
        assert_eq!(compare(cx, DOUBLE, a, b, true), order);
        if let Some(whole) = to_integer(cx, DOUBLE, a, 8, Rounding::Zero) {
            assert_eq!(whole, x as i64);
        } else {
            assert!(!(-9.3e18..9.3e18).contains(&x) || x.abs() >= 9.2e18);
        }
    }
}

#[test]
fn single_arithmetic_gives_the_hosts_bits() {
    let mut seed = 0x8765_4321_1234_5677;
    for _ in 0..400_000 {
        let single = |v: u64| (v >> 32) as u32;
        let (a, b) = (single(value(&mut seed)), single(value(&mut seed)));
        let (x, y) = (f32::from_bits(a), f32::from_bits(b));
        let same = |got: u128, expected: f32| got == u128::from(expected.to_bits()) || expected.is_nan();
        let (a, b) = (u128::from(a), u128::from(b));
        let cx = &mut Context::new(Rounding::Nearest);
        assert!(same(add(cx, SINGLE, 24, a, b), x + y), "{x:e} + {y:e}");
        assert!(same(mul(cx, SINGLE, 24, a, b), x * y), "{x:e} * {y:e}");
        assert!(same(div(cx, SINGLE, 24, a, b), x / y), "{x:e} / {y:e}");
        assert!(same(sqrt(cx, SINGLE, SINGLE.precision, a), x.sqrt()), "sqrt {x:e}");
        assert!(x.is_nan() || to_float(cx, SINGLE, DOUBLE, a) as u64 == f64::from(x).to_bits());
    }
}

#[test]
fn integers_and_extended_numbers_convert_without_loss() {
    let mut seed = 99;
    for _ in 0..100_000 {
        let v = value(&mut seed);
        let cx = &mut Context::new(Rounding::Nearest);
        let wide = from_signed(cx, EXTENDED, v as i64);
        assert_eq!(to_integer(cx, EXTENDED, wide, 8, Rounding::Nearest), Some(v as i64));
        assert_eq!(from_signed(cx, DOUBLE, v as i64) as u64, (v as i64 as f64).to_bits());
        let x = f64::from_bits(v);
        if !x.is_nan() {
            let wide = to_float(cx, DOUBLE, EXTENDED, v.into());
            assert_eq!(to_float(cx, EXTENDED, DOUBLE, wide) as u64, v);
        }
    }
}

#[test]
fn each_exception_is_told() {
    let one = |f: f64| u128::from(f.to_bits());
    let flags = |op: fn(&mut Context, Format, u32, u128, u128) -> u128, a: f64, b: f64| {
        let mut cx = Context::new(Rounding::Nearest);
        op(&mut cx, DOUBLE, 53, one(a), one(b));
        cx.flags
    };
    assert_eq!(flags(add, 1.0, 2.0), 0);
    assert_eq!(flags(add, 1.0, 1e-30), PRECISION);
    assert_eq!(flags(sub, f64::INFINITY, f64::INFINITY), INVALID);
    assert_eq!(flags(div, 1.0, 0.0), DIVIDE);
    assert_eq!(flags(div, 0.0, 0.0), INVALID);
    assert_eq!(flags(mul, 1e300, 1e300), OVERFLOW | PRECISION);
    assert_eq!(flags(mul, 1e-300, 1e-300), UNDERFLOW | PRECISION);
    assert_eq!(flags(add, 5e-324, 0.0), DENORMAL);
    assert_eq!(flags(mul, f64::from_bits(0x7ff0_0000_0000_0001), 0.0), INVALID);
}

#[test]
fn directed_rounding_brackets_the_exact_result() {
    let (a, b) = (u128::from(1f64.to_bits()), u128::from(3f64.to_bits()));
    let third = |r| div(&mut Context::new(r), DOUBLE, 53, a, b) as u64;
    assert_eq!(third(Rounding::Nearest), (1f64 / 3.0).to_bits());
    assert_eq!(third(Rounding::Up), third(Rounding::Down) + 1);
    assert_eq!(third(Rounding::Zero), third(Rounding::Down));
}
