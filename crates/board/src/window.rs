//! One processor's window on the board while it runs: the `cpu::Bus` of this machine.

use crate::dma::Master;
use crate::map::{Answer, Layout, Plain};
use chipset::pages::{Frame, PAGE, Pages};
use chipset::{Chipset, Cx, MemoryMap, SmiTo};
use cpu::{Access, Bus, Cpu, Delivery, Logical, Next, Purpose, Signals, Target};
use std::collections::VecDeque;
use trace::{Event, Kind, Level, ResetKind, Sink, SmiSource};

/// What was sent to one processor and not yet looked at.
#[derive(Clone, Debug, Default, Hash)]
pub struct Lines {
    pub smi: bool,
    pub nmi: bool,
    /// The NMI pin was raised.
    pub nmi_pin: bool,
    pub init: bool,
    pub sipi: Option<u8>,
    pub fixed: [u32; 8],
}

impl Lines {
    pub fn any(&self) -> bool {
        self.smi || self.nmi || self.nmi_pin || self.init || self.sipi.is_some() || self.fixed != [0; 8]
    }
}

/// Why a run ended before its time, beside the processor's own state.
#[derive(Default)]
pub struct Ended {
    pub reset: Option<ResetKind>,
    pub exit: Option<u32>,
}

pub struct Window<'a> {
    pub cpu: u8,
    pub layout: Layout,
    pub chipset: &'a mut Chipset,
    pub ram: &'a mut Pages,
    pub lines: &'a mut [Lines],
    /// Processors with smaller and with greater numbers.
    pub others: [&'a [Cpu]; 2],
    /// All processors but this one are in SMM.
    pub others_in_smm: bool,
    pub serial: &'a mut VecDeque<u8>,
    pub time: &'a mut u64,
    pub instructions: &'a mut u64,
    pub sink: &'a mut dyn Sink,
    pub level: Level,
    pub map: MemoryMap,
    pub plain: Plain,
    pub epoch: u32,
    /// The run ends at this time, or when this many instructions were executed in all.
    pub stop_at: u64,
    pub limit: u64,
    /// Extra nanoseconds that PAUSE takes, and whether it ends the slice.
    pub pause_ns: u64,
    pub pause_yields: bool,
    pub attend: bool,
    pub stop: bool,
    pub map_changed: bool,
    pub ended: Ended,
}

/// Room that the receiver keeps for bytes from outside.
const SERIAL_FIFO: usize = 16;

impl Window<'_> {
    fn cx(&mut self, access: Access) -> (&mut Chipset, Cx<'_>) {
        let cx = Cx {
            now: *self.time,
            cpu: access.cpu,
            smm: access.smm,
            all_smm: access.smm && self.others_in_smm,
            sink: self.sink,
        };
        (self.chipset, cx)
    }

    /// Passes on what a device access has set off.
    fn after_device(&mut self) {
        self.attend = true;
        if self.chipset.dma_pending() {
            self.chipset.run_dma(&mut Master { layout: self.layout, map: self.map, ram: self.ram });
            // What was decoded may have been overwritten.
            self.map_changed = true;
        }
        deliver(self.chipset, self.lines);
        feed_serial(self.chipset, self.serial, *self.time, self.sink);
        if let Some(at) = self.chipset.deadline() {
            self.stop_at = self.stop_at.min(at);
        }
        self.ended.exit = self.ended.exit.or_else(|| self.chipset.take_exit());
        self.ended.reset = self.ended.reset.or_else(|| self.chipset.take_reset());
        self.stop |= self.ended.exit.is_some() || self.ended.reset.is_some() || self.chipset.asleep().is_some();
        if self.chipset.map_epoch() != self.epoch {
            self.epoch = self.chipset.map_epoch();
            self.map = self.chipset.memory_map();
            self.plain = self.layout.plain(&self.map);
            self.map_changed = true;
        }
    }

    /// The priority of processor `id`, if a logical destination means it.
    fn priority(&self, id: usize, to: Logical) -> Option<u32> {
        let own = usize::from(self.cpu);
        let [before, behind] = self.others;
        let other = match id {
            _ if id == own => return to.own,
            _ if id < own => &before[id],
            _ => &behind[id - own - 1],
        };
        other.lapic.is_addressed(to.mda).then(|| other.lapic.priority())
    }

    fn lowest_priority(&self, to: Logical) -> Option<usize> {
        (0..self.lines.len()).filter_map(|id| Some((self.priority(id, to)?, id))).min().map(|(_, id)| id)
    }

    fn denied(&mut self, access: Access, addr: u64, size: usize, write: bool) {
        self.emit(Kind::SmramDenied { addr, size: size as u8, write });
        if addr >= 1 << 20 {
            let (chipset, mut cx) = self.cx(access);
            chipset.smram_error(&mut cx);
        }
    }

    /// One value from wherever it is; `true` when SMRAM refused.
    fn read_slow(&mut self, access: Access, addr: u64, size: usize) -> (u64, bool) {
        let ones = u64::MAX >> (64 - 8 * size);
        match self.layout.answer(&self.map, access, false, addr) {
            Answer::Ram(at) => (self.ram.read_value(at as usize, size), false),
            Answer::Flash(at) => {
                let flash = self.chipset.flash();
                // Outside SMM a write-protected part shows its contents, whatever SMM has commanded.
                let value = if access.smm { flash.read(at, size as u8) } else { flash.array(at, size as u8) };
                (value & ones, false)
            }
            Answer::Denied => {
                self.denied(access, addr, size, false);
                (ones, true)
            }
            Answer::Device => {
                let (chipset, mut cx) = self.cx(access);
                let value = match size {
                    1 | 2 | 4 | 8 => chipset.mmio_read(&mut cx, addr, size as u8),
                    _ => None,
                };
                self.after_device();
                (value.unwrap_or(self.chipset.unclaimed()) & ones, false)
            }
        }
    }

    fn write_slow(&mut self, access: Access, addr: u64, size: usize, value: u64) -> bool {
        match self.layout.answer(&self.map, access, true, addr) {
            Answer::Ram(at) => self.ram.write_value(at as usize, size, value),
            Answer::Flash(at) => {
                let (chipset, mut cx) = self.cx(access);
                chipset.flash_write(&mut cx, at, size as u8, value);
                self.after_device();
            }
            Answer::Denied => {
                self.denied(access, addr, size, true);
                return true;
            }
            Answer::Device => {
                let (chipset, mut cx) = self.cx(access);
                if matches!(size, 1 | 2 | 4 | 8) {
                    chipset.mmio_write(&mut cx, addr, size as u8, value);
                }
                self.after_device();
            }
        }
        false
    }

    fn traces_data(&self, access: Access) -> bool {
        self.level == Level::Instructions && access.purpose == Purpose::Data
    }
}

