//! x87 and SSE as instructions: what the comparison with QEMU (`tests/tests/differential`) can't show,
//! since QEMU lets it pass, and what keeps them from running.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod common;

use common::{Rig, assemble};
use iced_x86::code_asm::*;

const CR4: u64 = 0x620;
const DATA: u64 = 0x8000;
const UD: u64 = 6;
const NM: u64 = 7;
const GP: u64 = 13;
const MF: u64 = 16;
const XM: u64 = 19;

fn rig(build: impl FnOnce(&mut CodeAssembler)) -> Rig {
    let code = assemble(|a| {
        build(a);
        a.hlt().unwrap();
    });
    let mut rig = Rig::long(&code);
    rig.cpu.cr4 = CR4;
    rig.cpu.regs[3] = DATA;
    rig
}

fn put_f64(rig: &mut Rig, at: u64, value: f64) {
    rig.ram.put(at, &value.to_bits().to_le_bytes());
}

#[test]
fn sse_is_undefined_until_the_os_says_that_it_saves_the_registers() {
    let mut off = rig(|a| a.addsd(xmm0, xmm1).unwrap());
    off.cpu.cr4 = 0x20;
    assert_eq!(off.run().vector(), Some(UD));
    let mut switched = rig(|a| a.addsd(xmm0, xmm1).unwrap());
    switched.cpu.cr0 |= 8;
    assert_eq!(switched.run().vector(), Some(NM));
    let mut emulated = rig(|a| a.addsd(xmm0, xmm1).unwrap());
    emulated.cpu.cr0 |= 4;
    assert_eq!(emulated.run().vector(), Some(UD));
}

#[test]
fn a_packed_operand_in_memory_must_be_aligned() {
    let mut rig = rig(|a| a.addps(xmm0, xmmword_ptr(rbx + 8)).unwrap());
    assert_eq!(rig.run().vector(), Some(GP));
}

#[test]
fn an_unmasked_exception_raises_xm_and_stores_nothing() {
    let divide = |a: &mut CodeAssembler| {
        a.ldmxcsr(dword_ptr(rbx)).unwrap();
        a.divsd(xmm0, xmm1).unwrap();
    };
    for (control, vector) in [(CR4, XM), (0x220, UD)] {
        let mut rig = rig(divide);
        rig.cpu.cr4 = control;
        // Everything masked but division by zero.
        rig.ram.put(DATA, &0x1d80u32.to_le_bytes());
        rig.cpu.fpu.xmm[0] = u128::from(1f64.to_bits());
        assert_eq!(rig.run().vector(), Some(vector));
        assert_eq!(rig.cpu.fpu.xmm[0], u128::from(1f64.to_bits()));
        assert_eq!(rig.cpu.fpu.mxcsr, 0x1d84);
    }
}

#[test]
fn reserved_mxcsr_bits_are_a_protection_fault() {
    let mut rig = rig(|a| a.ldmxcsr(dword_ptr(rbx)).unwrap());
    rig.ram.put(DATA, &0x1_0000u32.to_le_bytes());
    assert_eq!(rig.run().vector(), Some(GP));
}

/// SDM vol. 1, table "Rules for Handling NaNs": the first operand; the x87: the quiet one.
#[test]
fn of_two_nans_sse_takes_the_first_and_the_x87_the_quiet_one() {
    let (first, second) = (0x7ff0_0000_0000_0005u64, 0x7ff8_0000_0000_0001u64);
    let mut sse = rig(|a| a.addsd(xmm0, xmm1).unwrap());
    (sse.cpu.fpu.xmm[0], sse.cpu.fpu.xmm[1]) = (first.into(), second.into());
    assert_eq!(sse.run().cpu.fpu.xmm[0] as u64, 0x7ff8_0000_0000_0005);
    let mut x87 = rig(|a| {
        a.fninit().unwrap();
        a.fld(qword_ptr(rbx)).unwrap();
        a.fld(qword_ptr(rbx + 8)).unwrap();
        a.faddp(st1, st0).unwrap();
        a.fstp(qword_ptr(rbx + 16)).unwrap();
    });
    x87.ram.put(DATA, &0x7ff8_0000_0000_0005u64.to_le_bytes());
    x87.ram.put(DATA + 8, &second.to_le_bytes());
    assert_eq!(x87.run().ram.get(DATA + 16, 8), 0x7ff8_0000_0000_0005);
}

#[test]
fn a_denormal_operand_is_told() {
    let mut rig = rig(|a| a.addsd(xmm0, xmm1).unwrap());
    rig.cpu.fpu.xmm[0] = 1;
    assert_eq!(rig.run().cpu.fpu.mxcsr, 0x1f82);
}

