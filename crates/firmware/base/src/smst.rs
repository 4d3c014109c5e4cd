//! An SMM driver's access to the SMM system table. Boot services are there too until SmmReadyToLock:
//! see `dxe`.

use crate::smm::{SmiHandler, SmmBase2, SmmNotify, Smst};
use crate::{Global, Guid, Handle, Status, check, dxe, efi, heap, protocol};
use core::ptr::null_mut;

static SMST: Global<*mut Smst> = Global::new(null_mut());

/// Called by the entry point that `smm_entry!` writes: finds the SMST as every SMM driver does.
pub fn init(system_table: *mut efi::SystemTable) -> Result<(), Status> {
    dxe::init(system_table);
    let base = dxe::locate::<SmmBase2>(&protocol::SMM_BASE2)?;
    // SAFETY: the IPL installed it.
    check(unsafe { ((*base).get_smst_location)(base, SMST.get()) })?;
    heap::use_pool(heap::Pool { allocate, free });
    Ok(())
}

pub fn get() -> &'static mut Smst {
    // SAFETY: `init` came first; the SMM core's table is never moved.
    unsafe { &mut **SMST.get() }
}

fn allocate(size: usize) -> *mut u8 {
    let mut block = null_mut();
    match (get().allocate_pool)(efi::RUNTIME_SERVICES_DATA, size, &mut block) {
        Status::SUCCESS => block.cast(),
        _ => null_mut(),
    }
}

fn free(block: *mut u8) {
    // A wrong pointer is refused, and nothing can be done about it here.
    let _ = (get().free_pool)(block.cast());
}

pub fn allocate_pages(pages: usize) -> Result<u64, Status> {
    let mut memory = 0;
    check((get().allocate_pages)(efi::ALLOCATE_ANY_PAGES, efi::RUNTIME_SERVICES_DATA, pages, &mut memory))?;
    Ok(memory)
}

pub fn allocate_page_at(mut memory: u64) -> Result<(), Status> {
    check((get().allocate_pages)(efi::ALLOCATE_ADDRESS, efi::RUNTIME_SERVICES_DATA, 1, &mut memory))
}

pub fn locate<T>(guid: &Guid) -> Result<*mut T, Status> {
    let mut interface = null_mut();
    check((get().locate_protocol)(guid, null_mut(), &mut interface))?;
    Ok(interface.cast())
}

pub fn install<T>(guid: &Guid, interface: *mut T) -> Result<Handle, Status> {
    let mut handle = null_mut();
    check((get().install_protocol_interface)(&mut handle, guid, efi::NATIVE_INTERFACE, interface.cast()))?;
    Ok(handle)
}

pub fn on_protocol(guid: &Guid, notify: SmmNotify) -> Result<(), Status> {
    let mut registration = null_mut();
    check((get().register_protocol_notify)(guid, Some(notify), &mut registration))
}

/// A handler of communications with this GUID; `None`: of every SMI.
pub fn handle_smi(handler: SmiHandler, guid: Option<&Guid>) -> Result<Handle, Status> {
    let mut handle = null_mut();
    let guid = guid.map_or(core::ptr::null(), |guid| &raw const *guid);
    check((get().smi_handler_register)(handler, guid, &mut handle))?;
    Ok(handle)
}

/// Defines the entry point of an SMM driver: `smm_entry!(main)` with `fn main() -> Result<(), Status>`.
#[macro_export]
macro_rules! smm_entry {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "efiapi" fn efi_main(_: $crate::Handle, system_table: *mut $crate::efi::SystemTable) -> $crate::Status {
            $crate::status($crate::smst::init(system_table).and_then(|()| $main()))
        }
    };
}
