//! The devices of a Q35 + ICH9 platform. They know no processor: they raise lines.
//!
//! [`Chipset`] owns every device as a plain struct; ports and memory-mapped registers reach them
//! through a `match`. The board lends a [`Cx`] for each access and afterwards takes what was raised:
//! SMI messages, resets, the end of the run. Time is what the board says it is.
//!
//! Not modelled: I/O APIC, HPET, keyboard controller (the addresses FEC00000h, FED00000h and ports 60h
//! and 64h are free), SMBus, USB but for the trap of the keyboard's ports, SATA.

mod causes;
mod cfi;
mod cpu_hotplug;
mod cx;
mod descriptor;
mod fields;
mod flash;
mod fw_cfg;
mod gpio;
mod inspect;
mod io_trap;
mod lpc;
mod lpc_regs;
mod map;
mod mch;
mod mch_regs;
mod nor;
pub mod pages;
mod pci;
mod pflash;
mod pic;
mod pit;
mod pit_qemu;
mod pm;
mod pm_regs;
mod ports;
mod power;
mod rcba;
pub mod regs;
mod reset;
mod rtc;
mod rtc_flags;
mod smi;
mod smi_timers;
mod spi;
mod spi_guard;
mod spi_regs;
mod tco;
mod tco_block;
mod uart;
mod uhci;
mod why;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod platform_tests;
#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod testing;

pub use cx::Cx;
pub use fields::Field;
pub use flash::Flash;
pub use fw_cfg::Memory;
pub use inspect::{FieldAccess, Shown, ShownField};
pub use map::{Aseg, MemoryMap, Pam, Reclaim};
pub use nor::Nor;
pub use why::{CauseState, Gate, Held, SmiState};

/// The register tables, for whoever shows registers.
pub mod tables {
    /// Offsets from GPIOBASE.
    pub use crate::gpio::TABLE as GPIO;
    /// Offsets from RCBA+1E00h.
    pub use crate::io_trap::TABLE as IO_TRAP;
    pub use crate::lpc_regs::TABLE as LPC;
    pub use crate::mch_regs::TABLE as MCH;
    /// Offsets from PMBASE.
    pub use crate::pm_regs::TABLE as PM;
    /// Offsets from RCBA+3400h.
    pub use crate::rcba::TABLE as CHIPSET_CONFIG;
    /// Offsets from RCBA+3800h.
    pub use crate::spi_regs::TABLE as SPI;
    pub use crate::uhci::TABLE as UHCI;
}

use cpu_hotplug::CpuHotplug;
use fw_cfg::FwCfg;
use gpio::Gpio;
use lpc::Lpc;
use mch::Mch;
use pci::ConfigAddress;
use pic::Pic;
use pit::Pit;
use pm::{Pm, Wires};
use rcba::{ChipConfig, Straps};
use reset::ResetControl;
use rtc::Rtc;
use spi::Spi;
use trace::{Input, Kind, ResetKind};
use uart::Uart;
use uhci::Uhci;

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
    /// BP2:0 of the serial flash part.
    pub block_protect: u8,
    /// The serial flash part never ends what it has begun.
    pub flash_stuck: bool,
    /// GNT3# is pulled down: BUC.TS is 1.
    pub top_swap: bool,
    /// SPKR is pulled up: the TCO timer's second time-out never resets.
    pub no_reboot: bool,
    /// What the CMOS clock shows at power-on, in seconds behind 2008-01-01 00:00:00.
    pub clock_s: u64,
    /// QEMU's property extended-tseg-mbytes.
    pub ext_tseg_mib: u16,
}

