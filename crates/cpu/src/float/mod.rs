//! Binary floating point in software, as x86 does it (IEEE 754; SDM vol. 1, "Floating-Point
//! Exceptions", "Masked Responses"): the same bits and the same flags on every host, in every
//! rounding mode.
//!
//! The host's own arithmetic can tell neither the flags nor, in WebAssembly, a NaN's bits.

mod convert;
mod functions;
#[cfg(test)]
mod functions_tests;
mod ops;
mod remainder;
mod round;
#[cfg(test)]
mod tests;
mod wide;

pub use convert::{from_signed, to_float, to_signed};
pub use functions::{Function, arctangent, exp2_minus_1, trigonometric, y_log2_x, y_log2_x_plus_1};
pub use ops::{Order, add, compare, div, mul, round_to_integer, sqrt, sub};
pub use remainder::{extract, from_decimal, remainder, scale, to_decimal};

/// Exception flags at their places in MXCSR and the x87 status word.
pub mod exception {
    pub const INVALID: u32 = 1;
    pub const DENORMAL: u32 = 1 << 1;
    pub const DIVIDE: u32 = 1 << 2;
    pub const OVERFLOW: u32 = 1 << 3;
    pub const UNDERFLOW: u32 = 1 << 4;
    pub const PRECISION: u32 = 1 << 5;
    pub const ALL: u32 = 0x3f;
}
use exception::*;

/// The RC field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    Nearest,
    Down,
    Up,
    Zero,
}

impl Rounding {
    pub fn from_field(field: u32) -> Self {
        [Rounding::Nearest, Rounding::Down, Rounding::Up, Rounding::Zero][field as usize & 3]
    }
}

/// A format: bits of the significand with its integer bit, and of the exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub precision: u32,
    pub exponent: u32,
    /// The x87 format stores the integer bit.
    explicit: bool,
}

pub const SINGLE: Format = Format { precision: 24, exponent: 8, explicit: false };
pub const DOUBLE: Format = Format { precision: 53, exponent: 11, explicit: false };
pub const EXTENDED: Format = Format { precision: 64, exponent: 15, explicit: true };

impl Format {
    fn bias(self) -> i32 {
        (1 << (self.exponent - 1)) - 1
    }
    /// Least exponent of a normal number.
    fn least(self) -> i32 {
        1 - self.bias()
    }
    fn fraction_bits(self) -> u32 {
        self.precision - u32::from(!self.explicit)
    }
    fn exponent_field(self) -> u32 {
        (1 << self.exponent) - 1
    }
    fn join(self, sign: bool, exponent: u32, fraction: u64) -> u128 {
        let above = u128::from(sign) << self.exponent | u128::from(exponent);
        above << self.fraction_bits() | u128::from(fraction)
    }
    fn integer_bit(self) -> u64 {
        if self.explicit { 1 << 63 } else { 0 }
    }
    pub fn infinity(self, sign: bool) -> u128 {
        self.join(sign, self.exponent_field(), self.integer_bit())
    }
    pub fn zero(self, sign: bool) -> u128 {
        self.join(sign, 0, 0)
    }
    /// "QNaN floating-point indefinite", the masked answer to an invalid operation.
    pub fn indefinite(self) -> u128 {
        self.join(true, self.exponent_field(), self.integer_bit() | 1 << (self.precision - 2))
    }
}

/// What a bit pattern stands for. A finite value is `mant / 2^63 * 2^exp`, bit 63 of `mant` set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Zero,
    Finite {
        exp: i32,
        mant: u64,
    },
    Infinity,
    /// The significand, its most significant fraction bit at bit 62.
    Nan {
        mant: u64,
        signaling: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    sign: bool,
    class: Class,
    denormal: bool,
}

/// How to calculate, and the exceptions met so far.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    pub rounding: Rounding,
    /// Denormal operands count as zero (MXCSR.DAZ).
    pub denormals_are_zero: bool,
    /// Tiny results become zero (MXCSR.FTZ, with underflow masked).
    pub flush_to_zero: bool,
    /// Which of two NaNs comes out: by the x87's rules, or the first operand, as SSE does it.
    pub x87_nans: bool,
    /// Exceptions that aren't masked: overflow and underflow have other results then.
    pub unmasked: u32,
    /// Flags, see [`exception`].
    pub flags: u32,
    /// Rounding made the last result larger in magnitude: the x87's C1.
    pub rounded_up: bool,
}

