//! Layouts of the state save area, in the order in which fields are written. Offsets count from
//! SMBASE + 8000h.

use trace::SaveField::{self, *};

/// Which map a processor writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SaveStateMap {
    /// Intel 64, revision 30101h: IOMisc, auto-HALT restart, I/O restart, SMBASE relocation.
    Intel64,
    /// AMD64, revision 30064h: auto-HALT restart, I/O restart, SMBASE relocation.
    Amd64,
    /// The AMD64 layout as QEMU 7.2 writes it, revision 20064h: SMBASE relocation only. The slots
    /// for auto-HALT and I/O restart are neither written nor read.
    Qemu,
}

/// One field of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub field: SaveField,
    pub offset: u16,
    /// Bytes.
    pub size: u8,
}

const fn slot(field: SaveField, offset: u16, size: u8) -> Slot {
    Slot { field, offset, size }
}

impl SaveStateMap {
    pub fn revision(self) -> u32 {
        match self {
            SaveStateMap::Intel64 => 0x0003_0101,
            SaveStateMap::Amd64 => 0x0003_0064,
            SaveStateMap::Qemu => 0x0002_0064,
        }
    }

    pub fn is_intel(self) -> bool {
        self == SaveStateMap::Intel64
    }

    /// Revision bit 16: the I/O instruction restart slot exists.
    pub fn restarts_io(self) -> bool {
        self.revision() & 1 << 16 != 0
    }

    pub fn slots(self) -> &'static [Slot] {
        match self {
            SaveStateMap::Intel64 => INTEL64,
            SaveStateMap::Amd64 => AMD64,
            SaveStateMap::Qemu => QEMU,
        }
    }
}

/// SDM vol. 3, "SMM", table "SMRAM State Save Map for Intel 64 Architecture". What the SDM keeps
/// "reserved" also holds the hidden parts of the segment registers, without which a processor can't
/// resume; silicon has them there too, undocumented and at other places (7C00h–7CBFh here).
#[rustfmt::skip]
const INTEL64: &[Slot] = &[
    slot(Cr0, 0x7ff8, 8), slot(Cr3, 0x7ff0, 8), slot(Rflags, 0x7fe8, 8), slot(Efer, 0x7fe0, 8), slot(Rip, 0x7fd8, 8),
    slot(Dr6, 0x7fd0, 8), slot(Dr7, 0x7fc8, 8),
    slot(Tr, 0x7fc4, 4), slot(Ldtr, 0x7fc0, 4), slot(Gs, 0x7fbc, 4), slot(Fs, 0x7fb8, 4), slot(Ds, 0x7fb4, 4),
    slot(Ss, 0x7fb0, 4), slot(Cs, 0x7fac, 4), slot(Es, 0x7fa8, 4),
    slot(IoState, 0x7fa4, 4), slot(IoMemAddr, 0x7f9c, 8),
    slot(Rdi, 0x7f94, 8), slot(Rsi, 0x7f8c, 8), slot(Rbp, 0x7f84, 8), slot(Rsp, 0x7f7c, 8),
    slot(Rbx, 0x7f74, 8), slot(Rdx, 0x7f6c, 8), slot(Rcx, 0x7f64, 8), slot(Rax, 0x7f5c, 8),
    slot(R8, 0x7f54, 8), slot(R9, 0x7f4c, 8), slot(R10, 0x7f44, 8), slot(R11, 0x7f3c, 8),
    slot(R12, 0x7f34, 8), slot(R13, 0x7f2c, 8), slot(R14, 0x7f24, 8), slot(R15, 0x7f1c, 8),
    slot(AutoHalt, 0x7f02, 2), slot(IoRestart, 0x7f00, 2), slot(Revision, 0x7efc, 4), slot(Smbase, 0x7ef8, 4),
    slot(LdtBaseLow, 0x7e9c, 4), slot(IdtBaseLow, 0x7e94, 4), slot(GdtBaseLow, 0x7e8c, 4), slot(Cr4, 0x7e40, 4),
    // IO_RSI, IO_RCX, IO_RDI: coreboot's em64t101 map; reserved in the SDM.
    slot(IoRsi, 0x7df8, 8), slot(IoRcx, 0x7df0, 8), slot(IoRip, 0x7de8, 8), slot(IoRdi, 0x7de0, 8),
    slot(IdtBaseHigh, 0x7dd8, 4), slot(LdtBaseHigh, 0x7dd4, 4), slot(GdtBaseHigh, 0x7dd0, 4),
    slot(EsBase, 0x7c00, 8), slot(EsLimit, 0x7c08, 4), slot(EsAttr, 0x7c0c, 2),
    slot(CsBase, 0x7c10, 8), slot(CsLimit, 0x7c18, 4), slot(CsAttr, 0x7c1c, 2),
    slot(SsBase, 0x7c20, 8), slot(SsLimit, 0x7c28, 4), slot(SsAttr, 0x7c2c, 2),
    slot(DsBase, 0x7c30, 8), slot(DsLimit, 0x7c38, 4), slot(DsAttr, 0x7c3c, 2),
    slot(FsBase, 0x7c40, 8), slot(FsLimit, 0x7c48, 4), slot(FsAttr, 0x7c4c, 2),
    slot(GsBase, 0x7c50, 8), slot(GsLimit, 0x7c58, 4), slot(GsAttr, 0x7c5c, 2),
    slot(LdtrLimit, 0x7c68, 4), slot(LdtrAttr, 0x7c6c, 2),
    slot(TrBase, 0x7c70, 8), slot(TrLimit, 0x7c78, 4), slot(TrAttr, 0x7c7c, 2),
    slot(GdtrLimit, 0x7c80, 2), slot(IdtrLimit, 0x7c84, 2),
];

