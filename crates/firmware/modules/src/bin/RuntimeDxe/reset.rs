//! ResetSystem().

use base::arch::{self, out8, out16};
use base::chipset::{RST_CNT, pm};
use base::post::{self, post};
use base::{Status, efi};
use core::ffi::c_void;

/// RST_CNT: SYS_RST, RST_CPU, FULL_RST. ICH9 datasheet, "Reset Control Register".
const HARD: u8 = 1 << 1;
const GO: u8 = 1 << 2;
const FULL: u8 = 1 << 3;
/// PM1_CNT: SLP_EN; SLP_TYP 7 is S5 on ICH9, 0 on QEMU.
const SLP_EN: u16 = 1 << 13;
const S5: u16 = 7 << 10;

pub extern "efiapi" fn reset_system(kind: efi::ResetType, _: Status, _: usize, _: *mut c_void) {
    post(post::RESET);
    match kind {
        efi::RESET_SHUTDOWN => {
            out16(pm::PM1_CNT, S5 | SLP_EN);
            out16(pm::PM1_CNT, SLP_EN);
        }
        efi::RESET_WARM => out8(RST_CNT, HARD | GO),
        _ => {
            out8(RST_CNT, HARD);
            out8(RST_CNT, HARD | GO | FULL);
        }
    }
    // A board without sleep states stays here.
    arch::stop()
}
