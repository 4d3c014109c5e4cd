//! x87 instructions on ST(0) and ST(1): the SDM's tables of special values, masked and unmasked exceptions, what becomes
//! of the stack, C1; and the pointers to the last instruction. What the functions give elsewhere stands in
//! `src/float/functions_tests.rs`.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{Rig, assemble, assemble_32};
use cpu::{Fpu, SaveStateMap};
use iced_x86::code_asm::*;

const INVALID: u16 = 1;
const DENORMAL: u16 = 2;
const DIVIDE: u16 = 4;
const OVERFLOW: u16 = 8;
const UNDERFLOW: u16 = 16;
const PRECISION: u16 = 32;
const STACK: u16 = 0x40;
const UNMASKED: u16 = 0x8080;
const C0: u16 = 0x100;
const C1: u16 = 0x200;
const C2: u16 = 0x400;
const C3: u16 = 0x4000;

const ONE: u128 = 0x3fff_8000_0000_0000_0000;
const INDEFINITE: u128 = 0xffff_c000_0000_0000_0000;
const INFINITY: u128 = 0x7fff_8000_0000_0000_0000;
const SIGN: u128 = 1 << 79;

const FPREM: [u8; 2] = [0xd9, 0xf8];
const FPREM1: [u8; 2] = [0xd9, 0xf5];
const FSCALE: [u8; 2] = [0xd9, 0xfd];
const FXTRACT: [u8; 2] = [0xd9, 0xf4];
const F2XM1: [u8; 2] = [0xd9, 0xf0];
const FYL2X: [u8; 2] = [0xd9, 0xf1];
const FYL2XP1: [u8; 2] = [0xd9, 0xf9];
const FPTAN: [u8; 2] = [0xd9, 0xf2];
const FPATAN: [u8; 2] = [0xd9, 0xf3];
const FSINCOS: [u8; 2] = [0xd9, 0xfb];
const FSIN: [u8; 2] = [0xd9, 0xfe];
const FCOS: [u8; 2] = [0xd9, 0xff];
const FMUL: [u8; 2] = [0xd8, 0xc9];
const FADD: [u8; 2] = [0xd8, 0xc1];

/// A double as the x87 keeps it.
fn x(value: f64) -> u128 {
    let bits = value.to_bits();
    let (sign, field, fraction) = (bits >> 63, bits >> 52 & 0x7ff, bits << 11 | 1 << 63);
    let above = match (field, value) {
        (_, 0.0) => return u128::from(sign) << 79,
        (0x7ff, _) => 0x7fff,
        _ => field + 16383 - 1023,
    };
    u128::from(sign << 15 | above) << 64 | u128::from(fraction)
}

/// Runs one instruction with all of `st` on the stack, ST(0) first, and CW `control`.
fn run(code: [u8; 2], st: &[u128], control: u16) -> Fpu {
    let mut rig = Rig::long(&code);
    rig.cpu.fpu.initialise();
    rig.cpu.fpu.control = control;
    for (i, value) in (0..).zip(st) {
        rig.cpu.fpu.set_st(i, *value);
    }
    rig.step();
    assert_eq!(rig.cpu.rip, common::CODE + 2, "{code:02x?} ran");
    rig.cpu.fpu
}

fn masked(code: [u8; 2], st: &[u128]) -> Fpu {
    run(code, st, 0x37f)
}

/// What a table's cell says of the result: `*` is an invalid operand, `!` a division by zero.
fn cell(fpu: &Fpu, top: u128, result: u128) -> String {
    let sign = if result & SIGN != 0 { "-" } else { "+" };
    let magnitude = result & !SIGN;
    let value = match magnitude {
        _ if result == INDEFINITE => return "*".into(),
        _ if magnitude > INFINITY => return "NaN".into(),
        1..INFINITY if top == result => "ST0".into(),
        INFINITY => format!("{sign}oo"),
        0 => format!("{sign}0"),
        0x3ffe_c90f_daa2_2168_c235 => format!("{sign}pi/4"),
        0x3fff_c90f_daa2_2168_c235 => format!("{sign}pi/2"),
        0x4000_96cb_e3f9_990e_91a8 => format!("{sign}3pi/4"),
        0x4000_c90f_daa2_2168_c235 => format!("{sign}pi"),
        _ => format!("{sign}F"),
    };
    if fpu.status & DIVIDE != 0 { value + "!" } else { value }
}

