//! Who may do what to the serial flash: the descriptor's regions and masters, protected ranges,
//! BIOS_CNTL. Each can refuse by itself.
//!
//! Source: Intel ICH9 datasheet 316972, "Flash Access Control", "SPI Protected BIOS Range Registers",
//! "BIOS_CNTL"; NM10 and 6 Series datasheets, table of flash protection. SMM_BWP: D1500 datasheet.

use crate::Cx;
use crate::descriptor::REGIONS;
use crate::lpc_regs::BiosCntl;
use crate::regs::RegBlock;
use crate::spi_regs::{Pr, at};
use std::ops::Range;
use trace::FlashGuard;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Read,
    Write,
}

const BIOS: usize = 1;

pub struct Guard {
    /// None without descriptor.
    regions: Option<[Range<u64>; REGIONS]>,
    reads: u8,
    writes: u8,
    ranges: [Pr; 5],
    bbar: u64,
    /// BIOSWE is clear; SMM_BWP is set and somebody isn't in SMM.
    closed: Vec<FlashGuard>,
}

/// A stretch in 4 KiB blocks, the last included; base above limit is empty.
fn stretch(base: u32, limit: u32) -> Range<u64> {
    u64::from(base) << 12..(u64::from(limit) + 1) << 12
}

fn meet(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end && a.start < a.end
}

impl Guard {
    pub fn new(regs: &RegBlock<0x200>, descriptor: bool, bios_cntl: BiosCntl, cx: &Cx) -> Self {
        let word = |at: u16| regs.get(at, 4) as u32;
        let region = |n: usize| {
            let freg = word(at::FREG + 4 * n as u16);
            match (freg & 0x1fff, freg >> 16 & 0x1fff) {
                (base, limit) if base > limit => 0..0,
                (base, limit) => stretch(base, limit),
            }
        };
        let frap = word(at::FRAP);
        Guard {
            regions: descriptor.then(|| std::array::from_fn(region)),
            reads: frap as u8,
            writes: (frap >> 8) as u8,
            ranges: std::array::from_fn(|n| Pr::from_bits(word(at::PR + 4 * n as u16))),
            bbar: word(at::BBAR).into(),
            closed: [
                (!bios_cntl.bioswe()).then_some(FlashGuard::Bioswe),
                (bios_cntl.smm_bwp() && !(cx.smm && cx.all_smm)).then_some(FlashGuard::SmmBwp),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    /// Everybody who refuses; every byte must be allowed by all.
    pub fn refusals(&self, does: Does, from: u64, len: u64) -> Vec<FlashGuard> {
        let asked = from..from + len;
        let holds = |pr: &Pr| {
            let on = if does == Does::Write { pr.wpe() } else { pr.rpe() };
            on && pr.base() <= pr.limit() && meet(&stretch(pr.base(), pr.limit()), &asked)
        };
        let ranges = (0..).zip(&self.ranges).filter(|(_, pr)| holds(pr));
        ranges.map(|(n, _)| FlashGuard::ProtectedRange(n)).chain(self.rights(does, &asked)).collect()
    }

    fn rights(&self, does: Does, asked: &Range<u64>) -> Vec<FlashGuard> {
        let Some(regions) = &self.regions else { return self.refusals_unaddressed(does) };
        let granted = if does == Does::Write { self.writes } else { self.reads };
        let (mut covered, mut all) = (0, Vec::new());
        for (n, region) in regions.iter().enumerate().filter(|(_, region)| meet(region, asked)) {
            if granted >> n & 1 == 0 {
                all.push(FlashGuard::Region(n as u8));
            }
            if n == BIOS {
                all.extend(self.refusals_unaddressed(does));
            }
            covered += region.end.min(asked.end) - region.start.max(asked.start);
        }
        if covered != asked.end - asked.start {
            all.push(FlashGuard::NoRegion);
        }
        all
    }

    /// Commands without address are not looked at for their range: a chip erase in the opcode menu
    /// passes protected ranges by.
    pub fn refusals_unaddressed(&self, does: Does) -> Vec<FlashGuard> {
        if does == Does::Read { Vec::new() } else { self.closed.clone() }
    }

    /// BBAR: software sequencing doesn't reach below.
    pub fn above_bbar(&self, at: u64) -> bool {
        at >= self.bbar
    }
}
