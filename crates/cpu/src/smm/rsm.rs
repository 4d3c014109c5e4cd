//! RSM: load the save area, refuse what the manual forbids, go on where the SMI came in.

use crate::bus::{Access, Bus};
use crate::fault::{Fault, Result};
use crate::memory::Env;
use crate::state::{Activity, CS, Cpu, RCX, RDI, RSI, SS, Segment, cr0, cr4, efer, mask};
use trace::{Kind, SaveField};

/// What the handler left in the slots that steer the resumption.
#[derive(Default)]
struct Steering {
    auto_halt: bool,
    io_restart: bool,
    io_rip: u64,
    io_rcx: u64,
    io_rsi: u64,
    io_rdi: u64,
    smbase: u32,
}

impl Cpu {
    pub(crate) fn rsm<B: Bus>(&mut self, env: &mut Env<B>) -> Result<()> {
        if !self.smm {
            env.bus.emit(Kind::RsmOutsideSmm);
            return Err(Fault::UD);
        }
        env.bus.emit(Kind::Rsm { smbase: self.smbase });
        let mut steering = Steering { smbase: self.smbase, ..Steering::default() };
        let area = self.save_area(env, false);
        for slot in self.map.slots() {
            let value = self.restore(env, &area, slot.offset, slot.size);
            env.bus.emit(Kind::Restore { field: slot.field, offset: slot.offset, size: slot.size, value });
            self.restore_value(slot.field, value);
            steering.note(slot.field, value);
        }
        if let Some(why) = self.illegal() {
            self.shut_down(env, why);
            return Ok(());
        }
        // The save area has no room for them: they come from memory again.
        let outside = Access { smm: false, ..self.system_access() };
        if self.load_pdptes(env.bus, outside, [self.cr0, self.cr3, self.cr4]).is_err() {
            self.shut_down(env, "RSM: reserved bit set in a PDPTE");
            return Ok(());
        }
        self.resume(env, &steering);
        Ok(())
    }

    /// SDM vol. 3, "SMM", "Exiting From SMM": states that put the processor into shutdown, and those
    /// beyond it from which this processor couldn't go on (EFER against CR0, CR4 and CS).
    fn illegal(&self) -> Option<&'static str> {
        let (cr0, cr4, efer) = (self.cr0, self.cr4, self.efer);
        let long = efer & efer::LMA != 0;
        let paging = cr0 & cr0::PG != 0;
        let cs = self.seg[CS];
        let checks = [
            (cr4 & !(cr4::SUPPORTED | cr4::VMXE | cr4::PCIDE) != 0, "RSM: reserved bit set in CR4"),
            (cr4 & cr4::VMXE != 0, "RSM: CR4.VMXE set"),
            (paging && cr0 & cr0::PE == 0, "RSM: CR0.PG set with CR0.PE clear"),
            (cr0 & cr0::NW != 0 && cr0 & cr0::CD == 0, "RSM: CR0.NW set with CR0.CD clear"),
            (cr4 & cr4::PCIDE != 0, "RSM: CR4.PCIDE set outside long mode or not supported"),
            (efer & !efer::SUPPORTED != 0, "RSM: reserved bit set in EFER"),
            (long != (paging && efer & efer::LME != 0), "RSM: EFER.LMA disagrees with EFER.LME and CR0.PG"),
            (long && cr4 & cr4::PAE == 0, "RSM: long mode without CR4.PAE"),
            (long && cs.has(Segment::L) && cs.has(Segment::DB), "RSM: CS.L and CS.D both set"),
            (self.virtual_8086() && (long || cr0 & cr0::PE == 0), "RSM: EFLAGS.VM set outside protected mode"),
        ];
        checks.into_iter().find(|(bad, _)| *bad).map(|(_, why)| why)
    }

    fn resume<B: Bus>(&mut self, env: &mut Env<B>, steering: &Steering) {
        self.rflags = self.rflags & !0x28 | 2;
        // The privilege level isn't in the map; it is SS's DPL, 0 in real and 3 in virtual-8086 mode.
        self.cpl = match (self.protected(), self.virtual_8086()) {
            (false, _) => 0,
            (_, true) => 3,
            _ => self.seg[SS].dpl(),
        };
        self.smbase = steering.smbase;
        if self.map.restarts_io() && steering.io_restart {
            self.rip = steering.io_rip;
            self.regs[RCX] = steering.io_rcx;
            self.regs[RSI] = steering.io_rsi;
            self.regs[RDI] = steering.io_rdi;
        }
        if steering.auto_halt {
            self.activity = Activity::Halted;
        }
        self.smm = false;
        self.nmi_blocked = self.nmi_blocked_before_smm;
        self.debug_traps = std::mem::take(&mut self.debug_traps_before_smm);
        self.attend = true;
        // The handler may have changed the tables or the control registers that it gave back.
        env.tlb.flush_view(false);
        env.bus.emit(Kind::SmmLeft { smbase: self.smbase, cs: self.seg[CS].selector, rip: self.rip });
    }
}

impl Steering {
    fn note(&mut self, field: SaveField, value: u64) {
        match field {
            SaveField::AutoHalt => self.auto_halt = value & 1 != 0,
            SaveField::IoRestart => self.io_restart = value & mask(1) == 0xff,
            SaveField::IoRip => self.io_rip = value,
            SaveField::IoRcx => self.io_rcx = value,
            SaveField::IoRsi => self.io_rsi = value,
            SaveField::IoRdi => self.io_rdi = value,
            SaveField::Smbase => self.smbase = value as u32,
            _ => {}
        }
    }
}
