//! Drivers that are started only if somebody asks for them: those whose DEPEX begins with SOR.

use base::hob::{self, List};
use base::protocol::{self, DxeServices};
use base::{Handle, Status, dxe, volume};
use pi::layout::ffs;

pub fn start_all() -> Result<(), Status> {
    let hobs = List(dxe::configuration_table(&protocol::HOB_LIST).ok_or(Status::NOT_FOUND)? as u64);
    let services = dxe::configuration_table(&protocol::DXE_SERVICES_TABLE).ok_or(Status::NOT_FOUND)?;
    // SAFETY: the core's table.
    let services = unsafe { &*services.cast::<DxeServices>() };
    for fv in hobs.all::<hob::FirmwareVolume>(hob::FV) {
        let Some(volume) = volume::at(fv.base) else { continue };
        for file in volume::files(volume).filter(|file| file.kind() == ffs::kind::DRIVER) {
            // Not one of these: EFI_NOT_FOUND.
            let _ = (services.schedule)(fv.base as Handle, &file.name());
        }
    }
    match (services.dispatch)() {
        Status::SUCCESS | Status::NOT_FOUND => Ok(()),
        status => Err(status),
    }
}
