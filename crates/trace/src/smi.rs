//! Why an SMI was asked for, by ICH9's names (SMI_STS, PMBASE+34h; datasheet 316972).

use serde::{Deserialize, Serialize};

/// A source of SMIs: a bit of SMI_STS, or an interrupt message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SmiSource {
    /// Write to APM_CNT (port B2h).
    Apm,
    /// TCO block: watchdog, BIOSWR, intruder, software.
    Tco,
    /// Inter-processor interrupt with delivery mode SMI; it passes SMI_STS by.
    Ipi,
    /// The OS wrote GBL_RLS.
    Bios,
    LegacyUsb,
    /// SLP_EN was written while SLP_SMI_EN is set.
    Sleep,
    SwTimer,
    /// PM1_STS: power button, RTC, PM timer, GBL_STS.
    Pm1,
    /// GPE0_STS: thermal, general-purpose inputs routed to SCI.
    Gpe0,
    /// ALT_GP_SMI_STS: general-purpose inputs routed to SMI.
    Gpi,
    Periodic,
    Serirq,
    /// An I/O trap.
    Monitor,
    Spi,
}

impl SmiSource {
    /// As the datasheet calls the status bit.
    pub fn name(self) -> &'static str {
        match self {
            SmiSource::Apm => "APM",
            SmiSource::Tco => "TCO",
            SmiSource::Ipi => "IPI",
            SmiSource::Bios => "BIOS",
            SmiSource::LegacyUsb => "LEGACY_USB",
            SmiSource::Sleep => "SLP_SMI",
            SmiSource::SwTimer => "SWSMI_TMR",
            SmiSource::Pm1 => "PM1",
            SmiSource::Gpe0 => "GPE0",
            SmiSource::Gpi => "GPI",
            SmiSource::Periodic => "PERIODIC",
            SmiSource::Serirq => "SERIRQ_SMI",
            SmiSource::Monitor => "MONITOR",
            SmiSource::Spi => "SPI",
        }
    }
}
