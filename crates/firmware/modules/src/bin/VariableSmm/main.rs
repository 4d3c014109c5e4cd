//! Variables, the part in SMM: keeps the stores, applies every rule, writes flash. EDK II's VariableSmm:
//! messages, statuses, formats; `SmmVar:` lines are the article's.
//!
//! Not here: signatures (an authenticated write is always refused), statistics.
#![no_std]
#![no_main]

extern crate alloc;

mod auth;
mod check;
mod error_flag;
mod message;
mod policy;
mod read;
mod set;
mod store;

use base::flash::{Ftw, Fvb};
use base::variable::{PAYLOAD, SmmVariable};
use base::{Global, Guid, Handle, Status, dxe, error, info, log, protocol, smst};
use core::ffi::c_void;
use core::ptr::null_mut;
use pi::pcd;
use store::Variables;

base::smm_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<7> = pcd::Block::new([
    ("PcdVariableReclaim", 1),
    ("PcdSetupDataPolicy", 1),
    ("PcdVariableFlashStatus", 1),
    ("PcdVariableMostPayload", PAYLOAD as u32),
    ("PcdVariablePolicy", 1),
    ("PcdDebugPrintErrorLevel", log::ALL),
    ("PcdEmuVariableNvModeEnable", 0),
]);
/// 0: nobody reclaims; 2: what becomes of it is lost.
const RECLAIM: usize = 0;
const STATUS_LOST: u32 = 2;
/// 0: anybody writes SetupData; 1: not the OS; 2: nobody after EndOfDxe.
const SETUP_DATA_POLICY: usize = 1;
/// 0: a flash write that fails counts as done.
const FLASH_STATUS: usize = 2;
/// A message with more behind its header is refused.
const MOST_PAYLOAD: usize = 3;
/// 0: no policy holds.
const POLICY: usize = 4;
const ERROR_LEVEL: usize = 5;
/// 1: what should be in flash is in RAM alone.
const EMULATED: usize = 6;

pub static VARIABLES: Global<Variables> = Global::new(Variables::new());
static PROTOCOL: Global<SmmVariable> = Global::new(SmmVariable {
    get_variable: read::smm_get_variable,
    get_next_variable_name: read::smm_get_next_variable_name,
    set_variable: set::smm_set_variable,
    query_variable_info: read::smm_query_variable_info,
});

fn main() -> Result<(), Status> {
    log::set_level(PCD.get(ERROR_LEVEL));
    VARIABLES.get().init()?;
    policy::init()?;
    message::register()?;
    smst::install(&protocol::SMM_VARIABLE, PROTOCOL.as_ptr())?;
    smst::on_protocol(&protocol::SMM_END_OF_DXE, on_end_of_dxe)?;
    smst::on_protocol(&protocol::SMM_FAULT_TOLERANT_WRITE, on_ftw)?;
    if let Ok(ftw) = smst::locate::<Ftw>(&protocol::SMM_FAULT_TOLERANT_WRITE) {
        start_writing(ftw);
    }
    // The runtime driver waits for this.
    dxe::install(&protocol::SMM_VARIABLE, null_mut::<()>()).map(drop)
}

extern "efiapi" fn on_end_of_dxe(_: *const Guid, _: *mut c_void, _: Handle) -> Status {
    info!("[Variable]SMM_END_OF_DXE is signaled");
    policy::lock_interface();
    error_flag::at_end_of_dxe();
    VARIABLES.get().end_of_dxe = true;
    Status::SUCCESS
}

extern "efiapi" fn on_ftw(_: *const Guid, interface: *mut c_void, _: Handle) -> Status {
    start_writing(interface.cast());
    Status::SUCCESS
}

/// FTW has recovered what the last power cut left: what flash holds now counts.
fn start_writing(ftw: *const Ftw) {
    let Ok(fvb) = smst::locate::<Fvb>(&protocol::SMM_FIRMWARE_VOLUME_BLOCK) else { return };
    // SAFETY: protocols of drivers in SMRAM, which stay.
    let (fvb, ftw) = unsafe { (&*fvb, &*ftw) };
    match VARIABLES.get().start_writing(fvb, ftw) {
        Ok(()) => {
            let told = dxe::install(&protocol::SMM_VARIABLE_WRITE, null_mut::<()>());
            base::debug_assert!(told.is_ok(), "a protocol on a new handle");
        }
        Err(status) => error!("VariableWriteServiceInitialize: {}", base::names::Text(status)),
    }
}
