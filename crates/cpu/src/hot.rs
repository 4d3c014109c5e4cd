//! The few forms that most code consists of, chosen when an instruction is decoded: `fast` runs them on
//! registers and plain RAM. All others go through `exec`.

use crate::lazy::Relation;
use crate::op::{Kind, Op, Place};

/// How `Cpu::hot` runs an operation. A number is the operand size in bytes: the usual two have arms of
/// their own. (Measured, together with late flags, fused branches and known pages: 1.6 to 2 times as fast.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hot {
    /// Not at all.
    No,
    // Destination a register, source a register or an immediate.
    Mov4,
    Mov8,
    Add4,
    Add8,
    Adc4,
    Adc8,
    Sub4,
    Sub8,
    Cmp4,
    Cmp8,
    And4,
    And8,
    Or4,
    Or8,
    Xor4,
    Xor8,
    Test4,
    Test8,
    Inc4,
    Inc8,
    Dec4,
    Dec8,
    Shl4,
    Shl8,
    Shr4,
    Shr8,
    Sar4,
    Sar8,
    Rol4,
    Rol8,
    Ror4,
    Ror8,
    Imul4,
    Imul8,
    // The same together with the conditional branch behind it.
    CmpJcc4,
    CmpJcc8,
    SubJcc4,
    SubJcc8,
    AndJcc4,
    AndJcc8,
    TestJcc4,
    TestJcc8,
    IncJcc4,
    IncJcc8,
    DecJcc4,
    DecJcc8,
    // Between a register (or an immediate) and memory.
    Load4,
    Load8,
    Store1,
    Store4,
    Store8,
    Movzx1,
    // Any size, and memory on either side.
    Mov,
    Movzx,
    Movsx,
    Lea4,
    Lea8,
    Add,
    Adc,
    Sub,
    Sbb,
    Cmp,
    And,
    Or,
    Xor,
    Test,
    CmpJcc,
    TestJcc,
    Inc,
    Dec,
    Set,
    Cmov,
    // Stack and control flow.
    Push4,
    Push8,
    Pop4,
    Pop8,
    Jcc,
    Jmp,
    Call4,
    Call8,
    Ret4,
    Ret8,
    // Through a register or memory.
    CallTo,
    JmpTo,
    Leave,
}

impl Hot {
    /// Sets the operation's hot form, and the registers that it works on.
    pub fn choose(op: &mut Op) {
        let number = |place: Place| if let Place::Reg(r) = place { r } else { crate::state::ZERO };
        (op.to, op.from) = (number(op.dst), number(op.src));
        op.hot = Self::in_registers(op).or_else(|| Self::with_memory(op)).or_else(|| Self::flow(op)).unwrap_or(Hot::No);
    }

    fn in_registers(op: &Op) -> Option<Hot> {
        let Place::Reg(_) = op.dst else { return None };
        let by_size = |four: Hot, eight: Hot| match op.size {
            4 => Some(four),
            8 => Some(eight),
            _ => None,
        };
        let source = matches!(op.src, Place::Reg(_) | Place::Imm);
        let counted = op.src == Place::Imm && op.imm & if op.size == 8 { 63 } else { 31 } != 0;
        match op.kind {
            Kind::Mov if source => by_size(Hot::Mov4, Hot::Mov8),
            Kind::Add if source => by_size(Hot::Add4, Hot::Add8),
            Kind::Adc if source => by_size(Hot::Adc4, Hot::Adc8),
            Kind::Sub if source => by_size(Hot::Sub4, Hot::Sub8),
            Kind::Cmp if source => by_size(Hot::Cmp4, Hot::Cmp8),
            Kind::And if source => by_size(Hot::And4, Hot::And8),
            Kind::Or if source => by_size(Hot::Or4, Hot::Or8),
            Kind::Xor if source => by_size(Hot::Xor4, Hot::Xor8),
            Kind::Test if source => by_size(Hot::Test4, Hot::Test8),
            Kind::Inc => by_size(Hot::Inc4, Hot::Inc8),
            Kind::Dec => by_size(Hot::Dec4, Hot::Dec8),
            Kind::Lea => by_size(Hot::Lea4, Hot::Lea8),
            Kind::Shl if counted => by_size(Hot::Shl4, Hot::Shl8),
            Kind::Shr if counted => by_size(Hot::Shr4, Hot::Shr8),
            Kind::Sar if counted => by_size(Hot::Sar4, Hot::Sar8),
            Kind::Rol if counted => by_size(Hot::Rol4, Hot::Rol8),
            Kind::Ror if counted => by_size(Hot::Ror4, Hot::Ror8),
            Kind::Imul if source => by_size(Hot::Imul4, Hot::Imul8),
            Kind::Mov if op.src == Place::Mem => by_size(Hot::Load4, Hot::Load8),
            Kind::Movzx if op.src == Place::Mem && op.aux == 1 && op.size != 2 => Some(Hot::Movzx1),
            _ => None,
        }
    }

