//! A small OS: its loader ends boot services, gives their memory away and moves runtime services to
//! high addresses; its shell takes commands from COM1, or from the fw_cfg file
//! `opt/org.smmlab/script`, and works on the machine from outside SMM. The shell runs on the first processor,
//! tasks on all.
//!
//! Not here: processes. A fault stops the machine.
#![no_std]
#![no_main]

mod commands;
mod cpu_commands;
mod fptask;
mod interrupts;
mod loader;
mod messages;
mod processors;
mod shell;
mod sleep;
mod tasks;
mod variables;

use base::{Handle, Status, record, say, serial};

base::dxe_entry!(main);

fn main(image: Handle) -> Result<(), Status> {
    loader::leave_boot_services(image)?;
    // SAFETY: the OS's own stack; nothing of the old one is needed any more.
    unsafe { loader::switch_stack(kernel) }
}

extern "efiapi" fn kernel() -> ! {
    interrupts::init();
    loader::use_runtime_services();
    record::phase(record::phase::OS);
    serial::init();
    tasks::start();
    processors::start();
    say!("SMM Lab OS: {} KiB of boot memory freed", loader::freed() >> 10);
    shell::run()
}
