//! The processor's own protection of SMRAM: SMRR and the code access check (SDM vol. 3, "System-
//! Management Range Registers"; vol. 4 for each register). Only with the Intel 64 save-state map;
//! QEMU's processors have none of it.

use crate::fault::{Fault, Result};
use crate::state::Cpu;

pub const SMBASE: u32 = 0x9e;
pub const MCA_CAP: u32 = 0x17d;
pub const SMRR_BASE: u32 = 0x1f2;
pub const SMRR_MASK: u32 = 0x1f3;
pub const FEATURE_CONTROL: u32 = 0x4e0;

/// MSR_SMM_MCA_CAP: SMM_Code_Access_Chk.
const CODE_ACCESS_CHECK: u64 = 1 << 58;
const VALID: u64 = 1 << 11;
const LOCK: u64 = 1;
const CODE_CHECK_ENABLE: u64 = 1 << 2;
const PAGES: u64 = 0xffff_f000;

#[derive(Clone, Debug, Default, Hash)]
pub struct SmmRange {
    base: u64,
    mask: u64,
    feature_control: u64,
}

impl SmmRange {
    #[inline]
    fn covers(&self, physical: u64) -> bool {
        self.mask & VALID != 0 && physical >> 32 == 0 && physical & self.mask & PAGES == self.base & self.mask & PAGES
    }
}

impl Cpu {
    /// Whether SMRR keeps this access out: reads give all ones, writes are dropped.
    #[inline]
    pub(crate) fn smrr_hides(&self, physical: u64) -> bool {
        !self.smm && self.msr.smm_range.covers(physical)
    }

    /// Whether SMM code at this address ends in a machine check.
    #[inline]
    pub(crate) fn code_check_fails(&self, physical: u64) -> bool {
        let range = &self.msr.smm_range;
        self.smm && range.feature_control & CODE_CHECK_ENABLE != 0 && !range.covers(physical)
    }

    fn only_in_smm(&self) -> Result<()> {
        if self.smm { Ok(()) } else { Err(Fault::GP0) }
    }

    pub(crate) fn read_smm_msr(&self, index: u32) -> Result<u64> {
        let range = &self.msr.smm_range;
        Ok(match index {
            _ if !self.map.is_intel() => return Err(Fault::GP0),
            SMRR_BASE => range.base,
            SMRR_MASK => range.mask,
            // The SDM says SMM only; CHIPSEC finds that silicon lets it be read anywhere.
            FEATURE_CONTROL => range.feature_control,
            SMBASE => {
                self.only_in_smm()?;
                self.smbase.into()
            }
            MCA_CAP => {
                self.only_in_smm()?;
                CODE_ACCESS_CHECK
            }
            _ => return Err(Fault::GP0),
        })
    }

    pub(crate) fn write_smm_msr(&mut self, index: u32, value: u64) -> Result<()> {
        self.only_in_smm()?;
        let range = &mut self.msr.smm_range;
        let (register, existing) = match index {
            _ if !self.map.is_intel() => return Err(Fault::GP0),
            SMRR_BASE => (&mut range.base, PAGES | 0xff),
            SMRR_MASK => (&mut range.mask, PAGES | VALID),
            FEATURE_CONTROL if range.feature_control & LOCK != 0 => return Err(Fault::GP0),
            FEATURE_CONTROL => (&mut range.feature_control, LOCK | CODE_CHECK_ENABLE),
            // SMBASE and MCA_CAP are read only.
            _ => return Err(Fault::GP0),
        };
        if value & !existing != 0 {
            return Err(Fault::GP0);
        }
        *register = value;
        Ok(())
    }
}
