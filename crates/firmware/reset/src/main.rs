//! The volume top file: reset vector, and the way from 16 to 64 bits. See `reset.s`.
#![no_std]
#![no_main]
// One far jump can't be spelled in Intel syntax.
#![allow(bad_asm_style)]

core::arch::global_asm!(include_str!(concat!(env!("OUT_DIR"), "/reset.s")), options(raw));

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
