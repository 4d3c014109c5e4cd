//! The last step of every operation: rounding to a format, overflow, underflow.

use super::exception::*;
use super::{Context, Format, Rounding};

/// Shifts right; what falls out stays visible in the lowest bit.
pub(super) fn shift_jamming(value: u128, count: u32) -> u128 {
    match count {
        0 => value,
        1..=127 => value >> count | u128::from(value << (128 - count) != 0),
        _ => u128::from(value != 0),
    }
}

/// What an unmasked overflow takes from the exponent and an unmasked underflow adds, where the x87 stores the result in
/// a register (SDM vol. 1, "Numeric Overflow Exception", "Numeric Underflow Exception"). What doesn't fit even so is
/// infinity or 0. In other formats the result isn't stored.
const ADJUSTMENT: i32 = 24_576;

impl Context {
    /// Whether a significand whose dropped bits are `rest` (of 2^128) goes up by one.
    pub(super) fn rounds_up(&self, sign: bool, odd: bool, rest: u128) -> bool {
        let half = 1u128 << 127;
        match self.rounding {
            Rounding::Nearest => rest > half || rest == half && odd,
            Rounding::Down => sign && rest != 0,
            Rounding::Up => !sign && rest != 0,
            Rounding::Zero => false,
        }
    }

    /// The value `mant / 2^127 * 2^exp` in `format`; bit 127 of `mant` is set, its lowest bit is
    /// sticky. `precision` is the format's own, or less where the x87's PC field says so.
    pub(super) fn round(&mut self, format: Format, precision: u32, sign: bool, mut exp: i32, mant: u128) -> u128 {
        let keep = |m: u128| (m >> (128 - precision), m << precision);
        let full = 1u128 << precision;
        let (mut kept, mut rest) = keep(mant);
        let mut goes_up = self.rounds_up(sign, kept & 1 != 0, rest);
        // Tiny: below the least normal number even after rounding with an unbounded exponent.
        let tiny = exp < format.least() && !(exp == format.least() - 1 && goes_up && kept + 1 == full);
        self.rounded_up = false;
        if tiny && self.flush_to_zero {
            self.raise(UNDERFLOW | PRECISION);
            return format.zero(sign);
        }
        let trapped = tiny && self.unmasked & UNDERFLOW != 0;
        if trapped {
            exp += ADJUSTMENT;
            if !format.explicit || exp < format.least() {
                self.raise(UNDERFLOW | if rest != 0 { PRECISION } else { 0 });
                return format.zero(sign);
            }
        }
        if exp < format.least() {
            let down = (format.least() - exp) as u32;
            (kept, rest) = keep(shift_jamming(mant, down));
            goes_up = self.rounds_up(sign, kept & 1 != 0, rest);
            exp = format.least();
        }
        if rest != 0 {
            self.raise(PRECISION | if tiny { UNDERFLOW } else { 0 });
        }
        self.raise(if trapped { UNDERFLOW } else { 0 });
        self.rounded_up = goes_up;
        kept += u128::from(goes_up);
        if kept == full {
            (kept, exp) = (kept >> 1, exp + 1);
        }
        if exp > format.bias() {
            if self.unmasked & OVERFLOW == 0 {
                return self.overflow(format, precision, sign);
            }
            self.raise(OVERFLOW);
            exp -= ADJUSTMENT;
            if !format.explicit || exp > format.bias() {
                return format.infinity(sign);
            }
        }
        let normal = kept >> (precision - 1) != 0;
        let mant = (kept << (format.precision - precision)) as u64;
        let field = if normal { (exp + format.bias()) as u32 } else { 0 };
        let fraction = if format.explicit { mant } else { mant & !(1 << (format.precision - 1)) };
        format.join(sign, field, fraction)
    }

    fn overflow(&mut self, format: Format, precision: u32, sign: bool) -> u128 {
        self.raise(OVERFLOW | PRECISION);
        let to_infinity = match self.rounding {
            Rounding::Nearest => true,
            Rounding::Down => sign,
            Rounding::Up => !sign,
            Rounding::Zero => false,
        };
        self.rounded_up = to_infinity;
        if to_infinity {
            return format.infinity(sign);
        }
        let ones = (1u128 << precision) - 1;
        let mant = (ones << (format.precision - precision)) as u64;
        let fraction = if format.explicit { mant } else { mant & !(1 << (format.precision - 1)) };
        format.join(sign, format.exponent_field() - 1, fraction)
    }
}
