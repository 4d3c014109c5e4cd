//! Integer arithmetic with its flags. Where the SDM leaves a flag undefined, a comment says what
//! is done.

use crate::state::{mask, sign_bit, sign_extend};

/// RFLAGS bits (SDM vol. 1, "EFLAGS Register").
pub mod flag {
    pub const CF: u64 = 1;
    pub const PF: u64 = 1 << 2;
    pub const AF: u64 = 1 << 4;
    pub const ZF: u64 = 1 << 6;
    pub const SF: u64 = 1 << 7;
    pub const TF: u64 = 1 << 8;
    pub const IF: u64 = 1 << 9;
    pub const DF: u64 = 1 << 10;
    pub const OF: u64 = 1 << 11;
    pub const IOPL: u64 = 3 << 12;
    pub const NT: u64 = 1 << 14;
    pub const RF: u64 = 1 << 16;
    pub const VM: u64 = 1 << 17;
    pub const AC: u64 = 1 << 18;
    pub const ID: u64 = 1 << 21;
    /// The six flags that arithmetic sets.
    pub const STATUS: u64 = CF | PF | AF | ZF | SF | OF;
}
use flag::*;

/// A result and the status flags that go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Out {
    pub value: u64,
    pub flags: u64,
}

#[inline]
fn bit(condition: bool, flag: u64) -> u64 {
    if condition { flag } else { 0 }
}

/// ZF, SF and PF of a result.
#[inline]
pub fn zsp(value: u64, size: u8) -> u64 {
    let value = value & mask(size);
    bit(value == 0, ZF) | bit(value & sign_bit(size) != 0, SF) | bit((value as u8).count_ones().is_multiple_of(2), PF)
}

#[inline]
pub fn add(a: u64, b: u64, carry: bool, size: u8) -> Out {
    let value = a.wrapping_add(b).wrapping_add(carry.into()) & mask(size);
    let top = sign_bit(size);
    let carries = (a & b) | ((a | b) & !value);
    let flags = bit(carries & top != 0, CF) | bit((a ^ value) & (b ^ value) & top != 0, OF) | ((a ^ b ^ value) & AF);
    Out { value, flags: flags | zsp(value, size) }
}

#[inline]
pub fn sub(a: u64, b: u64, borrow: bool, size: u8) -> Out {
    let value = a.wrapping_sub(b).wrapping_sub(borrow.into()) & mask(size);
    let top = sign_bit(size);
    let borrows = (!a & b) | ((!a | b) & value);
    let flags = bit(borrows & top != 0, CF) | bit((a ^ b) & (a ^ value) & top != 0, OF) | ((a ^ b ^ value) & AF);
    Out { value, flags: flags | zsp(value, size) }
}

/// AND, OR, XOR, TEST: CF and OF cleared, AF undefined (cleared here).
#[inline]
pub fn logic(value: u64, size: u8) -> Out {
    let value = value & mask(size);
    Out { value, flags: zsp(value, size) }
}

