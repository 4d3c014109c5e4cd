//! A chipset on a bench: ports, configuration space, memory-mapped registers, time and touches.

use crate::*;
use trace::{Event, Input, Level, Recorder};

fn wiring(silicon: Silicon) -> Wiring {
    let flash = (0..0x1_0000u32).map(|i| i as u8).collect();
    Wiring { fw_cfg: vec![("opt/x".into(), vec![7])], ..Wiring::new(silicon, 16 << 20, 2, flash) }
}

/// A chipset with its recorder, outside SMM on processor 0 until told otherwise.
pub struct Bench {
    pub chipset: Chipset,
    recorder: Recorder,
    pub now: u64,
    pub smm: bool,
    /// All processors are in SMM.
    pub all_smm: bool,
}

impl Bench {
    pub fn new(silicon: Silicon) -> Self {
        Bench::wired(wiring(silicon))
    }
    /// The TCO watchdog may reset it: SPKR is low.
    pub fn with_reboot(silicon: Silicon) -> Self {
        Bench::wired(Wiring { no_reboot: false, ..wiring(silicon) })
    }
    fn wired(wiring: Wiring) -> Self {
        let recorder = Recorder::new(Level::Events);
        Bench { chipset: Chipset::new(wiring), recorder, now: 0, smm: false, all_smm: false }
    }
    pub fn with<T>(&mut self, act: impl FnOnce(&mut Chipset, &mut Cx) -> T) -> T {
        let mut cx = Cx { now: self.now, cpu: 0, smm: self.smm, all_smm: self.all_smm, sink: &mut self.recorder };
        act(&mut self.chipset, &mut cx)
    }
    pub fn read(&mut self, port: u16, size: u8) -> u32 {
        self.with(|chipset, cx| chipset.port_read(cx, port, size))
    }
    pub fn write(&mut self, port: u16, size: u8, value: u32) {
        self.with(|chipset, cx| chipset.port_write(cx, port, size, value));
    }
    pub fn config_write(&mut self, devfn: u32, offset: u16, size: u8, value: u32) {
        self.write(0xcf8, 4, 0x8000_0000 | devfn << 8 | u32::from(offset & 0xfc));
        self.write(0xcfc + (offset & 3), size, value);
    }
    pub fn config_read(&mut self, devfn: u32, offset: u16, size: u8) -> u32 {
        self.write(0xcf8, 4, 0x8000_0000 | devfn << 8 | u32::from(offset & 0xfc));
        self.read(0xcfc + (offset & 3), size)
    }
    /// PMBASE at 600h, decoded.
    pub fn acpi_on(&mut self) {
        self.config_write(0xf8, 0x40, 4, 0x601);
        self.config_write(0xf8, 0x44, 1, 0x80);
    }
    pub fn events(self) -> Vec<Event> {
        self.recorder.into_events()
    }

    /// A training board with PMBASE at 600h, GPIOBASE at 500h and RCBA at FED1C000h.
    pub fn ich9() -> Self {
        let mut bench = Bench::new(Silicon::Ich9);
        bench.acpi_on();
        bench.config_write(0xf8, 0x48, 4, 0x501);
        bench.config_write(0xf8, 0x4c, 1, 0x10);
        bench.config_write(0xf8, 0xf0, 4, 0xfed1_c001);
        // The watchdog would interfere.
        bench.write(0x668, 2, 0x0800);
        bench
    }
    pub fn rcba_write(&mut self, offset: u64, size: u8, value: u64) {
        assert!(self.with(|chipset, cx| chipset.mmio_write(cx, 0xfed1_c000 + offset, size, value)));
    }
    /// To `now`, with every device's moment on the way.
    pub fn run_to(&mut self, now: u64) {
        while let Some(at) = self.chipset.deadline().filter(|at| *at <= now) {
            self.now = self.now.max(at);
            self.with(|chipset, cx| chipset.advance(cx));
        }
        self.now = now;
    }
    pub fn touch(&mut self, input: Input) {
        self.with(|chipset, cx| chipset.input(cx, input));
    }
    pub fn smi(&mut self) -> bool {
        self.chipset.take_smi().is_some()
    }
    pub fn smi_sts(&mut self) -> u32 {
        self.read(0x634, 4)
    }
    /// Software writes EOS.
    pub fn end_of_smi(&mut self) {
        let en = self.read(0x630, 4);
        self.write(0x630, 4, en | 2);
    }
}
