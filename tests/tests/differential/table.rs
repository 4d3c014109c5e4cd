//! The table: one row an opcode, with the flags that its section of the SDM (vol. 2, "Flags
//! Affected") leaves undefined. Nothing else in RFLAGS is masked, but RF, which a fault's frame holds.

use crate::form::{Form, Imm, Rm, form};
use cpu::flag::{AF, CF, OF, PF, SF, ZF};

const ARITHMETIC: u64 = SF | ZF | AF | PF;

pub fn table() -> Vec<Form> {
    let mut t = Vec::new();
    arithmetic(&mut t);
    shifts(&mut t);
    moves(&mut t);
    strings(&mut t);
    decimal(&mut t);
    crate::simd::table(&mut t);
    t
}

/// A form and its byte-sized twin, whose opcode is one less.
fn twins(t: &mut Vec<Form>, wide: Form) {
    let at = usize::from(wide.two_bytes);
    let mut byte = wide.byte();
    byte.opcode[at] -= 1;
    if wide.imm == Imm::Full {
        byte.imm = Imm::Byte;
    }
    t.extend([byte, wide]);
}

#[rustfmt::skip]
fn arithmetic(t: &mut Vec<Form>) {
    let rows = [("ADD", 0), ("OR", AF), ("ADC", 0), ("SBB", 0), ("AND", AF), ("SUB", 0), ("XOR", AF), ("CMP", 0)];
    for (n, (name, undefined)) in rows.into_iter().enumerate() {
        let (base, digit) = (n as u16 * 8, n as u8);
        let row = |opcode| form(name, opcode).undefined(undefined);
        let to_memory = |f: Form| if name == "CMP" { f } else { f.modifies() };
        twins(t, to_memory(row(base + 1)));
        twins(t, row(base + 3));
        twins(t, row(base + 5).plain().imm(Imm::Full));
        twins(t, to_memory(row(0x81).digit(digit).imm(Imm::Full)));
        t.push(to_memory(row(0x83).digit(digit).imm(Imm::Byte)));
    }
    twins(t, form("TEST", 0x85).undefined(AF));
    twins(t, form("TEST", 0xa9).plain().imm(Imm::Full).undefined(AF));
    twins(t, form("TEST", 0xf7).digit(0).imm(Imm::Full).undefined(AF));
    twins(t, form("NOT", 0xf7).digit(2).modifies());
    twins(t, form("NEG", 0xf7).digit(3).modifies());
    twins(t, form("MUL", 0xf7).digit(4).undefined(ARITHMETIC));
    twins(t, form("IMUL", 0xf7).digit(5).undefined(ARITHMETIC));
    twins(t, form("DIV", 0xf7).digit(6).undefined(ARITHMETIC | CF | OF));
    twins(t, form("IDIV", 0xf7).digit(7).undefined(ARITHMETIC | CF | OF));
    t.push(form("IMUL", 0x69).imm(Imm::Full).undefined(ARITHMETIC));
    t.push(form("IMUL", 0x6b).imm(Imm::Byte).undefined(ARITHMETIC));
    t.push(form("IMUL", 0x0faf).undefined(ARITHMETIC));
    for (name, digit) in [("INC", 0), ("DEC", 1)] {
        twins(t, form(name, 0xff).digit(digit).modifies());
    }
    for r in [0u16, 1, 2, 3, 5, 6, 7] {
        t.push(form("INC", 0x40 + r).plain().compatibility_only());
        t.push(form("DEC", 0x48 + r).plain().compatibility_only());
    }
    twins(t, form("CMPXCHG", 0x0fb1).modifies());
    twins(t, form("XADD", 0x0fc1).modifies());
    t.push(form("CMPXCHG8B/CMPXCHG16B", 0x0fc7).digit(1).rm(Rm::Memory).modifies());
    for (name, opcode) in [("CBW/CWDE/CDQE", 0x98), ("CWD/CDQ/CQO", 0x99)] {
        t.push(form(name, opcode).plain());
    }
    for (name, digit, opcode) in [("BT", 4, 0xa3), ("BTS", 5, 0xab), ("BTR", 6, 0xb3), ("BTC", 7, 0xbb)] {
        let row = |opcode| if name == "BT" { form(name, opcode) } else { form(name, opcode).modifies() };
        t.push(row(0x0fba).digit(digit).imm(Imm::Byte).undefined(OF | SF | AF | PF));
        t.push(row(0x0f00 + opcode).undefined(OF | SF | AF | PF));
    }
    t.push(form("BSF", 0x0fbc).undefined(CF | OF | SF | AF | PF));
    t.push(form("BSR", 0x0fbd).undefined(CF | OF | SF | AF | PF));
}

/// OF is undefined for counts other than 1, AF for all but 0, CF of SHL and SHR for counts beyond the width.
fn shifts(t: &mut Vec<Form>) {
    let rows = [("ROL", 0), ("ROR", 1), ("RCL", 2), ("RCR", 3), ("SHL", 4), ("SHR", 5), ("SAR", 7)];
    for (name, digit) in rows {
        let one = if digit < 4 { 0 } else { AF };
        let many = one | OF | if name == "SHL" || name == "SHR" { CF } else { 0 };
        twins(t, form(name, 0xd1).digit(digit).undefined(one).modifies());
        twins(t, form(name, 0xd3).digit(digit).undefined(many).modifies());
        twins(t, form(name, 0xc1).digit(digit).imm(Imm::Byte).undefined(many).modifies());
    }
    // 16-bit counts beyond 16 leave all of it undefined: `guest` keeps them below.
    for (name, opcode) in [("SHLD", 0x0fa4), ("SHRD", 0x0fac)] {
        t.push(form(name, opcode).imm(Imm::Byte).undefined(AF | OF).modifies());
        t.push(form(name, opcode + 1).undefined(AF | OF).modifies());
    }
}

