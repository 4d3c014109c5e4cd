//! What all modules of the training firmware share: processor, chipset, log, formats, types of the
//! PI specification (UEFI's own come from `r-efi`), and the pools and databases that the DXE core
//! and the SMM core each have one of.
//!
//! Addresses of hardware and layouts of the save state are this firmware's own transcription of the
//! manuals: it shares nothing with the emulator but the formats of `pi`.

#![no_std]

extern crate alloc;

pub mod arch;
pub mod boot_script;
pub mod chipset;
pub mod depex;
pub mod dispatch2;
pub mod dxe;
pub mod exception;
pub mod flash;
pub mod flash_update;
pub mod fwcfg;
pub mod global;
pub mod heap;
pub mod hob;
pub mod lapic;
pub mod log;
pub mod lookup;
#[cfg(target_os = "none")]
mod memcmp;
pub mod names;
pub mod nvram;
pub mod pages;
pub mod paging;
pub mod pe;
pub mod pei;
pub mod pool;
pub mod post;
pub mod protocol;
pub mod protocols;
pub mod record;
pub mod s3;
pub mod serial;
pub mod setup;
pub mod smm;
pub mod smst;
pub mod text;
pub mod variable;
pub mod volume;

pub use global::Global;
pub use pi::Guid;
pub use r_efi::efi;
pub use r_efi::efi::{Handle, Status};

/// DEBUG has the log and assertions. Its own switch, as rustc's `debug_assertions` brings in checks of
/// core's unsafe functions: a fifth of the image.
pub const DEBUG: bool = cfg!(feature = "debug");

/// `Err` for every status but EFI_SUCCESS.
pub fn check(status: Status) -> Result<(), Status> {
    if status == Status::SUCCESS { Ok(()) } else { Err(status) }
}

/// What a service returns.
pub fn status(result: Result<(), Status>) -> Status {
    match result {
        Ok(()) => Status::SUCCESS,
        Err(status) => status,
    }
}

/// Rust's own checks, of an index for example; on the host never reached. Who looked at their messages, which have
/// numbers in them, would have core's printing of numbers in every module.
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let (file, line) = info.location().map_or(("?", 0), |at| (at.file(), at.line()));
    log::assert_failed(file, line, "a check of the compiler's")
}
