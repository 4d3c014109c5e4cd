//! Who evaluates.

/// Which dispatcher evaluates: they know different opcodes and fail with different words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Dialect {
    Pei,
    Dxe,
    Smm,
}

impl Dialect {
    /// Of a section type, a constant of `layout::section::kind`.
    #[must_use]
    pub fn of_section(kind: u8) -> Option<Dialect> {
        use crate::layout::section::kind::{DXE_DEPEX, PEI_DEPEX, SMM_DEPEX};
        match kind {
            PEI_DEPEX => Some(Dialect::Pei),
            DXE_DEPEX => Some(Dialect::Dxe),
            SMM_DEPEX => Some(Dialect::Smm),
            _ => None,
        }
    }

    /// The section type that holds it.
    #[must_use]
    pub fn section(self) -> u8 {
        use crate::layout::section::kind::{DXE_DEPEX, PEI_DEPEX, SMM_DEPEX};
        match self {
            Dialect::Pei => PEI_DEPEX,
            Dialect::Dxe => DXE_DEPEX,
            Dialect::Smm => SMM_DEPEX,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Pei => "PEI",
            Dialect::Dxe => "DXE",
            Dialect::Smm => "SMM",
        }
    }
}
