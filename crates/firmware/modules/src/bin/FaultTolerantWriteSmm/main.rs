//! Fault tolerant write: blocks of the volume NVRAM are replaced so that, wherever the power is cut, the
//! old or the new ones are there. EDK II's FaultTolerantWriteSmm: states, formats, words.
//!
//! A write has one record and no private data.
#![no_std]
#![no_main]

extern crate alloc;

mod handler;
mod recover;
mod space;
mod write;

use base::flash::{Ftw, Fvb};
use base::nvram::{SPARE, STORE_END, VOLUME};
use base::{Global, Guid, Handle, Status, log, protocol, smst, status};
use core::ffi::c_void;
use pi::pcd;

base::smm_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<2> = pcd::Block::new([("PcdFtwRecovery", 1), ("PcdDebugPrintErrorLevel", log::ALL)]);
const RECOVERY: usize = 0;
const ERROR_LEVEL: usize = 1;

static FVB: Global<*const Fvb> = Global::new(core::ptr::null());
static PROTOCOL: Global<Ftw> =
    Global::new(Ftw { get_max_block_size, allocate, write: write_blocks, restart, abort, get_last_write: 0 });

pub fn fvb() -> &'static Fvb {
    // SAFETY: `main` found it.
    unsafe { &**FVB.get() }
}

fn main() -> Result<(), Status> {
    log::set_level(PCD.get(ERROR_LEVEL));
    *FVB.get() = smst::locate::<Fvb>(&protocol::SMM_FIRMWARE_VOLUME_BLOCK)?;
    if fvb().address() != VOLUME.start {
        // Another volume's: EDK II, which looks for one at this address, finds none.
        return Err(Status::NOT_FOUND);
    }
    PROTOCOL.get().get_last_write = unsupported as *const () as usize;
    if PCD.get(RECOVERY) != 0 {
        recover::at_start()?;
    } else if space::parse(&space::read()).is_err() {
        space::make_anew()?;
    }
    handler::register()?;
    smst::install(&protocol::SMM_FAULT_TOLERANT_WRITE, PROTOCOL.as_ptr()).map(drop)
}

extern "efiapi" fn unsupported() -> Status {
    Status::UNSUPPORTED
}

pub extern "efiapi" fn get_max_block_size(_: *const Ftw, size: *mut usize) -> Status {
    if size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    unsafe { *size = SPARE.len() };
    Status::SUCCESS
}

/// Write() allocates by itself what it needs.
extern "efiapi" fn allocate(_: *const Ftw, _: *const Guid, _: usize, _: usize) -> Status {
    Status::UNSUPPORTED
}

extern "efiapi" fn write_blocks(
    _: *const Ftw,
    lba: u64,
    offset: usize,
    length: usize,
    private: *const c_void,
    _: Handle,
    buffer: *const u8,
) -> Status {
    let at = (lba as usize).checked_mul(base::nvram::BLOCK).and_then(|start| start.checked_add(offset));
    let Some(at) = at.filter(|at| at.checked_add(length).is_some_and(|end| end <= STORE_END)) else {
        return Status::BAD_BUFFER_SIZE;
    };
    if buffer.is_null() || !private.is_null() || length == 0 {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's buffer.
    status(write::blocks(at, unsafe { core::slice::from_raw_parts(buffer, length) }))
}

extern "efiapi" fn restart(_: *const Ftw, _: Handle) -> Status {
    status(recover::restart())
}

extern "efiapi" fn abort(_: *const Ftw) -> Status {
    status(recover::abort())
}
