//! How a field of the save area maps to the processor's state, in both directions.

use crate::state::{CS, Cpu, DS, ES, FS, GS, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, SS, Segment};
use trace::SaveField::{self, *};

fn low(value: u64) -> u64 {
    value & 0xffff_ffff
}
fn set_low(target: &mut u64, value: u64) {
    *target = *target & !0xffff_ffff | low(value);
}
fn set_high(target: &mut u64, value: u64) {
    *target = low(*target) | value << 32;
}

/// A segment register's number and which of its parts a field is.
enum Part {
    Selector,
    Attr,
    Limit,
    Base,
}

fn part(field: SaveField) -> Option<(usize, Part)> {
    Some(match field {
        Es => (ES, Part::Selector),
        Cs => (CS, Part::Selector),
        Ss => (SS, Part::Selector),
        Ds => (DS, Part::Selector),
        Fs => (FS, Part::Selector),
        Gs => (GS, Part::Selector),
        Ldtr => (6, Part::Selector),
        Tr => (7, Part::Selector),
        EsAttr => (ES, Part::Attr),
        CsAttr => (CS, Part::Attr),
        SsAttr => (SS, Part::Attr),
        DsAttr => (DS, Part::Attr),
        FsAttr => (FS, Part::Attr),
        GsAttr => (GS, Part::Attr),
        LdtrAttr => (6, Part::Attr),
        TrAttr => (7, Part::Attr),
        EsLimit => (ES, Part::Limit),
        CsLimit => (CS, Part::Limit),
        SsLimit => (SS, Part::Limit),
        DsLimit => (DS, Part::Limit),
        FsLimit => (FS, Part::Limit),
        GsLimit => (GS, Part::Limit),
        LdtrLimit => (6, Part::Limit),
        TrLimit => (7, Part::Limit),
        EsBase => (ES, Part::Base),
        CsBase => (CS, Part::Base),
        SsBase => (SS, Part::Base),
        DsBase => (DS, Part::Base),
        FsBase => (FS, Part::Base),
        GsBase => (GS, Part::Base),
        LdtrBase => (6, Part::Base),
        TrBase => (7, Part::Base),
        _ => return None,
    })
}

fn general(field: SaveField) -> Option<usize> {
    Some(match field {
        Rax => RAX,
        Rcx => RCX,
        Rdx => RDX,
        Rbx => RBX,
        Rsp => RSP,
        Rbp => RBP,
        Rsi => RSI,
        Rdi => RDI,
        R8 => 8,
        R9 => 9,
        R10 => 10,
        R11 => 11,
        R12 => 12,
        R13 => 13,
        R14 => 14,
        R15 => 15,
        _ => return None,
    })
}

impl Cpu {
    fn any_segment(&mut self, n: usize) -> &mut Segment {
        match n {
            6 => &mut self.ldtr,
            7 => &mut self.tr,
            n => &mut self.seg[n],
        }
    }

    /// The value that entry writes for `field`; `halted` is for auto-HALT.
    pub(super) fn save_value(&mut self, field: SaveField, halted: bool) -> u64 {
        if let Some((n, part)) = part(field) {
            let s = *self.any_segment(n);
            return match part {
                Part::Selector => s.selector.into(),
                Part::Attr => s.attr.into(),
                Part::Limit => s.limit.into(),
                Part::Base => s.base,
            };
        }
        if let Some(n) = general(field) {
            return self.regs[n];
        }
        let io = self.last_io;
        match field {
            Cr0 => self.cr0,
            Cr3 => self.cr3,
            Cr4 => self.cr4,
            Efer => self.efer,
            Rflags => self.rflags,
            Rip => self.rip,
            Dr6 => self.dr[6],
            Dr7 => self.dr[7],
            GdtrBase => self.gdtr.base,
            GdtrLimit => self.gdtr.limit.into(),
            IdtrBase => self.idtr.base,
            IdtrLimit => self.idtr.limit.into(),
            LdtBaseLow => low(self.ldtr.base),
            IdtBaseLow => low(self.idtr.base),
            GdtBaseLow => low(self.gdtr.base),
            IdtBaseHigh => self.idtr.base >> 32,
            LdtBaseHigh => self.ldtr.base >> 32,
            GdtBaseHigh => self.gdtr.base >> 32,
            IoState => self.io_state(),
            IoMemAddr => io.map_or(0, |io| io.mem_addr),
            IoRip => io.map_or(0, |io| io.rip),
            IoRcx => io.map_or(0, |io| io.rcx),
            IoRsi => io.map_or(0, |io| io.rsi),
            IoRdi => io.map_or(0, |io| io.rdi),
            AutoHalt => halted.into(),
            IoRestart => 0,
            Revision => self.map.revision().into(),
            Smbase => self.smbase.into(),
            _ => 0,
        }
    }

    /// IOMisc (Intel, SDM vol. 3 "I/O State Implementation") or the I/O Trap DWORD (AMD64 APM
    /// vol. 2, "SMM I/O Trap DWORD").
    fn io_state(&self) -> u64 {
        let Some(io) = self.last_io else { return 0 };
        let port = u64::from(io.port) << 16;
        if self.map == super::SaveStateMap::Intel64 {
            return port | u64::from(io.kind) << 4 | u64::from(io.size) << 1 | 1;
        }
        let input = u64::from(io.kind & 1);
        let string = u64::from(matches!(io.kind, 2 | 3 | 6 | 7));
        let repeat = u64::from(matches!(io.kind, 6 | 7));
        let size = u64::from(io.size) << 4;
        port | size | repeat << 3 | string << 2 | 1 << 1 | input
    }

    /// Takes a field back. Fields that only describe the entry change nothing.
    pub(super) fn restore_value(&mut self, field: SaveField, value: u64) {
        if let Some((n, part)) = part(field) {
            let s = self.any_segment(n);
            match part {
                Part::Selector => s.selector = value as u16,
                Part::Attr => s.attr = value as u16,
                Part::Limit => s.limit = value as u32,
                Part::Base => s.base = value,
            }
            return;
        }
        if let Some(n) = general(field) {
            self.regs[n] = value;
            return;
        }
        match field {
            Cr0 => self.cr0 = value,
            Cr3 => self.cr3 = value,
            Cr4 => self.cr4 = value,
            Efer => self.efer = value,
            Rflags => self.rflags = value,
            Rip => self.rip = value,
            Dr6 => self.dr[6] = value,
            Dr7 => self.dr[7] = value,
            GdtrBase => self.gdtr.base = value,
            GdtrLimit => self.gdtr.limit = value as u16,
            IdtrBase => self.idtr.base = value,
            IdtrLimit => self.idtr.limit = value as u16,
            LdtBaseLow => set_low(&mut self.ldtr.base, value),
            IdtBaseLow => set_low(&mut self.idtr.base, value),
            GdtBaseLow => set_low(&mut self.gdtr.base, value),
            IdtBaseHigh => set_high(&mut self.idtr.base, value),
            LdtBaseHigh => set_high(&mut self.ldtr.base, value),
            GdtBaseHigh => set_high(&mut self.gdtr.base, value),
            _ => {}
        }
    }
}