/// The forms that a stock OVMF runs when it prints a number.
#[test]
fn the_x87_forms_of_a_stock_firmware_calculate() {
    let mut rig = rig(|a| {
        a.fninit().unwrap();
        a.fldcw(word_ptr(rbx + 32)).unwrap();
        a.fnstcw(word_ptr(rbx + 34)).unwrap();
        a.fild(qword_ptr(rbx)).unwrap();
        a.fmul(dword_ptr(rbx + 8)).unwrap();
        a.fldz().unwrap();
        a.fxch(st0, st1).unwrap();
        a.fcomi(st0, st1).unwrap();
        a.fcmovnbe(st0, st1).unwrap();
        a.fstp(st1).unwrap();
        a.fistp(qword_ptr(rbx + 16)).unwrap();
        a.fild(dword_ptr(rbx)).unwrap();
        a.fstp(qword_ptr(rbx + 24)).unwrap();
    });
    rig.ram.put(DATA, &7u64.to_le_bytes());
    rig.ram.put(DATA + 8, &2.5f32.to_bits().to_le_bytes());
    rig.ram.put(DATA + 32, &0x27fu16.to_le_bytes());
    rig.run();
    // 17.5 > 0: FCMOVNBE takes the zero.
    assert_eq!(rig.ram.get(DATA + 16, 8), 0);
    assert_eq!(f64::from_bits(rig.ram.get(DATA + 24, 8)), 7.0);
    assert_eq!(rig.ram.get(DATA + 34, 2), 0x27f);
    assert_eq!(rig.cpu.fpu.valid, 0);
}

#[test]
fn the_pc_field_rounds_results_and_not_loads() {
    let mut rig = rig(|a| {
        a.fninit().unwrap();
        a.fldcw(word_ptr(rbx + 32)).unwrap();
        a.fld(qword_ptr(rbx)).unwrap();
        a.fld(st0).unwrap();
        a.fstp(qword_ptr(rbx + 8)).unwrap();
        a.fadd(qword_ptr(rbx + 24)).unwrap();
        a.fstp(qword_ptr(rbx + 16)).unwrap();
    });
    put_f64(&mut rig, DATA, 1.0 / 3.0);
    rig.ram.put(DATA + 32, &0x7fu16.to_le_bytes());
    rig.run();
    assert_eq!(f64::from_bits(rig.ram.get(DATA + 8, 8)), 1.0 / 3.0);
    assert_eq!(f64::from_bits(rig.ram.get(DATA + 16, 8)), f64::from(1f32 / 3.0));
}

#[test]
fn an_unmasked_x87_exception_waits_for_the_next_instruction() {
    let mut rig = rig(|a| {
        a.fninit().unwrap();
        a.fldcw(word_ptr(rbx)).unwrap();
        a.fld1().unwrap();
        a.fdiv(dword_ptr(rbx + 8)).unwrap();
        a.fnstsw(ax).unwrap();
        a.wait().unwrap();
    });
    rig.cpu.cr0 |= 0x20;
    rig.ram.put(DATA, &0x37bu16.to_le_bytes());
    assert_eq!(rig.run().vector(), Some(MF));
    // ES, B and ZE; nothing was stored.
    assert_eq!(rig.cpu.regs[0] & 0x80ff, 0x8084);
    assert_eq!(rig.cpu.fpu.st(0), Some(0x3fff_8000_0000_0000_0000));
}

#[test]
fn a_ninth_load_and_an_empty_register_are_stack_faults() {
    let mut rig = rig(|a| {
        a.fninit().unwrap();
        for _ in 0..9 {
            a.fld1().unwrap();
        }
        a.fnstsw(ax).unwrap();
    });
    // IE, SF and C1: overflow. The masked answer is the indefinite.
    assert_eq!(rig.run().cpu.regs[0] & 0x241, 0x241);
    assert_eq!(rig.cpu.fpu.st(0), Some(0xffff_c000_0000_0000_0000));
}

#[test]
fn fxsave_and_fxrstor_keep_everything_and_leave_the_rest_of_the_image() {
    let mut rig = rig(|a| {
        a.fxsave64(ptr(rbx)).unwrap();
        a.fninit().unwrap();
        a.xorps(xmm9, xmm9).unwrap();
        a.fxrstor64(ptr(rbx)).unwrap();
    });
    let fpu = &mut rig.cpu.fpu;
    for (i, x) in fpu.xmm.iter_mut().enumerate() {
        *x = 0x0123_4567_89ab_cdef_u128 << i | i as u128;
    }
    for (i, r) in fpu.registers.iter_mut().enumerate() {
        *r = 0x4000_8000_0000_0000_0000 + i as u128;
    }
    (fpu.control, fpu.status, fpu.valid, fpu.mxcsr) = (0x27f, 0x1800, 0x5a, 0x7f80);
    let before = fpu.clone();
    rig.ram.bytes[DATA as usize..DATA as usize + 512].fill(0xa5);
    rig.run();
    assert_eq!(rig.cpu.fpu, before);
    assert_eq!(rig.ram.get(DATA + 24, 4), 0x7f80);
    assert_eq!(rig.ram.get(DATA + 4, 1), 0x5a);
    // ST(0) is register 3 as TOP says.
    assert_eq!(rig.ram.get(DATA + 32, 2), 3);
    assert_eq!(rig.ram.get(DATA + 160 + 9 * 16, 8), before.xmm[9] as u64);
    assert_eq!(rig.ram.get(DATA + 464, 8), 0xa5a5_a5a5_a5a5_a5a5);
}

