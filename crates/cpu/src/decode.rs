//! From bytes to [`Op`]: `iced-x86` decodes, this file resolves operands once so that the
//! interpreter needn't.

mod float;

use crate::hot::Hot;
use crate::op::{INSTRUCTION, Kind, NO_REG, Op, Place, Repeat};
use iced_x86::{Code, Decoder, DecoderError, DecoderOptions, Instruction, MemorySize, Mnemonic, OpKind, Register};
use trace::Mode;

/// The CPU profile has no BMI: F3 0F BC and F3 0F BD are BSF and BSR, as on every CPU without it.
const OPTIONS: u32 = DecoderOptions::NO_MPFX_0FBC | DecoderOptions::NO_MPFX_0FBD;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The instruction goes on beyond the bytes given.
    NeedMoreBytes,
    /// More than 15 bytes.
    TooLong,
}

/// Decodes one instruction. Bytes that are no instruction of this CPU give [`Kind::Ud`].
/// Branch targets and RIP-relative addresses come out relative to the instruction's own address,
/// so that the result holds wherever the bytes are mapped.
pub fn decode(mode: Mode, bytes: &[u8]) -> Result<Op, DecodeError> {
    let mut decoder = Decoder::with_ip(mode.bits(), bytes, 0, OPTIONS);
    let insn = decoder.decode();
    if insn.is_invalid() {
        return match decoder.last_error() {
            DecoderError::NoMoreBytes if bytes.len() < 15 => Err(DecodeError::NeedMoreBytes),
            DecoderError::NoMoreBytes => Err(DecodeError::TooLong),
            _ => Ok(Op { kind: Kind::Ud, ..blank(mode, &insn) }),
        };
    }
    Ok(translate(mode, &insn, bytes))
}

/// Intel-syntax text of one instruction, numbers in the form that datasheets use (`0B2h`).
pub fn disassemble(mode: Mode, rip: u64, bytes: &[u8]) -> String {
    let insn = Decoder::with_ip(mode.bits(), bytes, rip, OPTIONS).decode();
    let mut formatter = iced_x86::FastFormatter::new();
    formatter.options_mut().set_use_hex_prefix(false);
    let mut text = String::new();
    formatter.format(&insn, &mut text);
    text
}

/// Length in bytes of the instruction at `bytes`, at least 1.
pub fn length(mode: Mode, bytes: &[u8]) -> usize {
    Decoder::new(mode.bits(), bytes, OPTIONS).decode().len().max(1)
}

fn blank(mode: Mode, insn: &Instruction) -> Op {
    Op {
        kind: Kind::Nop,
        size: 4,
        len: insn.len() as u8,
        addr_size: mode.bits() as u8 / 8,
        dst: Place::None,
        src: Place::None,
        imm: 0,
        seg: 0,
        base: NO_REG,
        index: NO_REG,
        scale: 0,
        disp: 0,
        aux: 0,
        repeat: Repeat::No,
        hot: Hot::No,
        to: NO_REG,
        from: NO_REG,
    }
}

fn translate(mode: Mode, insn: &Instruction, bytes: &[u8]) -> Op {
    let mut op = blank(mode, insn);
    op.repeat = match (insn.has_repne_prefix(), insn.has_rep_prefix()) {
        (true, _) => Repeat::NotEqual,
        (_, true) => Repeat::Equal,
        _ => Repeat::No,
    };
    if let Some(op) = float::floating(op, insn, bytes) {
        return op;
    }
    op.dst = place(insn, 0, &mut op);
    op.src = place(insn, 1, &mut op);
    op.size = operand_size(insn);
    let (kind, aux) = kind(insn);
    op.kind = kind;
    op.aux = aux;
    finish(&mut op, insn);
    Hot::choose(&mut op);
    op
}

