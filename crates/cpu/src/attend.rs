//! What a processor takes between two instructions, in the order of priority (SDM vol. 3, "Priority
//! Among Concurrent Events"): SMI, INIT, debug traps of the last instruction, NMI, interrupts.

use crate::alu::flag;
use crate::bus::{Bus, Delivery, Signals};
use crate::debug::Shadow;
use crate::fault::vector;
use crate::interrupt::Origin;
use crate::memory::Env;
use crate::state::{Activity, CS, Cpu};
use trace::{Kind, WakeReason};

impl Cpu {
    /// Looks at the lines and takes what has priority.
    pub(crate) fn take_signals<B: Bus>(&mut self, env: &mut Env<B>) {
        let signals = env.bus.signals();
        self.latch(env, signals);
        let free = self.shadow == Shadow::None;
        let may_enter = matches!(self.activity, Activity::Running | Activity::Halted);
        // MOV SS and STI hold an SMI off, too, as silicon may (SDM vol. 3, "Masking Exceptions and
        // Interrupts When Switching Stacks"): the save state has no room for their shadow.
        if self.pending.smi && !self.smm && free && may_enter {
            self.wake(env, WakeReason::Smi);
            self.enter_smm(env);
            // Nothing else is taken before the handler's first instruction.
            return;
        }
        if self.pending.init && !self.smm {
            self.pending.init = false;
            self.init();
            env.tlb.flush_all();
            self.start_up(signals.sipi);
            return;
        }
        if self.pending.nmi && !self.nmi_blocked && self.activity == Activity::Shutdown {
            self.activity = Activity::Running;
        }
        if matches!(self.activity, Activity::Shutdown | Activity::WaitForSipi) {
            return;
        }
        if self.debug_traps != 0 && self.shadow != Shadow::MovSs {
            return self.take_debug_trap(env);
        }
        if self.pending.nmi && !self.nmi_blocked && free {
            self.pending.nmi = false;
            self.nmi_blocked = true;
            self.wake(env, WakeReason::Nmi);
            self.interrupt(env, vector::NMI);
            return;
        }
        if self.rflags & flag::IF != 0 && free {
            self.take_interrupt(env);
        }
    }

    fn latch<B: Bus>(&mut self, env: &mut Env<B>, signals: Signals) {
        if signals.map_changed {
            env.code.clear();
        }
        if signals.smi {
            let held = self.smm || self.activity == Activity::WaitForSipi;
            if held && !self.pending.smi {
                env.bus.emit(Kind::SmiLatched);
            }
            self.pending.smi = true;
        }
        self.pending.nmi |= signals.nmi;
        self.pending.init |= signals.init;
        self.pending.intr = signals.intr;
        if signals.nmi_pin {
            self.take_lint1();
        }
        if signals.fixed != [0; 8] {
            let raised = |v: &u8| signals.fixed[usize::from(*v) / 32] >> (v % 32) & 1 != 0;
            (0..=255u8).filter(raised).for_each(|vector| self.lapic.accept(vector));
        }
        if !self.pending.init {
            self.start_up(signals.sipi);
        }
    }

    /// The NMI pin is LINT1: the local APIC says what comes of it, and without one it is NMI.
    fn take_lint1(&mut self) {
        let delivery = if self.msr.apic_page().is_some() { self.lapic.lint1() } else { Some(Delivery::Nmi) };
        match delivery {
            Some(Delivery::Nmi) => self.pending.nmi = true,
            Some(Delivery::Smi) => self.pending.smi = true,
            Some(Delivery::Init) => self.pending.init = true,
            Some(Delivery::Fixed(vector)) => self.lapic.accept(vector),
            _ => {}
        }
    }

    /// SIPI: only a processor that waits for it starts, in real mode at the page that it names.
    fn start_up(&mut self, sipi: Option<u8>) {
        if let (Some(page), Activity::WaitForSipi) = (sipi, self.activity) {
            self.activity = Activity::Running;
            self.seg[CS].selector = u16::from(page) << 8;
            self.seg[CS].base = u64::from(page) << 12;
            self.rip = 0;
        }
    }

    fn wake<B: Bus>(&mut self, env: &mut Env<B>, by: WakeReason) {
        // A halted processor stays marked until SMM entry has saved that it was halted.
        if self.activity == Activity::Halted {
            env.bus.emit(Kind::Wake { by });
            if by != WakeReason::Smi {
                self.activity = Activity::Running;
            }
        }
    }

    fn take_interrupt<B: Bus>(&mut self, env: &mut Env<B>) {
        let vector = if let Some(vector) = self.lapic.pending() {
            self.lapic.take(vector);
            vector
        } else if self.pending.intr && self.accepts_intr() {
            self.pending.intr = false;
            env.bus.acknowledge()
        } else {
            return;
        };
        self.wake(env, WakeReason::Interrupt);
        env.bus.emit(Kind::Interrupt { vector });
        self.interrupt(env, vector);
    }

    fn interrupt<B: Bus>(&mut self, env: &mut Env<B>, vector: u8) {
        if let Ok(Some(fault)) | Err(fault) = self.deliver(env, vector, None, Origin::Hardware) {
            self.raise(env, fault);
        }
    }

    /// Whether the 8259's INTR, which is the pin LINT0, reaches the processor.
    pub fn accepts_intr(&self) -> bool {
        self.msr.apic_page().is_none() || self.lapic.lint0_is_extint()
    }

    /// Whether an interrupt, once raised, would get this halted processor going.
    pub fn can_wake(&self) -> bool {
        match self.activity {
            Activity::Running => true,
            Activity::Halted => self.rflags & flag::IF != 0 || self.pending.smi || self.pending.nmi,
            Activity::WaitForSipi | Activity::Shutdown => false,
        }
    }

    /// Whether something is raised that a halted processor would take.
    pub fn has_reason(&self) -> bool {
        let intr = self.pending.intr && self.accepts_intr();
        let interrupt = self.rflags & flag::IF != 0 && (intr || self.lapic.pending().is_some());
        interrupt || (self.pending.smi && !self.smm) || (self.pending.nmi && !self.nmi_blocked) || self.pending.init
    }
}