fn moves(t: &mut Vec<Form>) {
    twins(t, form("XCHG", 0x87).modifies());
    twins(t, form("MOV", 0x89));
    twins(t, form("MOV", 0x8b));
    twins(t, form("MOV", 0xc7).digit(0).imm(Imm::Full));
    t.push(form("LEA", 0x8d).rm(Rm::Memory));
    t.push(form("MOVSXD", 0x63).only_64());
    t.push(form("ARPL", 0x63).compatibility_only().byte().modifies());
    for (name, opcode) in [("MOVZX", 0x0fb6), ("MOVZX", 0x0fb7), ("MOVSX", 0x0fbe), ("MOVSX", 0x0fbf)] {
        t.push(form(name, opcode));
    }
    for c in 0..16 {
        t.push(form("CMOVcc", 0x0f40 + c));
        t.push(form("SETcc", 0x0f90 + c).byte());
    }
    for r in [0u16, 1, 2, 3, 5, 6, 7] {
        t.push(form("MOV", 0xb8 + r).plain().imm(Imm::Full));
        t.push(form("MOV", 0xb0 + r).plain().imm(Imm::Byte).byte());
        t.push(form("XCHG", 0x90 + r).plain());
        t.push(form("BSWAP", 0x0fc8 + r).plain());
        t.extend([form("PUSH", 0x50 + r).plain(), form("POP", 0x58 + r).plain()]);
    }
    t.push(form("PUSH", 0x68).plain().imm(Imm::Full));
    t.push(form("PUSH", 0x6a).plain().imm(Imm::Byte));
    t.push(form("PUSH", 0xff).digit(6));
    t.push(form("POP", 0x8f).digit(0));
    t.push(form("PUSHA/PUSHAD", 0x60).plain().compatibility_only());
    t.push(form("POPA/POPAD", 0x61).plain().compatibility_only());
    t.push(form("PUSHF/PUSHFD/PUSHFQ", 0x9c).plain());
    t.push(form("BOUND", 0x62).rm(Rm::Memory).compatibility_only());
    for (name, opcode) in [("SAHF", 0x9e), ("LAHF", 0x9f), ("CMC", 0xf5), ("CLC", 0xf8), ("STC", 0xf9), ("CLD", 0xfc)] {
        t.push(form(name, opcode).plain().byte());
    }
    t.push(form("STD", 0xfd).plain().byte());
    t.push(form("XLAT/XLATB", 0xd7).plain().byte());
    t.push(form("SMSW", 0x0f01).digit(4));
    t.push(form("SLDT", 0x0f00).digit(0));
    t.push(form("STR", 0x0f00).digit(1));
    for segment in 0..6 {
        t.push(form("MOV", 0x8c).digit(segment));
    }
    t.push(form("LEAVE", 0xc9).plain());
    t.push(form("UD", 0x0f0b).plain().byte());
}

fn strings(t: &mut Vec<Form>) {
    for (name, opcode) in [("MOVS", 0xa5), ("CMPS", 0xa7), ("STOS", 0xab), ("LODS", 0xad), ("SCAS", 0xaf)] {
        twins(t, form(name, opcode).plain());
    }
}

#[rustfmt::skip]
fn decimal(t: &mut Vec<Form>) {
    let rows = [
        ("DAA", 0x27, OF, Imm::None), ("DAS", 0x2f, OF, Imm::None),
        ("AAA", 0x37, OF | SF | ZF | PF, Imm::None), ("AAS", 0x3f, OF | SF | ZF | PF, Imm::None),
        ("AAM", 0xd4, OF | AF | CF, Imm::Byte), ("AAD", 0xd5, OF | AF | CF, Imm::Byte),
    ];
    for (name, opcode, undefined, imm) in rows {
        t.push(form(name, opcode).plain().byte().imm(imm).undefined(undefined).compatibility_only());
    }
}

/// The rows that mask something, as text for the report.
pub fn masks() -> String {
    let names = [(CF, "CF"), (PF, "PF"), (AF, "AF"), (ZF, "ZF"), (SF, "SF"), (OF, "OF")];
    let mut text = String::from("Flags not compared (SDM vol. 2, section, \"Flags Affected\":)\n");
    for f in table().iter().filter(|f| f.undefined != 0) {
        let flags: Vec<_> = names.iter().filter(|(bit, _)| f.undefined & bit != 0).map(|(_, name)| *name).collect();
        let digit = f.digit.map(|d| format!(" /{d}")).unwrap_or_default();
        let opcode = if f.two_bytes { format!("0F {:02X}", f.opcode[1]) } else { format!("{:02X}", f.opcode[0]) };
        text += &format!("  {opcode}{digit:4} {:22} {}\n", f.section, flags.join(" "));
    }
    text
}
