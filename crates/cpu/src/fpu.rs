//! x87 and SSE state, and its image for FXSAVE (SDM vol. 1, "FXSAVE and FXRSTOR"; vol. 1, "x87 FPU
//! Execution Environment" and "MXCSR Control and Status Register").
//!
//! MMX isn't modelled.

use crate::float::{Context, Rounding, exception};

/// MXCSR bits.
pub mod mxcsr {
    pub const DAZ: u32 = 1 << 6;
    pub const UNDERFLOW_MASK: u32 = 1 << 11;
    pub const FTZ: u32 = 1 << 15;
    /// MXCSR_MASK: the bits that exist.
    pub const EXISTING: u32 = 0xffff;
    pub const RESET: u32 = 0x1f80;
}

/// x87 status word bits.
pub mod status {
    pub const STACK_FAULT: u16 = 1 << 6;
    pub const SUMMARY: u16 = 1 << 7;
    pub const C1: u16 = 1 << 9;
    pub const TOP: u16 = 7 << 11;
    pub const BUSY: u16 = 1 << 15;
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fpu {
    pub xmm: [u128; 16],
    pub mxcsr: u32,
    /// The x87's registers by their own numbers, not by stack position; 80 bits each.
    pub registers: [u128; 8],
    /// One bit a register: it isn't empty. FXSAVE's abridged tag word.
    pub valid: u8,
    pub control: u16,
    pub status: u16,
    pub last: Pointers,
}

/// Which non-control instruction ran last (SDM vol. 1, "x87 FPU Instruction and Data (Operand) Pointers", "Last
/// Instruction Opcode"). The operand's is that of the last one that had an operand in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pointers {
    /// FOP: the first byte's low 3 bits, and the second byte.
    pub opcode: u16,
    /// The offset of its first byte, prefixes included.
    pub fip: u64,
    pub fcs: u16,
    pub fdp: u64,
    pub fds: u16,
}

impl Default for Fpu {
    /// At power-on; INIT leaves all of it alone (SDM vol. 3, "Processor State Following Power-up,
    /// Reset, or INIT").
    fn default() -> Self {
        Fpu {
            xmm: [0; 16],
            mxcsr: mxcsr::RESET,
            registers: [0; 8],
            valid: 0xff,
            control: 0x40,
            status: 0,
            last: Pointers::default(),
        }
    }
}

impl Fpu {
    /// FNINIT.
    pub fn initialise(&mut self) {
        (self.control, self.status, self.valid, self.last) = (0x37f, 0, 0, Pointers::default());
    }

    /// The number of register ST(`i`).
    fn number(&self, i: u8) -> usize {
        usize::from((self.status >> 11) as u8 + i & 7)
    }

    pub fn st(&self, i: u8) -> Option<u128> {
        let n = self.number(i);
        (self.valid >> n & 1 != 0).then_some(self.registers[n])
    }

    pub fn set_st(&mut self, i: u8, value: u128) {
        let n = self.number(i);
        self.registers[n] = value;
        self.valid |= 1 << n;
    }

    pub fn free(&mut self, i: u8) {
        self.valid &= !(1 << self.number(i));
    }

    /// Moves TOP: 1 pops, 7 pushes.
    pub fn rotate(&mut self, by: u16) {
        self.status = self.status & !status::TOP | self.status.wrapping_add(by << 11) & status::TOP;
    }

    /// How SSE instructions calculate.
    pub fn sse_context(&self) -> Context {
        Context {
            denormals_are_zero: self.mxcsr & mxcsr::DAZ != 0,
            // FTZ works only while underflow is masked.
            flush_to_zero: self.mxcsr & mxcsr::FTZ != 0 && self.mxcsr & mxcsr::UNDERFLOW_MASK != 0,
            unmasked: !(self.mxcsr >> 7) & exception::ALL,
            ..Context::new(Rounding::from_field(self.mxcsr >> 13))
        }
    }

    /// How x87 instructions calculate.
    pub fn x87_context(&self) -> Context {
        Context {
            x87_nans: true,
            unmasked: !u32::from(self.control) & exception::ALL,
            ..Context::new(Rounding::from_field(u32::from(self.control) >> 10))
        }
    }

    /// Bits of the significand that the PC field asks for.
    pub fn x87_precision(&self) -> u32 {
        match self.control >> 8 & 3 {
            0 => 24,
            2 => 53,
            _ => 64,
        }
    }

    /// Notes x87 exceptions; true if one of them isn't masked.
    pub fn note(&mut self, flags: u32) -> bool {
        self.status |= flags as u16 & 0x3f;
        let unmasked = flags as u16 & !self.control & 0x3f != 0;
        if unmasked {
            self.status |= status::SUMMARY | status::BUSY;
        }
        unmasked
    }

    /// C1: whether the last result was rounded up.
    pub fn set_rounded_up(&mut self, up: bool) {
        self.status = self.status & !status::C1 | if up { status::C1 } else { 0 };
    }

    /// FXSAVE keeps ST(0) first.
    pub fn register_in_stack_order(&self, i: u8) -> u128 {
        self.registers[self.number(i)]
    }

    /// As FXRSTOR loads it: whether the register is valid stands in the tag word.
    pub fn set_register_in_stack_order(&mut self, i: u8, value: u128) {
        self.registers[self.number(i)] = value;
    }

    /// The head of an FXSAVE image: control, status and tags, pointers, MXCSR. With REX.W the pointers are 64-bit
    /// offsets, else 32-bit offsets and selectors.
    pub fn image_head(&self, wide: bool) -> [u8; 32] {
        let mut image = [0; 32];
        let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &self.control.to_le_bytes());
        put(2, &self.status.to_le_bytes());
        put(4, &[self.valid]);
        put(6, &self.last.opcode.to_le_bytes());
        let pointer = |offset: u64, selector: u16| {
            if wide { offset } else { offset & 0xffff_ffff | u64::from(selector) << 32 }
        };
        put(8, &pointer(self.last.fip, self.last.fcs).to_le_bytes());
        put(16, &pointer(self.last.fdp, self.last.fds).to_le_bytes());
        put(24, &self.mxcsr.to_le_bytes());
        put(28, &mxcsr::EXISTING.to_le_bytes());
        image
    }
}
