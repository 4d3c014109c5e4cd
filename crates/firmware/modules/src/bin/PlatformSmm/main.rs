//! The platform's last SMM driver: prepares S3, ends DXE, and asks for the lock. Whoever stands behind it in the
//! volume comes too late.
//!
//! Its entry point runs in SMM, so the notifications of what it signals wait until that SMI is over.
#![no_std]
#![no_main]

use base::names::Text;
use base::{Status, debug, dxe, protocol};

mod s3;

base::smm_entry!(main);

fn main() -> Result<(), Status> {
    if let Err(status) = s3::prepare() {
        debug!("PlatformSmm: no S3: {}", Text(status));
    }
    debug!("PlatformSmm: EndOfDxe, DxeSmmReadyToLock");
    dxe::signal_group(&protocol::END_OF_DXE_EVENT)?;
    dxe::install(&protocol::DXE_SMM_READY_TO_LOCK, core::ptr::null_mut::<()>()).map(drop)
}
