//! Numbers with 128 bits of significand, for what is calculated in many steps before it is rounded once. Each
//! operation is right to a few units of its last bit, and no exponent is too large or too small.

use super::round::shift_jamming;

/// `mant / 2^127 * 2^exp`; bit 127 of `mant` is set, or it is 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide {
    pub sign: bool,
    pub exp: i32,
    pub mant: u128,
}

impl Wide {
    pub const ONE: Wide = Wide::positive(0, 1 << 127);
    pub const TWO: Wide = Wide::positive(1, 1 << 127);

    pub const fn positive(exp: i32, mant: u128) -> Wide {
        Wide { sign: false, exp, mant }
    }

    /// Brings the highest bit to its place.
    #[inline(never)]
    pub fn normal(sign: bool, exp: i32, mant: u128) -> Wide {
        let up = mant.leading_zeros() & 127;
        Wide { sign, exp: exp - up as i32, mant: mant << up }
    }

    pub fn whole(value: i32) -> Wide {
        Wide::normal(value < 0, 127, value.unsigned_abs().into())
    }

    pub fn negate(self) -> Wide {
        Wide { sign: !self.sign, ..self }
    }

    #[inline(never)]
    pub fn times(self, other: Wide) -> Wide {
        let halves = |m: u128| (m >> 64, m & u128::from(u64::MAX));
        let ((a, b), (c, d)) = (halves(self.mant), halves(other.mant));
        // a c, a d, b c and b d, each 64 bits below the one before.
        let low = (a * d & u128::from(u64::MAX)) + (b * c & u128::from(u64::MAX)) + (b * d >> 64);
        let high = a * c + (a * d >> 64) + (b * c >> 64) + (low >> 64);
        Wide::normal(self.sign != other.sign, self.exp + other.exp + 1, high)
    }

    #[inline(never)]
    pub fn plus(self, other: Wide) -> Wide {
        if self.mant == 0 || other.mant == 0 {
            return if self.mant == 0 { other } else { self };
        }
        let key = |w: Wide| (w.exp, w.mant);
        let (large, small) = if key(self) >= key(other) { (self, other) } else { (other, self) };
        // One bit of room for the carry.
        let (a, b) = (large.mant >> 1, shift_jamming(small.mant, (large.exp - small.exp) as u32 + 1));
        Wide::normal(large.sign, large.exp + 1, if large.sign == small.sign { a + b } else { a - b })
    }

    #[inline(never)]
    pub fn over(self, other: Wide) -> Wide {
        let (mut quotient, mut rest, mut carry) = (0u128, self.mant, false);
        for _ in 0..128 {
            quotient <<= 1;
            if carry || rest >= other.mant {
                rest = rest.wrapping_sub(other.mant);
                quotient |= 1;
            }
            carry = rest >> 127 != 0;
            rest <<= 1;
        }
        Wide::normal(self.sign != other.sign, self.exp - other.exp, quotient)
    }

    /// Divided by a small number.
    #[inline(never)]
    pub fn over_whole(self, n: u32) -> Wide {
        Wide::normal(self.sign, self.exp, self.mant / u128::from(n))
    }
}
