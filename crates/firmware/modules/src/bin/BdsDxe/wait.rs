//! The time in which a person may press a key for Setup: DEL or ESC.

use base::{Status, check, debug, dxe, efi, say, serial};
use core::ptr::null_mut;

const SECOND: u64 = 10_000_000;
const KEYS: [u8; 2] = [0x7f, 0x1b];

/// Has it been pressed?
pub fn for_a_key(seconds: u32) -> Result<bool, Status> {
    if seconds == 0 {
        return Ok(false);
    }
    serial::init();
    say!("Press DEL or ESC for Setup");
    let bs = dxe::boot_services();
    let (mut timer, mut index) = (null_mut(), 0);
    // SAFETY: the services' types, here and below.
    check(unsafe { (bs.create_event)(efi::EVT_TIMER, 0, None, null_mut(), &mut timer) })?;
    // SAFETY: as above.
    check(unsafe { (bs.set_timer)(timer, efi::TIMER_PERIODIC, SECOND) })?;
    let mut pressed = false;
    for left in (1..=seconds).rev() {
        debug!("[Bds]BdsWait({})..Zzzz...", left);
        // SAFETY: as above.
        check(unsafe { (bs.wait_for_event)(1, &mut timer, &mut index) })?;
        pressed = core::iter::from_fn(serial::received).any(|byte| KEYS.contains(&byte));
        if pressed {
            break;
        }
    }
    debug!("[Bds]Exit the waiting!");
    // SAFETY: as above.
    check(unsafe { (bs.close_event)(timer) }).map(|()| pressed)
}
