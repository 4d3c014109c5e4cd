//! The x87 instructions that compilers and firmware use: loads, stores, the four operations, comparison into
//! EFLAGS, conditional moves, control (SDM vol. 2); `x87_state` and `x87_functions` have the others.

use super::{x87_functions, x87_state};
use crate::alu::{self, flag};
use crate::bus::Bus;
use crate::fault::{Fault, Result, vector};
use crate::float::{self, Context, DOUBLE, EXTENDED, Format, Order, SINGLE, exception};
use crate::fpu::status;
use crate::memory::Env;
use crate::op::{Op, Place};
use crate::state::{CS, Cpu, RAX, cr0};
use iced_x86::Mnemonic;

type Operation = fn(&mut Context, Format, u32, u128, u128) -> u128;

const ONE: u128 = 0x3fff_8000_0000_0000_0000;
const SIGN: u128 = 1 << 79;

pub(super) fn memory_format(size: u8) -> Format {
    match size {
        4 => SINGLE,
        8 => DOUBLE,
        _ => EXTENDED,
    }
}

pub(super) fn stack_number(place: Place) -> u8 {
    if let Place::St(i) = place { i } else { 0 }
}

/// Addition and its like: the operation, whether its operands change places, whether it pops.
#[rustfmt::skip]
fn arithmetic(m: Mnemonic) -> Option<(Operation, bool, bool)> {
    use Mnemonic::*;
    Some(match m {
        Fadd | Fiadd => (float::add, false, false),
        Faddp => (float::add, false, true),
        Fmul | Fimul => (float::mul, false, false),
        Fmulp => (float::mul, false, true),
        Fsub | Fisub => (float::sub, false, false),
        Fsubp => (float::sub, false, true),
        Fsubr | Fisubr => (float::sub, true, false),
        Fsubrp => (float::sub, true, true),
        Fdiv | Fidiv => (float::div, false, false),
        Fdivp => (float::div, false, true),
        Fdivr | Fidivr => (float::div, true, false),
        Fdivrp => (float::div, true, true),
        _ => return None,
    })
}

/// Condition code of FCMOVcc, as [`alu::condition`] numbers them.
fn condition(m: Mnemonic) -> Option<u16> {
    use Mnemonic::*;
    const CODES: [(Mnemonic, u16); 8] = [
        (Fcmovb, 2),
        (Fcmovnb, 3),
        (Fcmove, 4),
        (Fcmovne, 5),
        (Fcmovbe, 6),
        (Fcmovnbe, 7),
        (Fcmovu, 10),
        (Fcmovnu, 11),
    ];
    CODES.iter().find(|(x, _)| *x == m).map(|(_, code)| *code)
}

/// Whether this x87 instruction is modelled.
pub fn known(m: Mnemonic) -> bool {
    use Mnemonic::*;
    x87_state::known(m)
        || x87_functions::known(m)
        || arithmetic(m).is_some()
        || condition(m).is_some()
        || matches!(
            m,
            Fninit
                | Fnclex
                | Fldcw
                | Fnstcw
                | Fnstsw
                | Wait
                | Fld
                | Fild
                | Fst
                | Fstp
                | Fist
                | Fistp
                | Fldz
                | Fld1
                | Fbld
                | Fbstp
        )
        || matches!(m, Fxch | Fchs | Fabs | Ffree | Fcomi | Fcomip | Fucomi | Fucomip)
}

/// Control instructions leave the pointers to the last instruction alone (SDM vol. 1, "x87 FPU Instruction and Data
/// (Operand) Pointers").
fn is_control(m: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(m, Fninit | Fnclex | Fldcw | Fnstcw | Fnstsw | Fnstenv | Fldenv | Fnsave | Frstor | Wait)
}

