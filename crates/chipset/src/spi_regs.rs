//! Layouts of the SPI controller's registers at SPIBAR (RCBA+3800h), and their table.
//!
//! Source: Intel ICH9 datasheet 316972, "Serial Peripheral Interface (SPI)", register places as
//! flashrom and coreboot have them. What FLOCKDN holds: 300 Series PCH register text ("own bit or
//! FLOCKDN"), D1500. BBAR is held too, which no document says outright.

use crate::regs::{Lock, Reg};
use bitfield_struct::bitfield;
use trace::ChipReg;

/// HSFS, Hardware Sequencing Flash Status, offset 04h.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct Hsfs {
    /// FDONE: a hardware sequence is done.
    pub fdone: bool,
    /// FCERR: a cycle was refused.
    pub fcerr: bool,
    /// AEL: an access was refused for want of rights.
    pub ael: bool,
    /// BERASE: what one erase takes at FADDR: 256 bytes, 4, 8, 64 KiB.
    #[bits(2)]
    pub berase: u8,
    /// SCIP: a cycle is in progress.
    pub scip: bool,
    #[bits(7)]
    __: u8,
    /// FDOPSS: 1, the descriptor's rights hold.
    pub fdopss: bool,
    /// FDV: there is a valid descriptor.
    pub fdv: bool,
    /// FLOCKDN: set once.
    pub flockdn: bool,
}

/// HSFC, Hardware Sequencing Flash Control, offset 06h.
#[bitfield(u16)]
#[derive(PartialEq, Eq, Hash)]
pub struct Hsfc {
    /// FGO: a written 1 starts the cycle.
    pub fgo: bool,
    /// FCYCLE: 0 reads, 2 writes, 3 erases.
    #[bits(2)]
    pub fcycle: u8,
    #[bits(5)]
    __: u8,
    /// FDBC: bytes - 1.
    #[bits(6)]
    pub fdbc: u8,
    #[bits(1)]
    __: u8,
    /// SME: SMI while FDONE is set.
    pub sme: bool,
}

/// SSFS, Software Sequencing Flash Status, offset 90h.
#[bitfield(u8)]
#[derive(PartialEq, Eq, Hash)]
pub struct Ssfs {
    pub scip: bool,
    #[bits(1)]
    __: u8,
    /// CDS: Cycle Done Status.
    pub cds: bool,
    pub fcerr: bool,
    /// A copy of HSFS.AEL.
    pub ael: bool,
    #[bits(3)]
    __: u8,
}

/// SSFC, Software Sequencing Flash Control, 24 bits at offset 91h.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Ssfc {
    #[bits(1)]
    __: u8,
    /// SCGO: a written 1 starts the cycle.
    pub scgo: bool,
    /// ACS: the prefix goes before, and the part's end of work is waited for.
    pub acs: bool,
    pub spop: bool,
    #[bits(3)]
    pub cop: u8,
    #[bits(1)]
    __: u8,
    /// DBC: bytes - 1.
    #[bits(6)]
    pub dbc: u8,
    /// DS: there are data.
    pub ds: bool,
    /// SME: SMI while CDS is set.
    pub sme: bool,
    #[bits(3)]
    pub scf: u8,
    #[bits(13)]
    __: u16,
}

/// PR0 to PR4, Protected Range, offset 74h on. Limits count 4 KiB blocks, the last included.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Pr {
    #[bits(13)]
    pub base: u32,
    #[bits(2)]
    __: u8,
    /// RPE: no reads.
    pub rpe: bool,
    #[bits(13)]
    pub limit: u32,
    #[bits(2)]
    __: u8,
    /// WPE: no writes.
    pub wpe: bool,
}

/// LVSCC and UVSCC, Vendor Specific Component Capabilities, offsets C4h and C8h.
#[bitfield(u32)]
#[derive(PartialEq, Eq, Hash)]
pub struct Vscc {
    /// BES: what one erase takes: 256 bytes, 4, 8, 64 KiB.
    #[bits(2)]
    pub bes: u8,
    /// WG: 64 bytes at once.
    pub wg: bool,
    /// WSR: a 0 is written to the status register first.
    pub wsr: bool,
    /// WEWS: with 06h in front of that, else 50h.
    pub wews: bool,
    #[bits(3)]
    __: u8,
    /// EO: the erase opcode.
    pub eo: u8,
    #[bits(7)]
    __: u8,
    /// VCL, in LVSCC only: both are read only.
    pub vcl: bool,
    #[bits(8)]
    __: u8,
}

pub mod at {
    pub const BFPR: u16 = 0x00;
    pub const HSFS: u16 = 0x04;
    pub const HSFC: u16 = 0x06;
    pub const FADDR: u16 = 0x08;
    pub const FDATA: u16 = 0x10;
    pub const FRAP: u16 = 0x50;
    pub const FREG: u16 = 0x54;
    pub const PR: u16 = 0x74;
    pub const SSFS: u16 = 0x90;
    pub const SSFC: u16 = 0x91;
    pub const PREOP: u16 = 0x94;
    pub const OPTYPE: u16 = 0x96;
    pub const OPMENU: u16 = 0x98;
    pub const BBAR: u16 = 0xa0;
    pub const FDOC: u16 = 0xb0;
    pub const FDOD: u16 = 0xb4;
    pub const LVSCC: u16 = 0xc4;
    pub const UVSCC: u16 = 0xc8;
    pub const FPB: u16 = 0xd0;
}