/// Runs all pairs of `rows` and `columns` and compares with a table as the SDM prints it.
fn table(code: [u8; 2], rows: &[f64], columns: &[f64], rows_are_st1: bool, result: u8, expected: &[&str]) {
    assert_eq!(expected.len(), rows.len());
    for (row, expected) in rows.iter().zip(expected) {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| {
                let st = if rows_are_st1 { [x(*column), x(*row)] } else { [x(*row), x(*column)] };
                let fpu = masked(code, &st);
                let popped = u16::from(fpu.status & 0x3800 == 0x800);
                assert_eq!(popped, u16::from(result == 1), "{code:02x?} pops");
                let got = fpu.st(0).unwrap();
                let text = cell(&fpu, st[0], got);
                assert_eq!(text == "*", fpu.status & INVALID != 0, "{code:02x?} {st:x?}: {text}");
                text
            })
            .collect();
        assert_eq!(cells.join(" "), *expected, "{code:02x?}, row {row}");
    }
}

const OO: f64 = f64::INFINITY;

/// SDM vol. 2, FPATAN, table "FPATAN Results": ST(1) down, ST(0) across.
#[test]
fn fpatan_knows_the_quadrant_of_every_point() {
    table(
        FPATAN,
        &[-OO, -3.0, -0.0, 0.0, 3.0, OO, f64::NAN],
        &[-OO, -5.0, -0.0, 0.0, 5.0, OO, f64::NAN],
        true,
        1,
        &[
            "-3pi/4 -pi/2 -pi/2 -pi/2 -pi/2 -pi/4 NaN",
            "-pi -F -pi/2 -pi/2 -F -0 NaN",
            "-pi -pi -pi -0 -0 -0 NaN",
            "+pi +pi +pi +0 +0 +0 NaN",
            "+pi +F +pi/2 +pi/2 +F +0 NaN",
            "+3pi/4 +pi/2 +pi/2 +pi/2 +pi/2 +pi/4 NaN",
            "NaN NaN NaN NaN NaN NaN NaN",
        ],
    );
}

/// SDM vol. 2, FYL2X, table "FYL2X Results".
#[test]
fn fyl2x_takes_logarithms_of_what_has_one() {
    table(
        FYL2X,
        &[-OO, -3.0, -0.0, 0.0, 3.0, OO],
        &[-OO, -5.0, -0.0, 0.0, 0.3, 1.0, 5.0, OO, f64::NAN],
        true,
        1,
        &[
            "* * +oo +oo +oo * -oo -oo NaN",
            "* * +oo! +oo! +F -0 -F -oo NaN",
            "* * * * +0 -0 -0 * NaN",
            "* * * * -0 +0 +0 * NaN",
            "* * -oo! -oo! -F +0 +F +oo NaN",
            "* * -oo -oo -oo * +oo +oo NaN",
        ],
    );
}

/// SDM vol. 2, FYL2XP1, table "FYL2XP1 Results".
#[test]
fn fyl2xp1_takes_logarithms_beside_one() {
    table(
        FYL2XP1,
        &[-OO, -3.0, -0.0, 0.0, 3.0, OO],
        &[-0.25, -0.0, 0.0, 0.25, f64::NAN],
        true,
        1,
        &[
            "+oo * * -oo NaN",
            "+F +0 -0 -F NaN",
            "+0 +0 -0 -0 NaN",
            "-0 -0 +0 +0 NaN",
            "-F -0 +0 +F NaN",
            "-oo * * +oo NaN",
        ],
    );
}

