//! The image loader: a PE32 section of a firmware file into RAM, and its entry point called.

use crate::{hand, memory, tables};
use base::log::P;
use base::names::Text;
use base::protocol::{self, EntryPoint, LoadedImage, Runtime};
use base::{Handle, Status, debug, efi, pe, record, volume};
use core::ptr::null_mut;
use pi::layout::section;
use pi::view::File;

/// `IMAGE_SUBSYSTEM_EFI_RUNTIME_DRIVER`
const RUNTIME_DRIVER: u16 = 12;

pub struct Image {
    pub handle: Handle,
    entry: EntryPoint,
    base: u64,
    size: usize,
    runtime: bool,
    info: *mut LoadedImage,
}

pub fn load(file: &File) -> Result<Image, Status> {
    debug!("Loading driver {}", file.name());
    let image = pe::Image::parse(volume::section(file, section::kind::PE32).ok_or(Status::NOT_FOUND)?)?;
    let runtime = image.subsystem() == RUNTIME_DRIVER;
    let (code, data) = match runtime {
        true => (efi::RUNTIME_SERVICES_CODE, efi::RUNTIME_SERVICES_DATA),
        false => (efi::BOOT_SERVICES_CODE, efi::BOOT_SERVICES_DATA),
    };
    let (size, base) = (image.size(), memory::pages_for(code, image.size())?);
    // SAFETY: just allocated.
    image.load(unsafe { core::slice::from_raw_parts_mut(base as *mut u8, size) }, base)?;
    let entry = base + image.entry() as u64;
    debug!("Loading driver at 0x{} EntryPoint=0x{} {}.efi", P(base), P(entry), volume::UiName(file));
    record::loaded(file.name(), base, size, entry);
    let info = alloc::boxed::Box::into_raw(alloc::boxed::Box::new(LoadedImage {
        revision: 0x1000,
        parent_handle: null_mut(),
        system_table: tables::system_table(),
        device_handle: null_mut(),
        file_path: null_mut(),
        reserved: null_mut(),
        load_options_size: 0,
        load_options: null_mut(),
        image_base: base as *mut _,
        image_size: size as u64,
        image_code_type: code,
        image_data_type: data,
        unload: None,
    }));
    let handle = hand::add(null_mut(), &protocol::LOADED_IMAGE, info.cast())?;
    // SAFETY: the entry point of an image of ours has this type.
    let entry = unsafe { core::mem::transmute::<u64, EntryPoint>(entry) };
    Ok(Image { handle, entry, base, size, runtime, info })
}

/// Calls the entry point. A driver that returns an error is unloaded.
pub fn start(image: Image) -> Status {
    let status = (image.entry)(image.handle, tables::system_table());
    if status.is_error() {
        debug!("Error: Image at {} start failed: {}", P(image.base), Text(status));
        unload(&image);
    } else if image.runtime {
        register_runtime(&image);
    }
    status
}

fn unload(image: &Image) {
    // An application may have taken its handle's protocols away itself.
    let _ = hand::remove(image.handle, &protocol::LOADED_IMAGE, image.info.cast());
    // SAFETY: made by `load`, and off its handle now.
    drop(unsafe { alloc::boxed::Box::from_raw(image.info) });
    memory::free_image(image.base, image.size);
}

/// SetVirtualAddressMap() moves runtime drivers. (Their own driver, RuntimeDxe, comes first.)
fn register_runtime(image: &Image) {
    if let Some(runtime) = hand::find(&protocol::RUNTIME_ARCH).map(|p| p.cast::<Runtime>()) {
        // SAFETY: RuntimeDxe installed it.
        let _ = unsafe { ((*runtime).register_image)(runtime, image.base, image.size as u64) };
    }
}
