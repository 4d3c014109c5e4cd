//! The SMM core into SMRAM.

use crate::PRIVATE;
use base::hob::List;
use base::pages::PAGE;
use base::smm::{CorePrivate, SmramDescriptor};
use base::{Status, debug, dxe, efi, pe, protocol, record, volume};
use pi::layout::{ffs, section};

type CoreEntry = extern "efiapi" fn(private: *mut CorePrivate, system_table: *mut efi::SystemTable) -> Status;

/// At the top of the region; the rest is the core's to give away.
pub fn smm_core(region: &SmramDescriptor) -> Result<(), Status> {
    let (start, size) = (region.cpu_start, region.physical_size);
    debug!("SMM IPL found SMRAM window 0x{:X} - 0x{:X}", start, start + size - 1);
    let hobs = List(dxe::configuration_table(&protocol::HOB_LIST).ok_or(Status::NOT_FOUND)? as u64);
    let core = volume::find(hobs, ffs::kind::SMM_CORE);
    let result = core.ok_or(Status::NOT_FOUND).and_then(|file| start_core(&file, region));
    if result.is_err() {
        debug!("SMM IPL could not load and execute SMM Core from SMRAM");
    }
    result
}

fn start_core(file: &pi::view::File, region: &SmramDescriptor) -> Result<(), Status> {
    let image = pe::Image::parse(volume::section(file, section::kind::PE32).ok_or(Status::NOT_FOUND)?)?;
    let size = (image.size() as u64).next_multiple_of(PAGE);
    if size >= region.physical_size {
        debug!("SMM IPL could not find a large enough SMRAM region to load SMM Core");
        debug!("SMM Core: Failed to allocate SMRAM");
        return Err(Status::OUT_OF_RESOURCES);
    }
    let base = region.cpu_start + region.physical_size - size;
    debug!("SMM IPL loading SMM Core at SMRAM address 0x{:X}", base);
    // SAFETY: SMRAM is open, and nothing is in it yet.
    image.load(unsafe { core::slice::from_raw_parts_mut(base as *mut u8, size as usize) }, base)?;
    let entry = base + image.entry() as u64;
    record::loaded(file.name(), base, image.size(), entry);
    let private = PRIVATE.get();
    private.core_image = base;
    private.core_size = size;
    debug!("SMM IPL calling SMM Core at SMRAM address 0x{:X}", entry);
    // SAFETY: the SMM core's entry point has this type.
    let entry = unsafe { core::mem::transmute::<u64, CoreEntry>(entry) };
    let status = entry(PRIVATE.as_ptr(), dxe::system_table());
    record::dispatched(file.name(), status);
    base::check(status)
}
