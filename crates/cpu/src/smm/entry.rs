//! Entering SMM: save, then the state that the SDM prescribes for the handler's first instruction.

use crate::bus::{Access, Bus, Purpose};
use crate::memory::Env;
use crate::state::{Activity, CS, Cpu, Segment, cr0};
use trace::Kind;

/// Where the save area and the handler start, from SMBASE.
pub(super) const SAVE_AREA: u64 = 0x8000;
const ENTRY: u64 = 0x8000;

impl Cpu {
    pub(super) fn smram_access(&self) -> Access {
        Access { cpu: self.id, smm: true, purpose: Purpose::System }
    }

    /// Takes the pending SMI. The caller stands at an instruction boundary.
    pub(crate) fn enter_smm<B: Bus>(&mut self, env: &mut Env<B>) {
        self.pending.smi = false;
        let halted = self.activity == Activity::Halted;
        self.activity = Activity::Running;
        env.bus.emit(Kind::SmiTaken { smbase: self.smbase, cs: self.seg[CS].selector, rip: self.rip });
        for slot in self.map.slots() {
            let value = self.save_value(slot.field, halted);
            let at = u64::from(self.smbase).wrapping_add(SAVE_AREA + u64::from(slot.offset)) & 0xffff_ffff;
            self.smram_write(env, at, slot.size.into(), value);
            let value = value & crate::state::mask(slot.size);
            env.bus.emit(Kind::Save { field: slot.field, offset: slot.offset, size: slot.size, value });
        }
        self.prescribed_state();
        self.smi_count = self.smi_count.wrapping_add(1);
        let entry = self.seg[CS].base + self.rip;
        env.bus.emit(Kind::SmmEntered { entry, smi_count: self.smi_count });
    }

    /// A slot may lie across a page when a handler set an unaligned SMBASE.
    fn smram_write<B: Bus>(&self, env: &mut Env<B>, at: u64, size: usize, value: u64) {
        let room = 4096 - (at as usize & 0xfff);
        env.code.written(at, size.min(room));
        if size <= room {
            return env.bus.write(self.smram_access(), at, size, value);
        }
        env.code.written(at + room as u64, size - room);
        env.bus.write(self.smram_access(), at, room, value);
        env.bus.write(self.smram_access(), (at + room as u64) & 0xffff_ffff, size - room, value >> (room * 8));
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
