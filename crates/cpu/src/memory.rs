//! Memory operands: segmentation, limits, canonical addresses, alignment, page splits.

use crate::alu::flag;
use crate::bus::{Access, Bus, Purpose};
use crate::code::CodeCache;
use crate::fault::{Fault, Result, vector};
use crate::op::{INSTRUCTION, Op};
use crate::paging::{Tlb, Wish};
use crate::state::{Cpu, SS, Segment, cr0, mask};
use trace::{Kind, Mode};

/// What an instruction works with besides the processor's own state.
pub struct Env<'a, B: Bus> {
    pub bus: &'a mut B,
    pub tlb: &'a mut Tlb<B::Frame>,
    pub code: &'a mut CodeCache,
}

const READ: Wish = Wish { write: false, fetch: false, user: false };

impl Cpu {
    pub(crate) fn data_access(&self) -> Access {
        Access { cpu: self.id, smm: self.smm, purpose: Purpose::Data }
    }

    /// Effective address of the memory operand, without its segment.
    #[inline]
    pub(crate) fn effective(&self, op: &Op) -> u64 {
        self.effective_behind(op, self.rip)
    }

    /// The same where `behind` is the address behind the instruction.
    #[inline(always)]
    pub(crate) fn effective_behind(&self, op: &Op, behind: u64) -> u64 {
        let base =
            if op.base == INSTRUCTION { behind.wrapping_sub(op.len.into()) } else { self.regs[usize::from(op.base)] };
        let index = self.regs[usize::from(op.index)] << (op.scale & 3);
        let address = base.wrapping_add(index).wrapping_add(op.disp);
        // 2, 4 or 8 bytes.
        address & u64::MAX >> (64 - 8 * u32::from(op.addr_size) & 63)
    }

    /// Linear address of `offset` in a segment, after all checks that segmentation makes.
    #[inline]
    pub(crate) fn linear(&self, seg: usize, offset: u64, size: usize, write: bool) -> Result<u64> {
        self.linear_in(self.mode(), seg, offset, size, write)
    }

    /// The same where the mode is known already.
    #[inline(always)]
    pub(crate) fn linear_in(&self, mode: Mode, seg: usize, offset: u64, size: usize, write: bool) -> Result<u64> {
        let fault = if seg == SS { vector::SS } else { vector::GP };
        let s = &self.seg[seg];
        if mode == Mode::Bits64 {
            let base = if seg >= crate::state::FS { s.base } else { 0 };
            let linear = base.wrapping_add(offset);
            return if canonical(linear) && canonical(linear.wrapping_add(size as u64 - 1)) {
                Ok(linear)
            } else {
                Err(Fault::with(fault, 0))
            };
        }
        let last = offset + (size as u64 - 1);
        let inside = if s.has(Segment::CODE) || !s.has(Segment::DOWN) {
            last <= u64::from(s.limit)
        } else {
            let top = if s.has(Segment::DB) { 0xffff_ffff } else { 0xffff };
            offset > u64::from(s.limit) && last <= top
        };
        if !inside || (self.protected() && self.refuses(s, write)) {
            return Err(Fault::with(fault, 0));
        }
        Ok((s.base + offset) & 0xffff_ffff)
    }

    /// Type checks of protected mode: null, read-only data, execute-only code.
    pub(crate) fn refuses(&self, s: &Segment, write: bool) -> bool {
        s.unusable()
            || if s.has(Segment::CODE) {
                write || !s.has(Segment::WRITABLE)
            } else {
                write && !s.has(Segment::WRITABLE)
            }
    }

    /// Whether data must be aligned (SDM vol. 3, "Interrupt 17—Alignment Check Exception (#AC)"). What the processor reads
    /// and writes for itself (`read_system`, `write_system`) is never checked.
    #[inline]
    pub(crate) fn checks_alignment(&self) -> bool {
        self.cpl == 3 && self.rflags & flag::AC != 0 && self.cr0 & cr0::AM != 0
    }

    /// The SDM's table of alignments, where each part of an operand that is accessed has its own; 16 bytes count as two
    /// parts of 8, as MOVUPS may.
    #[inline]
    fn is_misaligned(&self, linear: u64, size: usize) -> bool {
        let low = match size {
            2 | 4 | 8 => size as u64 - 1,
            10 | 16 => 7,
            _ => 0,
        };
        self.checks_alignment() && linear & low != 0
    }

