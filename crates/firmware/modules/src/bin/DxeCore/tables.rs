//! System table, boot services table, runtime services table.

use crate::{dispatcher, event, hand, memory, misc, timer};
use base::hob::List;
use base::protocol::{self, DxeServices};
use base::{Global, Guid, Status, efi};
use core::ffi::c_void;
use core::ptr::null_mut;

/// In runtime memory: the OS goes on using them.
struct Tables {
    system: efi::SystemTable,
    runtime: efi::RuntimeServices,
    configuration: [efi::ConfigurationTable; CONFIGURATION],
}

const CONFIGURATION: usize = 8;
const REVISION: u32 = 2 << 16 | 100;

static TABLES: Global<*mut Tables> = Global::new(null_mut());
static DXE_SERVICES: Global<core::mem::MaybeUninit<DxeServices>> = Global::new(core::mem::MaybeUninit::zeroed());
const DXE_SERVICES_SIGNATURE: u64 = u64::from_le_bytes(*b"DXE_SERV");
/// Boot services themselves are gone with this module.
static BOOT: Global<core::mem::MaybeUninit<efi::BootServices>> = Global::new(core::mem::MaybeUninit::zeroed());

fn tables() -> &'static mut Tables {
    // SAFETY: `init` made it.
    unsafe { &mut **TABLES.get() }
}

pub fn system_table() -> *mut efi::SystemTable {
    &raw mut tables().system
}

extern "efiapi" fn unsupported() -> Status {
    Status::UNSUPPORTED
}

/// Every service first says EFI_UNSUPPORTED: all slots behind the header are function pointers.
fn fill<T>(table: *mut T) {
    let slots = (size_of::<T>() - size_of::<efi::TableHeader>()) / size_of::<usize>();
    // SAFETY: the caller's table, which is a header and slots.
    unsafe {
        let first = table.cast::<u8>().add(size_of::<efi::TableHeader>()).cast::<usize>();
        for i in 0..slots {
            first.add(i).write(unsupported as *const () as usize);
        }
    }
}

fn header<T>(signature: u64) -> efi::TableHeader {
    efi::TableHeader { signature, revision: REVISION, header_size: size_of::<T>() as u32, crc32: 0, reserved: 0 }
}

pub fn init(hobs: List) {
    let pages = size_of::<Tables>();
    let at = memory::pages_for(efi::RUNTIME_SERVICES_DATA, pages).expect("there is memory for the first pages");
    *TABLES.get() = at as *mut Tables;
    let boot = BOOT.get().as_mut_ptr();
    fill(boot);
    // SAFETY: the table is filled: all fields are valid.
    let boot = unsafe { &mut *boot };
    boot.hdr = header::<efi::BootServices>(efi::BOOT_SERVICES_SIGNATURE);
    boot.raise_tpl = event::raise_tpl;
    boot.restore_tpl = event::restore_tpl;
    boot.allocate_pages = memory::allocate_pages;
    boot.free_pages = memory::free_pages;
    boot.get_memory_map = memory::get_memory_map;
    boot.allocate_pool = memory::allocate_pool;
    boot.free_pool = memory::free_pool;
    boot.create_event = event::create_event;
    boot.create_event_ex = event::create_event_ex;
    boot.set_timer = timer::set_timer;
    boot.wait_for_event = event::wait_for_event;
    boot.signal_event = event::signal_event;
    boot.close_event = event::close_event;
    boot.check_event = event::check_event;
    boot.install_protocol_interface = hand::install;
    boot.reinstall_protocol_interface = hand::reinstall;
    boot.uninstall_protocol_interface = hand::uninstall;
    boot.handle_protocol = hand::handle_protocol;
    boot.register_protocol_notify = hand::register_notify;
    boot.locate_handle = hand::locate_handle;
    boot.locate_protocol = hand::locate;
    boot.install_configuration_table = misc::install_configuration_table;
    boot.exit_boot_services = misc::exit_boot_services;
    boot.stall = misc::stall;
    boot.copy_mem = misc::copy_mem;
    boot.set_mem = misc::set_mem;

    let t = tables();
    // SAFETY: fresh memory; zero is valid for all fields that aren't written below.
    unsafe { core::ptr::write_bytes(&raw mut *t, 0, 1) };
    fill(&raw mut t.runtime);
    t.runtime.hdr = header::<efi::RuntimeServices>(efi::RUNTIME_SERVICES_SIGNATURE);
    t.system.hdr = header::<efi::SystemTable>(efi::SYSTEM_TABLE_SIGNATURE);
    t.system.boot_services = boot;
    t.system.runtime_services = &raw mut t.runtime;
    t.system.configuration_table = (&raw mut t.configuration).cast();
    let services = DXE_SERVICES.get().as_mut_ptr();
    fill(services);
    // SAFETY: as with boot services.
    let services = unsafe { &mut *services };
    services.header = header::<DxeServices>(DXE_SERVICES_SIGNATURE);
    services.dispatch = dispatcher::dispatch;
    services.schedule = dispatcher::schedule;
    let services = (&raw mut *services).cast();
    set_configuration(&protocol::DXE_SERVICES_TABLE, services).expect("the list is empty");
    set_configuration(&protocol::HOB_LIST, hobs.0 as *mut c_void).expect("the list has room");
}

/// Adds, changes, or (with null) removes a table of the system table's list.
pub fn set_configuration(guid: &Guid, table: *mut c_void) -> Result<(), Status> {
    let Tables { system, configuration, .. } = tables();
    let count = system.number_of_table_entries;
    let known = configuration[..count].iter().position(|entry| entry.vendor_guid.as_bytes() == &guid.0);
    match known {
        Some(at) if table.is_null() => {
            configuration.copy_within(at + 1..count, at);
            system.number_of_table_entries -= 1;
        }
        Some(at) => configuration[at].vendor_table = table,
        None if table.is_null() => return Err(Status::NOT_FOUND),
        None if count == CONFIGURATION => return Err(Status::OUT_OF_RESOURCES),
        None => {
            let vendor_guid = efi::Guid::from_bytes(&guid.0);
            configuration[count] = efi::ConfigurationTable { vendor_guid, vendor_table: table };
            system.number_of_table_entries += 1;
        }
    }
    Ok(())
}

pub fn forget_boot_services() {
    let system = &mut tables().system;
    system.boot_services = null_mut();
    system.con_in = null_mut();
    system.con_out = null_mut();
    system.std_err = null_mut();
}
