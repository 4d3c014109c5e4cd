//! S3 resume: after the reset all processors have their SMBASE at 30000h again. EDK II's SmmRestoreCpu().

use crate::{aps, cpus, relocate, rendezvous, smrr};
use base::s3::{ResumeState, SIGNATURE};
use base::{Status, chipset, debug, smst};
use core::ptr::null_mut;

/// Leaves PEI the way to `restore`, in the first page of TSEG.
pub fn prepare() -> Result<(), Status> {
    let start = chipset::tseg().start;
    smst::allocate_page_at(start)?;
    let state = ResumeState { signature: SIGNATURE, restore, facs: null_mut(), script: 0 };
    // SAFETY: just allocated.
    unsafe { (start as *mut ResumeState).write(state) };
    Ok(())
}

/// Outside SMM, on PEI's stack and page tables, while SMRAM is open.
extern "efiapi" fn restore() -> Status {
    debug!("SmmRestoreCpu()");
    // The sleep came in an SMI, where the chipset has one for it: that SMI never ended.
    rendezvous::forget();
    smrr::forget();
    base::status(aps::start(cpus().len()).and_then(|parked| relocate::all(cpus(), &parked)).map(drop))
}
