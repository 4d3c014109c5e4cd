//! Status flags that nobody has asked for yet. Hot instructions leave what flags are made of; RFLAGS
//! gets them when something reads it.

use crate::alu::{self, flag};

/// What the flags come from.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Made {
    /// They stand in RFLAGS.
    #[default]
    Settled,
    Sum,
    Difference,
    /// Of a logical result: CF, OF and AF are clear.
    Logic,
}

#[derive(Clone, Copy, Default)]
pub struct LazyFlags {
    made: Made,
    /// CF and OF aren't those of the result but those in `given`.
    over: bool,
    /// 64 less the operand's bits.
    shift: u8,
    given: u64,
    /// Operands; bits beyond the size may be anything.
    a: u64,
    b: u64,
    /// Sign-extended.
    result: i64,
}

const CF_OF: u64 = flag::CF | flag::OF;

impl LazyFlags {
    /// Writes pending flags to RFLAGS.
    #[inline(always)]
    pub fn settle(&mut self, rflags: &mut u64) {
        if self.made != Made::Settled {
            *rflags = *rflags & !flag::STATUS | self.value();
            self.made = Made::Settled;
            self.over = false;
        }
    }

    #[inline(never)]
    fn value(&self) -> u64 {
        let bit = |set: bool, flag: u64| if set { flag } else { 0 };
        let adjust = if self.made == Made::Logic { 0 } else { (self.a ^ self.b ^ self.result as u64) & flag::AF };
        bit(self.carry(0), flag::CF)
            | bit(self.parity(), flag::PF)
            | adjust
            | bit(self.result == 0, flag::ZF)
            | bit(self.result < 0, flag::SF)
            | bit(self.overflow(), flag::OF)
    }

    /// Bit `size * 8 - 1` of a value.
    #[inline(always)]
    fn top(&self, value: u64) -> bool {
        ((value << self.shift) as i64) < 0
    }

    /// CF now.
    #[inline(always)]
    pub fn carry(&self, rflags: u64) -> bool {
        let (a, b, result) = (self.a, self.b, self.result as u64);
        if self.over {
            return self.given & flag::CF != 0;
        }
        match self.made {
            Made::Settled => rflags & flag::CF != 0,
            Made::Sum => self.top((a & b) | ((a | b) & !result)),
            Made::Difference => self.top((!a & b) | ((!a | b) & result)),
            Made::Logic => false,
        }
    }

    /// OF of flags that are pending.
    #[inline(always)]
    fn overflow(&self) -> bool {
        let (a, b, result) = (self.a, self.b, self.result as u64);
        if self.over {
            return self.given & flag::OF != 0;
        }
        match self.made {
            Made::Sum => self.top((a ^ result) & (b ^ result)),
            Made::Difference => self.top((a ^ b) & (a ^ result)),
            Made::Settled | Made::Logic => false,
        }
    }

    fn parity(&self) -> bool {
        (self.result as u8).count_ones().is_multiple_of(2)
    }

    /// Condition codes 0 (O) to 15 (G).
    #[inline(always)]
    pub fn condition(&self, code: u16, rflags: u64) -> bool {
        if self.made == Made::Settled {
            return alu::condition(code, rflags);
        }
        let holds = match code >> 1 {
            0 => self.overflow(),
            1 => self.carry(rflags),
            2 => self.result == 0,
            3 => self.result == 0 || self.carry(rflags),
            4 => self.result < 0,
            5 => self.parity(),
            6 => (self.result < 0) != self.overflow(),
            _ => self.result == 0 || (self.result < 0) != self.overflow(),
        };
        holds != (code & 1 != 0)
    }

    /// Flags of `a + b + carry`, where bits beyond the size may be anything. Returns the sum.
    #[inline(always)]
    pub fn add(&mut self, a: u64, b: u64, carry: u64, size: u8) -> u64 {
        self.set(Made::Sum, a, b, a.wrapping_add(b).wrapping_add(carry), size)
    }

    /// Flags of `a - b - borrow`; as [`Self::add`].
    #[inline(always)]
    pub fn sub(&mut self, a: u64, b: u64, borrow: u64, size: u8) -> u64 {
        self.set(Made::Difference, a, b, a.wrapping_sub(b).wrapping_sub(borrow), size)
    }

    /// Flags of a logical result: CF and OF clear, AF undefined (cleared).
    #[inline(always)]
    pub fn logic(&mut self, value: u64, size: u8) -> u64 {
        self.set(Made::Logic, self.a, self.b, value, size)
    }

    /// Flags of INC (`up`) and DEC, which leave CF.
    #[inline(always)]
    pub fn step(&mut self, a: u64, up: bool, size: u8, rflags: u64) -> u64 {
        let carry = self.carry(rflags);
        let result = if up { self.add(a, 1, 0, size) } else { self.sub(a, 1, 0, size) };
        let overflow = self.overflow();
        self.give(carry, overflow);
        result
    }

    /// Flags of shifts and products: those of a logical result but for CF and OF.
    #[inline(always)]
    pub fn shifted(&mut self, value: u64, carry: bool, overflow: bool, size: u8) {
        self.logic(value, size);
        self.give(carry, overflow);
    }

    /// Flags of rotations: only CF and OF change.
    #[inline(always)]
    pub fn rotated(&mut self, rflags: &mut u64, carry_and_overflow: u64) {
        if self.made == Made::Settled {
            *rflags = *rflags & !CF_OF | carry_and_overflow;
        } else {
            self.over = true;
            self.given = carry_and_overflow;
        }
    }

