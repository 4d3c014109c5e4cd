//! A decoded instruction in the form that the interpreter runs: what to do, how wide, on which
//! operands. Produced by [`crate::decode`], cached by [`crate::code`].

use crate::hot::Hot;

/// What an instruction does. Widths and operands stand in [`Op`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    // moves
    Mov,
    Movzx,
    Movsx,
    Lea,
    Xchg,
    Cmov,
    Set,
    Bswap,
    Xlat,
    Bound,
    Arpl,
    LoadFar,
    Push,
    Pop,
    PushAll,
    PopAll,
    PushFlags,
    PopFlags,
    Enter,
    Leave,
    PushSeg,
    PopSeg,
    MovFromSeg,
    MovToSeg,
    Lahf,
    Sahf,
    // arithmetic and logic
    Add,
    Adc,
    Sub,
    Sbb,
    Cmp,
    And,
    Or,
    Xor,
    Test,
    Inc,
    Dec,
    Neg,
    Not,
    Mul,
    Imul1,
    Imul,
    Div,
    Idiv,
    Rol,
    Ror,
    Rcl,
    Rcr,
    Shl,
    Shr,
    Sar,
    Shld,
    Shrd,
    Bt,
    Bts,
    Btr,
    Btc,
    Bsf,
    Bsr,
    Cbw,
    Cwd,
    Xadd,
    Cmpxchg,
    Cmpxchg8b,
    Cmpxchg16b,
    Aaa,
    Aas,
    Aam,
    Aad,
    Daa,
    Das,
    // flags
    Clc,
    Stc,
    Cmc,
    Cld,
    Std,
    Cli,
    Sti,
    // control flow
    Jmp,
    Jcc,
    JmpIndirect,
    JmpFar,
    JmpFarIndirect,
    Call,
    CallIndirect,
    CallFar,
    CallFarIndirect,
    Ret,
    RetFar,
    Loop,
    Loope,
    Loopne,
    Jcxz,
    Int,
    Int3,
    Int1,
    Into,
    Iret,
    // strings and ports
    Movs,
    Cmps,
    Stos,
    Lods,
    Scas,
    Ins,
    Outs,
    In,
    Out,
    // system
    Hlt,
    Nop,
    Pause,
    Cpuid,
    Rdtsc,
    Rdpmc,
    Rdmsr,
    Wrmsr,
    MovFromCr,
    MovToCr,
    MovFromDr,
    MovToDr,
    Lgdt,
    Lidt,
    Sgdt,
    Sidt,
    Lldt,
    Sldt,
    Ltr,
    Str,
    Lmsw,
    Smsw,
    Clts,
    Invlpg,
    Wbinvd,
    Swapgs,
    Lar,
    Lsl,
    Verr,
    Verw,
    Rsm,
    // x87 and SSE; `aux` is the mnemonic's number
    X87,
    Sse,
    Fxsave,
    Fxrstor,
    Ldmxcsr,
    Stmxcsr,
    Ud,
}

impl Kind {
    /// Whether REP repeats it.
    pub fn is_string(self) -> bool {
        use Kind::*;
        matches!(self, Movs | Cmps | Stos | Lods | Scas | Ins | Outs)
    }

    /// Whether straight-line code ends behind this instruction: what follows may lie elsewhere, decode
    /// otherwise, or be mapped otherwise. (Conditional branches go on when they aren't taken.)
    pub fn ends_block(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Jmp | JmpIndirect
                | JmpFar
                | JmpFarIndirect
                | Call
                | CallIndirect
                | CallFar
                | CallFarIndirect
                | Ret
                | RetFar
                | Int
                | Int3
                | Int1
                | Into
                | Iret
                | Hlt
                | Rsm
                | Ud
                | MovToCr
                | MovToDr
                | Lmsw
                | Wrmsr
                | Invlpg
                | Wbinvd
                | Swapgs
                | Sti
                | PopFlags
                | MovToSeg
                | PopSeg
                | LoadFar
                | Pause
        )
    }
}

/// Where an operand lives. Registers are numbered as in ModRM (RAX, RCX, RDX, RBX, RSP, …).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    None,
    Reg(u8),
    /// AH, CH, DH, BH: the register that holds it in bits 15:8.
    High(u8),
    Xmm(u8),
    /// ST(i).
    St(u8),
    Mem,
    Imm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    No,
    /// REP or REPE.
    Equal,
    NotEqual,
}

/// No register, in [`Op::base`] and [`Op::index`].
pub const NO_REG: u8 = crate::state::ZERO;
/// In [`Op::base`]: the address of the instruction itself.
pub const INSTRUCTION: u8 = 0xfe;

#[derive(Clone, Copy, Debug)]
pub struct Op {
    /// Immediate, sign-extended as the instruction asks; for near branches the target's distance from
    /// the instruction's own address.
    pub imm: u64,
    /// Memory operand: segment : base + (index << scale) + displacement.
    pub disp: u64,
    pub dst: Place,
    pub src: Place,
    /// Condition code (0 = O … 15 = G), size of the source of MOVZX and MOVSX, third operand's
    /// register, ENTER's nesting level, far pointer's selector, mnemonic of x87 and SSE: what the kind
    /// needs beside.
    pub aux: u16,
    pub kind: Kind,
    /// Operand size in bytes: 1, 2, 4 or 8.
    pub size: u8,
    /// Length of the instruction in bytes.
    pub len: u8,
    /// Address size in bytes: 2, 4 or 8.
    pub addr_size: u8,
    pub seg: u8,
    pub base: u8,
    pub index: u8,
    /// The index is shifted left by so much.
    pub scale: u8,
    pub repeat: Repeat,
    pub hot: Hot,
    /// Registers of `dst` and `src` for [`Hot`] forms; `ZERO` where the operand is none.
    pub to: u8,
    pub from: u8,
}
