//! The power management ports at PMBASE: PM1, PM timer, GPE0, SMI_EN and SMI_STS, TCO.
//!
//! Source: Intel ICH9 datasheet 316972, "Power Management I/O Registers" and "System Management TCO
//! Registers". This file reads and writes the registers; how SMIs are sent stands in `smi.rs`, the
//! TCO block in `tco_block.rs`, the SMI timers in `smi_timers.rs`, button and sleep in `power.rs`.
//!
//! On board `qemu` registers are QEMU's in their own width; what its TCO block and PM1_CNT answer to
//! narrower accesses is not copied. Of the SMI sources it has APM_CNT and TCO only.

use crate::pm_regs::{Pm1Cnt, Pm1Sts, SmiEn, SmiSts, TABLE, Tco1Cnt, at, gpe_cntl, gpe0};
use crate::power::Button;
use crate::regs::{Access, Lock, Reg, RegBlock};
use crate::smi_timers::SmiTimers;
use crate::tco::TcoTimer;
use crate::{Cx, Silicon, SmiTo};

/// The PM timer's clock, 14.31818 MHz / 4 (316972, "PM1_TMR").
const PM_TIMER_HZ: u128 = 3_579_545;
/// PM1_STS.TMROF_STS is set every 2.3435 s, when bit 23 changes.
const TMROF_SHIFT: u32 = 23;

/// What other devices say to this one, as levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wires {
    /// GEN_PMCON_1.SMI_LOCK.
    pub smi_lock: bool,
    /// GEN_PMCON_1.PER_SMI_SEL.
    pub per_smi_sel: u8,
    /// GEN_PMCON_3.SWSMI_RATE_SEL.
    pub swsmi_rate_sel: u8,
    pub gpi_rout: u32,
    /// General-purpose inputs 15:0 that are active.
    pub gpi: u16,
    /// Port 70h bit 7: NMIs are masked.
    pub nmi_masked: bool,
    /// An I/O trap has caught a cycle.
    pub monitor: bool,
    /// The SPI controller asks for an SMI.
    pub spi: bool,
    pub thermal: bool,
    pub intruder: bool,
    /// A trap of the keyboard's ports has caught a cycle.
    pub legacy_usb: bool,
    /// SERIRQ's SMI# frame is active.
    pub serirq: bool,
}

