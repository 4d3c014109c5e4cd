//! Driver C of the article's figure: registers a handler for software SMI 0x43, and says so by a protocol.
#![no_std]
#![no_main]

use base::arch::mmio;
use base::smm::{SmmSwDispatch2, SwContext, SwRegisterContext};
use base::{Handle, Status, debug, protocol, smst};
use core::ffi::c_void;
use pi::pcd;

base::smm_entry!(main);

const COMMAND: usize = 0x43;
/// A canonical address that no page table maps.
const WILD: u64 = 0x5afa_fafa_faf8;

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<3> = pcd::Block::new([("PcdFault", 0), ("PcdUseXmm", 0), ("PcdTakeMessages", 0)]);
const FAULT: usize = 0;
const USE_XMM: usize = 1;
const TAKE_MESSAGES: usize = 2;

fn main() -> Result<(), Status> {
    let dispatch = smst::locate::<SmmSwDispatch2>(&protocol::SMM_SW_DISPATCH2)?;
    let mut context = SwRegisterContext { sw_smi_input_value: COMMAND };
    let mut handle = core::ptr::null_mut();
    // SAFETY: SmmSwDispatch installed it.
    base::check(unsafe { ((*dispatch).register)(dispatch, on_command, &mut context, &mut handle) })?;
    if PCD.get(TAKE_MESSAGES) != 0 {
        smst::handle_smi(on_message, Some(&protocol::DRIVER_C))?;
    }
    debug!("Driver C: registered a handler for SW SMI 0x{:X}", COMMAND);
    smst::install(&protocol::DRIVER_C, core::ptr::null_mut::<()>()).map(drop)
}

extern "efiapi" fn on_command(_: Handle, _: *const c_void, buffer: *mut c_void, _: *mut usize) -> Status {
    // SAFETY: the dispatcher's context of this SMI.
    let sw = unsafe { &*buffer.cast::<SwContext>() };
    if PCD.get(FAULT) != 0 {
        // A pointer that nobody has set: the fault to study.
        mmio::read::<u32>(WILD);
    }
    if PCD.get(USE_XMM) != 0 {
        use_xmm();
    }
    debug!("SMM Handler: received command 0x{:x}, data 0x{:x}", sw.command_port, sw.data_port);
    Status::SUCCESS
}

/// Answers with zeros. Relies on the core: the buffer lies outside SMRAM, and its size is right.
extern "efiapi" fn on_message(_: Handle, _: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status {
    // SAFETY: as said above.
    unsafe { buffer.cast::<u8>().write_bytes(0, *size) };
    Status::SUCCESS
}

/// What a handler compiled for SSE would do to the registers of whoever was interrupted.
fn use_xmm() {
    // SAFETY: this program is compiled without SSE. Who was interrupted is the CPU driver's concern.
    unsafe {
        core::arch::asm!(
            ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
            "cvtsi2sd xmm\\n, {number:e}", ".endr", number = in(reg) COMMAND, options(nomem, nostack)
        );
    }
}
