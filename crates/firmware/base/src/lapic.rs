//! The local APIC's timer: SDM vol. 3, "Advanced Programmable Interrupt Controller". Its clock is 1 GHz
//! on both boards, so a count is nanoseconds.

use crate::arch::mmio;
use crate::exception::{SPURIOUS, TIMER};

const BASE: u64 = 0xfee0_0000;
const EOI: u64 = BASE + 0xb0;
const SVR: u64 = BASE + 0xf0;
const LVT_TIMER: u64 = BASE + 0x320;
const INITIAL_COUNT: u64 = BASE + 0x380;
const DIVIDE: u64 = BASE + 0x3e0;

const ENABLED: u32 = 1 << 8;
const MASKED: u32 = 1 << 16;
const PERIODIC: u32 = 1 << 17;
const DIVIDE_BY_1: u32 = 0xb;

fn start(mode: u32, nanoseconds: u32) {
    mmio::write(SVR, ENABLED | u32::from(SPURIOUS));
    mmio::write(DIVIDE, DIVIDE_BY_1);
    mmio::write(LVT_TIMER, mode | u32::from(TIMER));
    mmio::write(INITIAL_COUNT, nanoseconds);
}

/// One interrupt.
pub fn one_shot(nanoseconds: u32) {
    start(0, nanoseconds);
}

/// Interrupts until `stop`.
pub fn periodic(nanoseconds: u32) {
    start(PERIODIC, nanoseconds);
}

pub fn stop() {
    mmio::write(LVT_TIMER, MASKED);
    mmio::write(INITIAL_COUNT, 0u32);
}

pub fn end_of_interrupt() {
    mmio::write(EOI, 0u32);
}
