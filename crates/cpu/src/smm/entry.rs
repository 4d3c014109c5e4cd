//! Entering SMM: save, then the state that the SDM prescribes for the handler's first instruction.

use crate::bus::Bus;
use crate::memory::Env;
use crate::state::{Activity, CS, Cpu, Segment, cr0};
use trace::Kind;

/// Where the handler starts, from SMBASE.
const ENTRY: u64 = 0x8000;

impl Cpu {
    /// Takes the pending SMI. The caller stands at an instruction boundary.
    pub(crate) fn enter_smm<B: Bus>(&mut self, env: &mut Env<B>) {
        self.pending.smi = false;
        let halted = self.activity == Activity::Halted;
        self.activity = Activity::Running;
        env.bus.emit(Kind::SmiTaken { smbase: self.smbase, cs: self.seg[CS].selector, rip: self.rip });
        let area = self.save_area(env, true);
        for slot in self.map.slots() {
            let value = self.save_value(slot.field, halted);
            self.save(env, &area, slot.offset, slot.size, value);
            let value = value & crate::state::mask(slot.size);
            env.bus.emit(Kind::Save { field: slot.field, offset: slot.offset, size: slot.size, value });
        }
        self.prescribed_state();
        self.smi_count = self.smi_count.wrapping_add(1);
        let entry = self.seg[CS].base + self.rip;
        env.bus.emit(Kind::SmmEntered { entry, smi_count: self.smi_count });
    }

    /// SDM vol. 3, "SMM", table "Processor Register Initialization in SMM". General registers, DR6,
    /// CR2 and CR3 stay as they were.
    fn prescribed_state(&mut self) {
        self.smm = true;
        self.nmi_blocked_before_smm = self.nmi_blocked;
        self.nmi_blocked = true;
        self.debug_traps_before_smm = std::mem::take(&mut self.debug_traps);
        self.cr0 &= !(cr0::PE | cr0::EM | cr0::TS | cr0::PG);
        self.cr4 = 0;
        self.efer = 0;
        self.rflags = 2;
        self.dr[7] = 0x400;
        self.cpl = 0;
        let flat = Segment { selector: 0, attr: 0x93 | Segment::G, limit: u32::MAX, base: 0 };
        self.seg = [flat; 6];
        self.seg[CS] = Segment { selector: (self.smbase >> 4) as u16, base: self.smbase.into(), ..flat };
        self.rip = ENTRY;
    }
}