/// SDM vol. 2, FSCALE, table "FSCALE Results": ST(0) down, ST(1) across.
#[test]
fn fscale_scales_by_infinity_too() {
    table(
        FSCALE,
        &[-OO, -3.0, -0.0, 0.0, 3.0, OO],
        &[-OO, -2.0, -0.0, 0.0, 2.0, OO, f64::NAN],
        false,
        0,
        &[
            "* -oo -oo -oo -oo -oo NaN",
            "-0 -F ST0 ST0 -F -oo NaN",
            "-0 -0 -0 -0 -0 * NaN",
            "+0 +0 +0 +0 +0 * NaN",
            "+0 +F ST0 ST0 +F +oo NaN",
            "* +oo +oo +oo +oo +oo NaN",
        ],
    );
}

/// SDM vol. 2, FPREM, table "FPREM Results". (It marks finite numbers by zero as #Z; the exceptions named below it have
/// "modulus is 0" as an invalid operand, and no #Z.)
#[test]
fn fprem_leaves_a_remainder_of_the_dividends_sign() {
    table(
        FPREM,
        &[-OO, -3.0, -0.0, 0.0, 3.0, OO],
        &[-OO, -2.0, -0.0, 0.0, 3.0, OO, f64::NAN],
        false,
        0,
        &[
            "* * * * * * NaN",
            "ST0 -F * * -0 ST0 NaN",
            "-0 -0 * * -0 -0 NaN",
            "+0 +0 * * +0 +0 NaN",
            "ST0 +F * * +0 ST0 NaN",
            "* * * * * * NaN",
        ],
    );
}

#[test]
fn the_low_bits_of_the_quotient_stand_in_c0_c3_and_c1() {
    let conditions = |code, a: f64, b: f64| {
        let fpu = masked(code, &[x(a), x(b)]);
        (fpu.st(0).unwrap(), fpu.status & (C0 | C1 | C2 | C3))
    };
    // 17 = 5 * 3 + 2; 5 is C0 and C1. To the nearest, 6 * 3 - 1: C0 and C3.
    assert_eq!(conditions(FPREM, 17.0, 3.0), (x(2.0), C0 | C1));
    assert_eq!(conditions(FPREM1, 17.0, 3.0), (x(-1.0), C0 | C3));
    // A tie goes to the even quotient: 7 / 2 to 4, 5 / 2 to 2.
    assert_eq!(conditions(FPREM1, 7.0, 2.0), (x(-1.0), C0));
    assert_eq!(conditions(FPREM1, 5.0, 2.0), (x(1.0), C3));
    assert_eq!(conditions(FPREM1, 0.75, 1.0), (x(-0.25), C1));
    assert_eq!(conditions(FPREM1, 0.5, 1.0), (x(0.5), 0));
    assert_eq!(conditions(FPREM, -8.0, 3.0), (x(-2.0), C3));
}

/// SDM vol. 2, FPREM: C2 says that the reduction isn't complete, and 32 to 63 bits go at a time.
#[test]
fn a_remainder_of_far_exponents_takes_several_rounds() {
    let (mut dividend, mut rounds) = (x(2f64.powi(1000)), 0);
    let status = loop {
        let fpu = masked(FPREM, &[dividend, x(3.0)]);
        dividend = fpu.st(0).unwrap();
        rounds += 1;
        if fpu.status & C2 == 0 {
            break fpu.status;
        }
        assert_eq!(fpu.status & (C0 | C1 | C3), 0);
    };
    // 4^500 is 1 modulo 3. The quotient, (4^500 - 1) / 3 = …0101b.
    assert_eq!((dividend, status & (C0 | C1 | C3)), (ONE, C0 | C1));
    assert!((1000 / 63..=1000 / 32).contains(&rounds), "{rounds}");
}

