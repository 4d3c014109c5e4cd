//! The power button, sleep states, and waking up.
//!
//! Source: Intel ICH9 datasheet 316972, "PM1_STS", "PM1_CNT"; the four-second override in the words
//! of the ICH10 datasheet 319973. S1 is taken as S0: nothing sleeps. Not modelled: the button's 16 ms
//! of debouncing. Board `qemu` sleeps as QEMU does (hw/acpi/core.c): in S3 by another number, and what
//! woke it stands in PM1_STS behind its reset.

use crate::pm::Pm;
use crate::pm_regs::{Pm1Cnt, Pm1Sts, SmiSts, at};
use crate::{Cx, Silicon};
use trace::{Kind, ResetKind, SmiSource};

/// Held this long, the button switches off whatever software does.
const OVERRIDE_NS: u64 = 4_000_000_000;
const S3: u8 = 5;
const S4: u8 = 6;
const S5: u8 = 7;
/// QEMU's SLP_TYP 0, 1 and 2.
const QEMU_STATES: [u8; 3] = [S5, S3, S4];

#[derive(Clone, Debug, Default, Hash)]
pub struct Button {
    /// When it will have been held for four seconds; nothing once that has come.
    overrides_at: Option<u64>,
}

impl Button {
    pub fn deadline(&self) -> Option<u64> {
        self.overrides_at
    }
}

impl Pm {
    /// PWRBTN# goes down or up.
    pub fn press_button(&mut self, cx: &mut Cx, pressed: bool) {
        self.button.overrides_at = (pressed && self.asleep.is_none()).then(|| cx.now.saturating_add(OVERRIDE_NS));
        if pressed && (self.silicon == Silicon::Ich9 || self.asleep.is_some()) {
            self.set_pm1(cx, Pm1Sts::new().with_pwrbtn(true));
        }
    }

    /// True: the button was held for four seconds just now.
    pub(crate) fn advance_button(&mut self, cx: &mut Cx) -> bool {
        let held = self.button.overrides_at.is_some_and(|at| at <= cx.now);
        if held {
            self.button.overrides_at = None;
            let sts = self.pm1_sts(cx.now).with_tmrof(false).with_pwrbtn(false).with_prbtnor(true);
            self.change(cx, |regs| regs.put(at::PM1_STS, 2, sts.into_bits().into()));
            self.sleep(cx, S5);
        }
        held
    }

    /// PM1_CNT was written: GBL_RLS calls the BIOS, SLP_EN goes to sleep or calls the BIOS instead.
    pub(crate) fn pm1_cnt_written(&mut self, cx: &mut Cx, bits: Pm1Cnt) {
        if bits.gbl_rls() {
            self.ask(cx, SmiSource::Bios, SmiSts::new().with_bios(true));
        }
        if bits.slp_en() && self.smi_en().slp_smi_en() {
            self.ask(cx, SmiSource::Sleep, SmiSts::new().with_slp_smi(true));
        } else if bits.slp_en() {
            self.sleep(cx, self.pm1_cnt().slp_typ());
        }
    }

    fn sleep(&mut self, cx: &mut Cx, slp_typ: u8) {
        if (S3..=S5).contains(&slp_typ) {
            self.asleep = Some(slp_typ);
            cx.emit(Kind::Asleep { slp_typ });
        }
    }

    /// SLP_TYP of the sleep state that the machine is in.
    pub fn asleep(&self) -> Option<u8> {
        self.asleep
    }

    /// The same on QEMU: SLP_EN alone acts.
    pub(crate) fn qemu_pm1_cnt_written(&mut self, cx: &mut Cx, bits: Pm1Cnt) {
        if let Some(&state) = QEMU_STATES.get(usize::from(bits.slp_typ())).filter(|_| bits.slp_en()) {
            self.sleep(cx, state);
        }
    }

    pub fn in_s3(&self) -> bool {
        self.asleep == Some(S3)
    }

    /// What wakes: the button always, RTC and GPE0 when they are enabled. RAM keeps its contents in S3
    /// only.
    pub fn wake(&mut self, cx: &mut Cx) -> Option<ResetKind> {
        let slp_typ = self.asleep?;
        let sts = self.pm1_sts(cx.now);
        let gpe = self.regs.get(at::GPE0_STS, 8) & self.regs.get(at::GPE0_EN, 8);
        if !(sts.pwrbtn() || sts.rtc() && self.pm1_en().rtc() || gpe != 0) {
            return None;
        }
        // QEMU's registers forget all at the reset: `reset` has to know that it is one that wakes.
        if self.silicon == Silicon::Ich9 {
            self.asleep = None;
        }
        self.set_pm1(cx, Pm1Sts::new().with_wak(true));
        Some(if slp_typ == S3 { ResetKind::Hard } else { ResetKind::Power })
    }

    /// The RTC's alarm.
    pub fn rtc_alarm(&mut self, cx: &mut Cx) {
        if self.silicon == Silicon::Ich9 || self.in_s3() {
            self.set_pm1(cx, Pm1Sts::new().with_rtc(true));
        }
    }

    /// The plug was pulled: the resume well has lost what it held.
    pub fn power_cut(&mut self) {
        self.regs.put(at::PM1_STS, 2, 0);
        self.regs.put(at::PM1_EN, 2, 0);
        self.regs.put(at::GPE0_STS, 8, 0);
        self.regs.put(at::GPE0_EN, 8, 0);
        self.asleep = None;
    }

    /// Power is back, and the machine stays off (AFTERG3_EN).
    pub fn stay_off(&mut self) {
        self.asleep = Some(S5);
    }
}
