//! The architectural state of one logical processor. A plain value: `Clone`, `Hash`, no caches.

use crate::alu::flag;
use crate::debug::Shadow;
use crate::fpu::Fpu;
use crate::lapic::Lapic;
use crate::msr::Msrs;
use crate::smm::SaveStateMap;
use trace::{CpuReg, Mode};

pub const ES: usize = 0;
pub const CS: usize = 1;
pub const SS: usize = 2;
pub const DS: usize = 3;
pub const FS: usize = 4;
pub const GS: usize = 5;

pub const RAX: usize = 0;
pub const RCX: usize = 1;
pub const RDX: usize = 2;
pub const RBX: usize = 3;
pub const RSP: usize = 4;
pub const RBP: usize = 5;
pub const RSI: usize = 6;
pub const RDI: usize = 7;

/// Control register bits (SDM vol. 3, "Control Registers").
pub mod cr0 {
    pub const PE: u64 = 1;
    pub const MP: u64 = 1 << 1;
    pub const EM: u64 = 1 << 2;
    pub const TS: u64 = 1 << 3;
    pub const ET: u64 = 1 << 4;
    pub const NE: u64 = 1 << 5;
    pub const WP: u64 = 1 << 16;
    pub const AM: u64 = 1 << 18;
    pub const NW: u64 = 1 << 29;
    pub const CD: u64 = 1 << 30;
    pub const PG: u64 = 1 << 31;
}
pub mod cr4 {
    pub const TSD: u64 = 1 << 2;
    pub const DE: u64 = 1 << 3;
    pub const PSE: u64 = 1 << 4;
    pub const PAE: u64 = 1 << 5;
    pub const MCE: u64 = 1 << 6;
    pub const PGE: u64 = 1 << 7;
    pub const OSFXSR: u64 = 1 << 9;
    pub const OSXMMEXCPT: u64 = 1 << 10;
    pub const VMXE: u64 = 1 << 13;
    pub const PCIDE: u64 = 1 << 17;
    /// TSD, DE, PSE, PAE, MCE, PGE, PCE, OSFXSR, OSXMMEXCPT.
    pub const SUPPORTED: u64 = 0x7fc;
}
pub mod efer {
    pub const SCE: u64 = 1;
    pub const LME: u64 = 1 << 8;
    pub const LMA: u64 = 1 << 10;
    pub const NXE: u64 = 1 << 11;
    pub const SUPPORTED: u64 = SCE | LME | LMA | NXE;
}

/// A segment register with its hidden part. `attr` packs descriptor bits 55:52 and 47:40 as the
/// AMD64 save-state map does: type, S, DPL, P in 7:0; AVL, L, D/B, G in 15:12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Segment {
    pub selector: u16,
    pub attr: u16,
    /// In bytes, granularity applied.
    pub limit: u32,
    pub base: u64,
}

impl Segment {
    pub const ACCESSED: u16 = 1;
    pub const WRITABLE: u16 = 1 << 1;
    pub const DOWN: u16 = 1 << 2;
    pub const CODE: u16 = 1 << 3;
    pub const S: u16 = 1 << 4;
    pub const P: u16 = 1 << 7;
    pub const L: u16 = 1 << 13;
    pub const DB: u16 = 1 << 14;
    pub const G: u16 = 1 << 15;

    /// Present, writable, accessed data with 64 KiB limit, as real mode has it.
    pub fn real(selector: u16) -> Self {
        Segment { selector, attr: 0x93, limit: 0xffff, base: u64::from(selector) << 4 }
    }
    /// The same at privilege level 3: what a selector stands for in virtual-8086 mode.
    pub fn virtual_8086(selector: u16) -> Self {
        Segment { attr: 0xf3, ..Segment::real(selector) }
    }
    pub fn dpl(self) -> u8 {
        (self.attr >> 5 & 3) as u8
    }
    pub fn has(self, bit: u16) -> bool {
        self.attr & bit != 0
    }
    /// No segment: a null selector was loaded.
    pub fn unusable(self) -> bool {
        !self.has(Self::P)
    }
}

/// GDTR or IDTR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Table {
    pub base: u64,
    pub limit: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activity {
    Running,
    Halted,
    WaitForSipi,
    Shutdown,
}

