//! A board for CPU tests: 4 MiB of RAM, ports that count, lines that a test sets by hand.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]
#![allow(dead_code, reason = "each test file uses its part")]

use cpu::{Access, Bus, CodeCache, Cpu, Delivery, Env, Next, SaveStateMap, Signals, Target, Tlb};
use iced_x86::code_asm::CodeAssembler;
use trace::{Event, Kind, Level};

pub const CODE: u64 = 0x1000;
pub const STACK: u64 = 0x9000;
pub const IDT: u64 = 0x2000;
pub const GDT: u64 = 0x3000;
pub const TSS: u64 = 0x4000;
pub const PML4: u64 = 0x10000;
pub const PDPT: u64 = 0x11000;
const PD: u64 = 0x12000;
pub const PT: u64 = 0x13000;

pub struct Ram {
    pub bytes: Vec<u8>,
    pub signals: Signals,
    pub time: u64,
    pub budget: u64,
    pub level: Level,
    pub events: Vec<Event>,
    pub ports: Vec<(u16, u32)>,
    pub port_in: u32,
    /// An OUT to this port raises an SMI, as the chipset would.
    pub smi_port: Option<u16>,
    attend: bool,
}

impl Ram {
    pub fn new() -> Self {
        Ram {
            bytes: vec![0; 4 << 20],
            signals: Signals::default(),
            time: 0,
            budget: 10_000,
            level: Level::Events,
            events: Vec::new(),
            ports: Vec::new(),
            port_in: 0,
            smi_port: None,
            attend: false,
        }
    }
    pub fn put(&mut self, at: u64, bytes: &[u8]) {
        self.bytes[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }
    pub fn get(&self, at: u64, size: usize) -> u64 {
        let mut value = [0; 8];
        value[..size].copy_from_slice(&self.bytes[at as usize..at as usize + size]);
        u64::from_le_bytes(value)
    }
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.events.iter().map(|e| &e.kind)
    }
    pub fn shutdown(&self) -> Option<&str> {
        self.kinds().find_map(|k| match k {
            Kind::Shutdown { why } => Some(why.as_str()),
            _ => None,
        })
    }
}

impl Bus for Ram {
    type Frame = usize;

    fn read(&mut self, _: Access, addr: u64, size: usize) -> u64 {
        let at = addr as usize;
        if at + size > self.bytes.len() { u64::MAX >> (64 - 8 * size) } else { self.get(addr, size) }
    }
    fn write(&mut self, _: Access, addr: u64, size: usize, value: u64) {
        if (addr as usize) + size <= self.bytes.len() {
            self.put(addr, &value.to_le_bytes()[..size]);
        }
    }
    fn frame(&mut self, _: Access, addr: u64, _: bool) -> Option<usize> {
        (self.level != Level::Instructions && addr < self.bytes.len() as u64).then_some(addr as usize & !0xfff)
    }
    fn frame_read(&self, page: usize, at: usize, size: usize) -> Option<u64> {
        Some(self.get((page + at) as u64, size))
    }
    fn frame_write(&mut self, page: usize, at: usize, size: usize, value: u64) -> Option<()> {
        self.put((page + at) as u64, &value.to_le_bytes()[..size]);
        Some(())
    }
    fn ram(&mut self, _: Access, addr: u64, len: usize, _: bool) -> Option<&mut [u8]> {
        if self.level == Level::Instructions {
            return None;
        }
        self.bytes.get_mut(addr as usize..addr as usize + len)
    }
    fn port_in(&mut self, _: Access, _: u16, _: usize) -> u32 {
        self.port_in
    }
    fn port_out(&mut self, _: Access, port: u16, _: usize, value: u32) {
        self.ports.push((port, value));
        if self.smi_port == Some(port) {
            self.signals.smi = true;
            self.attend = true;
        }
    }
    fn signals(&mut self) -> Signals {
        self.attend = false;
        std::mem::take(&mut self.signals)
    }
    fn acknowledge(&mut self) -> u8 {
        0x20
    }
    fn ipi(&mut self, _: Target, delivery: Delivery) {
        self.signals.smi |= delivery == Delivery::Smi;
        self.signals.nmi |= delivery == Delivery::Nmi;
        self.attend = true;
    }
    fn time(&self) -> u64 {
        self.time
    }
    fn budget(&self) -> u64 {
        self.budget.max(1)
    }
    fn advance(&mut self, n: u64) -> Next {
        self.time += n;
        self.budget = self.budget.saturating_sub(n);
        match self.budget {
            0 => Next::Stop,
            _ if self.attend => Next::Attend,
            _ => Next::Go,
        }
    }
    fn deadline(&mut self, _: u64) {}
    fn pause(&mut self) {}
    fn level(&self) -> Level {
        self.level
    }
    fn emit(&mut self, kind: Kind) {
        if kind.level() <= self.level {
            self.events.push(Event { time: self.time, cpu: 0, kind });
        }
    }
}

pub struct Rig {
    pub cpu: Cpu,
    pub ram: Ram,
    pub tlb: Tlb<usize>,
    pub code: CodeCache,
}

/// Machine code of 32-bit instructions at `CODE`.
pub fn assemble_32(build: impl FnOnce(&mut CodeAssembler)) -> Vec<u8> {
    let mut a = CodeAssembler::new(32).unwrap();
    build(&mut a);
    a.assemble(CODE).unwrap()
}

/// Machine code of 64-bit instructions at `CODE`.
pub fn assemble(build: impl FnOnce(&mut CodeAssembler)) -> Vec<u8> {
    let mut a = CodeAssembler::new(64).unwrap();
    build(&mut a);
    a.assemble(CODE).unwrap()
}

