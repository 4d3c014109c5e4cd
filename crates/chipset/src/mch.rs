//! The memory controller hub's function D0:F0: SMRAM control, PAM, PCIEXBAR.
//!
//! Source: Intel 3 Series Express Chipset datasheet 316966. Modelled: decode of the compatible
//! segment, HSEG, TSEG, PAM, PCIEXBAR and the reclaim window, and their locks. Not modelled: DRAM
//! timing, graphics, MCHBAR and DMIBAR; that DRAM above TOLUD disappears.

use crate::map::{Aseg, MemoryMap, Pam, Reclaim};
use crate::mch_regs::{Esmramc, PamByte, Pciexbar, Smram, TABLE, Tsegmb, at};
use crate::regs::{Access, Lock, Reg, RegBlock};
use crate::{Cx, Silicon};

const MIB: u64 = 1 << 20;

#[derive(Clone, Hash)]
pub struct Mch {
    silicon: Silicon,
    low_ram: u64,
    ext_tseg_mib: u16,
    regs: RegBlock<256>,
}

impl Mch {
    pub fn new(silicon: Silicon, low_ram: u64, ext_tseg_mib: u16) -> Self {
        let mut mch = Mch { silicon, low_ram, ext_tseg_mib, regs: RegBlock::new(TABLE, silicon) };
        if silicon == Silicon::Qemu {
            mch.regs.put(at::EXT_TSEG, 2, ext_tseg_mib.into());
        }
        mch
    }

    /// QEMU leaves most of the space as it is.
    pub fn reset(&mut self) {
        let before = std::mem::replace(self, Mch::new(self.silicon, self.low_ram, self.ext_tseg_mib));
        if self.silicon == Silicon::Qemu {
            self.regs.keep(&before.regs, &[(0x40, 0x50), (0x52, 0x60), (0x68, 0x9c), (0x9f, 0x100)]);
        }
    }

    pub fn config_read(&self, offset: u16, size: u8) -> u64 {
        self.regs.get(offset, size)
    }

    pub fn config_write(&mut self, cx: &mut Cx, offset: u16, size: u8, value: u64) {
        let before = self.regs.clone();
        let this = self.clone();
        self.regs.write(TABLE, offset, size, value, |reg| this.access(reg));
        self.close_when_locked();
        if self.silicon == Silicon::Qemu {
            self.qemu_extras(offset, size, value);
        }
        self.regs.trace_changes(cx, TABLE, &before);
    }

    fn smram(&self) -> Smram {
        Smram::from_bits(self.regs.get(at::SMRAM, 1) as u8)
    }

    fn esmramc(&self) -> Esmramc {
        Esmramc::from_bits(self.regs.get(at::ESMRAMC, 1) as u8)
    }

    /// "The Open, Close, and Lock bits function only when G_SMRAME is set" (316966, SMRAM); QEMU's
    /// lock works without.
    fn locked(&self) -> bool {
        let smram = self.smram();
        smram.d_lck() && (smram.g_smrame() || self.silicon == Silicon::Qemu)
    }

    pub fn holds(&self, lock: Lock) -> bool {
        lock == Lock::DLck && self.locked()
    }

    pub fn access(&self, reg: &Reg) -> Access {
        match self.silicon {
            Silicon::Ich9 => reg.access(|lock| self.holds(lock)),
            Silicon::Qemu => self.qemu_access(reg),
        }
    }

    /// Everything behind the header is plain memory, but for the SMRAM registers and what the table
    /// says.
    fn qemu_access(&self, reg: &Reg) -> Access {
        let rw = reg.qemu_rw.unwrap_or(if reg.at >= 0x40 { u64::MAX } else { 0 });
        let rw = match reg.at {
            at::SMRAM if self.locked() => u64::from(Smram::new().with_d_cls(true).into_bits()),
            at::ESMRAMC if self.locked() => 0,
            _ => rw,
        };
        Access { rw, w1c: 0, once: 0 }
    }

    fn close_when_locked(&mut self) {
        if self.locked() {
            let closed = self.smram().with_d_open(false);
            self.regs.put(at::SMRAM, 1, closed.into_bits().into());
        }
    }

