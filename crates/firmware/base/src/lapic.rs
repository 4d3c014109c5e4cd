//! The local APIC: its timer, and messages to other processors. SDM vol. 3, "Advanced Programmable
//! Interrupt Controller". Its clock is 1 GHz on both boards, so a count is nanoseconds.

use crate::arch::{self, mmio};
use crate::exception::{SPURIOUS, TIMER};

const BASE: u64 = 0xfee0_0000;
const ID: u64 = BASE + 0x20;
const EOI: u64 = BASE + 0xb0;
const SVR: u64 = BASE + 0xf0;
const ICR_LOW: u64 = BASE + 0x300;
const ICR_HIGH: u64 = BASE + 0x310;
const LVT_TIMER: u64 = BASE + 0x320;
const INITIAL_COUNT: u64 = BASE + 0x380;
const DIVIDE: u64 = BASE + 0x3e0;

const ENABLED: u32 = 1 << 8;
const MASKED: u32 = 1 << 16;
const PERIODIC: u32 = 1 << 17;
const DIVIDE_BY_1: u32 = 0xb;

/// Of the processor that asks.
pub fn id() -> u8 {
    (mmio::read::<u32>(ID) >> 24) as u8
}

/// Interrupt command register: delivery mode and level, and to all but ourselves.
pub const SMI: u32 = 0x4200;
pub const INIT: u32 = 0x4500;
pub const STARTUP: u32 = 0x4600;
pub const ALL_BUT_SELF: u32 = 3 << 18;
const SEND_PENDING: u32 = 1 << 12;

/// Sends a message to the processor with this APIC ID. Who was interrupted between his two writes finds
/// the destination that he wrote.
pub fn send(to: u8, command: u32) {
    let kept = mmio::read::<u32>(ICR_HIGH);
    mmio::write(ICR_HIGH, u32::from(to) << 24);
    mmio::write(ICR_LOW, command);
    while mmio::read::<u32>(ICR_LOW) & SEND_PENDING != 0 {
        arch::pause();
    }
    mmio::write(ICR_HIGH, kept);
}

/// INIT-SIPI-SIPI: SDM vol. 3, "MP Initialization Protocol". Processors begin at `page`, below 1 MiB, in
/// real mode. The 10 ms that the protocol grants are for APICs outside the processor.
pub fn start_up(to: u8, all_but_self: u32, page: u64) {
    send(to, all_but_self | INIT);
    for _ in 0..2 {
        arch::wait(10, || false);
        send(to, all_but_self | STARTUP | (page >> 12) as u32);
    }
}

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