impl Context {
    pub fn new(rounding: Rounding) -> Self {
        Context {
            rounding,
            denormals_are_zero: false,
            flush_to_zero: false,
            x87_nans: false,
            unmasked: 0,
            flags: 0,
            rounded_up: false,
        }
    }

    fn raise(&mut self, flags: u32) {
        self.flags |= flags;
    }

    fn invalid(&mut self, format: Format) -> u128 {
        self.raise(INVALID);
        format.indefinite()
    }

    #[inline(never)]
    fn unpack(&self, format: Format, bits: u128) -> Number {
        let fraction_bits = format.fraction_bits();
        let fraction = (bits & ((1 << fraction_bits) - 1)) as u64;
        let field = (bits >> fraction_bits) as u32 & format.exponent_field();
        let sign = bits >> (fraction_bits + format.exponent) & 1 != 0;
        // The significand with its integer bit at bit 63.
        let mant = if format.explicit {
            fraction
        } else {
            fraction << (64 - format.precision) | if field == 0 { 0 } else { 1 << 63 }
        };
        let normal = mant >> 63 != 0;
        let class = match field {
            0 if mant == 0 => Class::Zero,
            0 if self.denormals_are_zero => Class::Zero,
            0 => {
                let up = mant.leading_zeros();
                Class::Finite { exp: format.least() - up as i32, mant: mant << up }
            }
            // Formats that the x87 has not known since the 387 ("unsupported") are invalid operands.
            _ if !normal => Class::Nan { mant: 0, signaling: true },
            f if f == format.exponent_field() => match mant & !(1 << 63) {
                0 => Class::Infinity,
                mant => Class::Nan { mant, signaling: mant >> 62 & 1 == 0 },
            },
            f => Class::Finite { exp: f as i32 - format.bias(), mant },
        };
        Number { sign, class, denormal: field == 0 && class != Class::Zero }
    }

    /// The answer to an operation with a NaN among its operands, or `None` (SDM vol. 1, "Operating on
    /// SNaNs and QNaNs").
    fn nan(&mut self, format: Format, operands: &[Number]) -> Option<u128> {
        let mut found: Option<(bool, u64, bool)> = None;
        for n in operands {
            let Class::Nan { mant, signaling } = n.class else { continue };
            if signaling {
                self.raise(INVALID);
            }
            // Of an unsupported format the indefinite comes, whatever the other operand is.
            if mant == 0 {
                return Some(self.invalid(format));
            }
            // The x87 prefers a quiet one, then the larger significand, then the positive one.
            let rank = |sign: bool, mant: u64, signaling: bool| (!signaling, mant, !sign);
            let preferred = |(s, m, q)| self.x87_nans && rank(n.sign, mant, signaling) > rank(s, m, q);
            if found.is_none_or(preferred) {
                found = Some((n.sign, mant, signaling));
            }
        }
        let (sign, mant, _) = found?;
        Some(quiet_nan(format, sign, mant))
    }

    /// Operands in the x87's format, or the answer to a NaN among them.
    #[inline(never)]
    fn operands<const N: usize>(&mut self, bits: [u128; N]) -> Result<[Number; N], u128> {
        let numbers = bits.map(|bits| self.unpack(EXTENDED, bits));
        self.nan(EXTENDED, &numbers).map_or(Ok(numbers), Err)
    }

    fn note_denormals(&mut self, operands: &[Number]) {
        if operands.iter().any(|n| n.denormal) {
            self.raise(DENORMAL);
        }
    }
}

/// A quiet NaN with the significand's bits as far as they fit.
fn quiet_nan(format: Format, sign: bool, mant: u64) -> u128 {
    if mant == 0 {
        return format.indefinite();
    }
    let fraction = (mant | 1 << 62) >> (64 - format.precision) | format.integer_bit();
    format.join(sign, format.exponent_field(), fraction)
}