#[test]
fn fxtract_takes_a_number_apart() {
    let parts = |value| {
        let fpu = masked(FXTRACT, &[value]);
        (fpu.st(1).unwrap(), fpu.st(0).unwrap(), fpu.status & 0x3f)
    };
    assert_eq!(parts(x(-12.0)), (x(3.0), x(-1.5), 0));
    assert_eq!(parts(1), (x(-16445.0), ONE, DENORMAL));
    assert_eq!(parts(SIGN), (INFINITY | SIGN, SIGN, DIVIDE));
    assert_eq!(parts(INFINITY | SIGN), (INFINITY, INFINITY | SIGN, 0));
    // A signaling NaN becomes quiet.
    assert_eq!(parts(INFINITY | 5), (INFINITY | 1 << 62 | 5, INFINITY | 1 << 62 | 5, INVALID));
    // Division by zero, not masked: nothing changes.
    let fpu = run(FXTRACT, &[0], 0x37b);
    assert_eq!((fpu.st(0), fpu.st(1), fpu.status), (Some(0), None, UNMASKED | DIVIDE));
}

#[test]
fn exact_results_are_exact() {
    let of = |code, a: f64, b: f64| {
        let fpu = masked(code, &[x(a), x(b)]);
        (fpu.st(0).unwrap(), fpu.status & 0x3f)
    };
    assert_eq!(of(F2XM1, 1.0, 0.0), (x(1.0), 0));
    assert_eq!(of(F2XM1, -1.0, 0.0), (x(-0.5), 0));
    assert_eq!(of(F2XM1, -0.0, 0.0), (x(-0.0), 0));
    assert_eq!(of(FYL2X, 0.125, 2.5), (x(-7.5), 0));
    assert_eq!(of(FSIN, -0.0, 0.0), (x(-0.0), 0));
    assert_eq!(of(FCOS, -0.0, 0.0), (x(1.0), 0));
    assert_eq!(of(FSCALE, 0.75, -3.9), (x(0.75 / 8.0), 0));
    assert_eq!(of(FSIN, f64::INFINITY, 0.0), (INDEFINITE, INVALID));
    // The SDM leaves it undefined.
    assert_eq!(of(F2XM1, 1.5, 0.0), (INDEFINITE, INVALID));
}

#[test]
fn angles_of_2_to_the_63_and_more_stay_and_are_told_by_c2() {
    for code in [FSIN, FCOS, FPTAN, FSINCOS] {
        let fpu = masked(code, &[x(-2f64.powi(63))]);
        assert_eq!((fpu.st(0), fpu.st(7), fpu.status), (Some(x(-2f64.powi(63))), None, C2));
        let fpu = masked(code, &[x(2f64.powi(62))]);
        assert_eq!(fpu.status & (C2 | PRECISION | INVALID), PRECISION);
    }
    // π of 66 bits: the sine of the nearest to π with 64 bits is what lies between the two, -2^-64 and no more bits.
    let fpu = masked(FSIN, &[0x4000_c90f_daa2_2168_c235]);
    assert_eq!(fpu.st(0), Some(0xbfbe_8000_0000_0000_0000 + 0x1_0000_0000_0000_0000));
}

#[test]
fn fptan_pushes_a_one_and_fsincos_the_cosine() {
    let fpu = masked(FPTAN, &[x(0.0), x(7.0)]);
    assert_eq!((fpu.st(0), fpu.st(1), fpu.st(2)), (Some(ONE), Some(0), Some(x(7.0))));
    let fpu = masked(FSINCOS, &[x(0.0), x(7.0)]);
    assert_eq!((fpu.st(0), fpu.st(1), fpu.st(2)), (Some(ONE), Some(0), Some(x(7.0))));
}

