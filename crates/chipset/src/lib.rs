//! The devices of a Q35 + ICH9 platform. They know no processor: they raise lines.
//!
//! [`Chipset`] owns every device as a plain struct; ports and memory-mapped registers reach them
//! through a `match`. The board lends a [`Cx`] for each access and afterwards takes what was raised:
//! SMI messages, resets, the end of the run. Time is what the board says it is.
//!
//! Not modelled yet: interrupt controllers and timers (8259, 8254, I/O APIC, HPET), keyboard
//! controller, SPI, GPIO, SMBus, USB, SATA, and SMI sources other than APM_CNT and TCO.

mod cfi;
mod cx;
mod flash;
mod fw_cfg;
mod lpc;
mod map;
mod mch;
mod mch_regs;
pub mod pages;
mod pci;
mod pm;
mod pm_regs;
mod ports;
mod rcba;
pub mod regs;
mod reset;
mod rtc;
mod smi;
mod tco;
mod uart;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod platform_tests;

pub use cx::Cx;
pub use flash::Flash;
pub use map::{Aseg, MemoryMap, Pam};

/// The register tables, for whoever shows registers.
pub mod tables {
    pub use crate::lpc::TABLE as LPC;
    pub use crate::mch_regs::TABLE as MCH;
    /// Offsets from PMBASE.
    pub use crate::pm_regs::TABLE as PM;
}

use fw_cfg::FwCfg;
use lpc::Lpc;
use mch::Mch;
use pci::ConfigAddress;
use pm::Pm;
use rcba::ChipConfig;
use reset::ResetControl;
use rtc::Rtc;
use trace::ResetKind;
use uart::Uart;

/// Whose behaviour the devices follow where the datasheet and QEMU differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Silicon {
    /// The training board: as the datasheets say.
    Ich9,
    /// As QEMU's q35 machine behaves.
    Qemu,
}

/// What is soldered to the board.
pub struct Wiring {
    pub silicon: Silicon,
    /// Bytes of DRAM below 4 GiB.
    pub low_ram: u64,
    /// Bytes of DRAM above 4 GiB.
    pub high_ram: u64,
    pub cpus: u8,
    /// The flash image; it ends at 4 GiB. A multiple of 64 KiB.
    pub flash: Vec<u8>,
    /// Files offered through fw_cfg: name and contents.
    pub fw_cfg: Vec<(String, Vec<u8>)>,
    /// QEMU's property extended-tseg-mbytes.
    pub ext_tseg_mib: u16,
}

/// Which processors an SMI message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SmiTo {
    All,
    One(u8),
}

#[derive(Clone, Hash)]
pub struct Chipset {
    silicon: Silicon,
    mch: Mch,
    lpc: Lpc,
    pm: Pm,
    chip_config: ChipConfig,
    reset_control: ResetControl,
    rtc: Rtc,
    com1: Uart,
    fw_cfg: FwCfg,
    flash: Flash,
    config_address: ConfigAddress,
    /// The last POST code.
    post: u8,
    exit: Option<u32>,
    epoch: u32,
}

impl Chipset {
    pub fn new(wiring: Wiring) -> Self {
        let silicon = wiring.silicon;
        Chipset {
            silicon,
            mch: Mch::new(silicon, wiring.low_ram, wiring.ext_tseg_mib),
            lpc: Lpc::new(silicon),
            pm: Pm::new(silicon),
            chip_config: ChipConfig::new(silicon),
            reset_control: ResetControl::new(silicon),
            rtc: Rtc::new(&wiring),
            com1: Uart::new(),
            fw_cfg: FwCfg::new(&wiring),
            flash: Flash::new(&wiring.flash),
            config_address: ConfigAddress::new(),
            post: 0,
            exit: None,
            epoch: 0,
        }
    }

    /// Memory-mapped devices: RCBA and PCIEXBAR. `None`: no device there. 1 to 8 bytes.
    pub fn mmio_read(&mut self, cx: &mut Cx, addr: u64, size: u8) -> Option<u64> {
        self.pm.see(cx.now);
        match self.mmio_target(addr, size)? {
            Mmio::ChipConfig(offset) => Some(self.chip_config.read(offset, size)),
            Mmio::Ecam(offset) => Some(self.ecam_read(offset, size)),
        }
    }

