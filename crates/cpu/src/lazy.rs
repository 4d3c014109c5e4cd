//! Status flags that nobody has asked for yet. Hot instructions leave what flags are made of; RFLAGS
//! gets them when something reads it. Measured: a tenth of the interpreter's time.

use crate::alu::flag;

#[derive(Clone, Copy, Default)]
pub struct LazyFlags {
    /// False: RFLAGS holds the flags.
    pending: bool,
    /// Sign-extended result.
    result: i64,
    carry: bool,
    /// OF is bit 63, so that any operand size looks alike.
    overflow: i64,
    /// AF is bit 4.
    adjust: u64,
}

impl LazyFlags {
    /// Writes pending flags to RFLAGS.
    #[inline(always)]
    pub fn settle(&mut self, rflags: &mut u64) {
        if self.pending {
            self.pending = false;
            *rflags = *rflags & !flag::STATUS | self.value();
        }
    }

    fn value(&self) -> u64 {
        let bit = |set: bool, flag: u64| if set { flag } else { 0 };
        bit(self.carry, flag::CF)
            | bit((self.result as u8).count_ones().is_multiple_of(2), flag::PF)
            | self.adjust & flag::AF
            | bit(self.result == 0, flag::ZF)
            | bit(self.result < 0, flag::SF)
            | bit(self.overflow < 0, flag::OF)
    }

    /// CF now.
    #[inline(always)]
    pub fn carry(&self, rflags: u64) -> bool {
        if self.pending { self.carry } else { rflags & flag::CF != 0 }
    }

    /// Condition codes 0 (O) to 15 (G).
    #[inline(always)]
    pub fn condition(&self, code: u16, rflags: u64) -> bool {
        if !self.pending {
            return crate::alu::condition(code, rflags);
        }
        let holds = match code >> 1 {
            0 => self.overflow < 0,
            1 => self.carry,
            2 => self.result == 0,
            3 => self.carry || self.result == 0,
            4 => self.result < 0,
            5 => (self.result as u8).count_ones().is_multiple_of(2),
            6 => (self.result < 0) != (self.overflow < 0),
            _ => self.result == 0 || (self.result < 0) != (self.overflow < 0),
        };
        holds != (code & 1 != 0)
    }

    /// Flags of `a + b + carry`, where bits beyond the size may be anything. Returns the sum.
    #[inline(always)]
    pub fn add(&mut self, a: u64, b: u64, carry: u64, size: u8) -> u64 {
        let sum = a.wrapping_add(b).wrapping_add(carry);
        let carries = (a & b) | ((a | b) & !sum);
        self.set(a ^ b ^ sum, (a ^ sum) & (b ^ sum), carries, sum, size)
    }

    /// Flags of `a - b - borrow`; as [`Self::add`].
    #[inline(always)]
    pub fn sub(&mut self, a: u64, b: u64, borrow: u64, size: u8) -> u64 {
        let difference = a.wrapping_sub(b).wrapping_sub(borrow);
        let borrows = (!a & b) | ((!a | b) & difference);
        self.set(a ^ b ^ difference, (a ^ b) & (a ^ difference), borrows, difference, size)
    }

    /// Flags of a logical result: CF and OF clear, AF undefined (cleared).
    #[inline(always)]
    pub fn logic(&mut self, value: u64, size: u8) -> u64 {
        self.set(0, 0, 0, value, size)
    }

    /// Flags of INC and DEC, which leave CF.
    #[inline(always)]
    pub fn step(&mut self, a: u64, by: u64, size: u8, rflags: u64) -> u64 {
        let carry = self.carry(rflags);
        let result = if by == 1 { self.add(a, 1, 0, size) } else { self.sub(a, 1, 0, size) };
        self.carry = carry;
        result
    }

    /// Takes ready-made status flags.
    #[inline(always)]
    pub fn replace(&mut self, rflags: &mut u64, status: u64) {
        self.pending = false;
        *rflags = *rflags & !flag::STATUS | status;
    }

    #[inline(always)]
    fn set(&mut self, adjust: u64, overflow: u64, carries: u64, result: u64, size: u8) -> u64 {
        // Shifts by a constant where it is one of the two usual sizes.
        match size {
            4 => self.set_sized(adjust, overflow, carries, result, 4),
            8 => self.set_sized(adjust, overflow, carries, result, 8),
            _ => self.set_sized(adjust, overflow, carries, result, size),
        }
        result
    }

    #[inline(always)]
    fn set_sized(&mut self, adjust: u64, overflow: u64, carries: u64, result: u64, size: u8) {
        let shift = 64 - u32::from(size) * 8;
        self.pending = true;
        self.adjust = adjust;
        self.overflow = (overflow << shift) as i64;
        self.carry = ((carries << shift) as i64) < 0;
        self.result = (result << shift) as i64 >> shift;
    }
}
