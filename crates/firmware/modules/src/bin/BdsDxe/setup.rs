//! Setup, if somebody wants it: by a key, by the OS's request (OsIndications), or by a script for it.

use base::fwcfg::File;
use base::setup::{self, BOOT_TIMEOUT, BOOT_TO_FW_UI, NETWORK_STACK, OS_INDICATIONS, SCRIPT, Setup, USB_POLICY};
use base::variable::GLOBAL;
use base::{Status, debug, dxe, protocol, serial};

/// What is saved, or else the defaults; nothing without Setup.
pub fn boot_timeout() -> u32 {
    let Ok(setup) = dxe::locate::<Setup>(&protocol::SETUP) else { return 0 };
    let (data, whence) = match setup::saved() {
        Ok(data) => (data, "SetupData"),
        // SAFETY: SetupDxe installed it.
        Err(_) => (unsafe { (*setup).defaults }, "defaults"),
    };
    let (timeout, usb, network) = (data[BOOT_TIMEOUT], data[USB_POLICY], data[NETWORK_STACK]);
    debug!("[Bds] {}: boot timeout {} s, USB policy {}, network stack {}", whence, timeout, usb, network);
    timeout.into()
}

/// The request is good for one boot.
fn is_requested() -> bool {
    let mut bytes = [0; 8];
    if setup::get(OS_INDICATIONS, GLOBAL, &mut bytes) != Ok(8) {
        return false;
    }
    let indications = u64::from_le_bytes(bytes);
    if indications & BOOT_TO_FW_UI == 0 {
        return false;
    }
    let cleared = setup::set(OS_INDICATIONS, GLOBAL, 7, &(indications & !BOOT_TO_FW_UI).to_le_bytes());
    if let Err(status) = cleared {
        debug!("[Bds] OsIndications: {}", base::names::Text(status));
    }
    true
}

pub fn enter_if_wanted(key: bool) -> Result<(), Status> {
    let Ok(setup) = dxe::locate::<Setup>(&protocol::SETUP) else { return Ok(()) };
    if !key && !is_requested() && File::open(SCRIPT).is_none() {
        return Ok(());
    }
    serial::init();
    // SAFETY: SetupDxe installed it.
    base::check(unsafe { ((*setup).enter)(setup) })
}