    /// False: no device there.
    pub fn mmio_write(&mut self, cx: &mut Cx, addr: u64, size: u8, value: u64) -> bool {
        self.pm.see(cx.now);
        match self.mmio_target(addr, size) {
            Some(Mmio::ChipConfig(offset)) => self.chip_config.write(offset, size, value),
            Some(Mmio::Ecam(offset)) => self.ecam_write(cx, offset, size, value),
            None => return false,
        }
        true
    }

    /// What reads where nobody answers: all ones, and 0 on QEMU.
    pub fn unclaimed(&self) -> u64 {
        match self.silicon {
            Silicon::Ich9 => u64::MAX,
            Silicon::Qemu => 0,
        }
    }

    fn mmio_target(&self, addr: u64, size: u8) -> Option<Mmio> {
        if !(1..=8).contains(&size) {
            return None;
        }
        let inside = |base: u64, len: u64| addr.checked_sub(base).filter(|offset| *offset < len);
        if let Some(offset) = self.lpc.rcba().and_then(|base| inside(base, rcba::LEN)) {
            return Some(Mmio::ChipConfig(offset));
        }
        let (base, len) = self.mch.pciexbar()?;
        inside(base, len).map(Mmio::Ecam)
    }

    pub fn flash(&self) -> &Flash {
        &self.flash
    }

    /// A write that met the flash. On board `ich9` it is read-only memory; on `qemu` only SMM gets
    /// through (`secure=on`).
    pub fn flash_write(&mut self, cx: &mut Cx, offset: u64, size: u8, value: u64) {
        if self.silicon == Silicon::Qemu && cx.smm {
            let before = self.flash.is_array();
            self.flash.write(offset, size, value);
            self.bump_epoch_if(before != self.flash.is_array());
        }
    }

    /// How SMRAM and PAM are decoded now.
    pub fn memory_map(&self) -> MemoryMap {
        self.mch.memory_map(self.reset_control.a20())
    }

    /// Counts up whenever [`Chipset::memory_map`] or the flash's array mode may have changed.
    pub fn map_epoch(&self) -> u32 {
        self.epoch
    }

    fn bump_epoch_if(&mut self, changed: bool) {
        self.epoch = self.epoch.wrapping_add(changed.into());
    }

    /// An SMI message that has not been delivered yet; taking it delivers it.
    pub fn take_smi(&mut self) -> Option<SmiTo> {
        self.pm.take_smi()
    }

    /// A reset that a device asked for. The board carries it out and calls [`Chipset::reset`].
    pub fn take_reset(&mut self) -> Option<ResetKind> {
        self.reset_control.take()
    }

    /// The value written to isa-debug-exit.
    pub fn take_exit(&mut self) -> Option<u32> {
        self.exit.take()
    }

    /// INIT# is the processor's affair alone. Hard and Power reset registers (a power cycle that
    /// CF9h starts keeps the resume and RTC wells); flash contents, CMOS and bytes that wait on the
    /// serial line survive.
    pub fn reset(&mut self, kind: ResetKind) {
        if kind == ResetKind::Init {
            return;
        }
        self.mch.reset();
        self.lpc.reset();
        self.pm.reset();
        self.chip_config.reset();
        self.reset_control.reset();
        self.rtc.reset();
        self.com1.reset();
        self.fw_cfg.reset();
        self.flash.reset();
        self.config_address = ConfigAddress::new();
        self.post = 0;
        self.bump_epoch_if(true);
    }

    /// The next virtual time at which something happens by itself. A time in the past: now.
    pub fn deadline(&self) -> Option<u64> {
        self.pm.deadline()
    }

    /// Lets time-driven devices act up to `cx.now`.
    pub fn advance(&mut self, cx: &mut Cx) {
        self.pm.see(cx.now);
        if self.pm.advance(cx, self.chip_config.no_reboot()) {
            self.reset_control.request(ResetKind::Hard);
        }
    }

    /// A byte for COM1.
    pub fn serial_input(&mut self, cx: &mut Cx, byte: u8) {
        self.com1.input(cx, byte);
    }

    /// Bytes for COM1 that were not read yet.
    pub fn serial_pending(&self) -> usize {
        self.com1.pending()
    }

    /// Levels of the sixteen ISA interrupt lines, bit n for IRQn.
    pub fn irq_lines(&self) -> u16 {
        u16::from(self.com1.irq()) << 4
    }
}

/// A memory-mapped device and the offset in it.
enum Mmio {
    ChipConfig(u64),
    Ecam(u64),
}
