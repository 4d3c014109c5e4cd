//! Setup: the platform's settings as forms on COM1, kept in the variable SetupData. A line a command,
//! from a person or from the fw_cfg file `opt/org.smmlab/setup`.
//!
//! Forms and questions are tables as HII has them; there is no HII database.
#![no_std]
#![no_main]

mod browser;
mod forms;

use base::names::Name;
use base::post::{self, post};
use base::setup::{self, Setup};
use base::variable::{GLOBAL, PLATFORM, VariablePolicy, lock, policy_entry};
use base::{Global, Handle, Status, debug, dxe, efi, protocol};
use core::ffi::c_void;
use pi::pcd;

base::dxe_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<5> = pcd::Block::new([
    ("PcdSetupSaves", 1),
    ("PcdSetupTellsStatus", 1),
    ("PcdSetupDataAttributes", 7),
    ("PcdSetupDataLock", lock::NO_LOCK as u32),
    ("PcdSetupOtherPolicy", 0),
]);
/// 0: saving never calls SetVariable().
pub const SAVES: usize = 0;
/// 0: what SetVariable() answers is nobody's business.
pub const TELLS_STATUS: usize = 1;
/// With which SetupData is saved.
pub const ATTRIBUTES: usize = 2;
/// `VARIABLE_POLICY_TYPE_…` for SetupData.
const DATA_LOCK: usize = 3;
/// 1: a policy for somebody else's variable, FirmwareUpdate, too.
const OTHER_POLICY: usize = 4;

static SETUP: Global<Setup> = Global::new(Setup { defaults: forms::defaults(), enter });

fn main(_: Handle) -> Result<(), Status> {
    dxe::install(&protocol::SETUP, SETUP.as_ptr()).map(drop)?;
    // Nobody takes policies before VariableSmm is there.
    if register_policies() == Status::NOT_READY {
        dxe::on_protocol(&protocol::VARIABLE_ARCH, on_variables)?;
    }
    Ok(())
}

extern "efiapi" fn on_variables(event: efi::Event, _: *mut c_void) {
    if dxe::locate::<()>(&protocol::VARIABLE_ARCH).is_err() {
        return;
    }
    // SAFETY: the service's types. It comes once.
    let _ = unsafe { (dxe::boot_services().close_event)(event) };
    register_policies();
    // What the OS may ask for: BS, RT, and so made anew at each boot.
    let told = setup::set(setup::OS_INDICATIONS_SUPPORTED, GLOBAL, 6, &setup::BOOT_TO_FW_UI.to_le_bytes());
    if let Err(status) = told {
        debug!("Setup: OsIndicationsSupported: {}", Name(status));
    }
}

/// What this driver's variables must be like.
fn register_policies() -> Status {
    const OTHER: &[u16] = &setup::utf16::<15>("FirmwareUpdate");
    const TIMEOUT: &[u16] = &setup::utf16::<8>("Timeout");
    const PLAIN: (u32, u32) = (7, 0x38);
    let Ok(policy) = dxe::locate::<VariablePolicy>(&protocol::VARIABLE_POLICY) else { return Status::NOT_READY };
    let register = |vendor, text: &str, name: &[u16], size, lock| {
        let entry = policy_entry(vendor, name, (size, size), PLAIN, lock);
        // SAFETY: the runtime driver's protocol.
        let status = unsafe { ((*policy).register)(entry.as_ptr().cast()) };
        debug!("Setup: RegisterVariablePolicy '{}': {}", text, Name(status));
        status
    };
    let done = register(PLATFORM, "SetupData", setup::SETUP_DATA, setup::SIZE as u32, PCD.get(DATA_LOCK) as u8);
    if done == Status::NOT_READY {
        return done;
    }
    register(GLOBAL, "Timeout", TIMEOUT, 2, lock::NO_LOCK);
    if PCD.get(OTHER_POLICY) != 0 {
        register(PLATFORM, "FirmwareUpdate", OTHER, 4, lock::NO_LOCK);
    }
    done
}

extern "efiapi" fn enter(_: *const Setup) -> Status {
    post(post::SETUP);
    debug!("Setup: entered");
    browser::run(setup::saved().unwrap_or(forms::defaults()));
    debug!("Setup: left");
    Status::SUCCESS
}