    /// 50h answers a query; 9Ch is a small state machine: 0 → FFh written → 1 → 2 written → 2, for good.
    fn qemu_extras(&mut self, offset: u16, size: u8, value: u64) {
        if self.regs.get(at::EXT_TSEG, 2) == 0xffff {
            self.regs.put(at::EXT_TSEG, 2, self.ext_tseg_mib.into());
        }
        let covered = offset <= at::SMBASE_SMRAM && offset + u16::from(size) > at::SMBASE_SMRAM;
        if covered {
            let byte = (value >> (8 * (at::SMBASE_SMRAM - offset))) as u8;
            let next = match (self.regs.get(at::SMBASE_SMRAM, 1), byte) {
                (0, 0xff) => 1,
                (1, byte) if byte & 2 != 0 => 2,
                (same, _) => same,
            };
            self.regs.put(at::SMBASE_SMRAM, 1, next);
        }
    }

    /// The address map as far as this function decides it; `a20` comes from elsewhere.
    pub fn memory_map(&self, a20: bool) -> MemoryMap {
        let (smram, esmramc) = (self.smram(), self.esmramc());
        let (on, high) = (smram.g_smrame(), esmramc.h_smrame());
        let qemu = self.silicon == Silicon::Qemu;
        MemoryMap {
            aseg: Aseg {
                enabled: on && !high,
                open: smram.d_open() && (on || qemu),
                closed_data: smram.d_cls() && on && !qemu,
            },
            hseg: on && high,
            tseg: self.tseg(),
            smbase_smram: self.regs.get(at::SMBASE_SMRAM, 1) == 2,
            pam: self.pam(),
            reclaim: self.reclaim(),
            pciexbar: self.pciexbar(),
            a20,
        }
    }

    fn tseg(&self) -> Option<(u64, u64)> {
        let esmramc = self.esmramc();
        if !(self.smram().g_smrame() && esmramc.t_en()) {
            return None;
        }
        let qemu = self.silicon == Silicon::Qemu;
        let len = match esmramc.tseg_sz() {
            0 => MIB,
            1 => 2 * MIB,
            2 => 8 * MIB,
            _ if qemu => u64::from(self.ext_tseg_mib) * MIB,
            _ => return None,
        };
        let tsegmb = Tsegmb::from_bits(self.regs.get(at::TSEGMB, 4) as u32);
        let base = if qemu { self.low_ram.saturating_sub(len) } else { u64::from(tsegmb.base()) << 20 };
        Some((base, len))
    }

    /// The reclaim window, in units of 64 MiB, shows the DRAM above TOLUD. Windows below 4 GiB, which
    /// the datasheet rules out, show nothing. Where it leads is not compared with TSEG.
    fn reclaim(&self) -> Option<Reclaim> {
        let unit = |at| (self.regs.get(at, 2) & 0x3ff) << 26;
        let (base, limit) = (unit(at::REMAPBASE), unit(at::REMAPLIMIT));
        let on = self.silicon == Silicon::Ich9 && base >= 1 << 32 && base <= limit;
        let to = (self.regs.get(at::TOLUD, 2) & 0xfff0) << 16;
        on.then(|| Reclaim { base, end: limit + (64 << 20), to })
    }

    /// An access from outside SMM met TSEG or HSEG: E_SMERR.
    pub fn smram_error(&mut self, cx: &mut Cx) {
        let before = self.regs.clone();
        if self.silicon == Silicon::Ich9 {
            self.regs.set(at::ESMRAMC, 1, Esmramc::new().with_e_smerr(true).into_bits().into());
            self.regs.trace_changes(cx, TABLE, &before);
        }
    }

    fn pam(&self) -> [Pam; 13] {
        let byte = |n: u16| PamByte::from_bits(self.regs.get(at::PAM0 + n, 1) as u8);
        std::array::from_fn(|i| match i {
            12 => Pam { read: byte(0).high_read(), write: byte(0).high_write() },
            _ => {
                let pair = byte(1 + i as u16 / 2);
                match i % 2 {
                    0 => Pam { read: pair.low_read(), write: pair.low_write() },
                    _ => Pam { read: pair.high_read(), write: pair.high_write() },
                }
            }
        })
    }

    /// Base and length of the configuration window, if enabled; a reserved length enables nothing.
    pub fn pciexbar(&self) -> Option<(u64, u64)> {
        let bar = Pciexbar::from_bits(self.regs.get(at::PCIEXBAR, 8));
        let len = match bar.length() {
            0 => 256 * MIB,
            1 => 128 * MIB,
            2 => 64 * MIB,
            _ => return None,
        };
        let base = (u64::from(bar.base()) << 26) & !(len - 1);
        bar.enable().then_some((base, len))
    }
}

#[cfg(test)]
#[path = "mch_tests.rs"]
mod tests;
