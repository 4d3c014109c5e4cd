//! The machine: state that can be cloned and hashed, and caches that can't be told from outside.

use crate::config::{Board, Config, ConfigError};
use crate::hash::StateHasher;
use crate::map::{Answer, Layout};
use crate::window::{Ended, Lines, Window, deliver, feed_serial};
use chipset::pages::{Frame, Pages};
use chipset::{Chipset, Cx, Silicon, Wiring};
use cpu::{Access, Activity, CodeCache, Cpu, Env, Purpose, Tlb};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use trace::{CpuReg, Event, Input, Kind, Level, ResetKind, Sink};

/// Why a run came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The time that was asked for is reached, or the one step is done.
    Time,
    /// The number of instructions that was asked for is executed.
    Limit,
    /// All processors are halted and nothing will wake them.
    Halted,
    /// The guest wrote this value to isa-debug-exit (port F4h).
    Exit(u32),
    /// Triple fault, or an illegal save-state image at RSM.
    Shutdown,
    /// The machine sleeps (S3 to S5): only somebody's touch, or an alarm later than the time asked
    /// for, wakes it.
    Off,
}

/// From which world memory is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As code outside SMM sees it.
    Os,
    /// As an SMI handler sees it.
    Smm,
}

/// Everything that makes up the machine's value.
#[derive(Clone, Hash)]
pub(crate) struct State {
    layout: Layout,
    pause_ns: u64,
    pub(crate) time: u64,
    /// Executed so far, by all processors; an iteration of a REP counts as one.
    instructions: u64,
    pub(crate) cpus: Vec<Cpu>,
    lines: Vec<Lines>,
    /// The processor whose turn it is, and until when; a turn that is over ends now.
    turn: usize,
    turn_ends: u64,
    pub(crate) chipset: Chipset,
    pub(crate) ram: Pages,
    /// Bytes on their way to COM1.
    serial: VecDeque<u8>,
    /// How often something came from outside: the place in a history's input log.
    inputs: usize,
}

/// Derived from the state, dropped whenever in doubt.
#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) code: CodeCache,
    pub(crate) tlbs: Vec<Tlb<Frame>>,
}

pub struct Machine {
    pub(crate) state: State,
    pub(crate) caches: Caches,
}

impl Clone for Machine {
    fn clone(&self) -> Self {
        let caches = Caches { tlbs: self.state.cpus.iter().map(|_| Tlb::default()).collect(), ..Caches::default() };
        Machine { state: self.state.clone(), caches }
    }
}

/// Of the address map.
const PAGE: u64 = 0x1000;

impl State {
    /// Processor `id`, and its window on everything else.
    pub(crate) fn window<'a>(
        &'a mut self,
        id: usize,
        level: Level,
        sink: &'a mut dyn Sink,
    ) -> (Window<'a>, &'a mut Cpu) {
        let State { layout, chipset, ram, lines, serial, time, instructions, cpus, pause_ns, .. } = self;
        let pause_yields = cpus.len() > 1;
        let others_in_smm = cpus.iter().enumerate().all(|(other, cpu)| other == id || cpu.smm);
        let map = chipset.memory_map();
        let (before, rest) = cpus.split_at_mut(id);
        let (cpu, behind) = rest.split_first_mut().expect("a processor with this number");
        let window = Window {
            cpu: id as u8,
            layout: *layout,
            plain: layout.plain(&map),
            map,
            epoch: chipset.map_epoch(),
            chipset,
            ram,
            lines,
            others: [before, behind],
            others_in_smm,
            serial,
            time,
            instructions,
            sink,
            level,
            stop_at: u64::MAX,
            limit: u64::MAX,
            pause_ns: *pause_ns,
            pause_yields,
            attend: false,
            stop: false,
            map_changed: false,
            ended: Ended::default(),
        };
        (window, cpu)
    }
}

/// How far a run may go.
#[derive(Clone, Copy)]
struct Bounds {
    time: u64,
    instructions: u64,
    one: bool,
}

