//! Accesses from a processor's place on the bus while all processors stand still: what qtest, an
//! audit or a debugger does.

use crate::machine::Machine;
use crate::window::Window;
use cpu::{Access, Bus, Cpu, Env, Purpose};
use trace::{Level, Sink};

/// Who makes the access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    pub cpu: usize,
    /// As if this processor were in SMM.
    pub smm: bool,
}

impl Agent {
    /// Processor 0 outside SMM.
    pub const OS: Agent = Agent { cpu: 0, smm: false };
}

const PAGE: u64 = 4096;

impl Machine {
    /// 1, 2 or 4 bytes.
    pub fn port_in(&mut self, by: Agent, port: u16, size: usize, sink: &mut dyn Sink) -> u32 {
        self.on_bus(by, sink, |bus, access| bus.port_in(access, port, size))
    }

    pub fn port_out(&mut self, by: Agent, port: u16, size: usize, value: u32, sink: &mut dyn Sink) {
        self.on_bus(by, sink, |bus, access| bus.port_out(access, port, size, value));
    }

    /// 1, 2, 4 or 8 bytes; across a page border byte by byte.
    pub fn read_memory(&mut self, by: Agent, addr: u64, size: usize, sink: &mut dyn Sink) -> u64 {
        self.on_bus(by, sink, |bus, access| {
            if addr % PAGE + size as u64 <= PAGE {
                return bus.read(access, addr, size);
            }
            (0..size).fold(0, |value, i| value | bus.read(access, addr.wrapping_add(i as u64), 1) << (8 * i))
        })
    }

    pub fn write_memory(&mut self, by: Agent, addr: u64, size: usize, value: u64, sink: &mut dyn Sink) {
        self.on_bus(by, sink, |bus, access| {
            if addr % PAGE + size as u64 <= PAGE {
                return bus.write(access, addr, size, value);
            }
            (0..size).for_each(|i| bus.write(access, addr.wrapping_add(i as u64), 1, value >> (8 * i) & 0xff));
        });
        self.caches.code.clear();
    }

    /// What RDMSR gives on processor `cpu`; `None`: #GP.
    pub fn read_msr(&mut self, cpu: usize, index: u32) -> Option<u64> {
        self.with_cpu(cpu, |cpu, env| cpu.read_msr(env, index))
    }

    /// WRMSR; false: #GP.
    pub fn write_msr(&mut self, cpu: usize, index: u32, value: u64) -> bool {
        let done = self.with_cpu(cpu, |cpu, env| cpu.write_msr(env, index, value));
        self.caches.tlbs[cpu].flush_all();
        done
    }

    pub fn cpuid(&self, cpu: usize, leaf: u32) -> [u32; 4] {
        self.state.cpus[cpu].read_cpuid(leaf)
    }

    /// When the next device does something by itself.
    pub fn next_event(&self) -> Option<u64> {
        self.deadline()
    }

    /// Time passes up to `t`; devices act at their moments, processors stand still.
    pub fn pass_time(&mut self, t: u64, sink: &mut dyn Sink) {
        while let Some(at) = self.deadline().filter(|at| *at < t) {
            self.state.time = self.state.time.max(at);
            self.let_devices_act(sink);
            if self.deadline() == Some(at) {
                break;
            }
        }
        self.state.time = self.state.time.max(t);
        self.let_devices_act(sink);
    }

    /// Levels of the sixteen ISA interrupt lines, bit n for IRQn.
    pub fn irq_lines(&self) -> u16 {
        self.state.chipset.irq_lines(self.state.time)
    }

    fn with_cpu<T>(&mut self, id: usize, act: impl FnOnce(&mut Cpu, &mut Env<Window>) -> T) -> T {
        let mut silent = trace::Silent;
        let (mut window, cpu) = self.state.window(id, Level::Output, &mut silent);
        let mut env = Env { bus: &mut window, tlb: &mut self.caches.tlbs[id], code: &mut self.caches.code };
        act(cpu, &mut env)
    }

    fn on_bus<T>(&mut self, by: Agent, sink: &mut dyn Sink, act: impl FnOnce(&mut Window, Access) -> T) -> T {
        let level = sink.level().min(Level::Events);
        let (mut window, _) = self.state.window(by.cpu, level, &mut *sink);
        let access = Access { cpu: by.cpu as u8, smm: by.smm, purpose: Purpose::Data };
        let value = act(&mut window, access);
        let (map_changed, reset) = (window.map_changed, window.ended.reset);
        if map_changed {
            self.caches.code.clear();
            self.caches.tlbs.iter_mut().for_each(cpu::Tlb::flush_all);
        }
        if let Some(kind) = reset {
            self.reset(kind, sink);
        }
        value
    }
}
