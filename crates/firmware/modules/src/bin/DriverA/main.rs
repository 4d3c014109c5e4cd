//! Driver A of the article's figure: registers a handler for software SMI 0x41, and says so by a protocol.
#![no_std]
#![no_main]

mod misdeeds;

use base::smm::{SmmSwDispatch2, SwContext, SwRegisterContext};
use base::{Handle, Status, debug, protocol, smst};
use core::ffi::c_void;

base::smm_entry!(main);

const COMMAND: usize = 0x41;

fn main() -> Result<(), Status> {
    let dispatch = smst::locate::<SmmSwDispatch2>(&protocol::SMM_SW_DISPATCH2)?;
    let mut context = SwRegisterContext { sw_smi_input_value: COMMAND };
    let mut handle = core::ptr::null_mut();
    // SAFETY: SmmSwDispatch installed it.
    base::check(unsafe { ((*dispatch).register)(dispatch, on_command, &mut context, &mut handle) })?;
    misdeeds::prepare()?;
    debug!("Driver A: registered a handler for SW SMI 0x{:X}", COMMAND);
    smst::install(&protocol::DRIVER_A, core::ptr::null_mut::<()>()).map(drop)
}

extern "efiapi" fn on_command(_: Handle, _: *const c_void, buffer: *mut c_void, _: *mut usize) -> Status {
    // SAFETY: the dispatcher's context of this SMI.
    let sw = unsafe { &*buffer.cast::<SwContext>() };
    misdeeds::commit(sw.cpu_index);
    debug!("SMM Handler: received command 0x{:x}, data 0x{:x}", sw.command_port, sw.data_port);
    Status::SUCCESS
}