/// AMD64 APM vol. 2, "SMM State-Save Area", table "AMD64 Architecture SMM State-Save Area".
#[rustfmt::skip]
const AMD64: &[Slot] = &[
    slot(Es, 0x7e00, 2), slot(EsAttr, 0x7e02, 2), slot(EsLimit, 0x7e04, 4), slot(EsBase, 0x7e08, 8),
    slot(Cs, 0x7e10, 2), slot(CsAttr, 0x7e12, 2), slot(CsLimit, 0x7e14, 4), slot(CsBase, 0x7e18, 8),
    slot(Ss, 0x7e20, 2), slot(SsAttr, 0x7e22, 2), slot(SsLimit, 0x7e24, 4), slot(SsBase, 0x7e28, 8),
    slot(Ds, 0x7e30, 2), slot(DsAttr, 0x7e32, 2), slot(DsLimit, 0x7e34, 4), slot(DsBase, 0x7e38, 8),
    slot(Fs, 0x7e40, 2), slot(FsAttr, 0x7e42, 2), slot(FsLimit, 0x7e44, 4), slot(FsBase, 0x7e48, 8),
    slot(Gs, 0x7e50, 2), slot(GsAttr, 0x7e52, 2), slot(GsLimit, 0x7e54, 4), slot(GsBase, 0x7e58, 8),
    slot(GdtrLimit, 0x7e64, 2), slot(GdtrBase, 0x7e68, 8),
    slot(Ldtr, 0x7e70, 2), slot(LdtrAttr, 0x7e72, 2), slot(LdtrLimit, 0x7e74, 4), slot(LdtrBase, 0x7e78, 8),
    slot(IdtrLimit, 0x7e84, 2), slot(IdtrBase, 0x7e88, 8),
    slot(Tr, 0x7e90, 2), slot(TrAttr, 0x7e92, 2), slot(TrLimit, 0x7e94, 4), slot(TrBase, 0x7e98, 8),
    slot(IoRip, 0x7ea0, 8), slot(IoRcx, 0x7ea8, 8), slot(IoRsi, 0x7eb0, 8), slot(IoRdi, 0x7eb8, 8),
    slot(IoState, 0x7ec0, 4), slot(IoRestart, 0x7ec8, 1), slot(AutoHalt, 0x7ec9, 1), slot(Efer, 0x7ed0, 8),
    slot(Revision, 0x7efc, 4), slot(Smbase, 0x7f00, 4),
    slot(Cr4, 0x7f48, 8), slot(Cr3, 0x7f50, 8), slot(Cr0, 0x7f58, 8), slot(Dr7, 0x7f60, 8), slot(Dr6, 0x7f68, 8),
    slot(Rflags, 0x7f70, 8), slot(Rip, 0x7f78, 8),
    slot(R15, 0x7f80, 8), slot(R14, 0x7f88, 8), slot(R13, 0x7f90, 8), slot(R12, 0x7f98, 8),
    slot(R11, 0x7fa0, 8), slot(R10, 0x7fa8, 8), slot(R9, 0x7fb0, 8), slot(R8, 0x7fb8, 8),
    slot(Rdi, 0x7fc0, 8), slot(Rsi, 0x7fc8, 8), slot(Rbp, 0x7fd0, 8), slot(Rsp, 0x7fd8, 8),
    slot(Rbx, 0x7fe0, 8), slot(Rdx, 0x7fe8, 8), slot(Rcx, 0x7ff0, 8), slot(Rax, 0x7ff8, 8),
];