impl Wiring {
    /// No memory above 4 GiB, no files, no strap pulled but SPKR, as on desktop boards.
    pub fn new(silicon: Silicon, low_ram: u64, cpus: u8, flash: Vec<u8>) -> Self {
        Wiring {
            silicon,
            low_ram,
            high_ram: 0,
            cpus,
            flash,
            fw_cfg: Vec::new(),
            block_protect: 0,
            flash_stuck: false,
            top_swap: false,
            no_reboot: true,
            clock_s: 0,
            ext_tseg_mib: 16,
        }
    }
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
    pic: Pic,
    pit: Pit,
    com1: Uart,
    fw_cfg: FwCfg,
    /// Board `qemu` alone has it.
    cpu_hotplug: Option<CpuHotplug>,
    flash: Flash,
    gpio: Gpio,
    /// Board `qemu` has none.
    spi: Option<Spi>,
    /// Board `qemu` doesn't show it.
    uhci: Uhci,
    /// THRM# and INTRUDER#.
    thermal: bool,
    intruder: bool,
    /// SERIRQ's SMI# frame.
    serirq_smi: bool,
    /// The plug was pulled, and AFTERG3_EN is set: the reset that follows ends in S5.
    stays_off: bool,
    config_address: ConfigAddress,
    /// The last POST code.
    post: u8,
    exit: Option<u32>,
    epoch: u32,
}

impl Chipset {
    pub fn new(wiring: Wiring) -> Self {
        let silicon = wiring.silicon;
        let chip_config = ChipConfig::new(silicon, Straps { top_swap: wiring.top_swap, no_reboot: wiring.no_reboot });
        let mut flash = Flash::new(silicon, &wiring.flash);
        if let Some(nor) = flash.nor_mut() {
            nor.protect_blocks(wiring.block_protect);
            if wiring.flash_stuck {
                nor.get_stuck();
            }
        }
        let mut chipset = Chipset {
            silicon,
            mch: Mch::new(silicon, wiring.low_ram, wiring.ext_tseg_mib),
            lpc: Lpc::new(silicon),
            pm: Pm::new(silicon),
            chip_config,
            reset_control: ResetControl::new(silicon),
            rtc: Rtc::new(&wiring),
            pic: Pic::new(silicon),
            pit: Pit::new(silicon),
            com1: Uart::new(),
            fw_cfg: FwCfg::new(&wiring),
            cpu_hotplug: (wiring.silicon == Silicon::Qemu).then(|| CpuHotplug::new(wiring.cpus)),
            spi: flash.nor().map(Spi::new),
            flash,
            gpio: Gpio::new(),
            uhci: Uhci::new(),
            thermal: false,
            intruder: false,
            serirq_smi: false,
            stays_off: false,
            config_address: ConfigAddress::new(),
            post: 0,
            exit: None,
            epoch: 0,
        };
        chipset.follow_top_swap();
        chipset
    }

    /// Memory-mapped devices: RCBA and PCIEXBAR. `None`: no device there. 1 to 8 bytes.
    pub fn mmio_read(&mut self, cx: &mut Cx, addr: u64, size: u8) -> Option<u64> {
        self.catch_up(cx);
        match self.mmio_target(addr, size)? {
            Mmio::ChipConfig(offset) => Some(self.chip_config.read(offset, size)),
            Mmio::Spi(offset) => self.spi.as_ref().map(|spi| spi.read(offset, size)),
            Mmio::Ecam(offset) => Some(self.ecam_read(offset, size)),
        }
    }

    /// False: no device there.
    pub fn mmio_write(&mut self, cx: &mut Cx, addr: u64, size: u8, value: u64) -> bool {
        self.catch_up(cx);
        match self.mmio_target(addr, size) {
            Some(Mmio::ChipConfig(offset)) => self.chip_config_write(cx, offset, size, value),
            Some(Mmio::Spi(offset)) => {
                if let (Some(spi), Some(nor)) = (&mut self.spi, self.flash.nor_mut()) {
                    spi.write(cx, nor, self.lpc.bios_cntl(), offset, size, value);
                }
            }
            Some(Mmio::Ecam(offset)) => self.ecam_write(cx, offset, size, value),
            None => return false,
        }
        self.settle(cx);
        true
    }