    /// A page fault comes first (SDM vol. 3, "Priority Among Concurrent Events").
    #[cold]
    fn misaligned<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, size: usize, wish: Wish) -> Fault {
        self.probe(env, linear, size, wish).err().unwrap_or(Fault::AC)
    }

    /// Reads `size` bytes at a linear address with the rights of the current privilege level.
    #[inline]
    pub(crate) fn read_linear<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, size: usize) -> Result<u64> {
        let wish = Wish { user: self.cpl == 3, ..READ };
        if self.is_misaligned(linear, size) {
            return Err(self.misaligned(env, linear, size, wish));
        }
        self.watch(linear, size, false);
        self.read_with(env, linear, size, wish, self.data_access())
    }

    /// Reads as the processor itself does for descriptor tables and task state: supervisor rights.
    pub(crate) fn read_system<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, size: usize) -> Result<u64> {
        let access = Access { purpose: Purpose::System, ..self.data_access() };
        self.read_with(env, self.wrap(linear), size, READ, access)
    }

    fn wrap(&self, linear: u64) -> u64 {
        if self.long_mode() { linear } else { linear & 0xffff_ffff }
    }

    fn read_with<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        linear: u64,
        size: usize,
        wish: Wish,
        access: Access,
    ) -> Result<u64> {
        let room = 4096 - (linear as usize & 0xfff);
        let first = self.translate(env.tlb, env.bus, linear, wish)?;
        if size <= room {
            return Ok(match self.apic_offset(first) {
                Some(offset) => u64::from(self.lapic.read(offset, env.bus.time())) & mask(size as u8),
                None => self.physical_read(env.bus, access, first, size),
            });
        }
        let second = self.translate(env.tlb, env.bus, self.wrap(linear.wrapping_add(room as u64)), wish)?;
        let low = self.physical_read(env.bus, access, first, room);
        let high = self.physical_read(env.bus, access, second, size - room);
        Ok(low | high << (room * 8))
    }

    #[inline]
    pub(crate) fn write_linear<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        linear: u64,
        size: usize,
        value: u64,
    ) -> Result<()> {
        let wish = Wish { write: true, fetch: false, user: self.cpl == 3 };
        if self.is_misaligned(linear, size) {
            return Err(self.misaligned(env, linear, size, wish));
        }
        self.watch(linear, size, true);
        self.write_with(env, linear, size, value, wish, self.data_access())
    }

    pub(crate) fn write_system<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        linear: u64,
        size: usize,
        value: u64,
    ) -> Result<()> {
        let access = Access { purpose: Purpose::System, ..self.data_access() };
        let wish = Wish { write: true, fetch: false, user: false };
        self.write_with(env, self.wrap(linear), size, value, wish, access)
    }

    fn write_with<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        linear: u64,
        size: usize,
        value: u64,
        wish: Wish,
        access: Access,
    ) -> Result<()> {
        let room = 4096 - (linear as usize & 0xfff);
        let first = self.translate(env.tlb, env.bus, linear, wish)?;
        if size <= room {
            if let Some(offset) = self.apic_offset(first) {
                self.write_apic(env, offset, value as u32);
                return Ok(());
            }
            self.physical_write(env, access, first, size, value);
            return Ok(());
        }
        let second = self.translate(env.tlb, env.bus, self.wrap(linear.wrapping_add(room as u64)), wish)?;
        self.physical_write(env, access, first, room, value);
        self.physical_write(env, access, second, size - room, value >> (room * 8));
        Ok(())
    }

    /// Past SMRR, which is the processor's own and comes before the bus.
    #[inline]
    pub(crate) fn physical_read(&self, bus: &mut impl Bus, access: Access, addr: u64, size: usize) -> u64 {
        if self.smrr_hides(addr) {
            bus.emit(Kind::SmramDenied { addr, size: size as u8, write: false });
            return u64::MAX >> (64 - 8 * size);
        }
        bus.read(access, addr, size)
    }

    #[inline]
    fn physical_write<B: Bus>(&self, env: &mut Env<B>, access: Access, addr: u64, size: usize, value: u64) {
        if self.smrr_hides(addr) {
            env.bus.emit(Kind::SmramDenied { addr, size: size as u8, write: true });
            return;
        }
        env.code.written(addr, size);
        env.bus.write(access, addr, size, value);
    }

    /// Offset into the local APIC's page, which only this processor sees.
    #[inline]
    fn apic_offset(&self, physical: u64) -> Option<u32> {
        if physical < 0xf000_0000 && self.msr.apic_page_is_default() {
            return None;
        }
        (self.msr.apic_page()? == physical & !0xfff).then_some(physical as u32 & 0xfff)
    }

    fn write_apic<B: Bus>(&mut self, env: &mut Env<B>, offset: u32, value: u32) {
        if let Some((target, delivery)) = self.lapic.write(offset, value, env.bus.time()) {
            env.bus.ipi(target, delivery);
        }
        if let Some(at) = self.lapic.deadline() {
            env.bus.deadline(at);
        }
        self.attend = true;
    }

    pub(crate) fn read_mem<B: Bus>(&mut self, env: &mut Env<B>, seg: usize, offset: u64, size: u8) -> Result<u64> {
        let linear = self.linear(seg, offset, size.into(), false)?;
        self.read_linear(env, linear, size.into())
    }

    pub(crate) fn write_mem<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        seg: usize,
        offset: u64,
        size: u8,
        value: u64,
    ) -> Result<()> {
        let linear = self.linear(seg, offset, size.into(), true)?;
        self.write_linear(env, linear, size.into(), value)
    }

    /// Checks that a write would succeed, so that an instruction can fault before it changes anything.
    pub(crate) fn probe_write<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, size: usize) -> Result<()> {
        let wish = Wish { write: true, fetch: false, user: self.cpl == 3 };
        self.probe(env, linear, size, wish)?;
        if self.is_misaligned(linear, size) { Err(Fault::AC) } else { Ok(()) }
    }

    fn probe<B: Bus>(&mut self, env: &mut Env<B>, linear: u64, size: usize, wish: Wish) -> Result<()> {
        self.translate(env.tlb, env.bus, linear, wish)?;
        let last = self.wrap(linear.wrapping_add(size as u64 - 1));
        if last >> 12 != linear >> 12 {
            self.translate(env.tlb, env.bus, last & !0xfff, wish)?;
        }
        Ok(())
    }
}

/// Bits 63:47 all alike (48-bit linear addresses).
pub(crate) fn canonical(linear: u64) -> bool {
    let top = linear as i64 >> 47;
    top == 0 || top == -1
}