/// Instructions that one of several processors runs before the next has its turn.
const QUANTUM: u64 = 1000;
const RFLAGS_IF: u64 = 1 << 9;
/// Device events after which a machine whose processors all sleep is called halted for good.
const IDLE_EVENTS: u32 = 32;
/// The same for beats of the 8254 in front of some other event: half an hour of QEMU's out of reset.
const IDLE_BEATS: u32 = 1 << 17;

impl Machine {
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        let low_ram = u64::from(config.ram_mib) << 20;
        let layout = Layout { low_ram, flash: config.bios.len() as u64 };
        let silicon = match config.board {
            Board::Ich9 => Silicon::Ich9,
            Board::Qemu => Silicon::Qemu,
        };
        let chipset = Chipset::new(Wiring {
            fw_cfg: config.fw_cfg.clone(),
            block_protect: config.block_protect,
            flash_stuck: config.flash_stuck,
            top_swap: config.top_swap,
            no_reboot: config.no_reboot,
            clock_s: config.clock_s,
            ext_tseg_mib: config.ext_tseg_mib,
            ..Wiring::new(silicon, low_ram, config.cpus, config.bios.clone())
        });
        let map = config.save_state_map();
        let state = State {
            layout,
            // PAUSE takes 1 µs on the training board, so that wait loops cost few instructions.
            pause_ns: if config.board == Board::Ich9 { 999 } else { 0 },
            time: 0,
            instructions: 0,
            cpus: (0..config.cpus).map(|id| Cpu::new(id, map)).collect(),
            lines: vec![Lines::default(); config.cpus.into()],
            turn: 0,
            turn_ends: 0,
            chipset,
            ram: Pages::filled(low_ram as usize, 0),
            serial: VecDeque::new(),
            inputs: 0,
        };
        let caches = Caches { tlbs: state.cpus.iter().map(|_| Tlb::default()).collect(), ..Caches::default() };
        Ok(Machine { state, caches })
    }

    /// Virtual nanoseconds since power-on.
    pub fn time(&self) -> u64 {
        self.state.time
    }
    /// Instructions executed since power-on.
    pub fn instructions(&self) -> u64 {
        self.state.instructions
    }
    pub fn board(&self) -> Board {
        match self.state.chipset.silicon() {
            Silicon::Ich9 => Board::Ich9,
            Silicon::Qemu => Board::Qemu,
        }
    }
    pub fn cpus(&self) -> usize {
        self.state.cpus.len()
    }
    pub fn in_smm(&self, cpu: usize) -> bool {
        self.state.cpus[cpu].smm
    }
    /// An SMI waits for `cpu`: latched by it, or on its line.
    pub fn smi_pending(&self, cpu: usize) -> bool {
        self.state.cpus[cpu].pending.smi || self.state.lines[cpu].smi
    }
    pub fn smi_count(&self, cpu: usize) -> u32 {
        self.state.cpus[cpu].smi_count
    }
    pub fn register(&self, cpu: usize, reg: CpuReg) -> u64 {
        self.state.cpus[cpu].register(reg)
    }
    /// The save-state map that this machine's processors write.
    pub fn save_state_map(&self) -> cpu::SaveStateMap {
        self.state.cpus[0].map
    }
    /// SLP_TYP of the sleep state that the machine is in; `None`: it runs.
    pub fn asleep(&self) -> Option<u8> {
        self.state.chipset.asleep()
    }
    /// It sleeps, and nothing will wake it by itself.
    pub fn is_off(&self) -> bool {
        self.asleep().is_some() && self.state.chipset.deadline().is_none()
    }
    /// Base and size of TSEG; `None` while it is off.
    pub fn tseg(&self) -> Option<(u64, u64)> {
        self.state.chipset.memory_map().tseg
    }
    /// How often each 4 KiB sector of the serial flash was erased; nothing on board `qemu`.
    pub fn flash_wear(&self) -> &[u32] {
        self.state.chipset.flash().nor().map_or(&[], |nor| nor.wear())
    }
    /// The serial flash part; `None` on board `qemu`.
    pub fn flash_part(&self) -> Option<&chipset::Nor> {
        self.state.chipset.flash().nor()
    }
    /// Where in the serial part the memory window begins.
    pub fn flash_window(&self) -> u64 {
        self.flash_part().map_or(0, |part| part.array().len() as u64 - self.state.chipset.flash().len())
    }
    /// See [`chipset::Chipset::flash_refusals`].
    pub fn flash_refusals(&self, smm: bool, bioswe: bool, from: u64, len: u64) -> Vec<trace::FlashGuard> {
        self.state.chipset.flash_refusals(smm, bioswe, from, len)
    }
    /// The chipset's registers as they stand, with what is locked.
    pub fn chipset_registers(&self) -> Vec<chipset::Shown> {
        self.state.chipset.registers(self.state.time)
    }
    /// Why an SMI was sent, or wasn't; `None` on board `qemu`.
    pub fn smi_state(&self) -> Option<chipset::SmiState> {
        self.state.chipset.smi_state(self.state.time)
    }
    /// Bytes that the guest has not read from COM1 yet.
    pub fn serial_unread(&self) -> usize {
        self.state.serial.len() + self.state.chipset.serial_pending()
    }

    /// Bytes arrive on COM1, in order, as fast as the guest takes them.
    pub fn serial_input(&mut self, bytes: &[u8]) {
        self.state.serial.extend(bytes);
        self.state.inputs += 1;
    }

    pub(crate) fn inputs_applied(&self) -> usize {
        self.state.inputs
    }

    /// A hash over every field of the state; equal on every host.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        self.state.hash(&mut hasher);
        hasher.finish()
    }

    /// Physical memory as one of the worlds reads it, without side effects. Devices and what is
    /// refused read as all ones.
    pub fn peek(&self, view: View, addr: u64, out: &mut [u8]) {
        let map = self.state.chipset.memory_map();
        let access = Access { cpu: 0, smm: view == View::Smm, purpose: Purpose::Data };
        let (mut at, mut rest) = (addr, out);
        while !rest.is_empty() {
            // One page has one answer.
            let size = rest.len().min((PAGE - at % PAGE) as usize);
            let (part, behind) = rest.split_at_mut(size);
            match self.state.layout.answer(&map, access, false, at) {
                Answer::Ram(at) => self.state.ram.read(at as usize, part),
                Answer::Flash(at) => {
                    (at..).zip(part).for_each(|(at, byte)| *byte = self.state.chipset.flash().array(at, 1) as u8)
                }
                Answer::Denied | Answer::Device => part.fill(0xff),
            }
            (at, rest) = (at.wrapping_add(size as u64), behind);
        }
    }

    /// Changes RAM from outside, where this world may write; other bytes are dropped. A [`History`]
    /// doesn't know of it.
    ///
    /// [`History`]: crate::History
    pub fn poke(&mut self, view: View, addr: u64, bytes: &[u8]) {
        let map = self.state.chipset.memory_map();
        let access = Access { cpu: 0, smm: view == View::Smm, purpose: Purpose::Data };
        for (nth, byte) in (0..).zip(bytes) {
            let at = addr.wrapping_add(nth);
            if let Answer::Ram(at) = self.state.layout.answer(&map, access, true, at) {
                self.state.ram.write_value(at as usize, 1, u64::from(*byte));
            }
        }
        self.caches.code.clear();
    }

    /// Runs one instruction of the processor whose turn it is, or takes one SMI; with all events.
    pub fn step(&mut self, sink: &mut dyn Sink) -> Stop {
        match self.prepare(u64::MAX, sink) {
            Err(stop) => stop,
            Ok(()) => {
                let bounds = Bounds { time: u64::MAX, instructions: u64::MAX, one: true };
                self.run_turn(bounds, sink.level(), sink).unwrap_or(Stop::Time)
            }
        }
    }

    /// Runs until virtual time `t` is reached, or earlier if the machine ends. Events up to
    /// [`Level::Events`].
    pub fn run_until(&mut self, t: u64, sink: &mut dyn Sink) -> Stop {
        self.run_within(Bounds { time: t, instructions: u64::MAX, one: false }, sink)
    }

    /// Runs `n` instructions, or fewer if the machine ends. Events up to [`Level::Events`].
    pub fn run_instructions(&mut self, n: u64, sink: &mut dyn Sink) -> Stop {
        let instructions = self.state.instructions.saturating_add(n);
        self.run_within(Bounds { time: u64::MAX, instructions, one: false }, sink)
    }

    fn run_within(&mut self, bounds: Bounds, sink: &mut dyn Sink) -> Stop {
        let level = sink.level().min(Level::Events);
        while self.state.time < bounds.time {
            if self.state.instructions >= bounds.instructions {
                return Stop::Limit;
            }
            if let Err(stop) = self.prepare(bounds.time, sink) {
                return stop;
            }
            if self.state.time >= bounds.time {
                break;
            }
            if let Some(stop) = self.run_turn(bounds, level, sink) {
                return stop;
            }
        }
        Stop::Time
    }

    /// Lets devices act and finds a processor to run; jumps ahead while all of them sleep.
    fn prepare(&mut self, t: u64, sink: &mut dyn Sink) -> Result<(), Stop> {
        let (mut events, mut beats) = (0, 0);
        while events < IDLE_EVENTS && beats < IDLE_BEATS {
            self.let_devices_act(sink);
            if self.state.chipset.asleep().is_some() {
                self.sleep(t)?;
                events += 1;
                continue;
            }
            if self.state.cpus.iter().any(|c| c.activity == Activity::Shutdown)
                && self.state.lines.iter().all(|l| !l.init)
            {
                return Err(Stop::Shutdown);
            }
            let n = self.state.cpus.len();
            if let Some(next) = (0..n).map(|i| (self.state.turn + i) % n).find(|&i| self.runnable(i)) {
                if next != self.state.turn {
                    self.state.turn = next;
                    self.state.turn_ends = self.state.time;
                }
                return Ok(());
            }
            match self.deadline() {
                Some(at) if at < t => {
                    // The 8254 beats for ever; something else that comes later may still wake somebody.
                    let beat =
                        self.deadline_of(self.state.chipset.deadline_but_counters()).is_some_and(|next| next > at);
                    (events, beats) = (events + u32::from(!beat), beats + u32::from(beat));
                    self.state.time = self.state.time.max(at);
                }
                Some(_) => {
                    self.state.time = t;
                    return Ok(());
                }
                None => return Err(Stop::Halted),
            }
        }
        Err(Stop::Halted)
    }

    /// Jumps to what may wake the machine.
    fn sleep(&mut self, t: u64) -> Result<(), Stop> {
        match self.state.chipset.deadline() {
            Some(at) if at < t => {
                self.state.time = self.state.time.max(at);
                return Ok(());
            }
            Some(_) if t != u64::MAX => self.state.time = self.state.time.max(t),
            _ => {}
        }
        Err(Stop::Off)
    }

    /// Somebody touches the board now.
    pub fn touch(&mut self, input: Input, sink: &mut dyn Sink) {
        let State { chipset, lines, time, .. } = &mut self.state;
        chipset.input(&mut Cx { now: *time, cpu: 0, smm: false, all_smm: false, sink }, input);
        deliver(chipset, lines);
        self.state.inputs += 1;
        if let Some(kind) = self.state.chipset.take_reset() {
            self.reset(kind, sink);
        }
    }

    fn runnable(&self, id: usize) -> bool {
        let cpu = &self.state.cpus[id];
        let interrupt =
            id == 0 && self.state.chipset.intr() && cpu.accepts_intr() && cpu.register(CpuReg::Rflags) & RFLAGS_IF != 0;
        let woken = cpu.can_wake() && (cpu.has_reason() || interrupt);
        cpu.activity == Activity::Running || woken || self.state.lines[id].any()
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        self.deadline_of(self.state.chipset.deadline())
    }

    fn deadline_of(&self, chipset: Option<u64>) -> Option<u64> {
        let timers = self.state.cpus.iter().filter_map(|c| c.lapic.deadline());
        timers.chain(chipset).min()
    }

    pub(crate) fn let_devices_act(&mut self, sink: &mut dyn Sink) {
        let State { chipset, lines, cpus, serial, time, .. } = &mut self.state;
        if chipset.deadline().is_some_and(|at| at <= *time) {
            chipset.advance(&mut Cx { now: *time, cpu: 0, smm: false, all_smm: false, sink });
        }
        for cpu in cpus {
            if cpu.lapic.deadline().is_some_and(|at| at <= *time) {
                cpu.lapic.advance(*time);
                cpu.attend = true;
            }
        }
        deliver(chipset, lines);
        if chipset.asleep().is_some() {
            // The receiver has no power.
            serial.clear();
        }
        feed_serial(chipset, serial, *time, sink);
        if let Some(kind) = chipset.take_reset() {
            self.reset(kind, sink);
        }
    }

    /// Lets the processor whose turn it is run; `Some` ends the run.
    fn run_turn(&mut self, bounds: Bounds, level: Level, sink: &mut dyn Sink) -> Option<Stop> {
        let id = self.state.turn;
        let several = self.state.cpus.len() > 1;
        let mut stop_at = bounds.time.min(self.deadline().unwrap_or(u64::MAX));
        if several {
            if self.state.time >= self.state.turn_ends {
                self.state.turn_ends = self.state.time + QUANTUM;
            }
            stop_at = stop_at.min(self.state.turn_ends);
        }
        let (window, cpu) = self.state.window(id, level, &mut *sink);
        let mut window = Window { stop_at, limit: bounds.instructions, ..window };
        let mut env = Env { bus: &mut window, tlb: &mut self.caches.tlbs[id], code: &mut self.caches.code };
        cpu.attend = true;
        if bounds.one {
            cpu.step_traced(&mut env)
        } else {
            cpu.run(&mut env)
        }
        let stopped = cpu.activity == Activity::Shutdown;
        let sleeps = cpu.activity != Activity::Running;
        let Window { map_changed, ended, stop, .. } = window;
        if map_changed {
            self.caches.code.clear();
        }
        // Where the caller wanted to stop, a turn goes on when he does.
        if several && (sleeps || stop || self.state.time >= self.state.turn_ends) {
            self.state.turn = (id + 1) % self.state.cpus.len();
            self.state.turn_ends = self.state.time;
        }
        if let Some(value) = ended.exit {
            return Some(Stop::Exit(value));
        }
        if let Some(kind) = ended.reset {
            self.reset(kind, sink);
            return None;
        }
        stopped.then_some(Stop::Shutdown)
    }

    pub(crate) fn reset(&mut self, kind: ResetKind, sink: &mut dyn Sink) {
        if sink.level() >= Level::Events {
            sink.event(Event { time: self.state.time, cpu: 0, kind: Kind::Reset { kind } });
        }
        self.state.chipset.reset(kind);
        if kind == ResetKind::Init {
            self.state.lines.iter_mut().for_each(|l| l.init = true);
            return;
        }
        for (id, cpu) in self.state.cpus.iter_mut().enumerate() {
            *cpu = Cpu::new(id as u8, cpu.map);
        }
        self.state.lines.fill(Lines::default());
        (self.state.turn, self.state.turn_ends) = (0, 0);
        if kind == ResetKind::Power {
            self.state.ram = Pages::filled(self.state.ram.len(), 0);
        }
        self.caches.code.clear();
        self.caches.tlbs.iter_mut().for_each(Tlb::flush_all);
    }
}
