//! Layouts of the host bridge's configuration registers, device 0, and their table.
//!
//! Source: Intel 3 Series Express Chipset datasheet 316966, "DRAM Controller Registers (D0:F0)";
//! lock rules as in the 3200/3210 and 4 Series datasheets, whose text is the same. QEMU's values
//! are those that its 7.2 q35 machine shows.

use crate::regs::{Lock, Reg, Since};
use bitfield_struct::bitfield;
use trace::ChipReg;

/// SMRAM, System Management RAM Control, offset 9Dh (316966, D0:F0, "SMRAM").
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct Smram {
    /// C_BASE_SEG, 2:0, read only 010b: the compatible segment is A0000h–BFFFFh.
    #[bits(3)]
    pub c_base_seg: u8,
    /// G_SMRAME: SMRAM exists at all. Read only once locked.
    pub g_smrame: bool,
    /// D_LCK: set once; clears D_OPEN and freezes the rest until a full reset.
    pub d_lck: bool,
    /// D_CLS: data accesses of SMM pass by the compatible segment. Stays writable.
    pub d_cls: bool,
    /// D_OPEN: everybody sees SMRAM. Read only (0) once locked.
    pub d_open: bool,
    #[bits(1)]
    __: u8,
}

/// ESMRAMC, Extended SMRAM Control, offset 9Eh (316966, D0:F0, "ESMRAMC").
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct Esmramc {
    /// T_EN: TSEG exists (together with G_SMRAME).
    pub t_en: bool,
    /// TSEG_SZ: 0, 1, 2 for 1, 2, 8 MiB; 3 is reserved, and QEMU's extended TSEG.
    #[bits(2)]
    pub tseg_sz: u8,
    /// SM_L2, SM_L1, SM_CACHE: read only 1.
    #[bits(3)]
    pub caches: u8,
    /// E_SMERR: somebody outside SMM met SMRAM; written 1 clears it.
    pub e_smerr: bool,
    /// H_SMRAME: the compatible segment answers at FEDA0000h instead.
    pub h_smrame: bool,
}

/// PAM1–PAM6, Programmable Attribute Map, offsets 91h–96h; PAM0 (90h) has the upper half only
/// (316966, D0:F0, "PAM0".."PAM6").
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct PamByte {
    pub low_read: bool,
    pub low_write: bool,
    #[bits(2)]
    __: u8,
    pub high_read: bool,
    pub high_write: bool,
    #[bits(2)]
    __: u8,
}

/// PCIEXBAR, PCI Express Register Range Base Address, offset 60h (316966, D0:F0, "PCIEXBAR").
#[bitfield(u64)]
#[derive(PartialEq, Eq, Hash)]
pub struct Pciexbar {
    pub enable: bool,
    /// 0, 1, 2 for 256, 128, 64 MiB; 3 is reserved.
    #[bits(2)]
    pub length: u8,
    #[bits(23)]
    __: u32,
    /// Address bits 35:26, in units of 64 MiB; larger windows ignore the low bits.
    #[bits(10)]
    pub base: u16,
    #[bits(28)]
    __: u32,
}

/// TSEGMB, TSEG Memory Base, offset ACh (316966, D0:F0, "TSEGMB").
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Tsegmb {
    #[bits(20)]
    __: u32,
    /// Address bits 31:20 of TSEG's first byte. The datasheet has firmware write here "graphics
    /// stolen memory base minus TSEG size"; hardware computes nothing. Read only once D_LCK is set.
    #[bits(12)]
    pub base: u16,
}

pub mod at {
    /// QEMU only: EXT_TSEG_MBYTES.
    pub const EXT_TSEG: u16 = 0x50;
    pub const PCIEXBAR: u16 = 0x60;
    pub const PAM0: u16 = 0x90;
    pub const REMAPBASE: u16 = 0x98;
    pub const REMAPLIMIT: u16 = 0x9a;
    /// QEMU only: SMRAM at the default SMBASE.
    pub const SMBASE_SMRAM: u16 = 0x9c;
    pub const SMRAM: u16 = 0x9d;
    pub const ESMRAMC: u16 = 0x9e;
    pub const TSEGMB: u16 = 0xac;
    pub const TOLUD: u16 = 0xb0;
}

const DOC: &str = "3 Series Express Chipset 316966, DRAM Controller Registers (D0:F0)";
const QEMU: &str = "QEMU docs/specs and q35 machine: not in silicon";

const fn pam(n: u8) -> Reg {
    const NAMES: [&str; 7] = ["PAM0", "PAM1", "PAM2", "PAM3", "PAM4", "PAM5", "PAM6"];
    let rw = if n == 0 { 0x30 } else { 0x33 };
    Reg::new(at::PAM0 + n as u16, 1, NAMES[n as usize], DOC).rw(rw).traced_nth(ChipReg::Pam, n)
}

