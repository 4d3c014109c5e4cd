//! The TCO block beside its watchdog: software, intruder, BIOS write and NMI events, and what they
//! set off.
//!
//! Source: Intel ICH9 datasheet 316972, "System Management TCO Registers". NMI2SMI: 6300ESB and ICH4
//! datasheets, whose text is the same. SMI_STS.TCO_STS follows its causes in TCO1_STS and TCO2_STS: it
//! comes back at once when it is cleared before them.

use crate::pm::Pm;
use crate::pm_regs::{Tco1Cnt, Tco1Sts, Tco2Cnt, Tco2Sts, at};
use crate::tco::Expiry;
use crate::{Cx, Silicon};

impl Pm {
    pub(crate) fn tco_tmr(&self) -> u16 {
        self.regs.get(at::TCO_TMR, 2) as u16
    }
    fn tco1_sts(&self) -> Tco1Sts {
        Tco1Sts::from_bits(self.regs.get(at::TCO1_STS, 2) as u16)
    }

    pub(crate) fn tco_written(&mut self, cx: &mut Cx, written: &impl Fn(u16, u16) -> Option<u64>) {
        let (tmr, halted) = (self.tco_tmr(), self.tco1_cnt().tmr_hlt());
        if let Some(bits) = written(at::TCO1_CNT, 2) {
            self.tco.set_halted(cx.now, tmr, halted);
            if self.silicon == Silicon::Ich9 && Tco1Cnt::from_bits(bits as u16).nmi_now() {
                let cnt = self.tco1_cnt();
                let cnt = cnt.with_nmi_now(!cnt.nmi_now()).into_bits();
                self.change(cx, |regs| regs.put(at::TCO1_CNT, 2, cnt.into()));
            }
        }
        if written(at::TCO_RLD, 2).is_some() {
            self.tco.reload(cx.now, tmr, halted);
        }
        if written(at::TCO_DAT_OUT, 1).is_some() {
            self.set_tco1(cx, Tco1Sts::new().with_tco_int(true));
        }
        if written(at::TCO_DAT_IN, 1).is_some() {
            self.set_tco1(cx, Tco1Sts::new().with_sw_tco_smi(true));
            self.tco_smi(cx, self.silicon == Silicon::Qemu);
        }
    }

    fn set_tco1(&mut self, cx: &mut Cx, bits: Tco1Sts) {
        self.change(cx, |regs| regs.set(at::TCO1_STS, 2, bits.into_bits().into()));
    }

    fn set_tco2(&mut self, cx: &mut Cx, bits: Tco2Sts) {
        self.change(cx, |regs| regs.set(at::TCO2_STS, 2, bits.into_bits().into()));
    }

    /// BIOS_CNTL.BIOSWE went from 0 to 1 while BLE is set.
    pub fn bios_write_enabled(&mut self, cx: &mut Cx) {
        self.set_tco1(cx, Tco1Sts::new().with_bioswr(true));
        self.tco_smi(cx, false);
    }

    /// The year went from 99 to 00.
    pub fn new_century(&mut self, cx: &mut Cx) {
        self.set_tco1(cx, Tco1Sts::new().with_newcentury(true));
        self.tco_smi(cx, false);
    }

    /// A status of this block that keeps asking for an SMI.
    pub(crate) fn tco_active(&self) -> bool {
        let sts = self.tco1_sts();
        let sts2 = Tco2Sts::from_bits(self.regs.get(at::TCO2_STS, 2) as u16);
        let cnt2 = Tco2Cnt::from_bits(self.regs.get(at::TCO2_CNT, 2) as u16);
        let first = sts.nmi2smi() || sts.sw_tco_smi() || sts.timeout() || sts.newcentury() || sts.bioswr();
        let intruder = sts2.intrd_det() && cnt2.intrd_sel() == 2;
        first || sts.dmismi() || sts2.smlink_slv_smi() || intruder
    }

    /// An NMI that became an SMI passes TCO_EN by.
    pub(crate) fn tco_enabled(&self) -> bool {
        self.smi_en().tco_en() || self.tco1_sts().nmi2smi()
    }

    /// INTRUDER# is a level: as long as the case is open, its status can't be cleared.
    pub(crate) fn latch_intruder(&mut self, cx: &mut Cx) {
        let detected = Tco2Sts::from_bits(self.regs.get(at::TCO2_STS, 2) as u16).intrd_det();
        if self.wires.intruder && !detected {
            self.set_tco2(cx, Tco2Sts::new().with_intrd_det(true));
        }
    }

    /// Sources of NMI: NMI_NOW, and general-purpose inputs routed to NMI. With NMI2SMI_EN they give an
    /// SMI instead, unless NMIs are masked at port 70h.
    pub(crate) fn follow_nmi(&mut self, cx: &mut Cx) {
        let cnt = self.tco1_cnt();
        let routed = (0..16).any(|n| self.wires.gpi >> n & 1 != 0 && self.wires.gpi_rout >> (2 * n) & 3 == 3);
        let active = (cnt.nmi_now() || routed) && !self.wires.nmi_masked;
        let to_smi = active && cnt.nmi2smi_en() && self.smi_en().gbl_smi_en();
        if to_smi != self.tco1_sts().nmi2smi() {
            let sts = self.tco1_sts().with_nmi2smi(to_smi).into_bits();
            self.change(cx, |regs| regs.put(at::TCO1_STS, 2, sts.into()));
        }
        self.nmi_pending |= active && !self.nmi_seen && !to_smi;
        self.nmi_seen = active;
    }

    /// An NMI message that has not been delivered yet; taking it delivers it.
    pub fn take_nmi(&mut self) -> bool {
        std::mem::take(&mut self.nmi_pending)
    }

    /// The watchdog's time. True: it wants a platform reset.
    pub(crate) fn advance_tco(&mut self, cx: &mut Cx, no_reboot: bool) -> bool {
        let Some(expiry) = self.tco.expire(cx.now, self.tco_tmr()) else { return false };
        self.set_tco1(cx, Tco1Sts::new().with_timeout(true));
        if expiry == Expiry::Second {
            let qemu = self.silicon == Silicon::Qemu;
            self.set_tco2(cx, Tco2Sts::new().with_second_to(true).with_boot(qemu));
            if !no_reboot {
                self.tco.stop();
                return true;
            }
        }
        self.tco_smi(cx, false);
        false
    }
}