/// SDM vol. 1, "Stack Overflow or Underflow Exception (#IS)": C1 tells the two apart, masked the result is indefinite.
#[test]
fn empty_registers_and_a_full_stack_are_stack_faults() {
    for code in [FPTAN, FSINCOS, FXTRACT] {
        let fpu = masked(code, &[ONE; 8]);
        assert_eq!((fpu.st(0), fpu.st(1)), (Some(INDEFINITE), Some(INDEFINITE)));
        assert_eq!(fpu.status, INVALID | STACK | C1 | 7 << 11);
        let fpu = run(code, &[ONE; 8], 0x37e);
        assert_eq!((fpu.st(0), fpu.status), (Some(ONE), INVALID | STACK | C1 | UNMASKED));
    }
    for code in [FYL2X, FYL2XP1, FPATAN] {
        let fpu = masked(code, &[ONE]);
        assert_eq!((fpu.st(0), fpu.status), (Some(INDEFINITE), INVALID | STACK | 1 << 11));
    }
    for code in [FPREM, FPREM1, FSCALE] {
        let fpu = masked(code, &[ONE]);
        assert_eq!((fpu.st(0), fpu.status), (Some(INDEFINITE), INVALID | STACK));
    }
    let fpu = run(FPATAN, &[ONE], 0x37e);
    assert_eq!((fpu.st(0), fpu.status), (Some(ONE), INVALID | STACK | UNMASKED));
}

#[test]
fn an_unmasked_exception_of_the_operands_leaves_them_where_they_are() {
    let fpu = run(FYL2X, &[0, x(3.0)], 0x37b);
    assert_eq!((fpu.st(0), fpu.st(1), fpu.status), (Some(0), Some(x(3.0)), DIVIDE | UNMASKED));
    let fpu = run(FPREM, &[INFINITY, ONE], 0x37e);
    assert_eq!((fpu.st(0), fpu.status), (Some(INFINITY), INVALID | UNMASKED));
    let fpu = run(FPTAN, &[1], 0x37d);
    assert_eq!((fpu.st(0), fpu.st(7), fpu.status), (Some(1), None, DENORMAL | UNMASKED));
}

/// SDM vol. 1, "Numeric Overflow Exception (#O)" and "Numeric Underflow Exception (#U)": with a register as the
/// destination, an unmasked one stores the result with its exponent less or more by 24,576.
#[test]
fn unmasked_overflow_and_underflow_store_an_adjusted_exponent() {
    let power = |n: i32| u128::from((n + 16383) as u16) << 64 | 1 << 63;
    let fpu = run(FMUL, &[power(16000), power(1000)], 0x377);
    assert_eq!((fpu.st(0), fpu.status), (Some(power(17000 - 24576)), OVERFLOW | UNMASKED));
    let fpu = run(FMUL, &[power(-16000), power(-1000)], 0x36f);
    assert_eq!((fpu.st(0), fpu.status), (Some(power(-17000 + 24576)), UNDERFLOW | UNMASKED));
    // Exact but tiny: an exception only if it isn't masked.
    let fpu = run(FMUL, &[power(-16000), power(-400)], 0x36f);
    assert_eq!((fpu.st(0), fpu.status), (Some(power(-16400 + 24576)), UNDERFLOW | UNMASKED));
    let fpu = run(FMUL, &[power(-16000), power(-400)], 0x37f);
    assert_eq!((fpu.st(0), fpu.status), (Some(1 << (63 - 18)), 0));
    // FSCALE can go further than that: infinity, or zero.
    let fpu = run(FSCALE, &[power(16000), x(60000.0)], 0x377);
    assert_eq!((fpu.st(0), fpu.status), (Some(INFINITY), OVERFLOW | UNMASKED));
    let fpu = run(FSCALE, &[power(0) | SIGN, x(-60000.0)], 0x36f);
    assert_eq!((fpu.st(0), fpu.status), (Some(SIGN), UNDERFLOW | UNMASKED));
    // The sine of a denormal is smaller still: tiny and inexact.
    let fpu = masked(FSIN, &[1 << 62]);
    assert_eq!((fpu.st(0), fpu.status), (Some(1 << 62), DENORMAL | UNDERFLOW | PRECISION | C1));
}