    fn chip_config_write(&mut self, cx: &mut Cx, offset: u64, size: u8, value: u64) {
        let before = self.chip_config.top_swap();
        self.chip_config.write(cx, offset, size, value);
        self.follow_top_swap();
        self.bump_epoch_if(before != self.chip_config.top_swap());
    }

    /// BUC.TS is what flash addresses and BIOS_CNTL.TSS go by.
    fn follow_top_swap(&mut self) {
        let top_swap = self.chip_config.top_swap();
        self.flash.set_top_swap(top_swap);
        // QEMU has neither.
        if self.silicon == Silicon::Ich9 {
            self.lpc.set_tss(top_swap);
        }
    }

    /// The present moment is seen, and what should have happened by it has happened.
    fn catch_up(&mut self, cx: &mut Cx) {
        self.pm.see(cx.now);
        if let (Some(spi), Some(nor)) = (&mut self.spi, self.flash.nor_mut()) {
            spi.advance(cx, nor);
        }
    }

    /// Tells the SMI logic the levels of all lines that lead there; a sleeping machine may wake up.
    fn settle(&mut self, cx: &mut Cx) {
        let news = self.rtc.take_news();
        if news.alarm {
            self.pm.rtc_alarm(cx);
        }
        if news.new_century && self.silicon == Silicon::Ich9 {
            self.pm.new_century(cx);
        }
        let wires = Wires {
            smi_lock: self.lpc.smi_lock(),
            per_smi_sel: self.lpc.per_smi_sel(),
            swsmi_rate_sel: self.lpc.swsmi_rate_sel(),
            gpi_rout: self.lpc.gpi_rout(),
            gpi: self.gpio.active(),
            nmi_masked: self.rtc.nmi_masked(),
            monitor: self.chip_config.trap.active(),
            spi: self.spi.as_ref().is_some_and(Spi::smi),
            thermal: self.thermal,
            intruder: self.intruder,
            legacy_usb: self.uhci.smi(),
            serirq: self.serirq_smi && self.lpc.serirq(),
        };
        self.pm.settle(cx, wires);
        if self.silicon == Silicon::Qemu && self.pm.in_s3() {
            self.rtc.mark_s3();
        }
        if let Some(kind) = self.pm.wake(cx) {
            self.reset_control.request(kind);
        }
        self.pic.set_lines(self.irq_lines(cx.now));
    }

    /// Level of INTR, towards the first processor.
    pub fn intr(&self) -> bool {
        self.pic.intr()
    }

    /// INTA cycle: the vector.
    pub fn acknowledge(&mut self) -> u8 {
        self.pic.acknowledge()
    }

    /// A bus master wants memory: the board calls [`Chipset::run_dma`].
    pub fn dma_pending(&self) -> bool {
        self.fw_cfg.dma_pending()
    }

    pub fn run_dma(&mut self, memory: &mut dyn Memory) {
        self.fw_cfg.run_dma(memory);
        self.pm.broadcast = self.fw_cfg.broadcast();
    }

    /// Somebody touches the board.
    pub fn input(&mut self, cx: &mut Cx, input: Input) {
        cx.emit(Kind::Touched { input });
        match input {
            Input::PowerButton(pressed) => self.pm.press_button(cx, pressed),
            Input::Thermal(calls) => self.thermal = calls,
            Input::Gpio { pin, high } => self.gpio.drive(pin, high),
            Input::Intruder(open) => self.intruder = open,
            Input::SerirqSmi(asks) => self.serirq_smi = asks,
            Input::Battery(good) => self.rtc.set_battery(good),
            Input::PowerCut => {
                if let Some(nor) = self.flash.nor_mut() {
                    nor.power_cut(cx.now);
                }
                self.pm.power_cut();
                self.rtc.power_cut(cx.now);
                self.reset_control.request(ResetKind::Power);
                self.stays_off = self.lpc.afterg3() && self.silicon == Silicon::Ich9;
            }
        }
        self.settle(cx);
    }

