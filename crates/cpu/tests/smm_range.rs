//! SMRR, SMM_Code_Chk, IA32_SMBASE and the MTRRs' own checks.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{Rig, assemble};
use cpu::{Activity, SaveStateMap};
use iced_x86::code_asm::*;

const SMRAM: u64 = 0x20_0000;
const HANDLER: u64 = 0x38000;
const SMRR_BASE: u32 = 0x1f2;
const SMRR_MASK: u32 = 0x1f3;
const GP: u64 = 13;

/// 16-bit code that writes MSRs and returns with RSM.
fn handler(writes: &[(u32, u64)]) -> Vec<u8> {
    let mut a = CodeAssembler::new(16).unwrap();
    for (index, value) in writes {
        a.mov(ecx, *index).unwrap();
        a.mov(eax, *value as u32).unwrap();
        a.mov(edx, (*value >> 32) as u32).unwrap();
        a.wrmsr().unwrap();
    }
    a.rsm().unwrap();
    a.assemble(0x8000).unwrap()
}

fn smrr() -> [(u32, u64); 2] {
    [(SMRR_BASE, SMRAM | 6), (SMRR_MASK, 0xfff0_0000 | 1 << 11)]
}

/// After an SMI whose handler has made these writes, the code runs in 64-bit mode to its HLT.
fn after_smi(writes: &[(u32, u64)], build: impl FnOnce(&mut CodeAssembler)) -> Rig {
    let code = assemble(|a| {
        build(a);
        a.hlt().unwrap();
    });
    let mut rig = Rig::long(&code);
    // The third MiB is mapped, too.
    rig.ram.put(0x12008, &(SMRAM | 0x87).to_le_bytes());
    rig.ram.put(HANDLER, &handler(writes));
    rig.smi().run();
    rig
}

#[test]
fn smrr_gives_all_ones_and_drops_writes_outside_smm() {
    let mut rig = after_smi(&smrr(), |a| {
        a.mov(rbx, SMRAM + 0x123).unwrap();
        a.mov(qword_ptr(rbx), 5).unwrap();
        a.mov(rax, qword_ptr(rbx)).unwrap();
        a.mov(rdi, SMRAM + 0x1000).unwrap();
        a.mov(ecx, 64).unwrap();
        a.rep().stosb().unwrap();
        a.mov(rdx, qword_ptr(SMRAM + 0x10_0000)).unwrap();
    });
    assert_eq!(rig.cpu.regs[0], u64::MAX);
    assert_eq!(rig.ram.get(SMRAM + 0x123, 8), 0);
    assert_eq!(rig.ram.get(SMRAM + 0x1000, 8), 0);
    // The next MiB isn't in the range.
    assert_eq!(rig.cpu.regs[2], 0);
    // SMM itself reads and writes it.
    rig.ram.put(HANDLER, &[0x66, 0x67, 0xa3, 0x23, 0x01, 0x20, 0, 0x0f, 0xaa]);
    rig.smi().run();
    assert_eq!(rig.ram.get(SMRAM + 0x123, 4), 0xffff_ffff);
}

#[test]
fn smrr_hides_code_that_was_decoded_before() {
    let mut rig = Rig::long(&[]);
    rig.ram.put(0x12008, &(SMRAM | 0x87).to_le_bytes());
    rig.ram.put(SMRAM, &[0xf4]);
    rig.ram.put(HANDLER, &handler(&smrr()));
    rig.cpu.rip = SMRAM;
    rig.run();
    assert_eq!((rig.cpu.rip, rig.cpu.activity), (SMRAM + 1, Activity::Halted));
    rig.cpu.rip = SMRAM;
    rig.cpu.activity = Activity::Running;
    // All ones are no instruction.
    rig.smi().run();
    assert_eq!(rig.vector(), Some(6));
}

#[test]
fn smrr_is_written_in_smm_only_and_read_anywhere() {
    let rdmsr = |a: &mut CodeAssembler| {
        a.mov(ecx, SMRR_MASK).unwrap();
        a.rdmsr().unwrap();
    };
    assert_eq!(after_smi(&smrr(), rdmsr).cpu.regs[0], 0xfff0_0800);
    let write = after_smi(&[], |a| {
        a.mov(ecx, SMRR_BASE).unwrap();
        a.wrmsr().unwrap();
    });
    assert_eq!(write.vector(), Some(GP));
}

#[test]
fn smm_code_outside_smrr_is_a_machine_check_once_the_check_is_on() {
    let mut writes = smrr().to_vec();
    writes.push((0x4e0, 4));
    // The handler itself lies outside the range: the write is its last instruction that counts.
    let rig = after_smi(&writes, |a| a.nop().unwrap());
    assert_eq!(rig.cpu.activity, Activity::Shutdown);
    assert_eq!(rig.ram.shutdown(), Some("machine check with CR4.MCE clear"));
    let inside = [(SMRR_BASE, 0x30000 | 6), (SMRR_MASK, 0xffff_0000 | 1 << 11), (0x4e0, 5)];
    let mut rig = after_smi(&inside, |a| a.nop().unwrap());
    assert_eq!(rig.cpu.activity, Activity::Halted);
    // Locked: a second write faults, and in SMM without an IDT that is the end.
    rig.ram.put(HANDLER, &handler(&[(0x4e0, 0)]));
    rig.smi().run();
    assert_eq!(rig.cpu.activity, Activity::Shutdown);
}

