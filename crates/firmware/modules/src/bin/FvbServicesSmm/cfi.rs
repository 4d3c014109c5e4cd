//! Parallel flash of Intel's command set, as QEMU's pflash: with `secure=on` it takes commands in SMM
//! only. Intel, "Common Flash Memory Interface and Command Sets", application note 646.

use crate::{Failure, wait};
use base::arch::mmio;
use base::nvram::VOLUME;

const READ_ARRAY: u8 = 0xff;
const PROGRAM: u8 = 0x10;
const ERASE: u8 = 0x20;
const CONFIRM: u8 = 0xd0;
const CLEAR_STATUS: u8 = 0x50;
const READ_STATUS: u8 = 0x70;
const READY: u8 = 1 << 7;
/// Erase, program, voltage, lock.
const ERRORS: u8 = 1 << 5 | 1 << 4 | 1 << 3 | 1 << 1;

pub struct Cfi(());

impl Cfi {
    /// A ROM keeps what it has, and RAM takes the command for data.
    pub fn find() -> Option<Cfi> {
        // A byte that no answer looks like, whatever the volume holds. QEMU clears READY, too.
        let at = VOLUME.clone().find(|at| ![0, READY, READ_STATUS].contains(&mmio::read::<u8>(*at)))?;
        let before = mmio::read::<u8>(at);
        mmio::write(at, CLEAR_STATUS);
        mmio::write(at, READ_STATUS);
        let status = mmio::read::<u8>(at);
        mmio::write(at, READ_ARRAY);
        let is_flash = status != before && status != READ_STATUS && mmio::read::<u8>(at) == before;
        is_flash.then_some(Cfi(()))
    }

    pub fn program(&self, address: u64, bytes: &[u8]) -> Result<(), Failure> {
        let mut done = Ok(());
        for (at, byte) in (address..).zip(bytes).filter(|(_, byte)| **byte != 0xff) {
            mmio::write(at, PROGRAM);
            mmio::write(at, *byte);
            done = finished(at);
            if done.is_err() {
                break;
            }
        }
        mmio::write(address, READ_ARRAY);
        done
    }

    pub fn erase(&self, address: u64) -> Result<(), Failure> {
        mmio::write(address, ERASE);
        mmio::write(address, CONFIRM);
        let done = finished(address);
        mmio::write(address, READ_ARRAY);
        done
    }
}

/// The part answers with its status until it is sent back to reading.
fn finished(at: u64) -> Result<(), Failure> {
    let status = wait(|| Some(mmio::read::<u8>(at)).filter(|status| status & READY != 0))?;
    if status & ERRORS == 0 {
        return Ok(());
    }
    mmio::write(at, CLEAR_STATUS);
    Err(Failure::Protected)
}
