//! A DXE module's access to the system table.

use crate::{Global, Guid, Handle, Status, check, efi, heap};
use core::ffi::c_void;
use core::ptr::null_mut;

static SYSTEM_TABLE: Global<*mut efi::SystemTable> = Global::new(null_mut());

/// Called by the entry point that `dxe_entry!` writes.
pub fn init(system_table: *mut efi::SystemTable) {
    *SYSTEM_TABLE.get() = system_table;
    heap::use_pool(heap::Pool { allocate, free });
}

/// Calls a boot service.
macro_rules! call {
    ($service:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: the core's function, with the arguments that the specification asks for.
        unsafe { (boot_services().$service)($($argument),*) }
    };
}

pub fn system_table() -> &'static mut efi::SystemTable {
    // SAFETY: the loader passed it, and it lives as long as boot services do.
    unsafe { &mut **SYSTEM_TABLE.get() }
}

pub fn boot_services() -> &'static efi::BootServices {
    // SAFETY: as above.
    unsafe { &*system_table().boot_services }
}

fn allocate(size: usize) -> *mut u8 {
    let mut block = null_mut();
    match call!(allocate_pool(efi::BOOT_SERVICES_DATA, size, &mut block)) {
        Status::SUCCESS => block.cast(),
        _ => null_mut(),
    }
}

fn free(block: *mut u8) {
    // A wrong pointer is refused, and nothing can be done about it here.
    let _ = call!(free_pool(block.cast()));
}

/// Pages of one type anywhere.
pub fn allocate_pages(kind: u32, pages: usize) -> Result<u64, Status> {
    let mut memory = 0;
    check(call!(allocate_pages(efi::ALLOCATE_ANY_PAGES, kind, pages, &mut memory)))?;
    Ok(memory)
}

/// A page below 1 MiB, where processors can start.
pub fn allocate_start_up_page(kind: u32) -> Result<u64, Status> {
    let mut memory = 0xf_ffff;
    check(call!(allocate_pages(efi::ALLOCATE_MAX_ADDRESS, kind, 1, &mut memory)))?;
    Ok(memory)
}

/// The first interface of a protocol.
pub fn locate<T>(guid: &Guid) -> Result<*mut T, Status> {
    let mut interface = null_mut();
    check(call!(locate_protocol(as_efi(guid), null_mut(), &mut interface)))?;
    Ok(interface.cast())
}

/// Installs a protocol on a new handle.
pub fn install<T>(guid: &Guid, interface: *mut T) -> Result<Handle, Status> {
    install_on(null_mut(), guid, interface)
}

pub fn install_on<T>(mut handle: Handle, guid: &Guid, interface: *mut T) -> Result<Handle, Status> {
    check(call!(install_protocol_interface(&mut handle, as_efi(guid), efi::NATIVE_INTERFACE, interface.cast())))?;
    Ok(handle)
}

/// Calls `notify` whenever the protocol is installed.
pub fn on_protocol(guid: &Guid, notify: efi::EventNotify) -> Result<(), Status> {
    on_protocol_at(efi::TPL_CALLBACK, guid, notify)
}

/// The same at another level: TPL_NOTIFY interrupts callbacks.
pub fn on_protocol_at(tpl: efi::Tpl, guid: &Guid, notify: efi::EventNotify) -> Result<(), Status> {
    let (mut event, mut registration) = (null_mut(), null_mut());
    check(call!(create_event(efi::EVT_NOTIFY_SIGNAL, tpl, Some(notify), null_mut(), &mut event)))?;
    check(call!(register_protocol_notify(as_efi(guid), event, &mut registration)))
}

/// Calls `notify` whenever an event of the group is signalled.
pub fn on_group(group: &Guid, notify: efi::EventNotify) -> Result<efi::Event, Status> {
    let mut event = null_mut();
    let (kind, tpl) = (efi::EVT_NOTIFY_SIGNAL, efi::TPL_CALLBACK);
    check(call!(create_event_ex(kind, tpl, Some(notify), null_mut(), as_efi(group), &mut event)))?;
    Ok(event)
}

/// Signals all events of a group.
pub fn signal_group(group: &Guid) -> Result<(), Status> {
    extern "efiapi" fn nothing(_: efi::Event, _: *mut c_void) {}
    let event = on_group(group, nothing)?;
    check(call!(signal_event(event)))?;
    check(call!(close_event(event)))
}

/// The table in the system table's list.
pub fn configuration_table(guid: &Guid) -> Option<*mut c_void> {
    let st = system_table();
    // SAFETY: the core keeps the list and its length.
    let tables = unsafe { core::slice::from_raw_parts(st.configuration_table, st.number_of_table_entries) };
    tables.iter().find(|table| table.vendor_guid.as_bytes() == &guid.0).map(|table| table.vendor_table)
}

/// `r-efi` declares GUIDs as mutable pointers to its own type; services only read the 16 bytes.
pub fn as_efi(guid: &Guid) -> *mut efi::Guid {
    (&raw const *guid).cast_mut().cast()
}

/// The GUID behind a service's parameter.
pub fn guid_at(guid: *const efi::Guid) -> Result<Guid, Status> {
    // SAFETY: a caller passes null or a GUID; alignment doesn't matter to ours.
    if guid.is_null() { Err(Status::INVALID_PARAMETER) } else { Ok(unsafe { *guid.cast::<Guid>() }) }
}

/// Defines the entry point of a DXE module: `dxe_entry!(main)` with `fn main(Handle) -> Result<(), Status>`.
#[macro_export]
macro_rules! dxe_entry {
    ($main:path) => {
        #[unsafe(no_mangle)]
        extern "efiapi" fn efi_main(
            image: $crate::Handle,
            system_table: *mut $crate::efi::SystemTable,
        ) -> $crate::Status {
            $crate::dxe::init(system_table);
            $crate::status($main(image))
        }
    };
}

/// An SMM module after SmmReadyToLock: nothing outside SMRAM may be called any more.
pub fn forget() {
    *SYSTEM_TABLE.get() = null_mut();
}
