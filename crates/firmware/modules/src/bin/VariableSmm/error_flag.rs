//! The variable VarErrorFlag: what went wrong since the boot, EDK II's `VAR_ERROR_FLAG`. Bits are only cleared,
//! so flash need not be erased; each boot begins with a fresh one.

use crate::VARIABLES;
use crate::set::{Request, set_variable};
use base::{Guid, info};

/// `gEdkiiVarErrorFlagGuid`
const VENDOR: Guid = Guid::new("04B37FE8-F6AE-480B-BDD5-37D98C5E89AA");
const NAME: &[u8] = b"V\0a\0r\0E\0r\0r\0o\0r\0F\0l\0a\0g\0\0\0";
const NO_ERROR: u8 = 0xff;
/// No room: `VAR_ERROR_FLAG_SYSTEM_ERROR`. EDK II has another one for users' own room.
pub const SYSTEM: u8 = 0xef;
/// NV, BS, RT.
const ATTRIBUTES: u32 = 7;

/// It may have the room that is kept from the OS, and its own lack of room is no further error.
pub fn is(request: &Request<'_>) -> bool {
    request.trusted && request.vendor == VENDOR && request.name == NAME
}

fn set(flag: u8) {
    let data = &[flag];
    let request = Request { vendor: VENDOR, name: NAME, attributes: ATTRIBUTES, data, trusted: true };
    if let Err(status) = set_variable(&request) {
        info!("VarErrorFlag: {}", base::names::Text(status));
    }
}

/// A boot that has no flag yet gets none: a store that never was full has no use for one.
pub fn at_end_of_dxe() {
    if VARIABLES.get().stores().get(&VENDOR, NAME).is_some_and(|found| found.data != [NO_ERROR]) {
        set(NO_ERROR);
    }
}

pub fn record(flag: u8) {
    let now = VARIABLES.get().stores().get(&VENDOR, NAME).and_then(|found| found.data.first().copied());
    let flag = now.unwrap_or(NO_ERROR) & flag;
    if now == Some(flag) {
        return;
    }
    set(flag);
}