/// What one kind needs beyond its operands.
fn finish(op: &mut Op, insn: &Instruction) {
    match op.kind {
        Kind::Movzx | Kind::Movsx => op.aux = u16::from(size_of_operand(insn, 1)),
        Kind::Imul if insn.op_count() == 3 => {
            op.aux = 1;
            op.imm = insn.immediate(2);
        }
        Kind::Shld | Kind::Shrd => {
            op.aux = u16::from(insn.op2_kind() == OpKind::Register);
            if op.aux == 0 {
                op.imm = u64::from(insn.immediate8());
            }
        }
        Kind::Enter => {
            op.imm = u64::from(insn.immediate16());
            op.aux = u16::from(insn.immediate8_2nd());
        }
        Kind::JmpFar | Kind::CallFar => {
            op.aux = insn.far_branch_selector();
            let wide = insn.op0_kind() == OpKind::FarBranch32;
            op.imm = if wide { insn.far_branch32().into() } else { insn.far_branch16().into() };
            op.size = if wide { 4 } else { 2 };
        }
        Kind::JmpFarIndirect | Kind::CallFarIndirect => op.size = far_pointer_size(insn.memory_size()),
        Kind::LoadFar => {
            op.size = far_pointer_size(insn.memory_size());
            op.aux = match insn.mnemonic() {
                Mnemonic::Les => 0,
                Mnemonic::Lss => 2,
                Mnemonic::Lds => 3,
                Mnemonic::Lfs => 4,
                _ => 5,
            };
        }
        Kind::MovFromCr | Kind::MovFromDr => op.aux = control_number(insn.op1_register()),
        Kind::MovToCr | Kind::MovToDr => op.aux = control_number(insn.op0_register()),
        Kind::MovFromSeg | Kind::PushSeg => {
            op.aux = segment(if op.kind == Kind::PushSeg { insn.op0_register() } else { insn.op1_register() }).into();
        }
        Kind::MovToSeg | Kind::PopSeg => op.aux = segment(insn.op0_register()).into(),
        Kind::Lea | Kind::Bound => op.size = size_of_operand(insn, 0),
        Kind::Jcxz => op.addr_size = counter_size(insn),
        Kind::Loop | Kind::Loope | Kind::Loopne => op.addr_size = counter_size(insn),
        Kind::Xlat => op.size = 1,
        _ => {}
    }
    if op.kind.is_string() {
        op.addr_size = string_address_size(insn);
        op.seg = segment(insn.memory_segment());
    }
}

fn place(insn: &Instruction, n: u32, op: &mut Op) -> Place {
    if n >= insn.op_count() {
        return Place::None;
    }
    match insn.op_kind(n) {
        OpKind::Register => register(insn.op_register(n)),
        OpKind::Memory => {
            memory(insn, op);
            Place::Mem
        }
        OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => {
            op.imm = insn.near_branch_target();
            Place::Imm
        }
        OpKind::FarBranch16 | OpKind::FarBranch32 => Place::Imm,
        kind if is_immediate(kind) => {
            op.imm = insn.immediate(n);
            Place::Imm
        }
        _ => Place::None,
    }
}

fn memory(insn: &Instruction, op: &mut Op) {
    op.seg = segment(insn.memory_segment());
    op.scale = insn.memory_index_scale().trailing_zeros() as u8;
    op.disp = insn.memory_displacement64();
    let (base, index) = (insn.memory_base(), insn.memory_index());
    op.addr_size = match (base, index) {
        (Register::RIP, _) => 8,
        (Register::EIP, _) => 4,
        (Register::None, Register::None) => displacement_size(insn, op.addr_size),
        (Register::None, r) | (r, _) => register_size(r),
    };
    op.base = if matches!(base, Register::RIP | Register::EIP) { INSTRUCTION } else { number(base) };
    op.index = number(index);
}

/// Address size of `[disp]`: iced keeps the size of the encoded displacement.
fn displacement_size(insn: &Instruction, by_mode: u8) -> u8 {
    match insn.memory_displ_size() {
        size @ (2 | 4 | 8) => size as u8,
        _ => by_mode,
    }
}