/// SDM vol. 3, "Machine-Check Architecture": IA32_MCG_STATUS.MCIP.
#[test]
fn a_machine_check_within_another_shuts_the_processor_down() {
    let mut writes = smrr().to_vec();
    writes.push((0x4e0, 4));
    let mut rig = Rig::long(&[0xf4]);
    let mut a = CodeAssembler::new(16).unwrap();
    // CR4.MCE; vector 18 of the IVT leads outside SMRR as well.
    a.mov(eax, 0x40).unwrap();
    a.mov(cr4, eax).unwrap();
    let mut code = a.assemble(0x8000).unwrap();
    code.extend(handler(&writes));
    rig.ram.put(HANDLER, &code);
    rig.smi().run();
    assert_eq!(rig.ram.shutdown(), Some("machine check within a machine check"));
}

#[test]
fn smbase_is_a_register_that_only_smm_can_read() {
    let read = |a: &mut CodeAssembler| {
        a.mov(ecx, 0x9eu32).unwrap();
        a.rdmsr().unwrap();
    };
    assert_eq!(after_smi(&[], read).vector(), Some(GP));
    let mut rig = Rig::long(&[0xf4]);
    let mut a = CodeAssembler::new(16).unwrap();
    read(&mut a);
    a.mov(dword_ptr(0x500), eax).unwrap();
    a.rsm().unwrap();
    rig.ram.put(HANDLER, &a.assemble(0x8000).unwrap());
    rig.smi().run();
    assert_eq!(rig.ram.get(0x500, 4), 0x30000);
}

/// SDM vol. 4, MSR_SMM_MCA_CAP: SMM only, read only; SMM_Code_Access_Chk is there.
#[test]
fn the_capability_of_the_code_check_is_told_in_smm_only() {
    let read = |a: &mut CodeAssembler| {
        a.mov(ecx, 0x17du32).unwrap();
        a.rdmsr().unwrap();
    };
    assert_eq!(after_smi(&[], read).vector(), Some(GP));
    let mut rig = Rig::long(&[0xf4]);
    let mut a = CodeAssembler::new(16).unwrap();
    read(&mut a);
    a.mov(dword_ptr(0x500), edx).unwrap();
    a.rsm().unwrap();
    rig.ram.put(HANDLER, &a.assemble(0x8000).unwrap());
    rig.smi().run();
    assert_eq!(rig.ram.get(0x500, 4), 1 << 26);
    // Written, it faults, and in SMM without an IDT that is the end.
    rig.ram.put(HANDLER, &handler(&[(0x17d, 0)]));
    rig.cpu.idtr.limit = 0;
    rig.cpu.activity = Activity::Running;
    rig.smi().run();
    assert_eq!(rig.cpu.activity, Activity::Shutdown);
}

#[test]
fn processors_with_qemus_map_have_none_of_these_registers() {
    for index in [0x9eu32, 0x17d, SMRR_BASE, SMRR_MASK, 0x4e0] {
        let mut rig = Rig::long(&assemble(|a| {
            a.mov(ecx, index).unwrap();
            a.rdmsr().unwrap();
        }));
        rig.cpu.map = SaveStateMap::Qemu;
        assert_eq!(rig.run().vector(), Some(GP), "{index:x}");
    }
}

/// SDM vol. 4, table 2-2: IA32_PLATFORM_ID (17h) is read only; OVMF reads it beside the microcode's revision.
#[test]
fn the_platform_is_read_and_not_written() {
    for (write, vector) in [(false, None), (true, Some(GP))] {
        let mut rig = Rig::long(&assemble(|a| {
            a.mov(ecx, 0x17u32).unwrap();
            if write {
                a.wrmsr().unwrap()
            } else {
                a.rdmsr().unwrap()
            }
            a.hlt().unwrap();
        }));
        (rig.cpu.regs[0], rig.cpu.regs[2]) = (1, 1);
        assert_eq!(rig.run().vector(), vector);
        assert_eq!((rig.cpu.regs[0], rig.cpu.regs[2]), if write { (1, 1) } else { (0, 0) });
    }
}

#[test]
fn mtrrs_and_pat_refuse_reserved_bits_and_types() {
    // index, a value that is accepted, one that isn't
    let rows = [
        (0x200u32, 0xf_e000_0006u64, 0xf_e000_0002),
        (0x200, 0, 0x100),
        (0x201, 0xff_f000_0800, 0xff_f000_0c00),
        (0x201, 0, 1 << 40),
        (0x250, 0x0606_0606_0606_0606, 0x0606_0607_0606_0606),
        (0x2ff, 0xc06, 0x1006),
        (0x277, 0x0007_0406_0007_0406, 2),
        (0xfe, u64::MAX, 0),
    ];
    for (index, good, bad) in rows {
        for (value, faults) in [(good, index == 0xfe), (bad, true)] {
            let mut rig = Rig::long(&assemble(|a| {
                a.mov(ecx, index).unwrap();
                a.mov(eax, value as u32).unwrap();
                a.mov(edx, (value >> 32) as u32).unwrap();
                a.wrmsr().unwrap();
                a.xor(eax, eax).unwrap();
                a.rdmsr().unwrap();
                a.hlt().unwrap();
            }));
            let vector = rig.run().vector();
            assert_eq!(vector, faults.then_some(GP), "{index:x} <- {value:x}");
            if !faults {
                assert_eq!(rig.cpu.regs[2] << 32 | rig.cpu.regs[0], value);
            }
        }
    }
}