/// The port instruction that just retired; what IOMisc reports of an SMI taken right behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IoInstruction {
    pub port: u16,
    pub size: u8,
    /// Type field of IOMisc bits 7:4 (SDM vol. 3, "SMM", I/O State Implementation).
    pub kind: u8,
    pub mem_addr: u64,
    /// Registers as they were before the instruction, for I/O restart.
    pub rip: u64,
    pub rcx: u64,
    pub rsi: u64,
    pub rdi: u64,
}

/// What was raised and not yet taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pending {
    pub smi: bool,
    pub nmi: bool,
    pub init: bool,
    pub intr: bool,
}

/// The sixteen general registers. [`ZERO`] reads as 0 and is never written: an operand or an address
/// that lacks a register needs no branch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regs([u64; 32]);

/// Number of the register that isn't there.
pub const ZERO: u8 = 16;

impl Regs {
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        self.0[..16].iter_mut()
    }
}

impl std::ops::Index<usize> for Regs {
    type Output = u64;
    #[inline(always)]
    fn index(&self, n: usize) -> &u64 {
        &self.0[n % 32]
    }
}

impl std::ops::IndexMut<usize> for Regs {
    #[inline(always)]
    fn index_mut(&mut self, n: usize) -> &mut u64 {
        &mut self.0[n % 16]
    }
}

impl std::hash::Hash for Regs {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0[..16].hash(state);
    }
}

#[derive(Clone, Debug, Hash)]
pub struct Cpu {
    pub id: u8,
    pub map: SaveStateMap,
    pub regs: Regs,
    pub rip: u64,
    pub rflags: u64,
    /// x87 and SSE; the state save area has no room for them.
    pub fpu: Fpu,
    pub seg: [Segment; 6],
    pub ldtr: Segment,
    pub tr: Segment,
    pub gdtr: Table,
    pub idtr: Table,
    pub cr0: u64,
    pub cr2: u64,
    pub cr3: u64,
    pub cr4: u64,
    /// PAE paging's highest tables, as the last load of CR3 found them (SDM vol. 3, "PDPTE Registers").
    pub pdptes: [u64; 4],
    pub efer: u64,
    /// DR0–DR3, DR6 and DR7 at their own numbers.
    pub dr: [u64; 8],
    pub cpl: u8,
    pub activity: Activity,
    pub pending: Pending,
    /// What the last instruction holds off for one more.
    pub shadow: Shadow,
    /// Bits of DR6 of traps that wait for the next instruction boundary; and those that waited when an
    /// SMI came first.
    pub debug_traps: u64,
    pub debug_traps_before_smm: u64,
    pub nmi_blocked: bool,
    pub smm: bool,
    pub smbase: u32,
    /// MSR 34h.
    pub smi_count: u32,
    /// NMI blocking as it was when SMM was entered; RSM puts it back.
    pub nmi_blocked_before_smm: bool,
    pub last_io: Option<IoInstruction>,
    /// Something may be pending that the run loop must look at before the next instruction.
    pub attend: bool,
    pub msr: Msrs,
    pub lapic: Lapic,
}

impl Cpu {
    /// At power-on (SDM vol. 3, "Processor State Following Power-up, Reset, or INIT"). Processor 0
    /// is the bootstrap processor, the others wait for SIPI.
    pub fn new(id: u8, map: SaveStateMap) -> Self {
        let mut cpu = Cpu {
            id,
            map,
            regs: Regs::default(),
            rip: 0,
            rflags: 2,
            fpu: Fpu::default(),
            seg: [Segment::default(); 6],
            ldtr: Segment::default(),
            tr: Segment::default(),
            gdtr: Table::default(),
            idtr: Table::default(),
            cr0: cr0::CD | cr0::NW | cr0::ET,
            cr2: 0,
            cr3: 0,
            cr4: 0,
            pdptes: [0; 4],
            efer: 0,
            dr: [0; 8],
            cpl: 0,
            activity: Activity::Running,
            pending: Pending::default(),
            shadow: Shadow::None,
            debug_traps: 0,
            debug_traps_before_smm: 0,
            nmi_blocked: false,
            smm: false,
            smbase: 0x30000,
            smi_count: 0,
            nmi_blocked_before_smm: false,
            last_io: None,
            attend: true,
            msr: Msrs::new(id == 0),
            lapic: Lapic::new(id),
        };
        cpu.init();
        cpu
    }

