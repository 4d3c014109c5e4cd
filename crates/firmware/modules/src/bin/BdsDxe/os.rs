//! Starts the OS: an EFI application in a firmware volume.

use base::hob::List;
use base::pages::PAGE;
use base::protocol::{self, EntryPoint};
use base::{Handle, Status, debug, dxe, efi, pe, record, volume};
use pi::layout::{ffs, section};

/// Comes back only if the OS can't be started.
pub fn load(image: Handle) -> Result<(), Status> {
    let hobs = List(dxe::configuration_table(&protocol::HOB_LIST).ok_or(Status::NOT_FOUND)? as u64);
    let file = volume::find(hobs, ffs::kind::APPLICATION).ok_or(Status::NOT_FOUND)?;
    debug!("[Bds] Booting {}", volume::UiName(&file));
    let os = pe::Image::parse(volume::section(&file, section::kind::PE32).ok_or(Status::NOT_FOUND)?)?;
    let pages = os.size().div_ceil(PAGE as usize);
    let base = dxe::allocate_pages(efi::LOADER_CODE, pages)?;
    // SAFETY: just allocated.
    os.load(unsafe { core::slice::from_raw_parts_mut(base as *mut u8, pages * PAGE as usize) }, base)?;
    let entry = base + os.entry() as u64;
    record::loaded(file.name(), base, os.size(), entry);
    record::phase(record::phase::OS_LOADER);
    // SAFETY: an application's entry point has this type.
    let entry = unsafe { core::mem::transmute::<u64, EntryPoint>(entry) };
    let status = entry(image, dxe::system_table());
    record::dispatched(file.name(), status);
    base::check(status)
}
