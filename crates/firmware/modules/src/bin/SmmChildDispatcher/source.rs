//! The sources of hardware SMIs: where each has its status and its enable. ICH9 datasheet 316972, "Power
//! Management I/O Registers", "System Management TCO Registers".

use crate::{CLEAR_STATUS, PCD};
use base::arch::{in16, in32, out16, out32};
use base::chipset::pm;
use base::dispatch2::ichn;
use base::{Guid, protocol};

/// A bit of a register in I/O space.
#[derive(Clone, Copy)]
struct Bit {
    port: u16,
    wide: bool,
    bit: u8,
}

const fn bit16(port: u16, bit: u8) -> Bit {
    Bit { port, wide: false, bit }
}
const fn bit32(port: u16, bit: u8) -> Bit {
    Bit { port, wide: true, bit }
}

impl Bit {
    fn register(self) -> u32 {
        if self.wide { in32(self.port) } else { in16(self.port).into() }
    }
    fn put(self, value: u32) {
        if self.wide { out32(self.port, value) } else { out16(self.port, value as u16) }
    }
    fn is_set(self) -> bool {
        self.register() >> self.bit & 1 != 0
    }
    /// Of an enable register.
    fn enable(self, on: bool) {
        let others = self.register() & !(1 << self.bit);
        self.put(others | u32::from(on) << self.bit);
    }
    /// Of a status register: writing 1 clears.
    fn clear(self) {
        match PCD.get(CLEAR_STATUS) {
            0 => {}
            1 => self.put(1 << self.bit),
            // Read, modified, written back: whatever else is set goes with it.
            _ => self.put(self.register() | 1 << self.bit),
        }
    }
}

#[derive(Clone, Copy)]
pub struct Source {
    /// The protocol it is offered through, and its number there.
    pub kind: Guid,
    pub key: u64,
    status: Bit,
    enable: Bit,
    /// Its summary in SMI_STS. QEMU has none for TCO.
    summary: Option<u8>,
}

const PM1: u8 = 8;
const GPE0: u8 = 9;
const GPI: u8 = 10;
const TCO: u8 = 13;
const TCO_EN: Bit = bit32(pm::SMI_EN, TCO);
/// INTRD_SEL = 10b: an SMI.
const INTRD_SEL: Bit = bit16(pm::TCO2_CNT, 2);

pub const PINS: u8 = 16;

/// General-purpose input `pin`.
const fn gpi(pin: u8) -> Source {
    let (status, enable) = (bit16(pm::ALT_GP_SMI_STS, pin), bit16(pm::ALT_GP_SMI_EN, pin));
    Source { kind: protocol::SMM_GPI_DISPATCH2, key: pin as u64, status, enable, summary: Some(GPI) }
}

const fn row(kind: Guid, key: u32, status: Bit, enable: Bit, summary: Option<u8>) -> Source {
    Source { kind, key: key as u64, status, enable, summary }
}
const fn tco(key: u32, status: Bit, enable: Bit) -> Source {
    row(protocol::SMM_ICHN_DISPATCH2, key, status, enable, None)
}

const OTHERS: [Source; 10] = [
    row(protocol::SMM_POWER_BUTTON_DISPATCH2, 0, bit16(pm::PM1_STS, 8), bit16(pm::PM1_EN, 8), Some(PM1)),
    row(protocol::SMM_ICHN_DISPATCH2, ichn::RTC_ALARM, bit16(pm::PM1_STS, 10), bit16(pm::PM1_EN, 10), Some(PM1)),
    row(protocol::SMM_ICHN_DISPATCH2, ichn::THRM_STS, bit32(pm::GPE0_STS, 0), bit32(pm::GPE0_EN, 0), Some(GPE0)),
    row(protocol::SMM_PERIODIC_TIMER_DISPATCH2, 0, bit32(pm::SMI_STS, 14), bit32(pm::SMI_EN, 14), Some(14)),
    tco(ichn::TCO_TIMEOUT, bit16(pm::TCO1_STS, 3), TCO_EN),
    tco(ichn::BIOS_WP, bit16(pm::TCO1_STS, 8), TCO_EN),
    tco(ichn::OS_TCO, bit16(pm::TCO1_STS, 1), TCO_EN),
    tco(ichn::Y2K_ROLLOVER, bit16(pm::TCO1_STS, 7), TCO_EN),
    tco(ichn::INTRUDER_DETECT, bit16(pm::TCO2_STS, 0), INTRD_SEL),
    // Behind the others: this one may switch off.
    row(protocol::SMM_SX_DISPATCH2, 0, bit32(pm::SMI_STS, 4), bit32(pm::SMI_EN, 4), Some(4)),
];

pub fn all() -> impl Iterator<Item = Source> {
    (0..PINS).map(gpi).chain(OTHERS)
}

/// The source that a protocol has under this number; of some protocols there is one only.
pub fn find(kind: Guid, key: u64) -> Option<Source> {
    all().find(|source| source.kind == kind && source.key == key)
}

/// The bits of an enable register that belong to our sources.
pub fn known(port: u16) -> u32 {
    all().filter(|source| source.enable.port == port).fold(0, |known, source| known | 1 << source.enable.bit)
}

impl Source {
    fn is_tco(&self) -> bool {
        self.summary.is_none()
    }

    pub fn is_ichn(&self, key: u32) -> bool {
        self.kind == protocol::SMM_ICHN_DISPATCH2 && self.key == u64::from(key)
    }

    /// It asks for an SMI, and SMI_STS is `told`. What doesn't exist reads as ones on QEMU, but not there.
    pub fn is_active(&self, told: u32) -> bool {
        let told = self.summary.is_none_or(|bit| told >> bit & 1 != 0);
        told && self.enable.is_set() && (!self.is_tco() || TCO_EN.is_set()) && self.status.is_set()
    }

    /// An old status is no reason for an SMI.
    pub fn switch_on(&self) {
        self.clear();
        if self.is_tco() {
            TCO_EN.enable(true);
        }
        self.enable.enable(true);
    }

    /// At the source; SMI_STS.TCO_STS comes back for as long as that is set.
    pub fn clear(&self) {
        self.status.clear();
        if self.is_tco() {
            bit32(pm::SMI_STS, TCO).clear();
        }
    }

    /// TCO_EN stays for the others.
    pub fn switch_off(&self) {
        if !self.is_tco() || self.enable.port != TCO_EN.port {
            self.enable.enable(false);
        }
    }
}
