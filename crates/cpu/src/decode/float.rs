//! x87 and SSE instructions. Their [`Op`] carries the mnemonic itself; `size` is that of a general
//! register among the operands, else of the memory operand, else 16.

use super::{is_immediate, place, register_size, segment, string_address_size};
use crate::exec::x87_known;
use crate::op::{Kind, Op};
use iced_x86::{Code, Instruction, MemorySize, Mnemonic, OpKind, Register};

/// The operation, if `insn` is one of x87 or SSE.
pub(super) fn floating(mut op: Op, insn: &Instruction, bytes: &[u8]) -> Option<Op> {
    let m = insn.mnemonic();
    op.kind = match m {
        Mnemonic::Fxsave | Mnemonic::Fxsave64 => Kind::Fxsave,
        Mnemonic::Fxrstor | Mnemonic::Fxrstor64 => Kind::Fxrstor,
        Mnemonic::Ldmxcsr => Kind::Ldmxcsr,
        Mnemonic::Stmxcsr => Kind::Stmxcsr,
        _ if x87_known(m) => Kind::X87,
        _ if has_register(insn, Register::MM0, Register::MM7) => Kind::Ud,
        Mnemonic::Cvtss2si | Mnemonic::Cvtsd2si | Mnemonic::Cvttss2si | Mnemonic::Cvttsd2si => Kind::Sse,
        _ if !has_register(insn, Register::XMM0, Register::XMM15) => return None,
        _ if is_later_than_sse2(insn) => Kind::Ud,
        _ => Kind::Sse,
    };
    op.aux = m as u16;
    op.dst = place(insn, 0, &mut op);
    op.src = place(insn, 1, &mut op);
    op.size = general_size(insn).unwrap_or_else(|| memory_size(insn.memory_size()));
    match m {
        Mnemonic::Maskmovdqu => {
            op.addr_size = string_address_size(insn);
            op.seg = segment(insn.memory_segment());
            op.imm = u64::from(insn.op2_register() as u8 - Register::XMM0 as u8);
        }
        _ if op.kind == Kind::X87 => op.imm = opcode(bytes),
        _ if insn.op_count() == 3 && is_immediate(insn.op2_kind()) => op.imm = insn.immediate(2),
        _ => {}
    }
    Some(op)
}

/// The x87 opcode of 11 bits, as FOP keeps it: no prefix looks like its first byte.
fn opcode(bytes: &[u8]) -> u64 {
    let at = bytes.iter().position(|b| b & 0xf8 == 0xd8);
    at.and_then(|at| bytes.get(at..at + 2)).map_or(0, |b| u64::from(b[0] & 7) << 8 | u64::from(b[1]))
}

fn registers(insn: &Instruction) -> impl Iterator<Item = Register> {
    (0..insn.op_count()).filter(|&n| insn.op_kind(n) == OpKind::Register).map(|n| insn.op_register(n))
}

fn has_register(insn: &Instruction, first: Register, last: Register) -> bool {
    registers(insn).any(|r| (first..=last).contains(&r))
}

fn general_size(insn: &Instruction) -> Option<u8> {
    registers(insn).find(|r| (Register::AX..=Register::R15).contains(r)).map(register_size)
}

/// SSE3 and SSE4a by name, what has three opcode bytes by its place in iced's list; and SSE2's
/// conversions from MMX, which isn't modelled.
fn is_later_than_sse2(insn: &Instruction) -> bool {
    use Mnemonic::*;
    insn.code() as usize >= Code::Pshufb_mm_mmm64 as usize
        || matches!(insn.mnemonic(), Movsldup | Movshdup | Movddup | Haddps | Haddpd | Hsubps | Hsubpd | Addsubps)
        || matches!(insn.mnemonic(), Addsubpd | Lddqu | Extrq | Insertq | Movntss | Movntsd | Cvtpi2ps | Cvtpi2pd)
}

fn memory_size(size: MemorySize) -> u8 {
    use MemorySize::*;
    match size {
        // Words of an x87 environment.
        FpuEnv14 | FpuState94 => 2,
        FpuEnv28 | FpuState108 => 4,
        UInt16 | Int16 => 2,
        UInt32 | Int32 | Float32 => 4,
        UInt64 | Int64 | Float64 | Packed64_Float32 | Packed64_Int32 => 8,
        Float80 | Bcd => 10,
        _ => 16,
    }
}