#[derive(Clone, Hash)]
pub struct Pm {
    pub(crate) silicon: Silicon,
    pub(crate) regs: RegBlock<128>,
    pub(crate) wires: Wires,
    pub(crate) tco: TcoTimer,
    pub(crate) timers: SmiTimers,
    pub(crate) button: Button,
    /// SLP_TYP of the state in which the machine sleeps.
    pub(crate) asleep: Option<u8>,
    /// TMROF_STS reads 1 from this half period of the PM timer on.
    tmrof_from: u64,
    /// The half period whose overflow was acted upon.
    tmrof_told: u64,
    pub(crate) apm_cnt: u8,
    pub(crate) apm_sts: u8,
    /// SMI# towards the processors is asserted.
    pub(crate) line: bool,
    pub(crate) pending: Vec<SmiTo>,
    /// QEMU: firmware has negotiated that APM_CNT interrupts all processors.
    pub(crate) broadcast: bool,
    /// A source of NMI is active; its edge was passed on.
    pub(crate) nmi_seen: bool,
    pub(crate) nmi_pending: bool,
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
            wires: Wires::default(),
            tco: TcoTimer::new(silicon),
            timers: SmiTimers::default(),
            button: Button::default(),
            asleep: None,
            tmrof_from: u64::from(silicon == Silicon::Ich9),
            tmrof_told: 0,
            apm_cnt: 0,
            apm_sts: 0,
            line: false,
            pending: Vec::new(),
            broadcast: false,
            nmi_seen: false,
            nmi_pending: false,
        }
    }

    /// A platform reset. What lies in the resume and RTC wells survives on silicon: the upper halves
    /// of PM1_STS and PM1_EN, SLP_TYP, GPE0, TCO2_STS. QEMU's reset leaves the TCO block and the APM
    /// ports alone, and what woke the machine.
    pub fn reset(&mut self) {
        let before = self.clone();
        *self = Pm::new(self.silicon);
        self.button = before.button.clone();
        let kept: &[(u16, u8, u64)] = match self.silicon {
            Silicon::Ich9 => &[
                (at::PM1_STS, 4, 0xff00_ff00),
                (at::PM1_CNT, 4, 0x1c00),
                (at::GPE0_STS, 8, u64::MAX),
                (at::GPE0_EN, 8, u64::MAX),
                (at::TCO2_STS, 2, 0x0017),
            ],
            Silicon::Qemu => {
                self.tco = before.tco.clone();
                (self.apm_cnt, self.apm_sts) = (before.apm_cnt, before.apm_sts);
                if before.in_s3() {
                    self.regs.put(at::PM1_STS, 2, before.regs.get(at::PM1_STS, 2));
                }
                &[(0x60, 8, u64::MAX), (0x68, 8, u64::MAX), (0x70, 8, u64::MAX)]
            }
        };
        for &(at, size, mask) in kept {
            let value = (self.regs.get(at, size) & !mask) | (before.regs.get(at, size) & mask);
            self.regs.put(at, size, value);
        }
    }

    pub(crate) fn smi_en(&self) -> SmiEn {
        SmiEn::from_bits(self.regs.get(at::SMI_EN, 4) as u32)
    }
    pub(crate) fn smi_sts(&self) -> SmiSts {
        SmiSts::from_bits(self.regs.get(at::SMI_STS, 4) as u32)
    }
    pub(crate) fn pm1_cnt(&self) -> Pm1Cnt {
        Pm1Cnt::from_bits(self.regs.get(at::PM1_CNT, 4) as u32)
    }
    pub(crate) fn pm1_en(&self) -> Pm1Sts {
        Pm1Sts::from_bits(self.regs.get(at::PM1_EN, 2) as u16)
    }
    pub(crate) fn tco1_cnt(&self) -> Tco1Cnt {
        Tco1Cnt::from_bits(self.regs.get(at::TCO1_CNT, 2) as u16)
    }

    /// PM1_STS with the timer's overflow, which is not stored.
    pub(crate) fn pm1_sts(&self, now: u64) -> Pm1Sts {
        let overflow = pm_ticks(now) >> TMROF_SHIFT >= self.tmrof_from;
        Pm1Sts::from_bits(self.regs.get(at::PM1_STS, 2) as u16).with_tmrof(overflow)
    }

    /// When TMROF_STS is set next; a processor is told of it only with TMROF_EN.
    fn overflow_at(&self) -> Option<u64> {
        let ticks = u128::from(self.tmrof_from) << TMROF_SHIFT;
        let at = (ticks * 1_000_000_000).div_ceil(PM_TIMER_HZ);
        let waits = self.pm1_en().tmrof() && self.tmrof_told != self.tmrof_from;
        waits.then(|| u64::try_from(at).unwrap_or(u64::MAX))
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
        view.put(at::PM1_STS, 2, self.pm1_sts(now).into_bits().into());
        view.put(at::TCO_RLD, 2, self.tco.count(now, self.tco_tmr()).into());
        for i in (offset..).take(size.into()).filter(|&i| self.unassigned(i)) {
            view.put(i, 1, 0xff);
        }
        view.get(offset, size) as u32
    }

    /// `offset` + `size` lie inside the 128 ports.
    pub fn write(&mut self, cx: &mut Cx, offset: u16, size: u8, value: u32) {
        if self.refused(offset, size) {
            return;
        }
        let value = u64::from(value);
        let written = |reg: u16, len: u16| part(reg, len, offset, size, value);
        let this = self.clone();
        self.change(cx, |regs| {
            regs.write(TABLE, offset, size, value, |reg| this.access(reg));
            match this.silicon {
                Silicon::Qemu => qemu_status_stores(regs, &written),
                Silicon::Ich9 if regs.get(at::TCO_TMR, 2) < 2 => regs.put(at::TCO_TMR, 2, this.tco_tmr().into()),
                Silicon::Ich9 => {}
            }
        });
        if written(at::PM1_STS, 2).is_some_and(|bits| Pm1Sts::from_bits(bits as u16).tmrof()) {
            self.tmrof_from = (pm_ticks(cx.now) >> TMROF_SHIFT) + 1;
        }
        self.tco_written(cx, &written);
        match self.silicon {
            Silicon::Ich9 => self.acts(cx, &this, &written),
            Silicon::Qemu => {
                if let Some(bits) = written(at::PM1_CNT, 2) {
                    self.qemu_pm1_cnt_written(cx, Pm1Cnt::from_bits(bits as u32));
                }
            }
        }
        self.settle(cx, self.wires);
    }

    /// The bits that act when they are written.
    fn acts(&mut self, cx: &mut Cx, before: &Pm, written: &impl Fn(u16, u16) -> Option<u64>) {
        if let Some(bits) = written(at::PM1_CNT, 4) {
            self.pm1_cnt_written(cx, Pm1Cnt::from_bits(bits as u32));
        }
        if written(at::GPE_CNTL, 1).is_some_and(|bits| bits & gpe_cntl::SWGPE_CTRL != 0) {
            self.change(cx, |regs| regs.set(at::GPE0_STS, 4, gpe0::SWGPE));
        }
        if let Some(bits) = written(at::SMI_EN, 4) {
            let bits = SmiEn::from_bits(bits as u32);
            if bits.bios_rls() {
                self.set_pm1(cx, Pm1Sts::new().with_gbl(true));
            }
            self.start_smi_timers(cx.now, before.smi_en());
            if bits.eos() {
                self.end_of_smi(cx);
            }
        }
    }

    pub(crate) fn set_pm1(&mut self, cx: &mut Cx, bits: Pm1Sts) {
        self.change(cx, |regs| regs.set(at::PM1_STS, 2, bits.into_bits().into()));
    }

    pub fn holds(&self, lock: Lock) -> bool {
        match lock {
            Lock::Smi => self.wires.smi_lock,
            // QEMU's TCO_LOCK freezes nothing but itself.
            Lock::Tco => self.tco1_cnt().tco_lock() && self.silicon == Silicon::Ich9,
            _ => false,
        }
    }

    pub fn access(&self, reg: &Reg) -> Access {
        let mut access = reg.access(|lock| self.holds(lock));
        if self.silicon == Silicon::Qemu {
            access.rw = if self.unassigned(reg.at) { 0 } else { reg.qemu_rw.unwrap_or(reg.rw) };
            access.once = 0;
            if matches!(reg.at, at::GPE0_STS | 0x24) {
                access.w1c = 0xffff_ffff;
            }
            match reg.at {
                at::SMI_EN if self.wires.smi_lock => access.rw &= !1,
                at::TCO1_CNT if self.tco1_cnt().tco_lock() => access.rw &= !0x1000,
                _ => {}
            }
        }
        access
    }

    /// The current moment is seen; a TCO timer fresh out of reset starts to run.
    pub fn see(&mut self, now: u64) {
        self.tco.start_if_fresh(now, self.tco_tmr());
    }

    pub fn deadline(&self) -> Option<u64> {
        let own = [self.tco.deadline(), self.timers.deadline(), self.button.deadline()];
        let overflow = self.overflow_at().filter(|_| self.silicon == Silicon::Ich9);
        own.into_iter().chain([overflow]).flatten().min()
    }

    /// Acts on time up to `cx.now`. First: the watchdog wants a platform reset; second: the power button
    /// was held for four seconds.
    pub fn advance(&mut self, cx: &mut Cx, no_reboot: bool) -> (bool, bool) {
        let reset = self.advance_tco(cx, no_reboot);
        self.advance_smi_timers(cx);
        let held = self.advance_button(cx);
        if self.pm1_sts(cx.now).tmrof() {
            self.tmrof_told = self.tmrof_from;
        }
        self.settle(cx, self.wires);
        (reset, held)
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
