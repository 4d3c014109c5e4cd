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