/// SHL, SHR, SAR for a count already masked and not 0. AF is undefined (cleared); OF for counts
/// above 1 is undefined (computed as for 1); CF for counts beyond the width is undefined.
pub fn shift(kind: Shift, a: u64, count: u32, size: u8) -> Out {
    let bits = u32::from(size) * 8;
    let a = a & mask(size);
    let wide = |n: u32| n < 64;
    let (value, carry, overflow) = match kind {
        Shift::Left => {
            let value = if wide(count) { a << count & mask(size) } else { 0 };
            let carry = count <= bits && a >> (bits - count) & 1 != 0;
            (value, carry, (value & sign_bit(size) != 0) != carry)
        }
        Shift::Right => {
            let value = if wide(count) { a >> count } else { 0 };
            (value, a.checked_shr(count - 1).unwrap_or(0) & 1 != 0, a & sign_bit(size) != 0)
        }
        Shift::Arithmetic => {
            let signed = sign_extend(a, size) as i64;
            (((signed >> count.min(63)) as u64) & mask(size), signed >> (count - 1).min(63) & 1 != 0, false)
        }
    };
    Out { value, flags: zsp(value, size) | bit(carry, CF) | bit(overflow, OF) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    Left,
    Right,
    Arithmetic,
}

/// ROL and ROR: CF and OF only. `flags` of the result holds just these; OF for counts above 1 is
/// undefined (computed as for 1).
pub fn rotate(left: bool, a: u64, count: u32, size: u8) -> Out {
    let bits = u32::from(size) * 8;
    let a = a & mask(size);
    let n = count % bits;
    let by = if left { n } else { (bits - n) % bits };
    let value = if by == 0 { a } else { (a << by | a >> (bits - by)) & mask(size) };
    let msb = value & sign_bit(size) != 0;
    let carry = if left { value & 1 != 0 } else { msb };
    let next = value & (sign_bit(size) >> 1) != 0;
    let overflow = if left { msb != carry } else { msb != next };
    Out { value, flags: bit(carry, CF) | bit(overflow, OF) }
}

/// RCL and RCR through CF.
pub fn rotate_carry(left: bool, a: u64, count: u32, carry: bool, size: u8) -> Out {
    let bits = u32::from(size) * 8;
    let (mut value, mut cf) = (a & mask(size), carry);
    for _ in 0..count % (bits + 1) {
        if left {
            let out = value & sign_bit(size) != 0;
            value = (value << 1 | u64::from(cf)) & mask(size);
            cf = out;
        } else {
            let out = value & 1 != 0;
            value = value >> 1 | bit(cf, sign_bit(size));
            cf = out;
        }
    }
    let msb = value & sign_bit(size) != 0;
    let overflow = if left { msb != cf } else { msb != (value & (sign_bit(size) >> 1) != 0) };
    Out { value, flags: bit(cf, CF) | bit(overflow, OF) }
}

/// SHLD and SHRD, count masked and not 0. For 16-bit operands and counts above 16 the result is
/// undefined; here the bits of `fill:a:fill` come in.
pub fn double_shift(left: bool, a: u64, fill: u64, count: u32, size: u8) -> Out {
    let bits = u32::from(size) * 8;
    let (a, fill) = (u128::from(a & mask(size)), u128::from(fill & mask(size)));
    let (value, carry) = if left {
        let wide = if size == 2 { a << 32 | fill << 16 | a } else { a << bits | fill };
        let total = if size == 2 { 48 } else { bits * 2 };
        ((wide >> (total - bits - count)) as u64 & mask(size), wide >> (total - count) & 1 != 0)
    } else {
        let wide = if size == 2 { a << 32 | fill << 16 | a } else { fill << bits | a };
        ((wide >> count) as u64 & mask(size), wide >> (count - 1) & 1 != 0)
    };
    let overflow = (value ^ a as u64) & sign_bit(size) != 0;
    Out { value, flags: zsp(value, size) | bit(carry, CF) | bit(overflow, OF) }
}

/// Unsigned product as (low, high); CF and OF say that the high half counts. SF, ZF, AF, PF are
/// undefined (SF, ZF, PF follow the low half).
pub fn mul(a: u64, b: u64, size: u8) -> (u64, u64, u64) {
    let product = u128::from(a & mask(size)) * u128::from(b & mask(size));
    let low = product as u64 & mask(size);
    let high = (product >> (u32::from(size) * 8)) as u64 & mask(size);
    (low, high, zsp(low, size) | bit(high != 0, CF | OF))
}

/// Signed product, flags as [`mul`].
pub fn imul(a: u64, b: u64, size: u8) -> (u64, u64, u64) {
    let product = i128::from(sign_extend(a, size) as i64) * i128::from(sign_extend(b, size) as i64);
    let low = product as u64 & mask(size);
    let high = (product >> (u32::from(size) * 8)) as u64 & mask(size);
    let overflow = i128::from(sign_extend(low, size) as i64) != product;
    (low, high, zsp(low, size) | bit(overflow, CF | OF))
}

/// Quotient and remainder of high:low / divisor; `None` is #DE.
pub fn div(high: u64, low: u64, divisor: u64, size: u8) -> Option<(u64, u64)> {
    let dividend = u128::from(high & mask(size)) << (u32::from(size) * 8) | u128::from(low & mask(size));
    let divisor = u128::from(divisor & mask(size));
    let quotient = dividend.checked_div(divisor)?;
    (quotient <= u128::from(mask(size))).then_some((quotient as u64, (dividend % divisor) as u64))
}

pub fn idiv(high: u64, low: u64, divisor: u64, size: u8) -> Option<(u64, u64)> {
    let bits = u32::from(size) * 8;
    let raw = (u128::from(high & mask(size)) << bits | u128::from(low & mask(size))) as i128;
    let dividend = raw << (128 - 2 * bits) >> (128 - 2 * bits);
    let divisor = i128::from(sign_extend(divisor, size) as i64);
    let quotient = dividend.checked_div(divisor)?;
    let fits = i128::from(sign_extend(quotient as u64, size) as i64) == quotient;
    fits.then_some((quotient as u64 & mask(size), dividend.wrapping_rem(divisor) as u64 & mask(size)))
}

/// Condition codes 0 (O) to 15 (G).
#[inline]
pub fn condition(code: u16, flags: u64) -> bool {
    let set = |f: u64| flags & f != 0;
    let holds = match code >> 1 {
        0 => set(OF),
        1 => set(CF),
        2 => set(ZF),
        3 => set(CF | ZF),
        4 => set(SF),
        5 => set(PF),
        6 => set(SF) != set(OF),
        _ => set(ZF) || set(SF) != set(OF),
    };
    holds != (code & 1 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of bytes against arithmetic done wider.
    #[test]
    fn byte_addition_and_subtraction_match_wider_arithmetic() {
        for a in 0..=255u64 {
            for b in 0..=255u64 {
                for c in [false, true] {
                    let wide = a + b + u64::from(c);
                    let signed = i64::from(a as i8) + i64::from(b as i8) + i64::from(c);
                    let out = add(a, b, c, 1);
                    assert_eq!(out.value, wide & 0xff);
                    assert_eq!(out.flags & CF != 0, wide > 0xff);
                    assert_eq!(out.flags & OF != 0, !(-128..=127).contains(&signed));
                    assert_eq!(out.flags & AF != 0, (a & 15) + (b & 15) + u64::from(c) > 15);

                    let signed = i64::from(a as i8) - i64::from(b as i8) - i64::from(c);
                    let out = sub(a, b, c, 1);
                    assert_eq!(out.flags & CF != 0, a < b + u64::from(c));
                    assert_eq!(out.flags & OF != 0, !(-128..=127).contains(&signed));
                    assert_eq!(out.flags & AF != 0, (a & 15) < (b & 15) + u64::from(c));
                }
            }
        }
    }

    #[test]
    fn shifts_move_the_last_bit_out_into_carry() {
        assert_eq!(shift(Shift::Left, 0x80, 1, 1), Out { value: 0, flags: ZF | PF | CF | OF });
        assert_eq!(shift(Shift::Right, 3, 2, 4).flags & CF, CF);
        assert_eq!(shift(Shift::Arithmetic, 0x8000, 15, 2).value, 0xffff);
        assert_eq!(shift(Shift::Left, 1, 31, 1).value, 0);
        assert_eq!(rotate(true, 0x81, 1, 1), Out { value: 3, flags: CF | OF });
        assert_eq!(rotate_carry(false, 1, 1, true, 1).value, 0x80);
        assert_eq!(double_shift(true, 0x1234_5678, 0x9abc_def0, 8, 4).value, 0x3456_789a);
        assert_eq!(double_shift(false, 0x1234_5678, 0x9abc_def0, 8, 4).value, 0xf012_3456);
    }

    #[test]
    fn division_that_does_not_fit_is_a_divide_error() {
        assert_eq!(div(1, 0, 1, 1), None);
        assert_eq!(div(0, 7, 2, 8), Some((3, 1)));
        assert_eq!(div(0, 7, 0, 8), None);
        assert_eq!(idiv(0xff, 0x80, 0xff, 1), None); // -128 / -1
        assert_eq!(idiv(0xff, 0xf9, 2, 1), Some((0xfd, 0xff))); // -7 / 2 = -3 rest -1
        assert_eq!(idiv(u64::MAX, 1 << 63, u64::MAX, 8), None);
        assert_eq!(idiv(1 << 63, 0, u64::MAX, 8), None);
    }
}