/// The same for SSE (SDM vol. 1, "Numeric Underflow Exception (#U)"), whose result isn't stored.
#[test]
fn an_exact_tiny_result_is_an_sse_exception_only_if_underflow_is_not_masked() {
    for (mxcsr, vector, after) in [(0x1f80u32, None, 0x1f80), (0x1780, Some(19), 0x1790)] {
        let mut rig = Rig::long(&assemble(|a| {
            a.ldmxcsr(dword_ptr(rbx)).unwrap();
            a.mulsd(xmm0, xmm1).unwrap();
            a.hlt().unwrap();
        }));
        (rig.cpu.cr4, rig.cpu.regs[3]) = (0x620, 0x8000);
        rig.ram.put(0x8000, &mxcsr.to_le_bytes());
        rig.cpu.fpu.xmm[0] = u128::from(f64::MIN_POSITIVE.to_bits());
        rig.cpu.fpu.xmm[1] = u128::from(0.5f64.to_bits());
        assert_eq!(rig.run().vector(), vector);
        assert_eq!(rig.cpu.fpu.mxcsr, after);
    }
}

/// SDM vol. 1, "Condition Code Flags": C1 is set when the last result was rounded up, in magnitude.
#[test]
fn c1_tells_of_rounding_up() {
    let add = |small: f64, control| run(FADD, &[ONE, x(small)], control).status & (C1 | PRECISION);
    let (more, less) = (2f64.powi(-64) * 1.5, 2f64.powi(-64) * 0.5);
    assert_eq!(add(more, 0x37f), C1 | PRECISION);
    assert_eq!(add(less, 0x37f), PRECISION);
    assert_eq!(add(less, 0xb7f), C1 | PRECISION, "up");
    assert_eq!(add(more, 0x77f), PRECISION, "down");
    assert_eq!(add(more, 0xf7f), PRECISION, "toward zero");
    assert_eq!(add(1.0, 0x37f), 0);
    // FRNDINT
    assert_eq!(masked([0xd9, 0xfc], &[x(2.75)]).status, C1 | PRECISION);
    assert_eq!(masked([0xd9, 0xfc], &[x(2.25)]).status, PRECISION);
    // FIST word [RBX], FST dword [RBX]; RBX is 0.
    assert_eq!(masked([0xdf, 0x13], &[x(-2.75)]).status, C1 | PRECISION);
    assert_eq!(masked([0xd9, 0x13], &[x(1.0 + 2f64.powi(-25))]).status, PRECISION);
    assert_eq!(masked([0xd9, 0x13], &[x(1.0 + 3.0 * 2f64.powi(-25))]).status, C1 | PRECISION);
    // Overflow to infinity is up; FCHS, FABS and FXCH clear it.
    assert_eq!(masked(FMUL, &[x(1e300), 0x7ffe << 64 | 1 << 63]).status, C1 | PRECISION | OVERFLOW);
    let mut rig = Rig::long(&[0xd9, 0xe0]);
    rig.cpu.fpu.initialise();
    rig.cpu.fpu.set_st(0, ONE);
    rig.cpu.fpu.status = C1;
    assert_eq!(rig.step().cpu.fpu.status, 0);
}

/// SDM vol. 1, "Masked Responses to Invalid Arithmetic Operations": an unsupported format, and a NaN beside it.
#[test]
fn an_unsupported_format_gives_the_indefinite_beside_any_nan() {
    let (unsupported, quiet) = (0x4000 << 64 | 1u128 << 60, INFINITY | 1 << 62 | 5);
    for code in [FADD, FMUL, FPREM, FPREM1, FSCALE, FYL2X, FPATAN] {
        for st in [[unsupported, quiet], [quiet, unsupported]] {
            let fpu = masked(code, &st);
            assert_eq!((fpu.st(0), fpu.status & 0x3f), (Some(INDEFINITE), INVALID), "{code:02x?}");
        }
    }
}

