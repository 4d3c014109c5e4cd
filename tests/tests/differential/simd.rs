//! The table's SSE and SSE2 rows. Left out: RCPPS and RSQRTPS, which silicon approximates.

use crate::form::{Form, Imm, Rm, form};

const NONE: u8 = 0;

#[rustfmt::skip]
pub fn table(t: &mut Vec<Form>) {
    // Packed and scalar, single and double.
    for (name, opcode) in [("ADD", 0x58), ("MUL", 0x59), ("SUB", 0x5c), ("MIN", 0x5d), ("DIV", 0x5e), ("MAX", 0x5f), ("SQRT", 0x51)] {
        for prefix in [NONE, 0x66, 0xf2, 0xf3] {
            t.push(form(name, 0x0f00 + opcode).prefix(prefix).xmm());
        }
    }
    for prefix in [NONE, 0x66, 0xf2, 0xf3] {
        t.push(form("CMPPS and its like", 0x0fc2).prefix(prefix).xmm().imm(Imm::Byte));
        t.push(form("MOVUPS and its like", 0x0f10).prefix(prefix).xmm());
        t.push(form("MOVUPS and its like", 0x0f11).prefix(prefix).xmm());
    }
    for prefix in [NONE, 0x66] {
        for (name, opcode) in [("UCOMISS", 0x2e), ("COMISS", 0x2f), ("MOVAPS", 0x28), ("MOVAPS", 0x29), ("UNPCKLPS", 0x14),
            ("UNPCKHPS", 0x15), ("ANDPS", 0x54), ("ANDNPS", 0x55), ("ORPS", 0x56), ("XORPS", 0x57)] {
            t.push(form(name, 0x0f00 + opcode).prefix(prefix).xmm());
        }
        t.push(form("SHUFPS", 0x0fc6).prefix(prefix).xmm().imm(Imm::Byte));
        for opcode in [0x12, 0x13, 0x16, 0x17, 0x2b] {
            t.push(form("MOVLPS, MOVHPS, MOVNTPS", 0x0f00 + opcode).prefix(prefix).xmm().rm(Rm::Memory));
        }
        t.push(form("MOVMSKPS", 0x0f50).prefix(prefix).general_from_xmm().rm(Rm::Register).narrow());
    }
    t.push(form("MOVHLPS", 0x0f12).xmm().rm(Rm::Register));
    t.push(form("MOVLHPS", 0x0f16).xmm().rm(Rm::Register));
    // Conversions.
    for prefix in [NONE, 0x66, 0xf2, 0xf3] {
        t.push(form("CVTSS2SD and its like", 0x0f5a).prefix(prefix).xmm());
    }
    for prefix in [0x66, 0xf2, 0xf3] {
        t.push(form("CVTPD2DQ and its like", 0x0fe6).prefix(prefix).xmm());
    }
    for prefix in [NONE, 0x66, 0xf3] {
        t.push(form("CVTDQ2PS and its like", 0x0f5b).prefix(prefix).xmm());
    }
    for prefix in [0xf2, 0xf3] {
        t.push(form("CVTSI2SD", 0x0f2a).prefix(prefix).xmm_from_general());
        t.push(form("CVTTSD2SI", 0x0f2c).prefix(prefix).general_from_xmm());
        t.push(form("CVTSD2SI", 0x0f2d).prefix(prefix).general_from_xmm());
    }
    // Integers.
    let packed = [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6f, 0x74, 0x75, 0x76, 0x7f,
        0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5,
        0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe];
    for opcode in packed {
        t.push(form("packed integers", 0x0f00 + opcode).prefix(0x66).xmm());
    }
    for (prefix, opcode) in [(0xf3, 0x6f), (0xf3, 0x7f), (0xf3, 0x7e)] {
        t.push(form("MOVDQU, MOVQ", 0x0f00 + opcode).prefix(prefix).xmm());
    }
    for prefix in [0x66, 0xf2, 0xf3] {
        t.push(form("PSHUFD and its like", 0x0f70).prefix(prefix).xmm().imm(Imm::Byte));
    }
    for (opcode, digits) in [(0x71, &[2, 4, 6][..]), (0x72, &[2, 4, 6]), (0x73, &[2, 3, 6, 7])] {
        for &digit in digits {
            t.push(form("shift by immediate", 0x0f00 + opcode).prefix(0x66).digit(digit).xmm().rm(Rm::Register).imm(Imm::Byte));
        }
    }
    t.push(form("MOVD/MOVQ", 0x0f6e).prefix(0x66).xmm_from_general());
    t.push(form("MOVD/MOVQ", 0x0f7e).prefix(0x66).xmm_from_general());
    t.push(form("PINSRW", 0x0fc4).prefix(0x66).xmm_from_general().narrow().imm(Imm::Byte));
    t.push(form("PEXTRW", 0x0fc5).prefix(0x66).general_from_xmm().rm(Rm::Register).narrow().imm(Imm::Byte));
    t.push(form("PMOVMSKB", 0x0fd7).prefix(0x66).general_from_xmm().rm(Rm::Register).narrow());
    t.push(form("MOVNTDQ", 0x0fe7).prefix(0x66).xmm().rm(Rm::Memory));
    t.push(form("MOVNTI", 0x0fc3).rm(Rm::Memory).byte());
    t.push(form("STMXCSR", 0x0fae).digit(3).rm(Rm::Memory).byte().narrow());
}