pub const LEN: u64 = 0x200;
const DOC: &str = "ICH9 316972, Serial Peripheral Interface (SPI), Memory Mapped Configuration Registers";
const ALL: u64 = 0xffff_ffff;

const fn fdata(n: u16, name: &'static str) -> Reg {
    Reg::new(at::FDATA + 4 * n, 4, name, DOC).rw(ALL)
}
const fn freg(n: u16, name: &'static str) -> Reg {
    Reg::new(at::FREG + 4 * n, 4, name, DOC)
}
const fn pr(n: u16, name: &'static str) -> Reg {
    Reg::new(at::PR + 4 * n, 4, name, DOC).rw(0x9fff_9fff).locks(&[(Lock::Flockdn, 0x9fff_9fff)])
}

/// SPIBAR+00h to 1FFh.
pub const TABLE: &[Reg] = &[
    Reg::new(at::BFPR, 4, "BFPR", DOC),
    Reg::new(at::HSFS, 2, "HSFS", DOC).reset(0x2000).w1c(0x0007).once(0x8000).traced(ChipReg::Hsfs),
    Reg::new(at::HSFC, 2, "HSFC", DOC).rw(0xbf06).acts(1).traced(ChipReg::Hsfc),
    Reg::new(at::FADDR, 4, "FADDR", DOC).rw(0x01ff_ffff).traced(ChipReg::Faddr),
    Reg::hole(0x0c, 4),
    fdata(0, "FDATA0"),
    fdata(1, "FDATA1"),
    fdata(2, "FDATA2"),
    fdata(3, "FDATA3"),
    fdata(4, "FDATA4"),
    fdata(5, "FDATA5"),
    fdata(6, "FDATA6"),
    fdata(7, "FDATA7"),
    fdata(8, "FDATA8"),
    fdata(9, "FDATA9"),
    fdata(10, "FDATA10"),
    fdata(11, "FDATA11"),
    fdata(12, "FDATA12"),
    fdata(13, "FDATA13"),
    fdata(14, "FDATA14"),
    fdata(15, "FDATA15"),
    Reg::new(at::FRAP, 4, "FRAP", DOC).rw(0xffff_0000).locks(&[(Lock::Flockdn, 0xffff_0000)]),
    freg(0, "FREG0"),
    freg(1, "FREG1"),
    freg(2, "FREG2"),
    freg(3, "FREG3"),
    freg(4, "FREG4"),
    Reg::hole(0x68, 0x0c),
    pr(0, "PR0"),
    pr(1, "PR1"),
    pr(2, "PR2"),
    pr(3, "PR3"),
    pr(4, "PR4"),
    Reg::hole(0x88, 8),
    Reg::new(at::SSFS, 1, "SSFS", DOC).w1c(0x0c).traced(ChipReg::Ssfs),
    Reg::new(at::SSFC, 3, "SSFC", DOC).rw(0x07_ff7c).acts(2).locks(&[(Lock::Flockdn, 0x07_0000)]).traced(ChipReg::Ssfc),
    Reg::new(at::PREOP, 2, "PREOP", DOC).rw(0xffff).locks(&[(Lock::Flockdn, 0xffff)]),
    Reg::new(at::OPTYPE, 2, "OPTYPE", DOC).rw(0xffff).locks(&[(Lock::Flockdn, 0xffff)]),
    Reg::new(at::OPMENU, 8, "OPMENU", DOC).rw(u64::MAX).locks(&[(Lock::Flockdn, u64::MAX)]),
    Reg::new(at::BBAR, 4, "BBAR", DOC).rw(0x00ff_ff00).locks(&[(Lock::Flockdn, 0x00ff_ff00)]),
    Reg::hole(0xa4, 0x0c),
    Reg::new(at::FDOC, 4, "FDOC", DOC).rw(0x7ffc),
    Reg::new(at::FDOD, 4, "FDOD", DOC),
    Reg::hole(0xb8, 8),
    Reg::new(0xc0, 4, "AFC", DOC).rw(0x07),
    Reg::new(at::LVSCC, 4, "LVSCC", DOC).rw(0xff1f).once(0x80_0000).locks(&[(Lock::Vcl, 0xff1f)]),
    Reg::new(at::UVSCC, 4, "UVSCC", DOC).rw(0xff1f).locks(&[(Lock::Vcl, 0xff1f)]),
    Reg::hole(0xcc, 4),
    Reg::new(at::FPB, 4, "FPB", DOC),
    Reg::hole(0xd4, 0x12c),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_accounts_for_every_byte_of_the_block() {
        crate::regs::check::table_is_gapless(TABLE, LEN as usize);
    }
}