impl Bus for Window<'_> {
    type Frame = Frame;

    #[inline]
    fn read(&mut self, access: Access, addr: u64, size: usize) -> u64 {
        let (value, denied) = if self.plain.contains(addr) {
            (self.ram.read_value(addr as usize, size), false)
        } else {
            self.read_slow(access, addr, size)
        };
        if self.traces_data(access) {
            self.emit(Kind::Load { addr, size: size as u8, value, denied });
        }
        value
    }

    #[inline]
    fn write(&mut self, access: Access, addr: u64, size: usize, value: u64) {
        let denied = if self.plain.contains(addr) {
            self.ram.write_value(addr as usize, size, value);
            false
        } else {
            self.write_slow(access, addr, size, value)
        };
        if self.traces_data(access) {
            let value = value & (u64::MAX >> (64 - 8 * size));
            self.emit(Kind::Store { addr, size: size as u8, value, denied });
        }
    }

    fn frame(&mut self, access: Access, addr: u64, write: bool) -> Option<Frame> {
        if self.level == Level::Instructions {
            return None;
        }
        let at = if self.plain.contains(addr) {
            addr
        } else {
            let Answer::Ram(at) = self.layout.answer(&self.map, access, false, addr) else { return None };
            if write && self.layout.answer(&self.map, access, true, addr) != Answer::Ram(at) {
                return None;
            }
            at
        };
        Some(self.ram.frame(at as usize / PAGE, write))
    }

    #[inline(always)]
    fn frame_read(&self, frame: Frame, at: usize, size: usize) -> Option<u64> {
        self.ram.frame_read(frame, at, size)
    }

    #[inline(always)]
    fn frame_write(&mut self, frame: Frame, at: usize, size: usize, value: u64) -> Option<()> {
        self.ram.frame_write(frame, at, size, value)
    }

    fn ram(&mut self, access: Access, addr: u64, len: usize, write: bool) -> Option<&mut [u8]> {
        if self.level == Level::Instructions {
            return None;
        }
        // Both ends decide: the map changes at page borders only, and callers stay in one page.
        let Answer::Ram(at) = self.layout.answer(&self.map, access, write, addr) else { return None };
        let at = at as usize;
        Some(&mut self.ram.page_mut(at / PAGE)[at % PAGE..at % PAGE + len])
    }

    fn port_in(&mut self, access: Access, port: u16, size: usize) -> u32 {
        let (chipset, mut cx) = self.cx(access);
        let value = chipset.port_read(&mut cx, port, size as u8);
        self.after_device();
        self.emit(Kind::PortIn { port, size: size as u8, value });
        value
    }

    fn port_out(&mut self, access: Access, port: u16, size: usize, value: u32) {
        self.emit(Kind::PortOut { port, size: size as u8, value });
        let (chipset, mut cx) = self.cx(access);
        chipset.port_write(&mut cx, port, size as u8, value);
        self.after_device();
    }

    fn signals(&mut self) -> Signals {
        let Lines { smi, nmi, nmi_pin, init, sipi, fixed } = std::mem::take(&mut self.lines[usize::from(self.cpu)]);
        let map_changed = std::mem::take(&mut self.map_changed);
        self.attend = false;
        Signals { smi, nmi, nmi_pin, init, intr: self.cpu == 0 && self.chipset.intr(), sipi, fixed, map_changed }
    }

    fn acknowledge(&mut self) -> u8 {
        self.attend = true;
        self.chipset.acknowledge()
    }

    fn ipi(&mut self, target: Target, delivery: Delivery) {
        let one = if let Target::Logical(to) = target { self.lowest_priority(to) } else { None };
        for id in 0..self.lines.len() {
            let own = id == usize::from(self.cpu);
            let hit = match target {
                Target::Id(wanted) => id == usize::from(wanted),
                Target::All => true,
                Target::AllButSelf => !own,
                Target::Logical(to) if to.one => one == Some(id),
                Target::Logical(to) => self.priority(id, to).is_some(),
            };
            if !hit {
                continue;
            }
            let lines = &mut self.lines[id];
            match delivery {
                Delivery::Fixed(vector) => lines.fixed[usize::from(vector) / 32] |= 1 << (vector % 32),
                Delivery::Smi => lines.smi = true,
                Delivery::Nmi => lines.nmi = true,
                Delivery::Init => lines.init = true,
                Delivery::Startup(page) => lines.sipi = Some(page),
            }
        }
        if delivery == Delivery::Smi {
            self.emit(Kind::SmiRequest { source: SmiSource::Ipi, sent: true });
        }
        self.attend = true;
    }

    fn time(&self) -> u64 {
        *self.time
    }

    fn budget(&self) -> u64 {
        let time = self.stop_at.saturating_sub(*self.time);
        time.min(self.limit.saturating_sub(*self.instructions)).max(1)
    }

    #[inline]
    fn advance(&mut self, n: u64) -> Next {
        *self.time += n;
        *self.instructions += n;
        if *self.time >= self.stop_at || *self.instructions >= self.limit || self.stop {
            Next::Stop
        } else if self.attend {
            Next::Attend
        } else {
            Next::Go
        }
    }

    fn deadline(&mut self, at: u64) {
        self.stop_at = self.stop_at.min(at);
    }

    fn pause(&mut self) {
        *self.time += self.pause_ns;
        self.stop |= self.pause_yields;
    }

    fn level(&self) -> Level {
        self.level
    }

    fn emit(&mut self, kind: Kind) {
        if kind.level() <= self.level {
            self.sink.event(Event { time: *self.time, cpu: self.cpu, kind });
        }
    }
}

