//! The power management ports at PMBASE: PM1, PM timer, GPE0, SMI_EN and SMI_STS, TCO.
//!
//! Source: Intel ICH9 datasheet 316972, "Power Management I/O Registers" and "System Management TCO
//! Registers". Not modelled: SCI, sleep states, NMI, and SMI sources other than APM_CNT and TCO;
//! their enable bits can be set and do nothing. How SMIs are sent stands in `smi.rs`.
//!
//! On board `qemu` registers are QEMU's in their own width; what its TCO block and PM1_CNT answer to
//! narrower accesses is not copied.

use crate::pm_regs::{SmiEn, TABLE, Tco1Cnt, Tco1Sts, Tco2Sts, at};
use crate::regs::{Access, Reg, RegBlock};
use crate::tco::{Expiry, TcoTimer};
use crate::{Cx, Silicon, SmiTo};

/// The PM timer's clock, 14.31818 MHz / 4 (316972, "PM1_TMR").
const PM_TIMER_HZ: u128 = 3_579_545;
/// PM1_STS.TMROF_STS is set every 2.3435 s, when bit 23 changes.
const TMROF_SHIFT: u32 = 23;
const TMROF: u64 = 1;
const PM1_GBL_STS: u64 = 1 << 5;

#[derive(Clone, Hash)]
pub struct Pm {
    pub(crate) silicon: Silicon,
    pub(crate) regs: RegBlock<128>,
    tco: TcoTimer,
    /// TMROF_STS reads 1 from this half period of the PM timer on.
    tmrof_from: u64,
    pub(crate) apm_cnt: u8,
    pub(crate) apm_sts: u8,
    /// SMI# towards the processors is asserted.
    pub(crate) line: bool,
    pub(crate) pending: Vec<SmiTo>,
}

fn pm_ticks(now: u64) -> u64 {
    (u128::from(now) * PM_TIMER_HZ / 1_000_000_000) as u64
}

/// The part of a write that falls on a register, moved to the register's place.
fn part(reg: u16, reg_size: u16, offset: u16, size: u8, value: u64) -> Option<u64> {
    let end = offset + u16::from(size);
    if end <= reg || offset >= reg + reg_size {
        return None;
    }
    let mask = u64::MAX >> (64 - 8 * u32::from(size.clamp(1, 8)));
    let value = value & mask;
    let moved = if offset >= reg { value << (8 * (offset - reg)) } else { value >> (8 * (reg - offset)) };
    Some(moved & (u64::MAX >> (64 - 8 * u32::from(reg_size))))
}

impl Pm {
    pub fn new(silicon: Silicon) -> Self {
        Pm {
            silicon,
            regs: RegBlock::new(TABLE, silicon),
            tco: TcoTimer::new(silicon),
            tmrof_from: u64::from(silicon == Silicon::Ich9),
            apm_cnt: 0,
            apm_sts: 0,
            line: false,
            pending: Vec::new(),
        }
    }

    /// A platform reset. What lies in the resume and RTC wells survives on silicon: the upper halves
    /// of PM1_STS and PM1_EN, SLP_TYP, GPE0, TCO2_STS. QEMU's reset leaves the TCO block and the APM
    /// ports alone.
    pub fn reset(&mut self) {
        let before = self.clone();
        *self = Pm::new(self.silicon);
        let kept: &[(u16, u8, u64)] = match self.silicon {
            Silicon::Ich9 => &[
                (at::PM1_STS, 4, 0xff00_ff00),
                (at::PM1_CNT, 4, 0x1c00),
                (0x20, 8, u64::MAX),
                (0x28, 8, u64::MAX),
                (at::TCO2_STS, 2, 0x0017),
            ],
            Silicon::Qemu => {
                self.tco = before.tco.clone();
                (self.apm_cnt, self.apm_sts) = (before.apm_cnt, before.apm_sts);
                &[(0x60, 8, u64::MAX), (0x68, 8, u64::MAX), (0x70, 8, u64::MAX)]
            }
        };
        for &(at, size, mask) in kept {
            let value = (self.regs.get(at, size) & !mask) | (before.regs.get(at, size) & mask);
            self.regs.put(at, size, value);
        }
    }

    fn tmr(&self) -> u16 {
        self.regs.get(at::TCO_TMR, 2) as u16
    }

    fn tco1_cnt(&self) -> Tco1Cnt {
        Tco1Cnt::from_bits(self.regs.get(at::TCO1_CNT, 2) as u16)
    }

    /// Changes registers as hardware does and reports it.
    pub(crate) fn change(&mut self, cx: &mut Cx, change: impl FnOnce(&mut RegBlock<128>)) {
        let before = self.regs.clone();
        change(&mut self.regs);
        self.regs.trace_changes(cx, TABLE, &before);
    }

    /// QEMU decodes no port here.
    fn unassigned(&self, offset: u16) -> bool {
        self.silicon == Silicon::Qemu && matches!(offset, 0x06..0x08 | 0x0c..0x20 | 0x38..0x60)
    }

    /// QEMU answers only double words at SMI_EN and SMI_STS.
    fn refused(&self, offset: u16, size: u8) -> bool {
        self.silicon == Silicon::Qemu && size != 4 && matches!(offset, 0x30..0x38)
    }

