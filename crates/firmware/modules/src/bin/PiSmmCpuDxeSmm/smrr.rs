//! From SmmReadyToLock on, each processor keeps SMRAM to SMM (SMRR), and SMM to SMRAM (SMM_Code_Chk). SDM
//! vol. 3, "System Management Range Registers"; vol. 4, MSR_SMM_FEATURE_CONTROL. QEMU's has neither.

use crate::words::{self, PCD};
use base::smm::SmmNotify;
use base::{Global, Guid, Handle, Status, arch, chipset, debug};
use core::arch::asm;
use core::ffi::c_void;

const IA32_MTRRCAP: u32 = 0xfe;
const SMRR: u64 = 1 << 11;
const IA32_SMRR_PHYSBASE: u32 = 0x1f2;
const IA32_SMRR_PHYSMASK: u32 = 0x1f3;
const WRITE_BACK: u64 = 6;
const VALID: u64 = 1 << 11;
const MSR_SMM_MCA_CAP: u32 = 0x17d;
const SMM_CODE_ACCESS_CHK: u64 = 1 << 58;
const MSR_SMM_FEATURE_CONTROL: u32 = 0x4e0;
const LOCK: u64 = 1 << 0;
const SMM_CODE_CHK_EN: u64 = 1 << 2;
/// CPUID.1:EDX
const MTRR: u32 = 1 << 12;

/// PHYSBASE and PHYSMASK, once it is time and if the processors have them.
static VALUES: Global<Option<(u64, u64)>> = Global::new(None);
static DONE: Global<[bool; crate::aps::MOST]> = Global::new([false; crate::aps::MOST]);

pub const ON_READY_TO_LOCK: SmmNotify = on_ready_to_lock;

extern "efiapi" fn on_ready_to_lock(_: *const Guid, _: *mut c_void, _: Handle) -> Status {
    if PCD.get(words::SMRR) != 0 && arch::cpuid(1)[3] & MTRR != 0 && rdmsr(IA32_MTRRCAP) & SMRR != 0 {
        let tseg = chipset::tseg();
        let mask = !(tseg.end - tseg.start - 1) & 0xffff_f000;
        *VALUES.get() = Some((tseg.start | WRITE_BACK, mask | VALID));
        debug!("PiSmmCpuDxeSmm: SMRR 0x{:X} - 0x{:X}", tseg.start, tseg.end - 1);
    }
    Status::SUCCESS
}

/// A reset has undone it.
pub fn forget() {
    DONE.get().fill(false);
}

/// In SMM, on the processor itself.
pub fn protect(cpu: usize) {
    let Some((base, mask)) = *VALUES.get() else { return };
    if core::mem::replace(&mut DONE.get()[cpu], true) {
        return;
    }
    wrmsr(IA32_SMRR_PHYSBASE, base);
    wrmsr(IA32_SMRR_PHYSMASK, mask);
    if rdmsr(MSR_SMM_MCA_CAP) & SMM_CODE_ACCESS_CHK != 0 {
        wrmsr(MSR_SMM_FEATURE_CONTROL, SMM_CODE_CHK_EN | LOCK);
    }
}

fn rdmsr(msr: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: reading has no effect; the processor has said that it has these.
    unsafe { asm!("rdmsr", in("ecx") msr, out("eax") low, out("edx") high, options(nomem, nostack)) }
    u64::from(high) << 32 | u64::from(low)
}

fn wrmsr(msr: u32, value: u64) {
    // SAFETY: SMRAM is TSEG, where all of SMM's code and data are.
    unsafe { asm!("wrmsr", in("ecx") msr, in("eax") value as u32, in("edx") (value >> 32) as u32, options(nostack)) }
}
