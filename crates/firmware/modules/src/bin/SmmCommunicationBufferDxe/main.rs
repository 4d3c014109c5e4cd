//! Keeps memory for messages to SMM. It is reserved before SmmReadyToLock, when SMM learns where
//! communication buffers may lie, and the OS never gets it.
#![no_std]
#![no_main]

use base::pages::PAGE;
use base::protocol::{self, CommunicationRegionTable};
use base::{Handle, Status, dxe, efi};

base::dxe_entry!(main);

const PAGES: usize = 4;
const VERSION: u32 = 1;

fn main(_: Handle) -> Result<(), Status> {
    let table = dxe::allocate_pages(efi::RESERVED_MEMORY_TYPE, 1)? as *mut CommunicationRegionTable;
    let start = dxe::allocate_pages(efi::RESERVED_MEMORY_TYPE, PAGES)?;
    // SAFETY: just allocated.
    unsafe {
        core::ptr::write_bytes(start as *mut u8, 0, PAGES * PAGE as usize);
        table.write(CommunicationRegionTable {
            version: VERSION,
            entries: 1,
            descriptor_size: size_of::<efi::MemoryDescriptor>() as u32,
            reserved: 0,
            region: efi::MemoryDescriptor {
                r#type: efi::CONVENTIONAL_MEMORY,
                physical_start: start,
                virtual_start: 0,
                number_of_pages: PAGES as u64,
                attribute: 0,
            },
        });
    }
    let install = dxe::boot_services().install_configuration_table;
    let guid = dxe::as_efi(&protocol::COMMUNICATION_REGION_TABLE);
    // SAFETY: the service's types.
    base::check(unsafe { install(guid, table.cast()) })
}
