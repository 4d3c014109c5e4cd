//! The time in which a person may press a key. There is no menu yet to come into by one.

use base::{Status, check, debug, dxe, efi};
use core::ptr::null_mut;

const SECOND: u64 = 10_000_000;

pub fn for_a_key(seconds: u32) -> Result<(), Status> {
    if seconds == 0 {
        return Ok(());
    }
    let bs = dxe::boot_services();
    let (mut timer, mut index) = (null_mut(), 0);
    // SAFETY: the services' types, here and below.
    check(unsafe { (bs.create_event)(efi::EVT_TIMER, 0, None, null_mut(), &mut timer) })?;
    // SAFETY: as above.
    check(unsafe { (bs.set_timer)(timer, efi::TIMER_PERIODIC, SECOND) })?;
    for left in (1..=seconds).rev() {
        debug!("[Bds]BdsWait({left})..Zzzz...");
        // SAFETY: as above.
        check(unsafe { (bs.wait_for_event)(1, &mut timer, &mut index) })?;
    }
    debug!("[Bds]Exit the waiting!");
    // SAFETY: as above.
    check(unsafe { (bs.close_event)(timer) })
}
