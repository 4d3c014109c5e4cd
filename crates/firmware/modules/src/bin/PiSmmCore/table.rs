//! The SMM system table.

use crate::{hand, handlers, memory};
use base::smm::{EntryContext, Smst};
use base::{Global, Status, efi};
use core::ptr::{null, null_mut};

/// `EFI_SMM_SYSTEM_TABLE2` of PI 1.8.
const SIGNATURE: u64 = u64::from_le_bytes(*b"SMST\0\0\0\0");
const REVISION: u32 = 1 << 16 | 80;

extern "efiapi" fn unsupported() -> Status {
    Status::UNSUPPORTED
}

static TABLE: Global<Smst> = Global::new(Smst {
    header: efi::TableHeader {
        signature: SIGNATURE,
        revision: REVISION,
        header_size: size_of::<Smst>() as u32,
        crc32: 0,
        reserved: 0,
    },
    firmware_vendor: null(),
    firmware_revision: 0,
    install_configuration_table: 0,
    io: [0; 4],
    allocate_pool: memory::allocate_pool,
    free_pool: memory::free_pool,
    allocate_pages: memory::allocate_pages,
    free_pages: memory::free_pages,
    startup_this_ap: 0,
    currently_executing_cpu: 0,
    number_of_cpus: 0,
    cpu_save_state_size: null(),
    cpu_save_state: null(),
    number_of_table_entries: 0,
    configuration_table: null_mut(),
    install_protocol_interface: hand::install,
    uninstall_protocol_interface: hand::uninstall,
    handle_protocol: hand::handle_protocol,
    register_protocol_notify: hand::register_notify,
    locate_handle: hand::locate_handle,
    locate_protocol: hand::locate,
    smi_manage: handlers::smi_manage,
    smi_handler_register: handlers::register,
    smi_handler_unregister: handlers::unregister,
});

/// Services that this core doesn't have say so.
pub fn init() {
    let none = unsupported as *const () as usize;
    let table = TABLE.get();
    table.install_configuration_table = none;
    table.startup_this_ap = none;
    table.io = [none; 4];
}

pub fn get() -> *mut Smst {
    TABLE.as_ptr()
}

/// What the CPU driver knows about the processors in this SMI.
pub fn set_context(context: &EntryContext) {
    let table = TABLE.get();
    table.currently_executing_cpu = context.currently_executing_cpu;
    table.number_of_cpus = context.number_of_cpus;
    table.cpu_save_state_size = context.cpu_save_state_size;
    table.cpu_save_state = context.cpu_save_state;
}
