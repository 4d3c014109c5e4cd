//! The two timers that exist only to raise SMIs.
//!
//! Source: Intel ICH9 datasheet 316972, "SMI_EN" (SWSMI_TMR_EN, PERIODIC_EN), "GEN_PMCON_1"
//! (PER_SMI_SEL) and "GEN_PMCON_3" (SWSMI_RATE_SEL). The software timer runs once each time its enable
//! goes from 0 to 1; the periodic one runs as long as its enable is set.

use crate::Cx;
use crate::pm::Pm;
use crate::pm_regs::{SmiEn, SmiSts};
use trace::SmiSource;

const SECOND_NS: u64 = 1_000_000_000;

#[derive(Clone, Debug, Default, Hash)]
pub struct SmiTimers {
    software: Option<u64>,
    periodic: Option<u64>,
}

impl SmiTimers {
    pub fn deadline(&self) -> Option<u64> {
        self.software.into_iter().chain(self.periodic).min()
    }
}

/// 1.5, 16, 32 or 64 ms.
fn software_period(rate_sel: u8) -> u64 {
    match rate_sel & 3 {
        0 => 1_500_000,
        sel => (8 << sel) * 1_000_000,
    }
}

/// 64, 32, 16 or 8 s.
fn periodic_period(sel: u8) -> u64 {
    (64 >> (sel & 3)) * SECOND_NS
}

impl Pm {
    /// SMI_EN was written.
    pub(crate) fn start_smi_timers(&mut self, now: u64, before: SmiEn) {
        let en = self.smi_en();
        if en.swsmi_tmr_en() != before.swsmi_tmr_en() {
            let end = now.saturating_add(software_period(self.wires.swsmi_rate_sel));
            self.timers.software = en.swsmi_tmr_en().then_some(end);
        }
        if en.periodic_en() != before.periodic_en() {
            let end = now.saturating_add(periodic_period(self.wires.per_smi_sel));
            self.timers.periodic = en.periodic_en().then_some(end);
        }
    }

    pub(crate) fn advance_smi_timers(&mut self, cx: &mut Cx) {
        if self.timers.software.is_some_and(|at| at <= cx.now) {
            self.timers.software = None;
            self.ask(cx, SmiSource::SwTimer, SmiSts::new().with_swsmi_tmr(true));
        }
        if let Some(at) = self.timers.periodic.filter(|at| *at <= cx.now) {
            let period = periodic_period(self.wires.per_smi_sel);
            // Whole periods that went by unseen count once.
            let next = at + (cx.now - at) / period * period;
            self.timers.periodic = Some(next.saturating_add(period));
            self.ask(cx, SmiSource::Periodic, SmiSts::new().with_periodic(true));
        }
    }
}
