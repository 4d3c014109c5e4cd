//! Privileged and system instructions, ports, control registers.

use crate::alu::flag;
use crate::bus::Bus;
use crate::cpuid::cpuid;
use crate::debug::Shadow;
use crate::fault::{Fault, Result};
use crate::memory::{Env, canonical};
use crate::op::{Kind, Op, Place};
use crate::state::{
    Activity, CS, Cpu, IoInstruction, RAX, RBX, RCX, RDI, RDX, RSI, Segment, Table, cr0, cr4, efer, mask,
};
use trace::Mode;

/// CR3 beyond 40 physical address bits.
const CR3_RESERVED: u64 = !((1 << 40) - 1);

impl Cpu {
    pub(super) fn system<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        use Kind::*;
        match op.kind {
            Cli => self.interrupt_flag(false),
            Sti => self.interrupt_flag(true),
            In => self.port_in(env, op),
            Out => self.port_out(env, op),
            Hlt => {
                self.privileged()?;
                self.activity = Activity::Halted;
                env.bus.emit(trace::Kind::Halt);
                self.attend = true;
                Ok(())
            }
            Cpuid => {
                let out = cpuid(self.regs[RAX] as u32, self.id, self.msr.apic_page().is_some());
                for (reg, value) in [RAX, RBX, RCX, RDX].into_iter().zip(out) {
                    self.regs[reg] = value.into();
                }
                Ok(())
            }
            Rdtsc => {
                if self.cr4 & cr4::TSD != 0 {
                    self.privileged()?;
                }
                let tsc = self.tsc(env);
                self.regs[RAX] = tsc & 0xffff_ffff;
                self.regs[RDX] = tsc >> 32;
                Ok(())
            }
            Rdmsr => {
                self.privileged()?;
                let value = self.rdmsr(env, self.regs[RCX] as u32)?;
                self.regs[RAX] = value & 0xffff_ffff;
                self.regs[RDX] = value >> 32;
                Ok(())
            }
            Wrmsr => {
                self.privileged()?;
                let value = self.regs[RDX] << 32 | self.regs[RAX] & 0xffff_ffff;
                self.wrmsr(env, self.regs[RCX] as u32, value)?;
                env.tlb.flush_view(self.smm);
                Ok(())
            }
            MovFromCr => self.read_control(op),
            MovToCr => self.write_control(env, op),
            MovFromDr => {
                self.privileged()?;
                let n = self.debug_number(op)?;
                self.detect_debug_access()?;
                let value = self.dr[n];
                self.write_reg_wide(op.dst, value);
                Ok(())
            }
            MovToDr => {
                self.privileged()?;
                let n = self.debug_number(op)?;
                self.detect_debug_access()?;
                let Place::Reg(source) = op.src else { return Err(Fault::UD) };
                let value = self.wide_operand(source);
                if n >= 6 && value >> 32 != 0 {
                    return Err(Fault::GP0);
                }
                // Breakpoints ask for single steps.
                self.attend = true;
                self.dr[n] = match n {
                    6 => value & 0xe00f | 0xffff_0ff0,
                    7 => value & 0xffff_2fff | 0x400,
                    _ => value,
                };
                Ok(())
            }
            Lgdt | Lidt => self.load_table(env, op),
            Sgdt | Sidt => self.store_table(env, op),
            Lldt | Ltr => {
                self.protected_only()?;
                self.privileged()?;
                let selector = self.get(env, op, op.dst, 2)? as u16;
                if op.kind == Lldt { self.load_ldtr(env, selector) } else { self.load_tr(env, selector) }
            }
            Sldt | Str => {
                self.protected_only()?;
                let selector = if op.kind == Sldt { self.ldtr.selector } else { self.tr.selector };
                let size = if op.dst == Place::Mem { 2 } else { op.size };
                self.put(env, op, op.dst, size, selector.into())
            }
            Smsw => {
                let size = if op.dst == Place::Mem { 2 } else { op.size };
                self.put(env, op, op.dst, size, self.cr0)
            }
            Lmsw => {
                self.privileged()?;
                // PE can be set this way but not cleared.
                let word = self.get(env, op, op.dst, 2)? & 0xf;
                let value = self.cr0 & !0xe | word & 0xf | self.cr0 & cr0::PE;
                self.set_cr0(env, value)
            }
            Clts => {
                self.privileged()?;
                self.cr0 &= !cr0::TS;
                Ok(())
            }
            Invlpg => {
                self.privileged()?;
                let at = self.effective(op);
                let base = if self.wide() && op.seg < 4 { 0 } else { self.seg[usize::from(op.seg)].base };
                env.tlb.flush_page(self.smm, base.wrapping_add(at));
                Ok(())
            }
            // No cache is modelled: nothing to write back.
            Wbinvd => self.privileged(),
            Swapgs => {
                if !self.wide() {
                    return Err(Fault::UD);
                }
                self.privileged()?;
                self.swapgs();
                Ok(())
            }
            Lar | Lsl | Verr | Verw => self.inspect_descriptor(env, op),
            Rsm => self.rsm(env),
            _ => Err(Fault::UD),
        }
    }

    fn privileged(&self) -> Result<()> {
        if self.cpl == 0 { Ok(()) } else { Err(Fault::GP0) }
    }

    fn protected_only(&self) -> Result<()> {
        if self.real_segments() { Err(Fault::UD) } else { Ok(()) }
    }

    pub(crate) fn iopl(&self) -> u8 {
        (self.rflags >> 12 & 3) as u8
    }

    fn interrupt_flag(&mut self, on: bool) -> Result<()> {
        if self.protected() && self.cpl > self.iopl() {
            return Err(Fault::GP0);
        }
        if on {
            // STI holds interrupts off for one more instruction.
            if self.rflags & flag::IF == 0 {
                self.shadow = Shadow::Sti;
            }
            self.rflags |= flag::IF;
            self.attend = true;
        } else {
            self.rflags &= !flag::IF;
        }
        Ok(())
    }

    /// IOPL, and beyond it (in virtual-8086 mode always) the I/O permission bitmap of the task state segment.
    pub(super) fn check_port<B: Bus>(&mut self, env: &mut Env<B>, port: u16, size: u8) -> Result<()> {
        if !self.protected() || self.cpl <= self.iopl() && !self.virtual_8086() {
            return Ok(());
        }
        // A 16-bit task state segment has none.
        if self.tr.unusable() || self.tr.attr & 8 == 0 || self.tr.limit < 0x67 {
            return Err(Fault::GP0);
        }
        let map = self.read_system(env, self.tr.base.wrapping_add(0x66), 2)?;
        let at = map + u64::from(port) / 8;
        if at + 1 > u64::from(self.tr.limit) {
            return Err(Fault::GP0);
        }
        let bits = self.read_system(env, self.tr.base.wrapping_add(at), 2)? >> (port % 8);
        if bits & ((1 << size) - 1) != 0 { Err(Fault::GP0) } else { Ok(()) }
    }

    /// Port and IOMisc type of IN and OUT: immediate port or DX.
    fn port_operand(&self, op: &Op, place: Place) -> (u16, bool) {
        if place == Place::Imm { (op.imm as u16 & 0xff, true) } else { (self.regs[RDX] as u16, false) }
    }

    fn remember_io(&mut self, op: &Op, port: u16, kind: u8) {
        self.last_io = Some(IoInstruction {
            port,
            size: op.size,
            kind,
            mem_addr: 0,
            rip: self.rip.wrapping_sub(op.len.into()),
            rcx: self.regs[RCX],
            rsi: self.regs[RSI],
            rdi: self.regs[RDI],
        });
    }

    fn port_in<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let (port, immediate) = self.port_operand(op, op.src);
        self.check_port(env, port, op.size)?;
        self.watch_port(port, op.size);
        let value = env.bus.port_in(self.data_access(), port, op.size.into());
        self.write_reg(RAX as u8, op.size, value.into());
        self.remember_io(op, port, if immediate { 9 } else { 1 });
        Ok(())
    }

    fn port_out<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let (port, immediate) = self.port_operand(op, op.dst);
        self.check_port(env, port, op.size)?;
        self.watch_port(port, op.size);
        let value = self.regs[RAX] & mask(op.size);
        env.bus.port_out(self.data_access(), port, op.size.into(), value as u32);
        self.remember_io(op, port, if immediate { 8 } else { 0 });
        Ok(())
    }

    /// Control and debug registers move whole general registers, 64 bits only in 64-bit mode.
    fn wide_operand(&self, reg: u8) -> u64 {
        self.read_reg(reg, if self.wide() { 8 } else { 4 })
    }
    fn write_reg_wide(&mut self, place: Place, value: u64) {
        if let Place::Reg(reg) = place {
            self.write_reg(reg, if self.wide() { 8 } else { 4 }, value);
        }
    }
    /// DR4 and DR5 are DR6 and DR7 as long as CR4.DE is 0.
    fn debug_number(&self, op: &Op) -> Result<usize> {
        match op.aux {
            4 | 5 if self.cr4 & cr4::DE == 0 => Ok(usize::from(op.aux) + 2),
            n @ (0..4 | 6 | 7) => Ok(n.into()),
            _ => Err(Fault::UD),
        }
    }

    fn read_control(&mut self, op: &Op) -> Result<()> {
        self.privileged()?;
        let value = match op.aux {
            0 => self.cr0,
            2 => self.cr2,
            3 => self.cr3,
            4 => self.cr4,
            8 => self.lapic.task_priority(),
            _ => return Err(Fault::UD),
        };
        self.write_reg_wide(op.dst, value);
        Ok(())
    }

    fn write_control<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.privileged()?;
        let Place::Reg(source) = op.src else { return Err(Fault::UD) };
        let value = self.wide_operand(source);
        match op.aux {
            0 if value >> 32 != 0 => return Err(Fault::GP0),
            0 => self.set_cr0(env, value)?,
            2 => self.cr2 = value,
            3 => {
                if self.wide() && value & CR3_RESERVED != 0 {
                    return Err(Fault::GP0);
                }
                self.load_pdptes(env.bus, self.system_access(), [self.cr0, value, self.cr4])?;
                self.cr3 = value;
                env.tlb.flush_view(self.smm);
            }
            4 => self.set_cr4(env, value)?,
            8 if value < 16 => {
                self.lapic.set_task_priority(value);
                self.attend = true;
            }
            8 => return Err(Fault::GP0),
            _ => return Err(Fault::UD),
        }
        Ok(())
    }

    /// MOV to CR0 and LMSW: the combinations that fault, and entering or leaving long mode.
    fn set_cr0<B: Bus>(&mut self, env: &mut Env<B>, value: u64) -> Result<()> {
        let value = value & 0xffff_ffff | cr0::ET;
        let set = |bit: u64| value & bit != 0;
        let illegal = (set(cr0::PG) && !set(cr0::PE)) || (set(cr0::NW) && !set(cr0::CD));
        let turns_on = set(cr0::PG) && !self.paging();
        let enters_long = turns_on && self.efer & efer::LME != 0;
        let not_ready = enters_long && (self.cr4 & cr4::PAE == 0 || self.seg[CS].has(Segment::L));
        let leaves_in_64 = self.paging() && !set(cr0::PG) && self.mode() == Mode::Bits64;
        if illegal || not_ready || leaves_in_64 {
            return Err(Fault::GP0);
        }
        if !enters_long && (value ^ self.cr0) & (cr0::PG | cr0::CD | cr0::NW) != 0 {
            self.load_pdptes(env.bus, self.system_access(), [value, self.cr3, self.cr4])?;
        }
        if enters_long {
            self.efer |= efer::LMA;
        } else if !set(cr0::PG) {
            self.efer &= !efer::LMA;
        }
        // Only these bits exist: PE MP EM TS ET NE WP AM NW CD PG.
        self.cr0 = value & 0xe005_003f;
        env.tlb.flush_view(self.smm);
        Ok(())
    }

    fn set_cr4<B: Bus>(&mut self, env: &mut Env<B>, value: u64) -> Result<()> {
        let drops_pae = self.long_mode() && value & cr4::PAE == 0;
        if value & !cr4::SUPPORTED != 0 || drops_pae {
            return Err(Fault::GP0);
        }
        if (value ^ self.cr4) & (cr4::PAE | cr4::PGE | cr4::PSE) != 0 {
            self.load_pdptes(env.bus, self.system_access(), [self.cr0, self.cr3, value])?;
        }
        self.cr4 = value;
        env.tlb.flush_view(self.smm);
        Ok(())
    }

    /// LGDT and LIDT: 24 base bits with 16-bit operands, 64 in 64-bit mode.
    fn load_table<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.privileged()?;
        let at = self.effective(op);
        let limit = self.read_mem(env, op.seg.into(), at, 2)? as u16;
        let width = if self.wide() { 8 } else { 4 };
        let base = self.read_mem(env, op.seg.into(), at.wrapping_add(2) & mask(op.addr_size), width)?;
        let base = if op.size == 2 && !self.wide() { base & 0xff_ffff } else { base };
        if !canonical(base) {
            return Err(Fault::GP0);
        }
        *if op.kind == Kind::Lgdt { &mut self.gdtr } else { &mut self.idtr } = Table { base, limit };
        Ok(())
    }

    fn store_table<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let table = if op.kind == Kind::Sgdt { self.gdtr } else { self.idtr };
        let at = self.effective(op);
        let width = if self.wide() { 8 } else { 4 };
        self.write_mem(env, op.seg.into(), at, 2, table.limit.into())?;
        self.write_mem(env, op.seg.into(), at.wrapping_add(2) & mask(op.addr_size), width, table.base & mask(width))
    }

    fn inspect_descriptor<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.protected_only()?;
        let verify = matches!(op.kind, Kind::Verr | Kind::Verw);
        let selector = self.get(env, op, if verify { op.dst } else { op.src }, 2)? as u16;
        let found = self.visible_descriptor(env, selector)?.filter(|(s, _)| self.inspectable(op.kind, *s));
        let Some((segment, rights)) = found else {
            self.rflags &= !flag::ZF;
            return Ok(());
        };
        self.rflags |= flag::ZF;
        match op.kind {
            Kind::Lar => self.put(env, op, op.dst, op.size, rights),
            Kind::Lsl => self.put(env, op, op.dst, op.size, segment.limit.into()),
            _ => Ok(()),
        }
    }

    /// ARPL: raises the RPL of a selector to that of another.
    pub(super) fn adjust_rpl<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        self.protected_only()?;
        let wanted = self.get(env, op, op.src, 2)? & 3;
        let old = self.get(env, op, op.dst, 2)?;
        if old & 3 < wanted {
            self.put(env, op, op.dst, 2, old & !3 | wanted)?;
            self.rflags |= flag::ZF;
        } else {
            self.rflags &= !flag::ZF;
        }
        Ok(())
    }

    fn inspectable(&self, kind: Kind, s: Segment) -> bool {
        let system = s.attr & 15;
        let code = s.has(Segment::CODE);
        match kind {
            Kind::Verr => s.has(Segment::S) && (!code || s.has(Segment::WRITABLE)),
            Kind::Verw => s.has(Segment::S) && !code && s.has(Segment::WRITABLE),
            _ if s.has(Segment::S) => true,
            Kind::Lar if self.long_mode() => matches!(system, 2 | 9 | 11 | 12),
            Kind::Lar => matches!(system, 1..=5 | 9 | 11 | 12),
            _ if self.long_mode() => matches!(system, 2 | 9 | 11),
            _ => matches!(system, 1..=3 | 9 | 11),
        }
    }
}