fn counter_size(insn: &Instruction) -> u8 {
    use Code::*;
    match insn.code() {
        Loop_rel8_16_CX | Loop_rel8_32_CX | Loope_rel8_16_CX | Loope_rel8_32_CX | Loopne_rel8_16_CX
        | Loopne_rel8_32_CX | Jcxz_rel8_16 | Jcxz_rel8_32 => 2,
        Loop_rel8_64_RCX | Loop_rel8_16_RCX | Loope_rel8_64_RCX | Loope_rel8_16_RCX | Loopne_rel8_64_RCX
        | Loopne_rel8_16_RCX | Jrcxz_rel8_64 | Jrcxz_rel8_16 => 8,
        _ => 4,
    }
}

fn string_address_size(insn: &Instruction) -> u8 {
    let size = |kind| match kind {
        OpKind::MemorySegSI | OpKind::MemorySegDI | OpKind::MemoryESDI => Some(2),
        OpKind::MemorySegESI | OpKind::MemorySegEDI | OpKind::MemoryESEDI => Some(4),
        OpKind::MemorySegRSI | OpKind::MemorySegRDI | OpKind::MemoryESRDI => Some(8),
        _ => None,
    };
    (0..insn.op_count()).find_map(|n| size(insn.op_kind(n))).unwrap_or(4)
}

fn is_immediate(kind: OpKind) -> bool {
    use OpKind::*;
    matches!(
        kind,
        Immediate8
            | Immediate8_2nd
            | Immediate16
            | Immediate32
            | Immediate64
            | Immediate8to16
            | Immediate8to32
            | Immediate8to64
            | Immediate32to64
    )
}

/// Operand size in bytes, from whichever place shows it.
fn operand_size(insn: &Instruction) -> u8 {
    size_by_mnemonic(insn).or_else(|| size_by_code(insn.code())).unwrap_or_else(|| match insn.op_count() {
        0 => 4,
        _ => size_of_operand(insn, 0),
    })
}

#[rustfmt::skip]
fn size_by_mnemonic(insn: &Instruction) -> Option<u8> {
    use Mnemonic::*;
    Some(match insn.mnemonic() {
        Movsb | Cmpsb | Stosb | Lodsb | Scasb | Insb | Outsb => 1,
        Movsw | Cmpsw | Stosw | Lodsw | Scasw | Insw | Outsw | Pushf | Popf | Pusha | Popa | Cbw | Cwd | Iret => 2,
        Movsd | Cmpsd | Stosd | Lodsd | Scasd | Insd | Outsd | Pushfd | Popfd | Pushad | Popad | Cwde | Cdq | Iretd => 4,
        Movsq | Cmpsq | Stosq | Lodsq | Scasq | Pushfq | Popfq | Cdqe | Cqo | Iretq => 8,
        // The accumulator's side: the port is no data operand.
        Out => size_of_operand(insn, 1),
        _ => return None,
    })
}

#[rustfmt::skip]
fn size_by_code(code: Code) -> Option<u8> {
    use Code::*;
    Some(match code {
        Retnw | Retnw_imm16 | Retfw | Retfw_imm16 | Leavew | Enterw_imm16_imm8 | Pushw_imm8 | Push_imm16
        | Pushw_ES | Pushw_CS | Pushw_SS | Pushw_DS | Pushw_FS | Pushw_GS
        | Popw_ES | Popw_SS | Popw_DS | Popw_FS | Popw_GS | Lgdt_m1632_16 | Lidt_m1632_16 => 2,
        Retnd | Retnd_imm16 | Retfd | Retfd_imm16 | Leaved | Enterd_imm16_imm8 | Pushd_imm8 | Pushd_imm32
        | Pushd_ES | Pushd_CS | Pushd_SS | Pushd_DS | Pushd_FS | Pushd_GS
        | Popd_ES | Popd_SS | Popd_DS | Popd_FS | Popd_GS => 4,
        Retnq | Retnq_imm16 | Retfq | Retfq_imm16 | Leaveq | Enterq_imm16_imm8 | Pushq_imm8 | Pushq_imm32
        | Pushq_FS | Pushq_GS | Popq_FS | Popq_GS => 8,
        _ => return None,
    })
}

