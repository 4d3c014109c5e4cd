//! Model-specific registers (SDM vol. 4). An index that isn't listed here is #GP, as on silicon.

use crate::bus::Bus;
use crate::fault::{Fault, Result};
use crate::memory::{Env, canonical};
use crate::smm::range::{self, SmmRange};
use crate::state::{Cpu, FS, GS, cr0, efer};

const TSC: u32 = 0x10;
const APIC_BASE: u32 = 0x1b;
const SMI_COUNT: u32 = 0x34;
/// No platform is told apart: bits 52:50 are 0.
const PLATFORM_ID: u32 = 0x17;
const FEATURE_CONTROL: u32 = 0x3a;
const BIOS_SIGN_ID: u32 = 0x8b;
const MTRRCAP: u32 = 0xfe;
const MCG_CAP: u32 = 0x179;
const MCG_STATUS: u32 = 0x17a;
const MISC_ENABLE: u32 = 0x1a0;
const PAT: u32 = 0x277;
const MTRR_DEF_TYPE: u32 = 0x2ff;
const EFER: u32 = 0xc000_0080;
const FS_BASE: u32 = 0xc000_0100;
const GS_BASE: u32 = 0xc000_0101;
const KERNEL_GS_BASE: u32 = 0xc000_0102;

/// IA32_MCG_STATUS: machine check in progress.
const MCIP: u64 = 1 << 2;
/// Eight variable ranges, fixed ranges, write combining.
const MTRRCAP_VALUE: u64 = 0x508;
const MTRRCAP_SMRR: u64 = 1 << 11;
const FIXED_MTRRS: [u32; 11] = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];
const APIC_BASE_BSP: u64 = 1 << 8;
const APIC_BASE_ENABLE: u64 = 1 << 11;
const PHYSICAL: u64 = (1 << 40) - 1;

#[derive(Clone, Debug, Hash)]
pub struct Msrs {
    apic_base: u64,
    feature_control: u64,
    mcg_status: u64,
    misc_enable: u64,
    pat: u64,
    mtrr_def_type: u64,
    mtrr_variable: [u64; 16],
    mtrr_fixed: [u64; 11],
    pub(crate) smm_range: SmmRange,
    kernel_gs_base: u64,
    /// What WRMSR to TSC added to the clock.
    tsc_offset: u64,
}

impl Msrs {
    pub fn new(bsp: bool) -> Self {
        Msrs {
            apic_base: 0xfee0_0000 | APIC_BASE_ENABLE | if bsp { APIC_BASE_BSP } else { 0 },
            feature_control: 0,
            mcg_status: 0,
            misc_enable: 1,
            pat: 0x0007_0406_0007_0406,
            mtrr_def_type: 0,
            mtrr_variable: [0; 16],
            mtrr_fixed: [0; 11],
            smm_range: SmmRange::default(),
            kernel_gs_base: 0,
            tsc_offset: 0,
        }
    }

    /// A machine check begins: sets MCIP; true if one is going on.
    pub(crate) fn machine_check_begins(&mut self) -> bool {
        let before = self.mcg_status;
        self.mcg_status |= MCIP;
        before & MCIP != 0
    }

    pub fn is_bsp(&self) -> bool {
        self.apic_base & APIC_BASE_BSP != 0
    }
    pub fn apic_page_is_default(&self) -> bool {
        self.apic_base & PHYSICAL & !0xfff == 0xfee0_0000
    }
    /// Physical base of the local APIC's page, if it is enabled.
    pub fn apic_page(&self) -> Option<u64> {
        (self.apic_base & APIC_BASE_ENABLE != 0).then_some(self.apic_base & PHYSICAL & !0xfff)
    }
}

impl Cpu {
    pub(crate) fn tsc<B: Bus>(&self, env: &Env<B>) -> u64 {
        env.bus.time().wrapping_add(self.msr.tsc_offset)
    }

    pub(crate) fn rdmsr<B: Bus>(&mut self, env: &Env<B>, index: u32) -> Result<u64> {
        Ok(match index {
            TSC => self.tsc(env),
            APIC_BASE => self.msr.apic_base,
            SMI_COUNT => self.smi_count.into(),
            FEATURE_CONTROL => self.msr.feature_control,
            PLATFORM_ID | BIOS_SIGN_ID => 0,
            MTRRCAP => MTRRCAP_VALUE | if self.map.is_intel() { MTRRCAP_SMRR } else { 0 },
            // No bank reports anything: a machine check says only that there is one.
            MCG_CAP => 0,
            MCG_STATUS => self.msr.mcg_status,
            MISC_ENABLE => self.msr.misc_enable,
            PAT => self.msr.pat,
            MTRR_DEF_TYPE => self.msr.mtrr_def_type,
            0x200..=0x20f => self.msr.mtrr_variable[index as usize - 0x200],
            EFER => self.efer,
            FS_BASE => self.seg[FS].base,
            GS_BASE => self.seg[GS].base,
            KERNEL_GS_BASE => self.msr.kernel_gs_base,
            range::SMBASE | range::MCA_CAP | range::SMRR_BASE | range::SMRR_MASK | range::FEATURE_CONTROL => {
                self.read_smm_msr(index)?
            }
            _ => self.msr.mtrr_fixed[fixed(index)?],
        })
    }