/// The configuration space of D0:F0. Memory timing, DMI, EP and MCHBAR windows are not modelled:
/// their base registers keep what is written and decode nothing.
pub const TABLE: &[Reg] = &[
    Reg::new(0x00, 2, "VID", DOC).reset(0x8086),
    // 29C0h is the 82G33/P35 part, which QEMU's q35 shows too; the 82Q35 itself reads 29B0h.
    Reg::new(0x02, 2, "DID", DOC).reset(0x29c0),
    Reg::new(0x04, 2, "PCICMD", DOC).reset(0x0006).rw(0x0100).qemu_reset(0).qemu_rw(0x0507),
    Reg::new(0x06, 2, "PCISTS", DOC).reset(0x0090).w1c(0x7100).qemu_reset(0),
    Reg::new(0x08, 1, "RID", DOC),
    Reg::new(0x09, 3, "CC", DOC).reset(0x06_0000),
    Reg::new(0x0c, 1, "CLS", DOC).qemu_rw(0xff),
    Reg::new(0x0d, 1, "MLT", DOC),
    Reg::new(0x0e, 1, "HDR", DOC),
    Reg::hole(0x0f, 0x1d),
    Reg::new(0x2c, 2, "SVID", DOC).qemu_reset(0x1af4),
    Reg::new(0x2e, 2, "SID", DOC).qemu_reset(0x1100),
    Reg::hole(0x30, 4),
    Reg::new(0x34, 1, "CAPPTR", DOC).reset(0xe0).qemu_reset(0),
    Reg::hole(0x35, 7),
    Reg::new(0x3c, 1, "INTRLINE", QEMU).qemu_rw(0xff),
    Reg::hole(0x3d, 3),
    Reg::new(0x40, 8, "PXPEPBAR", DOC).rw(0xf_ffff_f001),
    Reg::new(0x48, 8, "MCHBAR", DOC).rw(0xf_ffff_c001),
    Reg::new(at::EXT_TSEG, 2, "EXT_TSEG_MBYTES", QEMU).since(Since::Qemu),
    Reg::new(0x52, 2, "GGC", DOC).reset(0x0030).rw(0x03f2).qemu_reset(0),
    Reg::new(0x54, 4, "DEVEN", DOC).reset(0x0000_03db).rw(0x0000_03da).qemu_reset(0),
    Reg::hole(0x58, 8),
    Reg::new(at::PCIEXBAR, 8, "PCIEXBAR", DOC)
        .reset(0xe000_0000)
        .rw(0xf_fc00_0007)
        .qemu_reset(0xb000_0000)
        .traced(ChipReg::Pciexbar),
    Reg::new(0x68, 8, "DMIBAR", DOC).rw(0xf_ffff_f001),
    Reg::hole(0x70, 0x20),
    pam(0),
    pam(1),
    pam(2),
    pam(3),
    pam(4),
    pam(5),
    pam(6),
    Reg::new(0x97, 1, "LAC", DOC).rw(0x81),
    Reg::new(at::REMAPBASE, 2, "REMAPBASE", DOC).reset(0x03ff).rw(0x03ff).qemu_reset(0).traced(ChipReg::RemapBase),
    Reg::new(at::REMAPLIMIT, 2, "REMAPLIMIT", DOC).rw(0x03ff).traced(ChipReg::RemapLimit),
    Reg::new(at::SMBASE_SMRAM, 1, "F_SMBASE", QEMU).since(Since::Qemu).qemu_rw(0).traced(ChipReg::SmbaseSmram),
    Reg::new(at::SMRAM, 1, "SMRAM", DOC)
        .reset(0x02)
        .rw(0x68)
        .once(0x10)
        .locks(&[(Lock::DLck, 0x48)])
        .qemu_rw(0x78)
        .traced(ChipReg::Smramc),
    Reg::new(at::ESMRAMC, 1, "ESMRAMC", DOC)
        .reset(0x38)
        .rw(0x87)
        .w1c(0x40)
        .locks(&[(Lock::DLck, 0x87)])
        .qemu_rw(0x87)
        .traced(ChipReg::Esmramc),
    Reg::hole(0x9f, 1),
    Reg::new(0xa0, 2, "TOM", DOC).reset(0x0001).rw(0x03ff).qemu_reset(0),
    Reg::new(0xa2, 2, "TOUUD", DOC).rw(0xffff),
    Reg::new(0xa4, 4, "GBSM", DOC).rw(0xfff0_0000),
    Reg::new(0xa8, 4, "BGSM", DOC).rw(0xfff0_0000),
    Reg::new(at::TSEGMB, 4, "TSEGMB", DOC).rw(0xfff0_0000).locks(&[(Lock::DLck, 0xfff0_0000)]).traced(ChipReg::Tsegmb),
    Reg::new(at::TOLUD, 2, "TOLUD", DOC).reset(0x0010).rw(0xfff0).qemu_reset(0),
    Reg::hole(0xb2, 0x2a),
    Reg::new(0xdc, 4, "SKPD", DOC).rw(0xffff_ffff),
    // Vendor capability, the only one; what it says of the part's features is not modelled.
    Reg::new(0xe0, 2, "CAPID0", DOC).reset(0x0009).qemu_reset(0),
    Reg::hole(0xe2, 0x1e),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_accounts_for_every_byte_of_the_configuration_space() {
        crate::regs::check::table_is_gapless(TABLE, 256);
    }
}
