//! x87 instructions that work on ST(0) and ST(1) alone: remainder, scaling, FXTRACT, transcendental functions (SDM
//! vol. 2). What they calculate stands in [`crate::float`].

use super::x87_state::{C0, C2, C3, CONDITIONS};
use crate::float::{self, Context, EXTENDED, Function};
use crate::fpu::status;
use crate::state::Cpu;
use iced_x86::Mnemonic::{self, *};

const ONE: u128 = 0x3fff_8000_0000_0000_0000;

/// What becomes of the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// ST(0) is replaced.
    Unary,
    /// ST(0) is replaced by what it and ST(1) give.
    Binary,
    /// ST(1) is replaced, and ST(0) popped.
    Pops,
    /// ST(0) is replaced, and a second result pushed.
    Pushes,
}

fn shape(m: Mnemonic) -> Option<Shape> {
    match m {
        F2xm1 | Fsin | Fcos => Some(Shape::Unary),
        Fprem | Fprem1 | Fscale => Some(Shape::Binary),
        Fyl2x | Fyl2xp1 | Fpatan => Some(Shape::Pops),
        Fxtract | Fptan | Fsincos => Some(Shape::Pushes),
        _ => None,
    }
}

/// Whether this file does it.
pub(super) fn known(m: Mnemonic) -> bool {
    shape(m).is_some()
}

/// The results, and the condition codes but for C1's "rounded up".
struct Outcome {
    value: u128,
    pushed: u128,
    conditions: u16,
}

/// `a` is ST(0), `b` ST(1); `None`: the operand is out of range.
#[inline(never)]
fn calculate(cx: &mut Context, m: Mnemonic, a: u128, b: u128) -> Option<Outcome> {
    let (mut pushed, mut conditions) = (0, 0);
    let value = match m {
        Fprem | Fprem1 => {
            let (value, quotient) = float::remainder(cx, a, b, m == Fprem1);
            let bit = |n: u32, condition: u16| if quotient.is_some_and(|q| q >> n & 1 != 0) { condition } else { 0 };
            conditions = bit(2, C0) | bit(1, C3) | bit(0, status::C1) | if quotient.is_none() { C2 } else { 0 };
            value
        }
        Fscale => float::scale(cx, a, b),
        Fyl2x => float::y_log2_x(cx, b, a),
        Fyl2xp1 => float::y_log2_x_plus_1(cx, b, a),
        Fpatan => float::arctangent(cx, b, a),
        F2xm1 => float::exp2_minus_1(cx, a),
        Fxtract => {
            let (exponent, significand) = float::extract(cx, a);
            pushed = significand;
            exponent
        }
        Fsin => float::trigonometric(cx, Function::Sine, a)?,
        Fcos => float::trigonometric(cx, Function::Cosine, a)?,
        Fsincos => {
            pushed = float::trigonometric(cx, Function::Cosine, a)?;
            float::trigonometric(cx, Function::Sine, a)?
        }
        _ => {
            pushed = ONE;
            float::trigonometric(cx, Function::Tangent, a)?
        }
    };
    Some(Outcome { value, pushed, conditions })
}

impl Cpu {
    #[inline(never)]
    pub(super) fn fpu_function(&mut self, m: Mnemonic) {
        let Some(shape) = shape(m) else { return };
        let (a, b) = (self.fpu.st(0), self.fpu.st(1));
        let two = matches!(shape, Shape::Binary | Shape::Pops);
        if a.is_none() || two && b.is_none() {
            return self.fpu_stack_fault(shape, false);
        }
        if shape == Shape::Pushes && self.fpu.st(7).is_some() {
            return self.fpu_stack_fault(shape, true);
        }
        let mut cx = self.fpu.x87_context();
        let Some(out) = calculate(&mut cx, m, a.unwrap_or_default(), b.unwrap_or_default()) else {
            self.fpu.status = self.fpu.status & !status::C1 | C2;
            return;
        };
        if !self.fpu_settle(&cx) {
            return;
        }
        match m {
            Fprem | Fprem1 => self.fpu.status = self.fpu.status & !CONDITIONS | out.conditions,
            Fsin | Fcos | Fsincos | Fptan => self.fpu.status &= !C2,
            _ => {}
        }
        self.fpu_finish(shape, out.value, out.pushed);
    }

    #[inline(never)]
    fn fpu_finish(&mut self, shape: Shape, value: u128, pushed: u128) {
        self.fpu.set_st(u8::from(shape == Shape::Pops), value);
        match shape {
            Shape::Pops => self.fpu_pop(),
            Shape::Pushes => {
                self.fpu.rotate(7);
                self.fpu.set_st(0, pushed);
            }
            _ => {}
        }
    }

    /// An empty operand, or no room for the second result: all results are indefinite.
    #[inline(never)]
    fn fpu_stack_fault(&mut self, shape: Shape, overflow: bool) {
        self.fpu.set_rounded_up(overflow);
        self.fpu.status |= status::STACK_FAULT;
        if !self.fpu.note(float::exception::INVALID) {
            self.fpu_finish(shape, EXTENDED.indefinite(), EXTENDED.indefinite());
        }
    }
}