fn size_of_operand(insn: &Instruction, n: u32) -> u8 {
    match insn.op_kind(n) {
        OpKind::Register => register_size(insn.op_register(n)),
        OpKind::Memory => memory_size(insn.memory_size()),
        OpKind::Immediate8 => 1,
        OpKind::Immediate16 | OpKind::Immediate8to16 | OpKind::NearBranch16 => 2,
        OpKind::Immediate64 | OpKind::Immediate8to64 | OpKind::Immediate32to64 | OpKind::NearBranch64 => 8,
        _ => 4,
    }
}

fn memory_size(size: MemorySize) -> u8 {
    use MemorySize::*;
    match size {
        UInt8 | Int8 => 1,
        UInt16 | Int16 | WordOffset => 2,
        UInt64 | Int64 | QwordOffset => 8,
        _ => 4,
    }
}

fn far_pointer_size(size: MemorySize) -> u8 {
    match size {
        MemorySize::SegPtr16 => 2,
        MemorySize::SegPtr64 => 8,
        _ => 4,
    }
}

fn register(r: Register) -> Place {
    if (Register::XMM0..=Register::XMM15).contains(&r) {
        return Place::Xmm(r as u8 - Register::XMM0 as u8);
    }
    if (Register::ST0..=Register::ST7).contains(&r) {
        return Place::St(r as u8 - Register::ST0 as u8);
    }
    if (Register::AH..=Register::BH).contains(&r) {
        return Place::High(r as u8 - Register::AH as u8);
    }
    match number(r) {
        NO_REG => Place::None,
        n => Place::Reg(n),
    }
}

/// Number of a general register as in ModRM.
fn number(r: Register) -> u8 {
    let from = |first: Register| r as u8 - first as u8;
    match r {
        _ if (Register::AL..=Register::BL).contains(&r) => from(Register::AL),
        // SPL, BPL, SIL, DIL, R8L … R15L follow BH in iced's order.
        _ if (Register::SPL..=Register::R15L).contains(&r) => from(Register::SPL) + 4,
        _ if (Register::AX..=Register::R15W).contains(&r) => from(Register::AX),
        _ if (Register::EAX..=Register::R15D).contains(&r) => from(Register::EAX),
        _ if (Register::RAX..=Register::R15).contains(&r) => from(Register::RAX),
        _ => NO_REG,
    }
}

fn register_size(r: Register) -> u8 {
    match r {
        _ if (Register::AL..=Register::R15L).contains(&r) => 1,
        _ if (Register::AX..=Register::R15W).contains(&r) => 2,
        _ if (Register::EAX..=Register::R15D).contains(&r) => 4,
        _ if (Register::RAX..=Register::R15).contains(&r) => 8,
        _ if (Register::ES..=Register::GS).contains(&r) => 2,
        _ => 4,
    }
}

fn segment(r: Register) -> u8 {
    (r as u8).wrapping_sub(Register::ES as u8).min(5)
}

fn control_number(r: Register) -> u16 {
    let r = r as u16;
    let (cr0, dr0) = (Register::CR0 as u16, Register::DR0 as u16);
    if (dr0..dr0 + 16).contains(&r) { r - dr0 } else { r.wrapping_sub(cr0) }
}