    fn with_memory(op: &Op) -> Option<Hot> {
        let register = |p: Place| matches!(p, Place::Reg(_));
        let source = |p: Place| matches!(p, Place::Reg(_) | Place::Imm | Place::Mem);
        let to_register = register(op.dst) && source(op.src);
        let either = to_register || op.dst == Place::Mem && matches!(op.src, Place::Reg(_) | Place::Imm);
        Some(match op.kind {
            Kind::Mov if either && op.dst == Place::Mem => match op.size {
                1 => Hot::Store1,
                4 => Hot::Store4,
                8 => Hot::Store8,
                _ => Hot::Mov,
            },
            Kind::Mov if either => Hot::Mov,
            Kind::Movzx if to_register => Hot::Movzx,
            Kind::Movsx if to_register => Hot::Movsx,
            Kind::Add if either => Hot::Add,
            Kind::Adc if either => Hot::Adc,
            Kind::Sub if either => Hot::Sub,
            Kind::Sbb if either => Hot::Sbb,
            Kind::Cmp if either => Hot::Cmp,
            Kind::And if either => Hot::And,
            Kind::Or if either => Hot::Or,
            Kind::Xor if either => Hot::Xor,
            Kind::Test if either => Hot::Test,
            Kind::Inc if register(op.dst) || op.dst == Place::Mem => Hot::Inc,
            Kind::Dec if register(op.dst) || op.dst == Place::Mem => Hot::Dec,
            Kind::Set if register(op.dst) => Hot::Set,
            Kind::Cmov if register(op.dst) && register(op.src) => Hot::Cmov,
            _ => return None,
        })
    }

    fn flow(op: &Op) -> Option<Hot> {
        let stacked = matches!(op.dst, Place::Reg(_) | Place::Imm);
        let by_size = |four: Hot, eight: Hot| match op.size {
            4 => Some(four),
            8 => Some(eight),
            _ => None,
        };
        match op.kind {
            Kind::Push if stacked => by_size(Hot::Push4, Hot::Push8),
            Kind::Pop if stacked => by_size(Hot::Pop4, Hot::Pop8),
            Kind::Jcc => Some(Hot::Jcc),
            Kind::Jmp => Some(Hot::Jmp),
            Kind::Call => by_size(Hot::Call4, Hot::Call8),
            Kind::Ret if op.dst == Place::None => by_size(Hot::Ret4, Hot::Ret8),
            Kind::CallIndirect if op.size != 2 => Some(Hot::CallTo),
            Kind::JmpIndirect if op.size != 2 => Some(Hot::JmpTo),
            Kind::Leave if op.size != 2 => Some(Hot::Leave),
            _ => None,
        }
    }

    /// Joins instructions with the conditional branch behind them. Both stay where they are: who comes to
    /// the branch alone, or steps, finds it.
    pub fn fuse(ops: &mut [Op]) {
        for at in 1..ops.len() {
            let relation = if ops[at].kind == Kind::Jcc { Relation::of(ops[at].aux) } else { None };
            let Some(relation) = relation else { continue };
            let first = &mut ops[at - 1];
            first.hot = match first.hot {
                Hot::Cmp4 => Hot::CmpJcc4,
                Hot::Cmp8 => Hot::CmpJcc8,
                Hot::Cmp => Hot::CmpJcc,
                Hot::Sub4 => Hot::SubJcc4,
                Hot::Sub8 => Hot::SubJcc8,
                Hot::And4 => Hot::AndJcc4,
                Hot::And8 => Hot::AndJcc8,
                Hot::Test4 => Hot::TestJcc4,
                Hot::Test8 => Hot::TestJcc8,
                Hot::Test => Hot::TestJcc,
                Hot::Inc4 if !relation.orders() => Hot::IncJcc4,
                Hot::Inc8 if !relation.orders() => Hot::IncJcc8,
                Hot::Dec4 if !relation.orders() => Hot::DecJcc4,
                Hot::Dec8 if !relation.orders() => Hot::DecJcc8,
                _ => continue,
            };
            first.aux = relation.bits();
        }
    }
}