    /// INIT: like reset, but SMBASE, MSRs, SMI_COUNT, x87 and SSE and the cache bits of CR0 stay.
    pub fn init(&mut self) {
        self.regs = Regs::default();
        // Family 6 model 0Fh stepping 1, as CPUID says.
        self.regs[RDX] = u64::from(crate::cpuid::SIGNATURE);
        self.rip = 0xfff0;
        self.rflags = 2;
        self.seg = [Segment::real(0); 6];
        self.seg[CS] = Segment { selector: 0xf000, attr: 0x9b, limit: 0xffff, base: 0xffff_0000 };
        self.ldtr = Segment { attr: 0x82, limit: 0xffff, ..Segment::default() };
        self.tr = Segment { attr: 0x8b, limit: 0xffff, ..Segment::default() };
        self.gdtr = Table { base: 0, limit: 0xffff };
        self.idtr = Table { base: 0, limit: 0xffff };
        self.cr0 = self.cr0 & (cr0::CD | cr0::NW) | cr0::ET;
        self.cr2 = 0;
        self.cr3 = 0;
        self.cr4 = 0;
        self.efer = 0;
        self.dr = [0, 0, 0, 0, 0, 0, 0xffff_0ff0, 0x400];
        self.cpl = 0;
        self.shadow = Shadow::None;
        self.debug_traps = 0;
        self.nmi_blocked = false;
        self.last_io = None;
        self.pending = Pending { smi: self.pending.smi, ..Pending::default() };
        self.lapic.init();
        self.attend = true;
        self.activity = if self.msr.is_bsp() { Activity::Running } else { Activity::WaitForSipi };
    }

    pub fn long_mode(&self) -> bool {
        self.efer & efer::LMA != 0
    }
    pub fn protected(&self) -> bool {
        self.cr0 & cr0::PE != 0
    }
    /// EFLAGS.VM, which is set in protected mode at CPL 3 only.
    pub fn virtual_8086(&self) -> bool {
        self.rflags & flag::VM != 0
    }
    /// Real-address and virtual-8086 mode: a selector is a sixteenth of its segment's base.
    pub(crate) fn real_segments(&self) -> bool {
        !self.protected() || self.virtual_8086()
    }
    pub fn paging(&self) -> bool {
        self.cr0 & cr0::PG != 0
    }

    pub fn mode(&self) -> Mode {
        let cs = self.seg[CS];
        if self.long_mode() && cs.has(Segment::L) {
            Mode::Bits64
        } else if cs.has(Segment::DB) {
            Mode::Bits32
        } else {
            Mode::Bits16
        }
    }

    /// Stack width in bytes: what PUSH adds to and wraps at.
    pub fn stack_size(&self) -> u8 {
        self.stack_size_in(self.mode())
    }

    #[inline(always)]
    pub(crate) fn stack_size_in(&self, mode: Mode) -> u8 {
        if mode == Mode::Bits64 {
            8
        } else if self.seg[SS].has(Segment::DB) {
            4
        } else {
            2
        }
    }

    /// The value of a register as a trace reports it; segments by selector.
    pub fn register(&self, reg: CpuReg) -> u64 {
        use CpuReg::*;
        match reg {
            Rip => self.rip,
            Rflags => self.rflags,
            Cs => self.seg[CS].selector.into(),
            Ds => self.seg[DS].selector.into(),
            Es => self.seg[ES].selector.into(),
            Ss => self.seg[SS].selector.into(),
            Fs => self.seg[FS].selector.into(),
            Gs => self.seg[GS].selector.into(),
            Cr0 => self.cr0,
            Cr2 => self.cr2,
            Cr3 => self.cr3,
            Cr4 => self.cr4,
            Efer => self.efer,
            Dr6 => self.dr[6],
            Dr7 => self.dr[7],
            Smbase => self.smbase.into(),
            // The general registers come first in the list, in ModRM order.
            general => self.regs[general as usize],
        }
    }
}

/// Mask of the low `size` bytes.
#[inline]
pub fn mask(size: u8) -> u64 {
    if size >= 8 { u64::MAX } else { (1 << (size * 8)) - 1 }
}

/// Sign bit of a `size`-byte value.
#[inline]
pub fn sign_bit(size: u8) -> u64 {
    1 << (size * 8 - 1)
}

/// Sign-extends the low `size` bytes.
#[inline]
pub fn sign_extend(value: u64, size: u8) -> u64 {
    let shift = 64 - u32::from(size) * 8;
    ((value << shift) as i64 >> shift) as u64
}