/// Kind, and the condition code where there is one.
fn kind(insn: &Instruction) -> (Kind, u16) {
    use Kind as K;
    use Mnemonic as M;
    if let Some((kind, condition)) = conditional(insn.mnemonic()) {
        return (kind, condition);
    }
    let by_target = |near: K, indirect: K, far: K, far_indirect: K| match insn.op0_kind() {
        OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => near,
        OpKind::FarBranch16 | OpKind::FarBranch32 => far,
        OpKind::Memory
            if matches!(insn.memory_size(), MemorySize::SegPtr16 | MemorySize::SegPtr32 | MemorySize::SegPtr64) =>
        {
            far_indirect
        }
        _ => indirect,
    };
    let is_segment = |n: u32| insn.op_kind(n) == OpKind::Register && is_segment_register(insn.op_register(n));
    let kind = match insn.mnemonic() {
        M::Mov => match (special(insn, 0), special(insn, 1)) {
            (Special::Cr, _) => K::MovToCr,
            (_, Special::Cr) => K::MovFromCr,
            (Special::Dr, _) => K::MovToDr,
            (_, Special::Dr) => K::MovFromDr,
            (Special::Seg, _) => K::MovToSeg,
            (_, Special::Seg) => K::MovFromSeg,
            (Special::Other, _) | (_, Special::Other) => K::Ud,
            _ => K::Mov,
        },
        M::Push if is_segment(0) => K::PushSeg,
        M::Pop if is_segment(0) => K::PopSeg,
        M::Jmp => by_target(K::Jmp, K::JmpIndirect, K::JmpFar, K::JmpFarIndirect),
        M::Call => by_target(K::Call, K::CallIndirect, K::CallFar, K::CallFarIndirect),
        M::Imul if insn.op_count() == 1 => K::Imul1,
        m => plain(m),
    };
    (kind, 0)
}

enum Special {
    None,
    Seg,
    Cr,
    Dr,
    Other,
}

fn special(insn: &Instruction, n: u32) -> Special {
    if insn.op_kind(n) != OpKind::Register {
        return Special::None;
    }
    let r = insn.op_register(n);
    match r {
        _ if is_segment_register(r) => Special::Seg,
        _ if (Register::CR0..=Register::CR15).contains(&r) => Special::Cr,
        _ if (Register::DR0..=Register::DR15).contains(&r) => Special::Dr,
        _ if register_size(r) == 4 && number(r) == NO_REG => Special::Other,
        _ => Special::None,
    }
}

fn is_segment_register(r: Register) -> bool {
    (Register::ES..=Register::GS).contains(&r)
}

fn conditional(m: Mnemonic) -> Option<(Kind, u16)> {
    use Mnemonic::*;
    const J: [Mnemonic; 16] = [Jo, Jno, Jb, Jae, Je, Jne, Jbe, Ja, Js, Jns, Jp, Jnp, Jl, Jge, Jle, Jg];
    const S: [Mnemonic; 16] =
        [Seto, Setno, Setb, Setae, Sete, Setne, Setbe, Seta, Sets, Setns, Setp, Setnp, Setl, Setge, Setle, Setg];
    const C: [Mnemonic; 16] = [
        Cmovo, Cmovno, Cmovb, Cmovae, Cmove, Cmovne, Cmovbe, Cmova, Cmovs, Cmovns, Cmovp, Cmovnp, Cmovl, Cmovge,
        Cmovle, Cmovg,
    ];
    [(J, Kind::Jcc), (S, Kind::Set), (C, Kind::Cmov)]
        .into_iter()
        .find_map(|(table, kind)| table.iter().position(|&x| x == m).map(|i| (kind, i as u16)))
}

