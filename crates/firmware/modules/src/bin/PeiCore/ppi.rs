//! The PPI database.

use crate::core as core_of;
use base::pei::Services;
use base::{Guid, Status, debug, record};
use core::ffi::c_void;

pub extern "efiapi" fn install(services: *mut Services, guid: &'static Guid, ppi: *const c_void) -> Status {
    debug!("Install PPI: {}", guid);
    // SAFETY: a PEIM passes the table that it got.
    let core = unsafe { core_of(services) };
    match core.ppis.iter_mut().find(|slot| slot.is_none()) {
        Some(slot) => {
            *slot = Some((guid, ppi));
            record::protocol(*guid, core::ptr::null_mut(), record::database::PPI);
            Status::SUCCESS
        }
        None => Status::OUT_OF_RESOURCES,
    }
}

pub extern "efiapi" fn locate(services: *mut Services, guid: &Guid, ppi: *mut *const c_void) -> Status {
    // SAFETY: as above.
    let core = unsafe { core_of(services) };
    match core.ppis.iter().flatten().find(|(known, _)| *known == guid) {
        Some((_, found)) => {
            // SAFETY: the caller's variable.
            unsafe { *ppi = *found };
            Status::SUCCESS
        }
        None => Status::NOT_FOUND,
    }
}
