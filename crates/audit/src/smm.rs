//! The modules about SMRAM, and memory that only firmware is to change.

use crate::Verdict::{Failed, NotApplicable, Passed, Warning};
use crate::registers::{Function, Registers};
use crate::{Verdict, all};
use board::Board;

const MTRRCAP: u32 = 0xfe;
const SMRR_PHYSBASE: u32 = 0x1f2;
const SMRR_PHYSMASK: u32 = 0x1f3;
const SMM_FEATURE_CONTROL: u32 = 0x4e0;
const LT_LOCK_MEMORY: u32 = 0x2e7;

/// The compatible segment is closed and locked.
pub fn smm(registers: &mut Registers) -> (Verdict, String) {
    let smram = registers.config("SMRAM", Function::Mch, 0x9d, 1);
    let locked = registers.bit(&smram, "D_LCK", 4);
    let open = registers.bit(&smram, "D_OPEN", 6);
    let enabled = registers.bit(&smram, "G_SMRAME", 3);
    if !enabled {
        return (NotApplicable, "G_SMRAME is 0: there is no SMRAM, and D_LCK has no effect.".into());
    }
    all(
        &[
            (locked, "D_LCK is 0: the OS can open SMRAM and read or change what is in it."),
            (!open, "D_OPEN is 1: SMRAM lies open to everybody."),
        ],
        "SMRAM is closed (D_OPEN = 0), and D_LCK keeps it so until the next reset.",
    )
}

/// Base, end, validity and memory type of the SMRR, if the processor has one. One that was never set has a
/// mask of 0, and spans 4 GiB.
fn smrr_range(registers: &mut Registers, cpu: usize) -> Option<(u64, u64, bool, u64)> {
    let cap = registers.msr("IA32_MTRRCAP", cpu, MTRRCAP)?;
    if !registers.bit(&cap, "SMRR", 11) {
        return None;
    }
    let base = registers.msr("IA32_SMRR_PHYSBASE", cpu, SMRR_PHYSBASE)?;
    let mask = registers.msr("IA32_SMRR_PHYSMASK", cpu, SMRR_PHYSMASK)?;
    let kind = registers.field(&base, "TYPE", 0, 8);
    let valid = registers.bit(&mask, "VALID", 11);
    let start = base.get() & 0xffff_f000;
    let len = (!(mask.get() & 0xffff_f000) & 0xffff_ffff) + 1;
    Some((start, start + len, valid, kind))
}

pub fn smrr(registers: &mut Registers) -> (Verdict, String) {
    let Some(first) = smrr_range(registers, 0) else {
        return (NotApplicable, "This processor has no SMRR: IA32_MTRRCAP says so.".into());
    };
    let (base, _, valid, kind) = first;
    let same = (1..registers.cpus()).all(|cpu| smrr_range(registers, cpu) == Some(first));
    let hidden = valid && registers.memory(base, 4) == 0xffff_ffff;
    all(
        &[
            (base != 0, "IA32_SMRR_PHYSBASE was never set."),
            (valid, "VALID is 0: the range is not in force, and a poisoned cache line can stand in for SMRAM."),
            (matches!(kind, 0 | 1 | 4..=6), "The range has a reserved memory type."),
            (same, "The processors have different ranges."),
            (hidden || !valid, "Software outside SMM reads something other than ones at the range's base."),
        ],
        "SMRR is in force on all processors, and reads as ones outside SMM.",
    )
}

/// TSEG, which bus masters can't reach, holds all of SMRAM and can't be moved.
pub fn smm_dma(registers: &mut Registers) -> (Verdict, String) {
    let esmramc = registers.config("ESMRAMC", Function::Mch, 0x9e, 1);
    let enabled = registers.bit(&esmramc, "T_EN", 0);
    let size = registers.field(&esmramc, "TSEG_SZ", 1, 2);
    let tsegmb = registers.config("TSEGMB", Function::Mch, 0xac, 4);
    let smram = registers.config("SMRAM", Function::Mch, 0x9d, 1);
    let locked = registers.bit(&smram, "D_LCK", 4) && registers.bit(&smram, "G_SMRAME", 3);
    let base = tsegmb.get() & 0xfff0_0000;
    let end = base + ([1, 2, 8, 0][size as usize & 3] << 20);
    let smrr = smrr_range(registers, 0);
    let set = smrr.is_none_or(|(start, stop, ..)| stop - start < 1 << 32);
    let covers = smrr.is_none_or(|(start, stop, ..)| base <= start && stop <= end);
    let (verdict, why) = all(
        &[
            (enabled, "T_EN is 0: there is no TSEG, so a bus master can reach what firmware keeps there."),
            (locked, "D_LCK is 0: the OS can move or shrink TSEG, and then read SMRAM by DMA."),
            (set, "SMRR was never set: nothing shows that TSEG covers all of SMRAM."),
            (covers || !set, "TSEG doesn't cover all of the SMRR's range: the rest can be read by DMA."),
        ],
        "TSEG is on, bus masters can't reach it, and D_LCK holds its base and size.",
    );
    match verdict {
        Passed if smrr.is_none() => {
            (Warning, "TSEG is on and locked, but without SMRR nothing shows that it covers all of SMRAM.".into())
        }
        verdict => (verdict, why),
    }
}

