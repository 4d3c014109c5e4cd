//! Exceptions as values: an instruction that faults changes nothing and hands one of these up.

/// Vectors (SDM vol. 3, "Exception and Interrupt Reference").
pub mod vector {
    pub const DE: u8 = 0;
    pub const DB: u8 = 1;
    pub const NMI: u8 = 2;
    pub const BP: u8 = 3;
    pub const OF: u8 = 4;
    pub const BR: u8 = 5;
    pub const UD: u8 = 6;
    pub const NM: u8 = 7;
    pub const DF: u8 = 8;
    pub const TS: u8 = 10;
    pub const NP: u8 = 11;
    pub const SS: u8 = 12;
    pub const GP: u8 = 13;
    pub const PF: u8 = 14;
    pub const MF: u8 = 16;
    pub const AC: u8 = 17;
    pub const MC: u8 = 18;
    pub const XM: u8 = 19;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub vector: u8,
    pub error: Option<u32>,
}

impl Fault {
    pub const UD: Fault = Fault { vector: vector::UD, error: None };
    pub const DB: Fault = Fault { vector: vector::DB, error: None };
    pub const NM: Fault = Fault { vector: vector::NM, error: None };
    pub const MC: Fault = Fault { vector: vector::MC, error: None };
    pub const XM: Fault = Fault { vector: vector::XM, error: None };
    pub const DE: Fault = Fault { vector: vector::DE, error: None };
    pub const GP0: Fault = Fault::gp(0);
    pub const AC: Fault = Fault::with(vector::AC, 0);

    /// #GP with a selector, or 0.
    pub const fn gp(error: u16) -> Fault {
        Fault::with(vector::GP, error)
    }
    pub const fn with(vector: u8, error: u16) -> Fault {
        Fault { vector, error: Some(error as u32) }
    }
}

pub type Result<T> = core::result::Result<T, Fault>;