impl Rig {
    /// In real mode at 0000:1000.
    pub fn real(map: SaveStateMap) -> Rig {
        let mut cpu = Cpu::new(0, map);
        cpu.seg[1] = cpu::Segment::real(0);
        cpu.seg[1].attr = 0x9b;
        cpu.rip = CODE;
        cpu.regs[4] = STACK;
        Rig { cpu, ram: Ram::new(), tlb: Tlb::default(), code: CodeCache::default() }
    }

    /// In 64-bit mode with 4 KiB pages over the first 2 MiB (identity), flat segments, an IDT whose
    /// every gate leads to a HLT at 6000h + 16 * vector.
    pub fn long(code: &[u8]) -> Rig {
        let mut rig = Rig::real(SaveStateMap::Intel64);
        let ram = &mut rig.ram;
        ram.put(CODE, code);
        ram.put(PML4, &(PDPT | 7).to_le_bytes());
        ram.put(PDPT, &(PD | 7).to_le_bytes());
        ram.put(PD, &(PT | 7).to_le_bytes());
        for page in 0..512u64 {
            ram.put(PT + page * 8, &(page << 12 | 7).to_le_bytes());
        }
        ram.put(GDT + 8, &0x00af_9b00_0000_ffffu64.to_le_bytes());
        ram.put(GDT + 16, &0x00cf_9300_0000_ffffu64.to_le_bytes());
        for vector in 0..32u64 {
            let handler = 0x6000 + vector * 16;
            let gate = handler & 0xffff | 8 << 16 | 0x8e00 << 32;
            ram.put(IDT + vector * 16, &gate.to_le_bytes());
            ram.put(handler, &[0xf4]);
        }
        let cpu = &mut rig.cpu;
        (cpu.cr0, cpu.cr3, cpu.cr4, cpu.efer) = (0x8001_0011, PML4, 0x20, 0xd00);
        (cpu.gdtr.base, cpu.gdtr.limit) = (GDT, 0x17);
        (cpu.idtr.base, cpu.idtr.limit) = (IDT, 0x1ff);
        let flat = |selector, attr| cpu::Segment { selector, attr, limit: u32::MAX, base: 0 };
        cpu.seg = [flat(16, 0xc093); 6];
        cpu.seg[1] = flat(8, 0xa09b);
        rig
    }

    /// In 32-bit protected mode without paging, at ring 0: flat segments 8 (code) and 16 (data), 24 and 32
    /// for ring 3, a task state segment at `TSS` (40) whose ring 0 stack is 16:8F00h, room for descriptors
    /// from 48 on. The IDT's gates are 32-bit interrupt gates to the same HLTs.
    pub fn protected(code: &[u8]) -> Rig {
        let mut rig = Rig::real(SaveStateMap::Intel64);
        let ram = &mut rig.ram;
        ram.put(CODE, code);
        let descriptors: [u64; 6] = [
            0,
            0x00cf_9b00_0000_ffff,
            0x00cf_9300_0000_ffff,
            0x00cf_fb00_0000_ffff,
            0x00cf_f300_0000_ffff,
            0x0000_8b00_0000_0067 | TSS << 16,
        ];
        for (at, descriptor) in (GDT..).step_by(8).zip(descriptors) {
            ram.put(at, &descriptor.to_le_bytes());
        }
        ram.put(TSS + 4, &0x8f00u32.to_le_bytes());
        ram.put(TSS + 8, &16u32.to_le_bytes());
        ram.put(TSS + 0x66, &0x68u16.to_le_bytes());
        for vector in 0..32u64 {
            let handler = 0x6000 + vector * 16;
            ram.put(IDT + vector * 8, &(handler | 8 << 16 | 0x8e00 << 32).to_le_bytes());
            ram.put(handler, &[0xf4]);
        }
        let cpu = &mut rig.cpu;
        cpu.cr0 = 0x11;
        (cpu.gdtr.base, cpu.gdtr.limit) = (GDT, 0xff);
        (cpu.idtr.base, cpu.idtr.limit) = (IDT, 0xff);
        let flat = |selector, attr| cpu::Segment { selector, attr, limit: u32::MAX, base: 0 };
        cpu.seg = [flat(16, 0xc093); 6];
        cpu.seg[1] = flat(8, 0xc09b);
        cpu.tr = cpu::Segment { selector: 40, attr: 0x8b, limit: 0x67, base: TSS };
        rig
    }

    /// Goes on at ring 3.
    pub fn outer(mut self) -> Rig {
        let flat = |selector, attr| cpu::Segment { selector, attr, limit: u32::MAX, base: 0 };
        self.cpu.cpl = 3;
        self.cpu.seg = [flat(32 | 3, 0xc0f3); 6];
        self.cpu.seg[1] = flat(24 | 3, 0xc0fb);
        self
    }

    pub fn run(&mut self) -> &mut Self {
        self.run_for(10_000)
    }

    pub fn run_for(&mut self, instructions: u64) -> &mut Self {
        self.ram.budget = instructions;
        let mut env = Env { bus: &mut self.ram, tlb: &mut self.tlb, code: &mut self.code };
        self.cpu.attend = true;
        self.cpu.run(&mut env);
        self
    }

    pub fn step(&mut self) -> &mut Self {
        let mut env = Env { bus: &mut self.ram, tlb: &mut self.tlb, code: &mut self.code };
        self.cpu.step_traced(&mut env);
        self
    }

    /// The vector whose handler the processor halted in.
    pub fn vector(&self) -> Option<u64> {
        (0x6000..0x6200).contains(&self.cpu.rip).then(|| (self.cpu.rip - 0x6000) / 16)
    }

    pub fn smi(&mut self) -> &mut Self {
        self.ram.signals.smi = true;
        self.cpu.attend = true;
        self
    }
}

/// A small generator: the tests' random input is the same on every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