/// SMM_Code_Chk_En and LOCK of one processor, if it has them.
fn code_check(registers: &mut Registers, cpu: usize) -> Option<(bool, bool)> {
    let control = registers.msr("MSR_SMM_FEATURE_CONTROL", cpu, SMM_FEATURE_CONTROL)?;
    Some((registers.bit(&control, "SMM_Code_Chk_En", 2), registers.bit(&control, "LOCK", 0)))
}

pub fn smm_code_chk(registers: &mut Registers) -> (Verdict, String) {
    let Some(first) = code_check(registers, 0) else {
        return (NotApplicable, "MSR_SMM_FEATURE_CONTROL can't be read: the processor lacks it, or hides it.".into());
    };
    if (1..registers.cpus()).any(|cpu| code_check(registers, cpu) != Some(first)) {
        return (Failed, "The processors differ in SMM_Code_Chk_En or LOCK.".into());
    }
    match first {
        (true, true) => (Passed, "SMM may not execute code outside SMRR, and that can't be undone.".into()),
        (true, false) => (Failed, "SMM_Code_Chk_En is set but not locked: SMM code can clear it.".into()),
        (false, _) => (Warning, "SMM_Code_Chk_En is 0: SMM may execute code outside SMRAM.".into()),
    }
}

/// The reclaim window must not be turned onto SMRAM.
pub fn remap(registers: &mut Registers) -> (Verdict, String) {
    if registers.board() == Board::Qemu {
        return (NotApplicable, "QEMU's registers of that name move nothing.".into());
    }
    let base = registers.config("REMAPBASE", Function::Mch, 0x98, 2);
    let limit = registers.config("REMAPLIMIT", Function::Mch, 0x9a, 2);
    let tolud = registers.config("TOLUD", Function::Mch, 0xb0, 2);
    registers.config("TOUUD", Function::Mch, 0xa2, 2);
    let (from, to) = (registers.field(&base, "base 35:26", 0, 10), registers.field(&limit, "limit 35:26", 0, 10));
    let on = from <= to;
    if on && tolud.get() & 0x3ff != 0 && tolud.get() << 16 & 0x3ff_ffff != 0 {
        return (Failed, "The reclaim window is on, and TOLUD is no multiple of 64 MiB.".into());
    }
    // Nothing is better than trying.
    registers.config_write(Function::Mch, 0x98, 2, base.get() as u32 ^ 1);
    let tried = registers.config("REMAPBASE, written", Function::Mch, 0x98, 2);
    if tried.get() == base.get() {
        return (Passed, "The window's registers are locked.".into());
    }
    let why = "REMAPBASE can still be written, and this chipset has no lock for it: the OS can turn the reclaim \
               window onto TSEG and reach SMRAM through it.";
    (Warning, why.into())
}

pub fn memlock(registers: &mut Registers) -> (Verdict, String) {
    let mut locked = true;
    for cpu in 0..registers.cpus() {
        let Some(lock) = registers.msr("MSR_LT_LOCK_MEMORY", cpu, LT_LOCK_MEMORY) else {
            return (NotApplicable, "The processor has no MSR_LT_LOCK_MEMORY.".into());
        };
        locked &= registers.bit(&lock, "LT_LOCK", 0);
    }
    all(&[(locked, "LT_LOCK is 0: the memory controller's registers are not locked.")], "LT_LOCK is set.")
}

/// Eight bytes of each bank of CMOS memory.
pub fn rtclock(registers: &mut Registers) -> (Verdict, String) {
    if registers.board() == Board::Qemu {
        return (NotApplicable, "QEMU's CMOS memory has no lock.".into());
    }
    let rc = registers.rcba("RC", 0x3400, 4);
    match (registers.bit(&rc, "LL", 3), registers.bit(&rc, "UL", 4)) {
        (true, true) => (Passed, "Bytes 38h to 3Fh of both banks of CMOS memory are locked.".into()),
        _ => (Warning, "Bytes 38h to 3Fh of CMOS memory can be changed; firmware may not use them.".into()),
    }
}