/// QEMU 7.2 writes the same layout with narrower control registers and table limits of 4 bytes,
/// and leaves the I/O slots alone.
#[rustfmt::skip]
const QEMU: &[Slot] = &[
    slot(Es, 0x7e00, 2), slot(EsAttr, 0x7e02, 2), slot(EsLimit, 0x7e04, 4), slot(EsBase, 0x7e08, 8),
    slot(Cs, 0x7e10, 2), slot(CsAttr, 0x7e12, 2), slot(CsLimit, 0x7e14, 4), slot(CsBase, 0x7e18, 8),
    slot(Ss, 0x7e20, 2), slot(SsAttr, 0x7e22, 2), slot(SsLimit, 0x7e24, 4), slot(SsBase, 0x7e28, 8),
    slot(Ds, 0x7e30, 2), slot(DsAttr, 0x7e32, 2), slot(DsLimit, 0x7e34, 4), slot(DsBase, 0x7e38, 8),
    slot(Fs, 0x7e40, 2), slot(FsAttr, 0x7e42, 2), slot(FsLimit, 0x7e44, 4), slot(FsBase, 0x7e48, 8),
    slot(Gs, 0x7e50, 2), slot(GsAttr, 0x7e52, 2), slot(GsLimit, 0x7e54, 4), slot(GsBase, 0x7e58, 8),
    slot(GdtrBase, 0x7e68, 8), slot(GdtrLimit, 0x7e64, 4),
    slot(Ldtr, 0x7e70, 2), slot(LdtrBase, 0x7e78, 8), slot(LdtrLimit, 0x7e74, 4), slot(LdtrAttr, 0x7e72, 2),
    slot(IdtrBase, 0x7e88, 8), slot(IdtrLimit, 0x7e84, 4),
    slot(Tr, 0x7e90, 2), slot(TrBase, 0x7e98, 8), slot(TrLimit, 0x7e94, 4), slot(TrAttr, 0x7e92, 2),
    slot(Efer, 0x7ed0, 8),
    slot(Rax, 0x7ff8, 8), slot(Rcx, 0x7ff0, 8), slot(Rdx, 0x7fe8, 8), slot(Rbx, 0x7fe0, 8),
    slot(Rsp, 0x7fd8, 8), slot(Rbp, 0x7fd0, 8), slot(Rsi, 0x7fc8, 8), slot(Rdi, 0x7fc0, 8),
    slot(R8, 0x7fb8, 8), slot(R9, 0x7fb0, 8), slot(R10, 0x7fa8, 8), slot(R11, 0x7fa0, 8),
    slot(R12, 0x7f98, 8), slot(R13, 0x7f90, 8), slot(R14, 0x7f88, 8), slot(R15, 0x7f80, 8),
    slot(Rip, 0x7f78, 8), slot(Rflags, 0x7f70, 4), slot(Dr6, 0x7f68, 4), slot(Dr7, 0x7f60, 4),
    slot(Cr4, 0x7f48, 4), slot(Cr3, 0x7f50, 8), slot(Cr0, 0x7f58, 4),
    slot(Revision, 0x7efc, 4), slot(Smbase, 0x7f00, 4),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_fields_of_a_map_overlap_and_none_comes_twice() {
        for map in [SaveStateMap::Intel64, SaveStateMap::Amd64, SaveStateMap::Qemu] {
            let mut used = [false; 0x400];
            let mut seen = Vec::new();
            for s in map.slots() {
                assert!(!seen.contains(&s.field), "{map:?} {:?}", s.field);
                seen.push(s.field);
                for byte in s.offset..s.offset + u16::from(s.size) {
                    let cell = &mut used[usize::from(byte - 0x7c00)];
                    assert!(!std::mem::replace(cell, true), "{map:?} {:?} at {byte:x}", s.field);
                }
            }
        }
    }
}