    /// SLP_TYP of the sleep state that the machine is in: no processor runs.
    pub fn asleep(&self) -> Option<u8> {
        self.pm.asleep()
    }

    /// An NMI that has not been delivered yet; taking it delivers it.
    pub fn take_nmi(&mut self) -> bool {
        self.pm.take_nmi()
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
            return Some(match offset.checked_sub(rcba::SPI).filter(|at| at + u64::from(size) <= spi_regs::LEN) {
                Some(at) if self.spi.is_some() => Mmio::Spi(at as u16),
                _ => Mmio::ChipConfig(offset),
            });
        }
        let (base, len) = self.mch.pciexbar()?;
        inside(base, len).map(Mmio::Ecam)
    }

    pub fn flash(&self) -> &Flash {
        &self.flash
    }

    /// Who would refuse that these bytes of the serial part are written now, in SMM or outside. `bioswe`:
    /// as if BIOSWE had been set before.
    pub fn flash_refusals(&self, smm: bool, bioswe: bool, from: u64, len: u64) -> Vec<trace::FlashGuard> {
        let Some((spi, nor)) = self.spi.as_ref().zip(self.flash.nor()) else { return Vec::new() };
        let bios_cntl = self.lpc.bios_cntl();
        spi.refusals(nor, bios_cntl.with_bioswe(bios_cntl.bioswe() || bioswe), smm, from, len)
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

    /// An access from outside SMM met SMRAM above 1 MiB and was refused.
    pub fn smram_error(&mut self, cx: &mut Cx) {
        self.mch.smram_error(cx);
    }

    pub fn silicon(&self) -> Silicon {
        self.silicon
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
        self.pic = Pic::new(self.silicon);
        self.pit.reset();
        self.com1.reset();
        self.fw_cfg.reset();
        self.flash.reset();
        self.follow_top_swap();
        self.gpio.reset();
        self.uhci = Uhci::new();
        if let (Some(spi), Some(nor)) = (&mut self.spi, self.flash.nor()) {
            spi.reset(nor);
        }
        self.config_address = ConfigAddress::new();
        self.post = 0;
        if std::mem::take(&mut self.stays_off) {
            self.pm.stay_off();
        }
        self.bump_epoch_if(true);
    }

    /// The next virtual time at which something happens by itself. A time in the past: now.
    pub fn deadline(&self) -> Option<u64> {
        if self.asleep().is_some() {
            return self.rtc.deadline();
        }
        self.deadline_but_counters().into_iter().chain(self.pit.deadline()).min()
    }

    /// The same without IRQ0.
    pub fn deadline_but_counters(&self) -> Option<u64> {
        let spi = self.spi.as_ref().zip(self.flash.nor()).and_then(|(spi, nor)| spi.deadline(nor));
        [self.pm.deadline(), spi, self.rtc.deadline()].into_iter().flatten().min()
    }

    /// Lets time-driven devices act up to `cx.now`. In S3 to S5 the core well has no power: only the
    /// clock runs.
    pub fn advance(&mut self, cx: &mut Cx) {
        self.rtc.advance(cx.now);
        if self.asleep().is_some() {
            return self.settle(cx);
        }
        self.catch_up(cx);
        self.pit.advance(cx.now);
        let (reset, held) = self.pm.advance(cx, self.chip_config.no_reboot());
        if reset {
            self.reset_control.request(ResetKind::Hard);
        }
        if held {
            self.lpc.set_afterg3();
        }
        self.settle(cx);
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
    pub fn irq_lines(&self, now: u64) -> u16 {
        let sci = self.lpc.sci_irq().filter(|_| self.pm.sci(now)).map_or(0, |irq| 1 << irq);
        u16::from(self.pit.irq(now)) | u16::from(self.com1.irq()) << 4 | u16::from(self.rtc.irq()) << 8 | sci
    }
}

/// A memory-mapped device and the offset in it.
enum Mmio {
    ChipConfig(u64),
    Spi(u16),
    Ecam(u64),
}
