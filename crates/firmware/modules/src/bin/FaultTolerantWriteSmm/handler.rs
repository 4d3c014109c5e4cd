//! The way in from DXE, which ends with EndOfDxe: EDK II's SmmFtwHandler().

use crate::{get_max_block_size, recover};
use base::{Global, Guid, Handle, Status, error, protocol, smst, status};
use core::ffi::c_void;

/// `SMM_FTW_COMMUNICATE_FUNCTION_HEADER`; EDK II's numbers of functions.
#[derive(Clone, Copy)]
#[repr(C)]
struct Message {
    function: usize,
    return_status: usize,
    /// Of GetMaxBlockSize.
    data: usize,
}
const GET_MAX_BLOCK_SIZE: usize = 1;
const RESTART: usize = 4;
const ABORT: usize = 5;
const HEADER: usize = 16;

static END_OF_DXE: Global<bool> = Global::new(false);

pub fn register() -> Result<(), Status> {
    smst::on_protocol(&protocol::SMM_END_OF_DXE, on_end_of_dxe)?;
    smst::handle_smi(on_message, Some(&protocol::SMM_FAULT_TOLERANT_WRITE)).map(drop)
}

extern "efiapi" fn on_end_of_dxe(_: *const Guid, _: *mut c_void, _: Handle) -> Status {
    *END_OF_DXE.get() = true;
    Status::SUCCESS
}

/// The SMM core has looked where the buffer lies.
extern "efiapi" fn on_message(_: Handle, _: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status {
    if buffer.is_null() || size.is_null() {
        return Status::SUCCESS;
    }
    // SAFETY: the core's variable.
    let size = unsafe { *size };
    if size < HEADER {
        error!("SmmFtwHandler: SMM communication buffer size invalid!");
        return Status::SUCCESS;
    }
    let message = buffer.cast::<Message>();
    // SAFETY: at least the header is there; read once.
    let function = unsafe { (&raw const (*message).function).read_volatile() };
    let mut block_size = 0;
    let done = match function {
        GET_MAX_BLOCK_SIZE if size < size_of::<Message>() => return Status::SUCCESS,
        GET_MAX_BLOCK_SIZE => get_max_block_size(core::ptr::null(), &mut block_size),
        _ if *END_OF_DXE.get() => {
            error!("SmmFtwHandler: Not safe to do the operation: {:x} after End Of Dxe, so access denied!", function);
            Status::ACCESS_DENIED
        }
        RESTART => status(recover::restart()),
        ABORT => status(recover::abort()),
        _ => Status::UNSUPPORTED,
    };
    // SAFETY: as above.
    unsafe {
        (&raw mut (*message).return_status).write_volatile(done.as_usize());
        if function == GET_MAX_BLOCK_SIZE {
            (&raw mut (*message).data).write_volatile(block_size);
        }
    }
    Status::SUCCESS
}
