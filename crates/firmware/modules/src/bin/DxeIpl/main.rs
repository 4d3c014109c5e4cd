//! DXE IPL: page tables and a stack in RAM, the DXE core into RAM, and there we go. Or back to the OS, if the
//! machine wakes from S3.
#![no_std]
#![no_main]

use base::hob::List;
use base::log::P;
use base::pei::{DxeIplPpi, Services};
use base::post::{self, post};
use base::s3::BOOT_ON_S3_RESUME;
use base::{Status, arch, check, debug, efi, pages::PAGE, pe, protocol, record, volume};
use core::ffi::c_void;
use pi::layout::{ffs, section};

mod s3;

base::peim_entry!(main);

const STACK_PAGES: usize = 32;
const TABLE_PAGES: usize = 6;

static PPI: DxeIplPpi = DxeIplPpi { entry: load_dxe_core };

fn main(services: &mut Services) -> Result<(), Status> {
    check((services.install_ppi)(services, &protocol::DXE_IPL_PPI, (&raw const PPI).cast::<c_void>()))
}

extern "efiapi" fn load_dxe_core(services: *mut Services) -> Status {
    // SAFETY: the PEI core passes its table.
    let services = unsafe { &mut *services };
    if *services.boot_mode() == BOOT_ON_S3_RESUME {
        s3::resume()
    }
    post(post::DXE_IPL);
    base::status(load(services))
}

fn load(services: &mut Services) -> Result<(), Status> {
    let hobs = List((services.hob_list)(services));
    let core = volume::find(hobs, ffs::kind::DXE_CORE).ok_or(Status::NOT_FOUND)?;
    let image = pe::Image::parse(volume::section(&core, section::kind::PE32).ok_or(Status::NOT_FOUND)?)?;
    let pages = image.size().div_ceil(PAGE as usize);
    let base = allocate(services, efi::BOOT_SERVICES_CODE, pages)?;
    // SAFETY: just allocated.
    let memory = unsafe { core::slice::from_raw_parts_mut(base as *mut u8, pages * PAGE as usize) };
    image.load(memory, base)?;
    let entry = base + image.entry() as u64;
    record::loaded(core.name(), base, image.size(), entry);
    debug!("Loading DXE CORE at 0x{} EntryPoint=0x{}", P(base), P(entry));
    let stack = allocate(services, efi::BOOT_SERVICES_DATA, STACK_PAGES)?;
    let tables = page_tables(allocate(services, efi::BOOT_SERVICES_DATA, TABLE_PAGES)?);
    // SAFETY: the tables map all as it is; the DXE core's entry point doesn't return.
    unsafe {
        arch::set_cr3(tables);
        core::arch::asm!(
            "mov rsp, {stack}", "sub rsp, 32", "xor ebp, ebp", "call {entry}", "ud2",
            stack = in(reg) stack + STACK_PAGES as u64 * PAGE, entry = in(reg) entry, in("rcx") hobs.0,
            options(noreturn)
        )
    }
}

fn allocate(services: &mut Services, kind: u32, pages: usize) -> Result<u64, Status> {
    let mut memory = 0;
    check((services.allocate_pages)(services, kind, pages, &mut memory))?;
    Ok(memory)
}

/// An identity map of 4 GiB in 2 MiB pages: PML4, PDPT, four page directories.
fn page_tables(at: u64) -> u64 {
    base::paging::identity(at);
    at
}