/// Takes the chipset's SMI and NMI messages and puts them on the lines they are for.
pub fn deliver(chipset: &mut Chipset, lines: &mut [Lines]) {
    if chipset.take_nmi() {
        lines.iter_mut().take(1).for_each(|l| l.nmi_pin = true);
    }
    while let Some(to) = chipset.take_smi() {
        match to {
            SmiTo::All => lines.iter_mut().for_each(|l| l.smi = true),
            SmiTo::One(id) => {
                if let Some(l) = lines.get_mut(usize::from(id)) {
                    l.smi = true;
                }
            }
        }
    }
}

/// Hands waiting bytes to COM1 as long as its FIFO has room.
pub fn feed_serial(chipset: &mut Chipset, queue: &mut VecDeque<u8>, now: u64, sink: &mut dyn Sink) {
    while chipset.serial_pending() < SERIAL_FIFO {
        let Some(byte) = queue.pop_front() else { return };
        chipset.serial_input(&mut Cx { now, cpu: 0, smm: false, all_smm: false, sink }, byte);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Machine};
    use cpu::{Bus, Delivery, Logical, Target};
    use trace::{Level, Silent};

    const TPR: u32 = 0x80;
    const LDR: u32 = 0xd0;

    /// Which of four processors, LDR bit n for processor n, a message from processor 1 reaches.
    fn reached(target: Target) -> Vec<usize> {
        let config = Config { bios: vec![0xf4; 64 << 10], cpus: 4, ..Config::default() };
        let mut machine = Machine::new(&config).unwrap();
        for (id, cpu) in machine.state.cpus.iter_mut().enumerate() {
            cpu.lapic.write(LDR, 1 << (24 + id), 0);
            cpu.lapic.write(TPR, [0x30, 0x20, 0x10, 0x40][id], 0);
        }
        let mut sink = Silent;
        let (mut window, _) = machine.state.window(1, Level::Events, &mut sink);
        window.ipi(target, Delivery::Fixed(0x31));
        window.lines.iter().enumerate().filter(|(_, l)| l.fixed[1] == 1 << 17).map(|(id, _)| id).collect()
    }

    #[test]
    fn messages_reach_the_processors_that_their_destination_means() {
        let logical = |mda, one, own| Target::Logical(Logical { mda, one, own });
        let rows: [(Target, &[usize]); 8] = [
            (Target::Id(2), &[2]),
            (Target::Id(9), &[]),
            (Target::All, &[0, 1, 2, 3]),
            (Target::AllButSelf, &[0, 2, 3]),
            (logical(0b1101, false, None), &[0, 2, 3]),
            (logical(0b0011, false, Some(0x20)), &[0, 1]),
            // The lowest priority of those addressed; equal ones: the lowest number.
            (logical(0b1011, true, Some(0x20)), &[1]),
            (logical(0b1001, true, None), &[0]),
        ];
        for (target, expected) in rows {
            assert_eq!(reached(target), expected, "{target:?}");
        }
    }
}