    pub(crate) fn wrmsr<B: Bus>(&mut self, env: &mut Env<B>, index: u32, value: u64) -> Result<()> {
        let address = |v: u64| if canonical(v) { Ok(v) } else { Err(Fault::GP0) };
        match index {
            TSC => self.msr.tsc_offset = value.wrapping_sub(env.bus.time()),
            APIC_BASE => {
                if value & !(PHYSICAL & !0xfff | APIC_BASE_BSP | APIC_BASE_ENABLE) != 0 {
                    return Err(Fault::GP0);
                }
                self.msr.apic_base = value & !APIC_BASE_BSP | self.msr.apic_base & APIC_BASE_BSP;
                if value & APIC_BASE_ENABLE == 0 {
                    // Off is as after a reset.
                    self.lapic.init();
                }
            }
            FEATURE_CONTROL if self.msr.feature_control & 1 != 0 => return Err(Fault::GP0),
            FEATURE_CONTROL => self.msr.feature_control = value & 0xff07,
            BIOS_SIGN_ID => {}
            MCG_STATUS => self.msr.mcg_status = checked(value, value & !7 == 0)?,
            MISC_ENABLE => self.msr.misc_enable = value,
            PAT => self.msr.pat = checked(value, each_byte(value, |t| is_memory_type(t) || t == UC_MINUS))?,
            MTRR_DEF_TYPE => {
                let existing = value & !(MTRR_ENABLE | MTRR_FIXED_ENABLE | 0xff) == 0;
                self.msr.mtrr_def_type = checked(value, existing && is_memory_type(value as u8))?;
            }
            0x200..=0x20f => {
                let fits = match index & 1 {
                    0 => value & !(PHYSICAL & !0xfff | 0xff) == 0 && is_memory_type(value as u8),
                    _ => value & !(PHYSICAL & !0xfff | MTRR_ENABLE) == 0,
                };
                self.msr.mtrr_variable[index as usize - 0x200] = checked(value, fits)?;
            }
            EFER => self.write_efer(value)?,
            FS_BASE => self.seg[FS].base = address(value)?,
            GS_BASE => self.seg[GS].base = address(value)?,
            KERNEL_GS_BASE => self.msr.kernel_gs_base = address(value)?,
            // These are read only.
            PLATFORM_ID | SMI_COUNT | MTRRCAP | MCG_CAP => return Err(Fault::GP0),
            range::SMBASE | range::MCA_CAP | range::SMRR_BASE | range::SMRR_MASK | range::FEATURE_CONTROL => {
                self.write_smm_msr(index, value)?;
                // What was decoded outside SMM may be hidden now, or no longer.
                env.code.clear();
            }
            _ => self.msr.mtrr_fixed[fixed(index)?] = checked(value, each_byte(value, is_memory_type))?,
        }
        Ok(())
    }

    fn write_efer(&mut self, value: u64) -> Result<()> {
        let supported = efer::SUPPORTED & !efer::SCE;
        let changes_lme = (value ^ self.efer) & efer::LME != 0;
        if value & !supported != 0 || (changes_lme && self.cr0 & cr0::PG != 0) {
            return Err(Fault::GP0);
        }
        // LMA is the processor's, not software's.
        self.efer = value & !efer::LMA | self.efer & efer::LMA;
        Ok(())
    }

    pub(crate) fn swapgs(&mut self) {
        std::mem::swap(&mut self.seg[GS].base, &mut self.msr.kernel_gs_base);
    }
}

/// Bits of IA32_MTRR_DEF_TYPE; the first is V of a variable range's mask, too.
const MTRR_ENABLE: u64 = 1 << 11;
const MTRR_FIXED_ENABLE: u64 = 1 << 10;
/// PAT only.
const UC_MINUS: u8 = 7;

/// UC, WC, WT, WP, WB (SDM vol. 3, "Memory Types That Can Be Encoded in MTRRs").
fn is_memory_type(t: u8) -> bool {
    matches!(t, 0 | 1 | 4 | 5 | 6)
}

fn each_byte(value: u64, holds: impl Fn(u8) -> bool) -> bool {
    value.to_le_bytes().into_iter().all(holds)
}

fn checked(value: u64, fits: bool) -> Result<u64> {
    if fits { Ok(value) } else { Err(Fault::GP0) }
}

fn fixed(index: u32) -> Result<usize> {
    FIXED_MTRRS.iter().position(|&i| i == index).ok_or(Fault::GP0)
}