    /// `offset` + `size` lie inside the 128 ports.
    pub fn read(&self, now: u64, offset: u16, size: u8) -> u32 {
        if self.refused(offset, size) {
            return 0;
        }
        let mut view = self.regs.clone();
        view.put(at::PM1_TMR, 4, pm_ticks(now) & 0xff_ffff);
        let overflow = pm_ticks(now) >> TMROF_SHIFT >= self.tmrof_from;
        view.put(at::PM1_STS, 2, view.get(at::PM1_STS, 2) | if overflow { TMROF } else { 0 });
        view.put(at::TCO_RLD, 2, self.tco.count(now, self.tmr()).into());
        for i in (offset..).take(size.into()).filter(|&i| self.unassigned(i)) {
            view.put(i, 1, 0xff);
        }
        view.get(offset, size) as u32
    }

    /// `offset` + `size` lie inside the 128 ports. `smi_lock` is GEN_PMCON_1's bit.
    pub fn write(&mut self, cx: &mut Cx, offset: u16, size: u8, value: u32, smi_lock: bool) {
        if self.refused(offset, size) {
            return;
        }
        let value = u64::from(value);
        let written = |reg: u16, len: u16| part(reg, len, offset, size, value);
        let this = self.clone();
        let old_tmr = self.tmr();
        self.change(cx, |regs| {
            regs.write(TABLE, offset, size, value, |reg| this.access(reg, smi_lock));
            if this.silicon == Silicon::Qemu {
                qemu_status_stores(regs, &written);
            }
            if this.silicon == Silicon::Ich9 && regs.get(at::TCO_TMR, 2) < 2 {
                regs.put(at::TCO_TMR, 2, old_tmr.into());
            }
        });
        if written(at::PM1_STS, 2).is_some_and(|bits| bits & TMROF != 0) {
            self.tmrof_from = (pm_ticks(cx.now) >> TMROF_SHIFT) + 1;
        }
        self.tco_written(cx, written);
        if let Some(bits) = written(at::SMI_EN, 4) {
            self.smi_en_written(cx, SmiEn::from_bits(bits as u32));
        }
        self.send_if_due(cx);
    }

    fn tco_written(&mut self, cx: &mut Cx, written: impl Fn(u16, u16) -> Option<u64>) {
        let (tmr, halted) = (self.tmr(), self.tco1_cnt().tmr_hlt());
        if written(at::TCO1_CNT, 2).is_some() {
            self.tco.set_halted(cx.now, tmr, halted);
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
        let bits = u64::from(bits.into_bits());
        self.change(cx, |regs| regs.put(at::TCO1_STS, 2, regs.get(at::TCO1_STS, 2) | bits));
    }

    /// The bits that act when written: EOS and BIOS_RLS.
    fn smi_en_written(&mut self, cx: &mut Cx, bits: SmiEn) {
        if self.silicon == Silicon::Qemu {
            return;
        }
        if bits.bios_rls() {
            self.change(cx, |regs| regs.put(at::PM1_STS, 2, regs.get(at::PM1_STS, 2) | PM1_GBL_STS));
        }
        if bits.eos() {
            self.end_of_smi(cx);
        }
    }

    fn access(&self, reg: &Reg, smi_lock: bool) -> Access {
        let qemu = self.silicon == Silicon::Qemu;
        let (mut rw, mut w1c) = (reg.rw, reg.w1c);
        if qemu {
            rw = if self.unassigned(reg.at) { 0 } else { reg.qemu_rw.unwrap_or(reg.rw) };
            w1c = if reg.at == 0x20 { u64::MAX } else { w1c };
        }
        let bit = |en: SmiEn| u64::from(en.into_bits());
        match reg.at {
            at::SMI_EN if smi_lock => rw &= !bit(SmiEn::new().with_gbl_smi_en(true)),
            at::TCO1_CNT if self.tco1_cnt().tco_lock() => {
                rw &= !u64::from(Tco1Cnt::new().with_tco_lock(true).into_bits());
            }
            _ => {}
        }
        if reg.at == at::SMI_EN && !qemu && self.tco1_cnt().tco_lock() {
            rw &= !bit(SmiEn::new().with_tco_en(true));
        }
        Access { rw, w1c }
    }

    /// The current moment is seen; a TCO timer fresh out of reset starts to run.
    pub fn see(&mut self, now: u64) {
        self.tco.start_if_fresh(now, self.tmr());
    }

    pub fn deadline(&self) -> Option<u64> {
        self.tco.deadline()
    }

    /// Acts on time up to `cx.now`. True: the watchdog wants a platform reset.
    pub fn advance(&mut self, cx: &mut Cx, no_reboot: bool) -> bool {
        let Some(expiry) = self.tco.expire(cx.now, self.tmr()) else { return false };
        self.set_tco1(cx, Tco1Sts::new().with_timeout(true));
        if expiry == Expiry::Second {
            let qemu = self.silicon == Silicon::Qemu;
            let sts = Tco2Sts::new().with_second_to(true).with_boot(qemu).into_bits();
            self.change(cx, |regs| regs.put(at::TCO2_STS, 2, regs.get(at::TCO2_STS, 2) | u64::from(sts)));
            if !no_reboot {
                self.tco.stop();
                return true;
            }
        }
        self.tco_smi(cx, false);
        false
    }
}

/// QEMU's TCO status registers take the written value, of the undefined bits only.
fn qemu_status_stores(regs: &mut RegBlock<128>, written: &impl Fn(u16, u16) -> Option<u64>) {
    for (reg, mask) in [(at::TCO1_STS, 0xe870), (at::TCO2_STS, 0xfff8)] {
        if let Some(bits) = written(reg, 2) {
            regs.put(reg, 2, bits & mask);
        }
    }
}

#[cfg(test)]
#[path = "pm_tests.rs"]
mod tests;