#[test]
fn what_cpuid_does_not_announce_is_undefined() {
    // MOVDDUP (SSE3), PSHUFB (SSSE3), PADDB mm (MMX), POPCNT, MOVBE, CRC32, EMMS
    let absent: [&[u8]; 7] = [
        &[0xf2, 0x0f, 0x12, 0xc1],
        &[0x66, 0x0f, 0x38, 0x00, 0xc1],
        &[0x0f, 0xfc, 0xc1],
        &[0xf3, 0x0f, 0xb8, 0xc1],
        &[0x0f, 0x38, 0xf0, 0x03],
        &[0xf2, 0x0f, 0x38, 0xf0, 0xc1],
        &[0x0f, 0x77],
    ];
    for code in absent {
        let mut rig = Rig::long(code);
        rig.cpu.cr4 = CR4;
        assert_eq!(rig.run().vector(), Some(UD), "{code:02x?}");
    }
}

#[test]
fn smm_leaves_x87_and_sse_registers_to_the_handler() {
    let mut rig = rig(|a| a.nop().unwrap());
    rig.cpu.fpu.xmm[3] = 42;
    rig.smi().step();
    assert!(rig.cpu.smm);
    assert_eq!(rig.cpu.fpu.xmm[3], 42);
    // What the handler leaves there is what the interrupted code finds.
    rig.cpu.fpu.xmm[3] = 43;
    rig.ram.put(0x38000, &[0x0f, 0xaa]);
    rig.step();
    assert!(!rig.cpu.smm);
    assert_eq!(rig.cpu.fpu.xmm[3], 43);
}

/// SDM vol. 1, "x87 FPU Execution Environment": the images of FSTENV and FSAVE, and what becomes of the state.
#[test]
fn fsave_writes_an_image_that_frstor_takes_back_and_leaves_an_initialised_x87() {
    // 32-bit code; with 66h the image of 16-bit words
    for (prefix, word) in [(&[][..], 4u64), (&[0x66], 2)] {
        // FNSAVE [EBX]; FNSTENV [ESI]; FRSTOR [EBX]
        let code = [prefix, &[0xdd, 0x33], prefix, &[0xd9, 0x36], prefix, &[0xdd, 0x23]].concat();
        let mut rig = Rig::protected(&code);
        (rig.cpu.regs[3], rig.cpu.regs[6]) = (0x5000, 0x7000);
        let fpu = &mut rig.cpu.fpu;
        (fpu.control, fpu.status, fpu.valid) = (0x27f, 5 << 11, 0b1010_0001);
        fpu.registers[5] = 0x3fff_8000_0000_0000_0000;
        fpu.registers[7] = 0x7fff_8000_0000_0000_0000;
        let before = fpu.clone();
        rig.step();
        let at = |n: u64| rig.ram.get(0x5000 + n * word, 2);
        // ST(0) is register 5, valid; 7 is special, 0 zero, the others empty.
        assert_eq!((at(0), at(1), at(2)), (0x27f, 5 << 11, 0b10_11_00_11_11_11_11_01));
        assert_eq!(rig.ram.get(0x5000 + 7 * word, 8), 1 << 63);
        assert_eq!(rig.ram.get(0x5000 + 7 * word + 20 + 8, 2), 0x7fff, "ST(2)");
        assert_eq!((rig.cpu.fpu.control, rig.cpu.fpu.status, rig.cpu.fpu.valid), (0x37f, 0, 0));
        rig.step();
        assert_eq!((rig.ram.get(0x7000, 2), rig.ram.get(0x7000 + 2 * word, 2)), (0x37f, 0xffff));
        rig.step();
        assert_eq!(rig.cpu.fpu, before);
    }
}

#[test]
fn fstenv_masks_all_exceptions_and_fldenv_brings_them_back_pending() {
    let code = assemble(|a| {
        a.fnstenv(ptr(rbx)).unwrap();
        a.fldenv(ptr(rbx)).unwrap();
        a.fld1().unwrap();
    });
    let mut rig = Rig::long(&code);
    rig.cpu.regs[3] = 0x5000;
    rig.cpu.cr0 |= 0x20;
    // Precision met and not masked.
    (rig.cpu.fpu.control, rig.cpu.fpu.status) = (0x35f, 0x80a0);
    rig.step();
    assert_eq!((rig.cpu.fpu.control, rig.cpu.fpu.status & 0x8080), (0x37f, 0));
    rig.step();
    assert_eq!((rig.cpu.fpu.control, rig.cpu.fpu.status), (0x35f, 0x80a0));
    assert_eq!(rig.run().vector(), Some(16));
}

#[test]
fn top_goes_round_whatever_stands_beside_it_in_the_status_word() {
    let mut rig = rig(|a| a.fincstp().unwrap());
    // B, C3 and TOP 7, as FXRSTOR may load them.
    rig.cpu.fpu.status = 0xf800;
    rig.step();
    assert_eq!(rig.cpu.fpu.status, 0xc000);
}
