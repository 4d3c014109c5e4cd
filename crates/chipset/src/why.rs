//! Why an SMI was sent, or wasn't: each source with its bits, and what holds it back.

use crate::pm::Pm;
use crate::pm_regs::{SmiEn, SmiSts};
use crate::{Chipset, Silicon};
use trace::SmiSource;

/// What keeps a source from sending an SMI now. In the order in which the chipset asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Its bit in SMI_STS is 0: nothing has happened, or its own block doesn't pass it on (an enable
    /// there, GPI_ROUT, SCI_EN).
    NoStatus,
    /// Its bit in SMI_EN is 0.
    Disabled,
    /// SMI_EN.GBL_SMI_EN is 0.
    AllDisabled,
    /// SMI_EN.EOS is 0: an SMI was sent, and software has not said that it is done with it.
    NoEos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceState {
    pub source: SmiSource,
    /// Its bit in SMI_STS.
    pub status: bool,
    /// Its bit in SMI_EN, if it has one there.
    pub enabled: Option<bool>,
    /// `None`: it sends.
    pub held: Option<Held>,
}

/// The SMI logic as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmiState {
    pub gbl_smi_en: bool,
    pub eos: bool,
    /// SMI# is asserted.
    pub line: bool,
    /// PM1_STS.PRBTNOR keeps EOS from being set.
    pub eos_blocked: bool,
    pub sci_en: bool,
    pub sources: Vec<SourceState>,
}

type Row = (SmiSource, fn(&SmiSts) -> bool, Option<fn(&SmiEn) -> bool>);

const ROWS: [Row; 11] = [
    (SmiSource::Bios, SmiSts::bios, Some(SmiEn::bios_en)),
    (SmiSource::Sleep, SmiSts::slp_smi, Some(SmiEn::slp_smi_en)),
    (SmiSource::Apm, SmiSts::apm, Some(SmiEn::apmc_en)),
    (SmiSource::SwTimer, SmiSts::swsmi_tmr, Some(SmiEn::swsmi_tmr_en)),
    (SmiSource::Pm1, SmiSts::pm1, None),
    (SmiSource::Gpe0, SmiSts::gpe0, None),
    (SmiSource::Gpi, SmiSts::gpi, None),
    (SmiSource::Tco, SmiSts::tco, Some(SmiEn::tco_en)),
    (SmiSource::Periodic, SmiSts::periodic, Some(SmiEn::periodic_en)),
    (SmiSource::Monitor, SmiSts::monitor, None),
    (SmiSource::Spi, SmiSts::spi, None),
];

impl Pm {
    fn state_of(&self, (source, status, enabled): Row) -> SourceState {
        let (sts, en) = (self.smi_sts(), self.smi_en());
        let (status, mut enabled) = (status(&sts), enabled.map(|enabled| enabled(&en)));
        if source == SmiSource::Tco {
            enabled = Some(self.tco_enabled());
        }
        let held = if !status {
            Some(Held::NoStatus)
        } else if enabled == Some(false) {
            Some(Held::Disabled)
        } else if !en.gbl_smi_en() {
            Some(Held::AllDisabled)
        } else if !en.eos() {
            Some(Held::NoEos)
        } else {
            None
        };
        SourceState { source, status, enabled, held }
    }
}

impl Chipset {
    /// `None` on board `qemu`, which has no such logic.
    pub fn smi_state(&self, now: u64) -> Option<SmiState> {
        (self.silicon == Silicon::Ich9).then(|| SmiState {
            gbl_smi_en: self.pm.smi_en().gbl_smi_en(),
            eos: self.pm.smi_en().eos(),
            line: self.pm.line,
            eos_blocked: self.pm.pm1_sts(now).prbtnor(),
            sci_en: self.pm.pm1_cnt().sci_en(),
            sources: ROWS.into_iter().map(|row| self.pm.state_of(row)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Bench;

    fn held(bench: &Bench, source: SmiSource) -> Option<Held> {
        let state = bench.chipset.smi_state(bench.now).expect("board ich9");
        state.sources.iter().find(|state| state.source == source).expect("a row for each source").held
    }

    #[test]
    fn each_gate_that_is_shut_is_named_in_the_order_in_which_they_stand() {
        let mut bench = Bench::ich9();
        bench.write(0xb2, 1, 1);
        assert_eq!(held(&bench, SmiSource::Apm), Some(Held::NoStatus), "APMC_EN gates the status itself");
        bench.write(0x662, 1, 1);
        assert_eq!(held(&bench, SmiSource::Tco), Some(Held::Disabled));
        bench.write(0x630, 4, 0x2000);
        assert_eq!(held(&bench, SmiSource::Tco), Some(Held::AllDisabled));
        bench.write(0x630, 4, 0x2001);
        assert!(bench.smi());
        assert_eq!(held(&bench, SmiSource::Tco), Some(Held::NoEos), "it was sent, and takes EOS with it");
        assert_eq!(held(&bench, SmiSource::Gpi), Some(Held::NoStatus));
    }
}
