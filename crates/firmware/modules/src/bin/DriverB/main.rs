//! Driver B of the article's figure: registers a handler for software SMI 0x42, and says so by a protocol.
#![no_std]
#![no_main]

use base::smm::{SmmAccess2, SmmSwDispatch2, SwContext, SwRegisterContext};
use base::{Global, Handle, Status, arch, debug, dxe, protocol, smst};
use core::ffi::c_void;
use pi::pcd;

base::smm_entry!(main);

const COMMAND: u32 = 0x42;

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<3> =
    pcd::Block::new([("PcdHandlerDelay", 0), ("PcdSwSmiValue", COMMAND), ("PcdUseDxeProtocol", 0)]);
/// Microseconds that the handler dawdles away.
const DELAY: usize = 0;
/// The value that it registers.
const VALUE: usize = 1;
/// 1: the handler calls a protocol of DXE, found while that was there.
const USE_DXE_PROTOCOL: usize = 2;

static ACCESS: Global<*mut SmmAccess2> = Global::new(core::ptr::null_mut());

fn main() -> Result<(), Status> {
    let dispatch = smst::locate::<SmmSwDispatch2>(&protocol::SMM_SW_DISPATCH2)?;
    let value = PCD.get(VALUE) as usize;
    let mut context = SwRegisterContext { sw_smi_input_value: value };
    let mut handle = core::ptr::null_mut();
    // SAFETY: SmmSwDispatch installed it.
    base::check(unsafe { ((*dispatch).register)(dispatch, on_command, &mut context, &mut handle) })?;
    debug!("Driver B: registered a handler for SW SMI 0x{:X}", value);
    if PCD.get(USE_DXE_PROTOCOL) != 0 {
        *ACCESS.get() = dxe::locate(&protocol::SMM_ACCESS2)?;
    }
    smst::install(&protocol::DRIVER_B, core::ptr::null_mut::<()>()).map(drop)
}

extern "efiapi" fn on_command(_: Handle, _: *const c_void, buffer: *mut c_void, _: *mut usize) -> Status {
    // SAFETY: the dispatcher's context of this SMI.
    let sw = unsafe { &*buffer.cast::<SwContext>() };
    if PCD.get(USE_DXE_PROTOCOL) != 0 {
        let access = *ACCESS.get();
        let mut size = 0;
        // SAFETY: none. Its code and data were boot services' memory, which belongs to the OS now.
        let _ = unsafe { ((*access).get_capabilities)(access, &mut size, core::ptr::null_mut()) };
    }
    arch::wait(PCD.get(DELAY).into(), || false);
    debug!("SMM Handler: received command 0x{:x}, data 0x{:x}", sw.command_port, sw.data_port);
    Status::SUCCESS
}