/// Mnemonics that need no look at the operands.
fn plain(m: Mnemonic) -> Kind {
    use Kind as K;
    use Mnemonic::*;
    match m {
        Movzx => K::Movzx,
        Movsx | Movsxd => K::Movsx,
        Movnti => K::Mov,
        Lea => K::Lea,
        Xchg => K::Xchg,
        Bswap => K::Bswap,
        Xlatb => K::Xlat,
        Bound => K::Bound,
        Arpl => K::Arpl,
        Lds | Les | Lfs | Lgs | Lss => K::LoadFar,
        Push => K::Push,
        Pop => K::Pop,
        Pusha | Pushad => K::PushAll,
        Popa | Popad => K::PopAll,
        Pushf | Pushfd | Pushfq => K::PushFlags,
        Popf | Popfd | Popfq => K::PopFlags,
        Enter => K::Enter,
        Leave => K::Leave,
        Lahf => K::Lahf,
        Sahf => K::Sahf,
        Add => K::Add,
        Adc => K::Adc,
        Sub => K::Sub,
        Sbb => K::Sbb,
        Cmp => K::Cmp,
        And => K::And,
        Or => K::Or,
        Xor => K::Xor,
        Test => K::Test,
        Inc => K::Inc,
        Dec => K::Dec,
        Neg => K::Neg,
        Not => K::Not,
        Mul => K::Mul,
        Imul => K::Imul,
        Div => K::Div,
        Idiv => K::Idiv,
        Rol => K::Rol,
        Ror => K::Ror,
        Rcl => K::Rcl,
        Rcr => K::Rcr,
        Shl | Sal => K::Shl,
        Shr => K::Shr,
        Sar => K::Sar,
        Shld => K::Shld,
        Shrd => K::Shrd,
        Bt => K::Bt,
        Bts => K::Bts,
        Btr => K::Btr,
        Btc => K::Btc,
        Bsf => K::Bsf,
        Bsr => K::Bsr,
        Cbw | Cwde | Cdqe => K::Cbw,
        Cwd | Cdq | Cqo => K::Cwd,
        Xadd => K::Xadd,
        Cmpxchg => K::Cmpxchg,
        Cmpxchg8b => K::Cmpxchg8b,
        Cmpxchg16b => K::Cmpxchg16b,
        Aaa => K::Aaa,
        Aas => K::Aas,
        Aam => K::Aam,
        Aad => K::Aad,
        Daa => K::Daa,
        Das => K::Das,
        Clc => K::Clc,
        Stc => K::Stc,
        Cmc => K::Cmc,
        Cld => K::Cld,
        Std => K::Std,
        Cli => K::Cli,
        Sti => K::Sti,
        Ret => K::Ret,
        Retf => K::RetFar,
        Loop => K::Loop,
        Loope => K::Loope,
        Loopne => K::Loopne,
        Jcxz | Jecxz | Jrcxz => K::Jcxz,
        Int => K::Int,
        Int3 => K::Int3,
        Int1 => K::Int1,
        Into => K::Into,
        Iret | Iretd | Iretq => K::Iret,
        Movsb | Movsw | Movsd | Movsq => K::Movs,
        Cmpsb | Cmpsw | Cmpsd | Cmpsq => K::Cmps,
        Stosb | Stosw | Stosd | Stosq => K::Stos,
        Lodsb | Lodsw | Lodsd | Lodsq => K::Lods,
        Scasb | Scasw | Scasd | Scasq => K::Scas,
        Insb | Insw | Insd => K::Ins,
        Outsb | Outsw | Outsd => K::Outs,
        In => K::In,
        Out => K::Out,
        Hlt => K::Hlt,
        Pause => K::Pause,
        // Hints and ordering: one processor at a time runs, memory is strongly ordered.
        Nop | Endbr32 | Endbr64 | Mfence | Lfence | Sfence | Prefetchnta | Prefetcht0 | Prefetcht1 | Prefetcht2
        | Prefetchw | Clflush => K::Nop,
        // What later processors made of the hints that were reserved does nothing here.
        Reservednop | Cldemote | Rdsspd | Rdsspq => K::Nop,
        Cpuid => K::Cpuid,
        Rdtsc => K::Rdtsc,
        Rdpmc => K::Rdpmc,
        Rdmsr => K::Rdmsr,
        Wrmsr => K::Wrmsr,
        Lgdt => K::Lgdt,
        Lidt => K::Lidt,
        Sgdt => K::Sgdt,
        Sidt => K::Sidt,
        Lldt => K::Lldt,
        Sldt => K::Sldt,
        Ltr => K::Ltr,
        Str => K::Str,
        Lmsw => K::Lmsw,
        Smsw => K::Smsw,
        Clts => K::Clts,
        Invlpg => K::Invlpg,
        Wbinvd | Wbnoinvd | Invd => K::Wbinvd,
        Swapgs => K::Swapgs,
        Lar => K::Lar,
        Lsl => K::Lsl,
        Verr => K::Verr,
        Verw => K::Verw,
        Rsm => K::Rsm,
        _ => K::Ud,
    }
}