    #[inline(always)]
    fn give(&mut self, carry: bool, overflow: bool) {
        self.over = true;
        self.given = u64::from(carry) | u64::from(overflow) << flag::OF.trailing_zeros();
    }

    #[inline(always)]
    fn set(&mut self, made: Made, a: u64, b: u64, result: u64, size: u8) -> u64 {
        let shift = 64 - size * 8;
        *self =
            LazyFlags { made, over: false, shift, given: self.given, a, b, result: (result << shift) as i64 >> shift };
        result
    }
}

/// A condition of a fused compare and branch: which of the relations make it hold.
#[derive(Clone, Copy)]
pub struct Relation(u16);

const EQUAL: u16 = 1;
const BELOW: u16 = 2;
const LESS: u16 = 4;
const NEGATIVE: u16 = 8;
const NOT: u16 = 16;

impl Relation {
    /// Of a condition code; `None` for overflow and parity, which are rare.
    pub fn of(code: u16) -> Option<Relation> {
        let relation = match code >> 1 {
            1 => BELOW,
            2 => EQUAL,
            3 => BELOW | EQUAL,
            4 => NEGATIVE,
            6 => LESS,
            7 => LESS | EQUAL,
            _ => return None,
        };
        Some(Relation(relation | if code & 1 != 0 { NOT } else { 0 }))
    }

    /// Whether CF and OF decide.
    pub fn orders(self) -> bool {
        self.0 & (BELOW | LESS) != 0
    }

    pub fn bits(self) -> u16 {
        self.0
    }

    /// Whether it holds behind a comparison of these, given sign-extended.
    #[inline(always)]
    pub fn compare(bits: u16, a: i64, b: i64, difference: i64) -> bool {
        let equal = u16::from(a == b) * EQUAL;
        let below = u16::from((a as u64) < b as u64) * BELOW;
        let less = u16::from(a < b) * LESS;
        let negative = u16::from(difference < 0) * NEGATIVE;
        (bits & (equal | below | less | negative) != 0) != (bits & NOT != 0)
    }

    /// Whether it holds of a logical result, or, if it doesn't order, of any.
    #[inline(always)]
    pub fn result(bits: u16, result: i64) -> bool {
        let equal = u16::from(result == 0) * EQUAL;
        let negative = u16::from(result < 0) * (LESS | NEGATIVE);
        (bits & (equal | negative) != 0) != (bits & NOT != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [u64; 10] = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0x8000_0000, u64::MAX >> 1, 1 << 63];

    /// Every size and pair: flags, and each condition, against the arithmetic that computes them at once.
    #[test]
    fn flags_made_late_are_those_made_at_once() {
        for size in [1u8, 2, 4, 8] {
            for a in VALUES {
                for b in VALUES {
                    let mut lazy = [LazyFlags::default(); 8];
                    let mut rflags = [flag::CF; 8];
                    lazy[0].add(a, b, 0, size);
                    lazy[1].add(a, b, 1, size);
                    lazy[2].sub(a, b, 0, size);
                    lazy[3].sub(a, b, 1, size);
                    lazy[4].logic(a & b, size);
                    lazy[5].step(a, true, size, flag::CF);
                    lazy[6].step(a, false, size, 0);
                    lazy[7].sub(a, b, 0, size);
                    lazy[7].rotated(&mut rflags[7], flag::OF);
                    let at_once = [
                        alu::add(a, b, false, size).flags,
                        alu::add(a, b, true, size).flags,
                        alu::sub(a, b, false, size).flags,
                        alu::sub(a, b, true, size).flags,
                        alu::logic(a & b, size).flags,
                        alu::add(a, 1, false, size).flags | flag::CF,
                        alu::sub(a, 1, false, size).flags & !flag::CF,
                        alu::sub(a, b, false, size).flags & !flag::CF | flag::OF,
                    ];
                    for ((lazy, mut rflags), expected) in lazy.iter_mut().zip(rflags).zip(at_once) {
                        let holds: Vec<bool> = (0..16).map(|code| lazy.condition(code, rflags)).collect();
                        assert_eq!(lazy.carry(rflags), expected & flag::CF != 0);
                        lazy.settle(&mut rflags);
                        assert_eq!(rflags & flag::STATUS, expected, "{a:x} {b:x} size {size}");
                        let expected: Vec<bool> = (0..16).map(|code| alu::condition(code, expected)).collect();
                        assert_eq!(holds, expected, "{a:x} {b:x} size {size}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_relation_holds_when_its_condition_does() {
        for size in [1u8, 2, 4, 8] {
            let extend = |v: u64| crate::state::sign_extend(v, size) as i64;
            for (a, b) in VALUES.into_iter().flat_map(|a| VALUES.map(|b| (a, b))) {
                for code in 0..16 {
                    let Some(relation) = Relation::of(code) else { continue };
                    let difference = alu::sub(a, b, false, size);
                    let holds = Relation::compare(relation.bits(), extend(a), extend(b), extend(difference.value));
                    assert_eq!(holds, alu::condition(code, difference.flags), "{a:x} {b:x} size {size} code {code}");
                    let logic = alu::logic(a & b, size);
                    let holds = Relation::result(relation.bits(), extend(logic.value));
                    assert_eq!(holds, alu::condition(code, logic.flags), "{a:x} & {b:x} size {size} code {code}");
                }
            }
        }
    }
}