/// x87: loads two numbers from memory, calculates, stores. ModRM bytes address [RBX], [RSI] and [RDI]
/// with a displacement, in 64-bit mode.
pub fn x87(pick: &mut dyn FnMut(u64) -> u64) -> Vec<u8> {
    if pick(4) == 0 {
        return x87_conditions(pick);
    }
    let mut code = vec![0xdb, 0xe3];
    // FNINIT leaves extended precision and rounding to nearest; CW with another RC now and then, from the
    // stack. (QEMU 7.2 lets PC round what FLD loads, which the SDM doesn't.)
    if pick(3) == 0 {
        let control = 0x037f | (pick(4) as u16) << 10;
        // MOV word [RSP], control; FLDCW [RSP]
        code.extend([0x66, 0xc7, 0x04, 0x24]);
        code.extend(control.to_le_bytes());
        code.extend([0xd9, 0x2c, 0x24]);
    }
    let d8 = |pick: &mut dyn FnMut(u64) -> u64| pick(8) as u8;
    // FLD m64, m32; FILD m64, m32, m16; [RSI + d8]
    let loads: [[u8; 2]; 6] = [[0xdd, 0x46], [0xdd, 0x46], [0xd9, 0x46], [0xdf, 0x6e], [0xdb, 0x46], [0xdf, 0x46]];
    for _ in 0..2 {
        code.extend(loads[pick(6) as usize]);
        code.push(d8(pick));
    }
    match pick(9) {
        // FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR ST(0), ST(1)
        0..=2 => code.extend([0xd8, [0xc1, 0xc9, 0xe1, 0xe9, 0xf1, 0xf9][pick(6) as usize]]),
        // the same with m32 or m64
        3 => code.extend([[0xd8, 0xdc][pick(2) as usize], 0x46 | [0, 1, 4, 5, 6, 7][pick(6) as usize] << 3, d8(pick)]),
        // FADDP … ST(1), ST(0)
        4 => code.extend([0xde, [0xc1, 0xc9, 0xe1, 0xe9, 0xf1, 0xf9][pick(6) as usize]]),
        // FCOMI, FUCOMI, FXCH, FCHS, FABS, FLDZ
        5 => code.extend(
            [[0xdb, 0xf1], [0xdb, 0xe9], [0xd9, 0xc9], [0xd9, 0xe0], [0xd9, 0xe1], [0xd9, 0xee]][pick(6) as usize],
        ),
        // FCOMIP, FUCOMIP; FSTP ST(1); FNSTCW word [RDI]
        6 => code.extend([[0xdf, 0xf1], [0xdf, 0xe9], [0xdd, 0xd9], [0xd9, 0x3f]][pick(4) as usize]),
        // FRNDINT, FSQRT; FLD1 to FLDLN2
        7 => code.extend([0xd9, [0xfc, 0xfc, 0xfc, 0xfa, 0xfa, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed][pick(11) as usize]]),
        // FCMOVB … FCMOVNU ST(0), ST(1)
        _ => code.extend([[0xda, 0xdb][pick(2) as usize], 0xc1 | (pick(4) as u8) << 3]),
    }
    // FSTP m80, m64, m32; FISTP m64, m32, m16; [RDI + d8]
    let stores: [[u8; 2]; 6] = [[0xdb, 0x7f], [0xdd, 0x5f], [0xd9, 0x5f], [0xdf, 0x7f], [0xdb, 0x5f], [0xdf, 0x5f]];
    code.extend(stores[pick(6) as usize]);
    code.push(d8(pick));
    // FNSTSW AX; AND AX, without C0–C3, which are undefined or need more than is modelled, and DE, which
    // QEMU 7.2 doesn't set
    code.extend([0xdf, 0xe0, 0x66, 0x25, 0xfd, 0xb8]);
    code
}

/// What sets C0–C3: comparisons with registers and memory, FTST, FXAM; and stack control.
fn x87_conditions(pick: &mut dyn FnMut(u64) -> u64) -> Vec<u8> {
    let mut code = vec![0xdb, 0xe3];
    let loads: [[u8; 2]; 4] = [[0xdd, 0x46], [0xd9, 0x46], [0xdb, 0x6e], [0xdf, 0x46]];
    for _ in 0..2 {
        code.extend(loads[pick(4) as usize]);
        code.push(pick(8) as u8);
    }
    // FCOM, FCOMP ST(1); FCOMPP; FUCOM, FUCOMP ST(1); FUCOMPP; FTST; FXAM, of an empty register, too
    let on_stack: [&[u8]; 9] = [
        &[0xd8, 0xd1],
        &[0xd8, 0xd9],
        &[0xde, 0xd9],
        &[0xdd, 0xe1],
        &[0xdd, 0xe9],
        &[0xda, 0xe9],
        &[0xd9, 0xe4],
        &[0xd9, 0xe5],
        &[0xd9, 0xf6, 0xd9, 0xe5],
    ];
    // FCOM m32, FCOMP m64, FICOM m32, FICOMP m16
    let with_memory: [[u8; 2]; 4] = [[0xd8, 0x56], [0xdc, 0x5e], [0xda, 0x56], [0xde, 0x5e]];
    match pick(13) {
        n @ 0..=8 => code.extend(on_stack[n as usize]),
        n => {
            code.extend(with_memory[n as usize - 9]);
            code.push(pick(8) as u8);
        }
    }
    // FNSTSW AX; AND AX, without DE
    code.extend([0xdf, 0xe0, 0x66, 0x25, 0xfd, 0xff]);
    code
}