/// SDM vol. 2, FBLD and FBSTP; vol. 1, "Packed BCD Integers".
#[test]
fn decimals_come_and_go_as_eighteen_digits_and_a_sign() {
    // FBLD [RBX]; FBSTP [RBX + 16]
    let through = |decimal: u128| {
        let mut rig = Rig::long(&[0xdf, 0x23, 0xdf, 0x73, 0x10]);
        rig.cpu.fpu.initialise();
        rig.cpu.regs[3] = 0x8000;
        rig.ram.put(0x8000, &decimal.to_le_bytes()[..10]);
        let value = rig.step().cpu.fpu.st(0).unwrap();
        rig.step();
        assert_eq!((rig.cpu.fpu.status, rig.cpu.fpu.valid), (0, 0));
        (value, u128::from(rig.ram.get(0x8018, 2)) << 64 | u128::from(rig.ram.get(0x8010, 8)))
    };
    let decimal = 0x8000_0000_0000_0000_1234;
    assert_eq!(through(decimal), (x(-1234.0), decimal));
    assert_eq!(through(SIGN), (SIGN, SIGN));
    let most = 0x0099_9999_9999_9999_9999;
    assert_eq!(through(most).1, most);

    let store = |value, control| {
        let mut rig = Rig::long(&[0xdf, 0x33]);
        rig.cpu.fpu.initialise();
        (rig.cpu.regs[3], rig.cpu.fpu.control) = (0x8000, control);
        rig.cpu.fpu.set_st(0, value);
        rig.step();
        let stored = u128::from(rig.ram.get(0x8008, 2)) << 64 | u128::from(rig.ram.get(0x8000, 8));
        (stored, rig.cpu.fpu.status & !(7 << 11), rig.cpu.fpu.valid)
    };
    assert_eq!(store(x(-2.75), 0x37f), (SIGN | 3, C1 | PRECISION, 0));
    assert_eq!(store(x(-2.75), 0xf7f), (SIGN | 2, PRECISION, 0));
    let indefinite = 0xffff_c000_0000_0000_0000;
    assert_eq!(store(x(1e18), 0x37f), (indefinite, INVALID, 0));
    assert_eq!(store(INFINITY, 0x37f), (indefinite, INVALID, 0));
    assert_eq!(store(x(1e18), 0x37e), (0, INVALID | UNMASKED, 1));
}

/// SDM vol. 1, "x87 FPU Instruction and Data (Operand) Pointers", "Last Instruction Opcode", and the figures of the
/// images in protected mode.
#[test]
fn the_last_instruction_and_its_operand_stand_in_the_environment() {
    let code = assemble_32(|a| {
        a.fadd(dword_ptr(ebx + 4)).unwrap();
        a.fsqrt().unwrap();
        a.fnop().unwrap();
        a.fnstcw(word_ptr(ebp)).unwrap();
        a.fnstenv(ptr(esi)).unwrap();
        a.db(&[0x66, 0xd9, 0x36]).unwrap();
    });
    let mut rig = Rig::protected(&code);
    rig.cpu.fpu.initialise();
    rig.cpu.fpu.set_st(0, ONE);
    (rig.cpu.regs[3], rig.cpu.regs[5], rig.cpu.regs[6]) = (0x7000, 0x7400, 0x7800);
    rig.step().step();
    assert_eq!((rig.cpu.fpu.last.opcode, rig.cpu.fpu.last.fip), (0x1fa, common::CODE + 3));
    rig.step().step().step();
    // FNOP is D9 D0; the operand is FADD's. FNSTCW is a control instruction.
    let words: Vec<u64> = (3..7).map(|n| rig.ram.get(0x7800 + n * 4, 4)).collect();
    assert_eq!(words, [common::CODE + 5, 0x1d0 << 16 | 8, 0x7004, 0xffff_0010]);
    rig.step();
    let words: Vec<u64> = (3..7).map(|n| rig.ram.get(0x7800 + n * 2, 2)).collect();
    assert_eq!(words, [common::CODE + 5, 8, 0x7004, 0x10]);
}