impl Cpu {
    pub(super) fn x87<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        use Mnemonic::*;
        let m = Mnemonic::try_from(usize::from(op.aux)).map_err(|_| Fault::UD)?;
        let waits_only = m == Wait;
        let unavailable = if waits_only {
            self.cr0 & (cr0::TS | cr0::MP) == cr0::TS | cr0::MP
        } else {
            self.cr0 & (cr0::EM | cr0::TS) != 0
        };
        if unavailable {
            return Err(Fault::NM);
        }
        // Those with N don't look at exceptions that wait.
        let looks = !matches!(m, Fninit | Fnclex | Fnstcw | Fnstsw | Fnstenv | Fnsave);
        if looks && self.fpu.status & status::SUMMARY != 0 && self.cr0 & cr0::NE != 0 {
            return Err(Fault { vector: vector::MF, error: None });
        }
        self.x87_run(env, op, m)?;
        if !is_control(m) {
            self.fpu_remember(op);
        }
        Ok(())
    }

    /// Which instruction this was, for those that save the environment.
    #[inline(never)]
    fn fpu_remember(&mut self, op: &Op) {
        let last = &mut self.fpu.last;
        last.opcode = op.imm as u16;
        last.fip = self.rip.wrapping_sub(op.len.into());
        last.fcs = self.seg[CS].selector;
        if op.dst == Place::Mem {
            self.fpu.last.fds = self.seg[usize::from(op.seg)].selector;
            self.fpu.last.fdp = self.effective(op);
        }
    }

    fn x87_run<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, m: Mnemonic) -> Result<()> {
        use Mnemonic::*;
        if x87_state::known(m) {
            return self.x87_beside(env, op, m);
        }
        if x87_functions::known(m) {
            self.fpu_function(m);
            return Ok(());
        }
        match m {
            Wait => {}
            Fninit => self.fpu.initialise(),
            Fnclex => self.fpu.status &= 0x7f00,
            Fldcw => {
                self.fpu.control = self.read_operand(env, op, 2)? as u16 | 0x40;
                let (masks, status) = (self.fpu.control, self.fpu.status);
                self.fpu.status &= !(status::SUMMARY | status::BUSY);
                self.fpu.note(u32::from(status & !masks & 0x3f));
            }
            Fnstcw => self.write_operand(env, op, 2, self.fpu.control.into())?,
            Fnstsw if op.dst == Place::Mem => self.write_operand(env, op, 2, self.fpu.status.into())?,
            Fnstsw => self.write_reg(RAX as u8, 2, self.fpu.status.into()),
            Fldz => self.fpu_push(0),
            Fld1 => self.fpu_push(ONE),
            Fld => return self.fpu_load(env, op),
            Fild => {
                let value = self.integer_operand(env, op)?;
                self.fpu_push(float::from_signed(&mut self.fpu.x87_context(), EXTENDED, value));
            }
            Fst | Fstp => return self.fpu_store(env, op, m == Fstp),
            Fist | Fistp => return self.fpu_store_integer(env, op, m == Fistp),
            Fbld => {
                let decimal = self.read_operand(env, op, 10)?;
                self.fpu_push(float::from_decimal(&mut self.fpu.x87_context(), decimal));
            }
            Fbstp => return self.fpu_store_decimal(env, op),
            Fxch => {
                let i = stack_number(op.src);
                let (a, b) = (self.fpu_operand(0), self.fpu_operand(i));
                if let (Some(a), Some(b)) = (a, b) {
                    self.fpu.set_st(0, b);
                    self.fpu.set_st(i, a);
                    self.fpu.set_rounded_up(false);
                }
            }
            Fchs | Fabs => {
                if let Some(a) = self.fpu_operand(0) {
                    self.fpu.set_st(0, if m == Fchs { a ^ SIGN } else { a & !SIGN });
                    self.fpu.set_rounded_up(false);
                }
            }
            Ffree => self.fpu.free(stack_number(op.dst)),
            Fcomi | Fcomip | Fucomi | Fucomip => self.fpu_compare(op, m),
            _ => {
                if let Some(code) = condition(m) {
                    let value = self.fpu_operand(stack_number(op.src));
                    if let (Some(value), true) = (value, alu::condition(code, self.rflags)) {
                        self.fpu.set_st(0, value);
                    }
                } else if let Some(how) = arithmetic(m) {
                    return self.fpu_arithmetic(env, op, m, how);
                } else {
                    return Err(Fault::UD);
                }
            }
        }
        Ok(())
    }

    /// ST(`i`); an empty register is a stack fault, whose masked answer is the indefinite.
    #[inline(never)]
    pub(super) fn fpu_operand(&mut self, i: u8) -> Option<u128> {
        let value = self.fpu.st(i);
        if value.is_some() {
            return value;
        }
        self.fpu.status = self.fpu.status & !status::C1 | status::STACK_FAULT;
        (!self.fpu.note(exception::INVALID)).then(|| EXTENDED.indefinite())
    }

    #[inline(never)]
    pub(super) fn fpu_push(&mut self, value: u128) {
        if self.fpu.st(7).is_none() {
            self.fpu.rotate(7);
            self.fpu.set_st(0, value);
            self.fpu.status &= !status::C1;
            return;
        }
        self.fpu.status |= status::C1 | status::STACK_FAULT;
        if !self.fpu.note(exception::INVALID) {
            self.fpu.rotate(7);
            self.fpu.set_st(0, EXTENDED.indefinite());
        }
    }

    pub(super) fn fpu_pop(&mut self) {
        self.fpu.free(0);
        self.fpu.rotate(1);
    }

    /// Takes over what a calculation met; false: its result must not be stored.
    #[inline(never)]
    pub(super) fn fpu_settle(&mut self, cx: &Context) -> bool {
        let before = exception::INVALID | exception::DENORMAL | exception::DIVIDE;
        let stops = cx.flags & before & !u32::from(self.fpu.control) != 0;
        // What comes with the result doesn't come without it.
        self.fpu.note(if stops { cx.flags & before } else { cx.flags });
        self.fpu.set_rounded_up(cx.rounded_up && !stops);
        !stops
    }

    pub(super) fn integer_operand<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<i64> {
        let shift = 64 - u32::from(op.size) * 8;
        Ok(((self.read_operand(env, op, op.size)? as u64) << shift) as i64 >> shift)
    }

    #[inline(never)]
    fn fpu_load<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        if op.dst != Place::Mem {
            if let Some(value) = self.fpu_operand(stack_number(op.dst)) {
                self.fpu_push(value);
            }
            return Ok(());
        }
        let bits = self.read_operand(env, op, op.size)?;
        let mut cx = self.fpu.x87_context();
        let value = if op.size == 10 { bits } else { float::to_float(&mut cx, memory_format(op.size), EXTENDED, bits) };
        if self.fpu_settle(&cx) {
            self.fpu_push(value);
        }
        Ok(())
    }

    #[inline(never)]
    fn fpu_store<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, mut pops: bool) -> Result<()> {
        let Some(value) = self.fpu_operand(0) else { return Ok(()) };
        if op.dst == Place::Mem {
            let mut cx = self.fpu.x87_context();
            let out =
                if op.size == 10 { value } else { float::to_float(&mut cx, EXTENDED, memory_format(op.size), value) };
            // Overflow and underflow, unmasked, keep a store in memory from happening, too.
            if cx.flags & !u32::from(self.fpu.control) & !exception::PRECISION & exception::ALL == 0 {
                self.write_operand(env, op, op.size, out)?;
            } else {
                (pops, cx.rounded_up) = (false, false);
            }
            self.fpu_settle(&cx);
        } else {
            self.fpu.set_st(stack_number(op.dst), value);
            self.fpu.set_rounded_up(false);
        }
        if pops {
            self.fpu_pop();
        }
        Ok(())
    }

    #[inline(never)]
    fn fpu_store_integer<B: Bus>(&mut self, env: &mut Env<B>, op: &Op, pops: bool) -> Result<()> {
        let Some(value) = self.fpu_operand(0) else { return Ok(()) };
        let mut cx = self.fpu.x87_context();
        let rounding = cx.rounding;
        let whole = float::to_signed(&mut cx, EXTENDED, value, op.size.into(), rounding);
        if cx.flags & !u32::from(self.fpu.control) & exception::INVALID == 0 {
            self.write_operand(env, op, op.size, u128::from(whole as u64))?;
            if pops {
                self.fpu_pop();
            }
        }
        self.fpu_settle(&cx);
        Ok(())
    }

    #[inline(never)]
    fn fpu_store_decimal<B: Bus>(&mut self, env: &mut Env<B>, op: &Op) -> Result<()> {
        let Some(value) = self.fpu_operand(0) else { return Ok(()) };
        let mut cx = self.fpu.x87_context();
        let decimal = float::to_decimal(&mut cx, value);
        if cx.flags & !u32::from(self.fpu.control) & exception::INVALID == 0 {
            self.write_operand(env, op, 10, decimal)?;
            self.fpu_pop();
        }
        self.fpu_settle(&cx);
        Ok(())
    }

    fn fpu_arithmetic<B: Bus>(
        &mut self,
        env: &mut Env<B>,
        op: &Op,
        m: Mnemonic,
        (operation, swapped, pops): (Operation, bool, bool),
    ) -> Result<()> {
        use Mnemonic::*;
        let integer = matches!(m, Fiadd | Fimul | Fisub | Fisubr | Fidiv | Fidivr);
        let mut cx = self.fpu.x87_context();
        let target = if op.dst == Place::Mem { 0 } else { stack_number(op.dst) };
        let other = if op.dst != Place::Mem {
            self.fpu_operand(stack_number(op.src))
        } else if integer {
            let value = self.integer_operand(env, op)?;
            Some(float::from_signed(&mut cx, EXTENDED, value))
        } else {
            let bits = self.read_operand(env, op, op.size)?;
            Some(float::to_float(&mut cx, memory_format(op.size), EXTENDED, bits))
        };
        // What an empty register gives is the indefinite, whichever NaN is larger.
        let source = if op.dst == Place::Mem { target } else { stack_number(op.src) };
        let empty = self.fpu.st(target).is_none() || self.fpu.st(source).is_none();
        let (Some(a), Some(b)) = (self.fpu_operand(target), other) else { return Ok(()) };
        let (a, b) = if swapped { (b, a) } else { (a, b) };
        let precision = self.fpu.x87_precision();
        let result = if empty { EXTENDED.indefinite() } else { operation(&mut cx, EXTENDED, precision, a, b) };
        if self.fpu_settle(&cx) {
            self.fpu.set_st(target, result);
            if pops {
                self.fpu_pop();
            }
        }
        Ok(())
    }

    fn fpu_compare(&mut self, op: &Op, m: Mnemonic) {
        let (Some(a), Some(b)) = (self.fpu_operand(0), self.fpu_operand(stack_number(op.src))) else { return };
        let mut cx = self.fpu.x87_context();
        let quiet = matches!(m, Mnemonic::Fucomi | Mnemonic::Fucomip);
        let order = float::compare(&mut cx, EXTENDED, a, b, quiet);
        if self.fpu_settle(&cx) {
            self.status(order_flags(order));
            if matches!(m, Mnemonic::Fcomip | Mnemonic::Fucomip) {
                self.fpu_pop();
            }
        }
    }
}

/// ZF, PF and CF as COMISD and FCOMI set them; the other status flags become 0.
pub(super) fn order_flags(order: Order) -> u64 {
    match order {
        Order::Unordered => flag::ZF | flag::PF | flag::CF,
        Order::Greater => 0,
        Order::Less => flag::CF,
        Order::Equal => flag::ZF,
    }
}