/// SDM vol. 1, figures "Real Mode x87 FPU State Image in Memory, 16-Bit Format" and "32-Bit Format".
#[test]
fn in_real_mode_the_pointers_are_linear_addresses() {
    let mut rig = Rig::real(SaveStateMap::Intel64);
    // 2345h:0100h: a segment override, then FLD dword [BX]; FNSTENV [BP] with 16- and 32-bit words
    rig.ram.put(0x2_3550, &[0x26, 0xd9, 0x07, 0xd9, 0x76, 0x00, 0x66, 0xd9, 0x76, 0x20]);
    rig.cpu.seg[1].selector = 0x2345;
    (rig.cpu.seg[1].base, rig.cpu.rip) = (0x2_3450, 0x100);
    rig.cpu.seg[0] = cpu::Segment::real(0x5678);
    (rig.cpu.regs[3], rig.cpu.regs[5]) = (0x9000, 0x7000);
    rig.cpu.fpu.initialise();
    rig.step().step().step();
    let short: Vec<u64> = (3..7).map(|n| rig.ram.get(0x7000 + n * 2, 2)).collect();
    assert_eq!(short, [0x3550, 0x2107, 0xf780, 0x5000]);
    let long: Vec<u64> = (3..7).map(|n| rig.ram.get(0x7020 + n * 4, 4)).collect();
    assert_eq!(long, [0xffff_3550, 0x2107, 0xffff_f780, 0x5000]);
}

/// SDM vol. 2, FXSAVE: with REX.W 64-bit pointers, without selectors.
#[test]
fn fxsave_keeps_selectors_or_64_bit_pointers() {
    for wide in [false, true] {
        let mut rig = Rig::long(&assemble(|a| {
            a.fld(qword_ptr(rbx)).unwrap();
            if wide {
                a.fxsave64(ptr(rsi)).unwrap();
                a.fninit().unwrap();
                a.fxrstor64(ptr(rsi)).unwrap();
            } else {
                a.fxsave(ptr(rsi)).unwrap();
                a.fninit().unwrap();
                a.fxrstor(ptr(rsi)).unwrap();
            }
        }));
        rig.cpu.fpu.initialise();
        (rig.cpu.regs[3], rig.cpu.regs[6]) = (0xffff_8000_0000_7000, 0x8000);
        // The upper half shows the lower one.
        rig.ram.put(common::PML4 + 0x800, &(common::PDPT | 7).to_le_bytes());
        rig.step().step();
        let (selector, data) = if wide { (0, 0xffff_8000) } else { (8, 16) };
        assert_eq!([rig.ram.get(0x8008, 4), rig.ram.get(0x800c, 4)], [common::CODE, selector]);
        assert_eq!([rig.ram.get(0x8010, 4), rig.ram.get(0x8014, 4)], [0x7000, data]);
        assert_eq!(rig.ram.get(0x8006, 2), 0x503, "FLD qword [RBX] is DD 03");
        let before = rig.cpu.fpu.clone();
        rig.step().step();
        let (last, old) = (rig.cpu.fpu.last, before.last);
        assert_eq!((last.opcode, last.fip), (old.opcode, old.fip));
        assert_eq!(last.fdp, if wide { old.fdp } else { 0x7000 });
        assert_eq!((last.fcs, last.fds), if wide { (0, 0) } else { (8, 16) });
    }
}

#[test]
fn an_instruction_that_faults_is_not_the_last() {
    let mut rig = Rig::long(&assemble(|a| {
        a.fld1().unwrap();
        a.fadd(dword_ptr(rbx)).unwrap();
    }));
    rig.cpu.fpu.initialise();
    rig.cpu.regs[3] = 0x40_0000;
    rig.step().step();
    assert_eq!((rig.cpu.fpu.last.opcode, rig.cpu.fpu.last.fip), (0x1e8, common::CODE));
}
