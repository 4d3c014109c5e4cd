//! From boot services to an OS of its own.

use crate::processors;
use base::pages::PAGE;
use base::protocol::CommunicationRegionTable;
use base::s3::SleepTable;
use base::smm::SmmCommunication;
use base::{Global, Handle, Status, arch, check, chipset, dxe, efi, paging, protocol};
use core::ptr::{null, null_mut};

/// The OS sees runtime memory here, and no longer where it is: firmware that goes on using physical addresses
/// faults, as on any OS.
const HIGH: u64 = 0xffff_8000_0000_0000;
const STACK: usize = 64 << 10;
const MAP: usize = 8 << 10;
const MOST_DESCRIPTORS: usize = 64;
/// Tables of 4 KiB pages, each for 2 MiB in which there is runtime memory.
const SMALL_TABLES: usize = 8;
const PRESENT: u64 = 1;
const WRITABLE: u64 = 2;
const LARGE: u64 = 1 << 7;

#[repr(align(16))]
struct Stack(#[expect(dead_code, reason = "only its address counts")] [u8; STACK]);

static STACK_MEMORY: Global<Stack> = Global::new(Stack([0; STACK]));

pub struct Os {
    pub system_table: *mut efi::SystemTable,
    /// In the region that the firmware keeps for communication: SMM accepts buffers there.
    pub buffer: u64,
    pub communication: *mut SmmCommunication,
    pub smram: u64,
    /// Null: this firmware has no S3.
    pub sleep_table: *const SleepTable,
    tables: u64,
    small_tables: u64,
    map: [u8; MAP],
    map_size: usize,
    stride: usize,
    freed: u64,
}

pub static OS: Global<Os> = Global::new(Os {
    system_table: null_mut(),
    buffer: 0,
    communication: null_mut(),
    smram: 0,
    sleep_table: null(),
    tables: 0,
    small_tables: 0,
    map: [0; MAP],
    map_size: 0,
    stride: 0,
    freed: 0,
});

pub fn freed() -> u64 {
    OS.get().freed
}

pub fn leave_boot_services(image: Handle) -> Result<(), Status> {
    let os = OS.get();
    os.system_table = dxe::system_table();
    os.communication = dxe::locate(&protocol::SMM_COMMUNICATION)?;
    let table = dxe::configuration_table(&protocol::COMMUNICATION_REGION_TABLE).ok_or(Status::NOT_FOUND)?;
    // SAFETY: SmmCommunicationBufferDxe installed it.
    os.buffer = unsafe { (*table.cast::<CommunicationRegionTable>()).region.physical_start };
    os.tables = dxe::allocate_pages(efi::LOADER_DATA, paging::IDENTITY_PAGES)?;
    os.smram = chipset::tseg().start;
    os.sleep_table = dxe::configuration_table(&protocol::SLEEP_TABLE).map_or(null(), |table| table.cast_const().cast());
    processors::prepare(os.tables)?;
    paging::identity(os.tables);
    // The lower half's first 512 GiB again at the beginning of the upper half, by tables of their own.
    let high = dxe::allocate_pages(efi::LOADER_DATA, paging::IDENTITY_PAGES)?;
    paging::identity(high);
    arch::mmio::write(os.tables + 256 * 8, arch::mmio::read::<u64>(high));
    os.small_tables = dxe::allocate_pages(efi::LOADER_DATA, SMALL_TABLES)?;
    let (mut key, mut version) = (0, 0);
    os.map_size = MAP;
    let bs = dxe::boot_services();
    let map = os.map.as_mut_ptr().cast();
    // SAFETY: the services' types; the map is as large as we say.
    unsafe {
        check((bs.get_memory_map)(&mut os.map_size, map, &mut key, &mut os.stride, &mut version))?;
        check((bs.exit_boot_services)(image, key))
    }
}

/// # Safety
/// Nothing on the old stack is used again.
pub unsafe fn switch_stack(kernel: extern "efiapi" fn() -> !) -> ! {
    let top = STACK_MEMORY.as_ptr() as usize + STACK;
    // SAFETY: the tables map what the old ones did, and more.
    unsafe {
        core::arch::asm!(
            "mov cr3, {tables}", "mov rsp, {top}", "sub rsp, 32", "xor ebp, ebp", "call {kernel}", "ud2",
            tables = in(reg) OS.get().tables, top = in(reg) top, kernel = in(reg) kernel, options(noreturn)
        )
    }
}

fn descriptors() -> impl Iterator<Item = efi::MemoryDescriptor> {
    let os = OS.get();
    let all = os.map[..os.map_size].chunks_exact(os.stride);
    // SAFETY: the firmware filled the map with descriptors.
    all.map(|bytes| unsafe { bytes.as_ptr().cast::<efi::MemoryDescriptor>().read_unaligned() })
}

/// Moves runtime services up, and takes the memory of boot services: who still calls them runs into
/// breakpoints.
pub fn use_runtime_services() {
    let none =
        efi::MemoryDescriptor { r#type: 0, physical_start: 0, virtual_start: 0, number_of_pages: 0, attribute: 0 };
    let mut runtime = [none; MOST_DESCRIPTORS];
    let mut count = 0;
    for mut d in descriptors() {
        if d.attribute & efi::MEMORY_RUNTIME != 0 && count < MOST_DESCRIPTORS {
            d.virtual_start = d.physical_start + HIGH;
            runtime[count] = d;
            count += 1;
        }
    }
    let os = OS.get();
    // SAFETY: the table's services, still at their physical addresses.
    let status = unsafe {
        let services = &*(*os.system_table).runtime_services;
        let size = count * size_of::<efi::MemoryDescriptor>();
        (services.set_virtual_address_map)(
            size,
            size_of::<efi::MemoryDescriptor>(),
            efi::MEMORY_DESCRIPTOR_VERSION,
            runtime.as_mut_ptr(),
        )
    };
    if status != Status::SUCCESS {
        base::debug!("SetVirtualAddressMap: {}", base::names::Name(status));
    }
    assert!(status == Status::SUCCESS);
    os.communication = (os.communication as u64 + HIGH) as *mut _;
    os.system_table = (os.system_table as u64 + HIGH) as *mut _;
    hide(&runtime[..count]);
    for d in descriptors().filter(|d| matches!(d.r#type, efi::BOOT_SERVICES_CODE | efi::BOOT_SERVICES_DATA)) {
        let size = d.number_of_pages * PAGE;
        // SAFETY: nobody's memory since ExitBootServices().
        unsafe { fill(d.physical_start, size / 8) };
        os.freed += size;
    }
}

/// Takes this memory out of the lower half.
fn hide(memory: &[efi::MemoryDescriptor]) {
    let os = OS.get();
    let (directories, mut free) = (os.tables + 2 * PAGE, 0);
    let pages = memory.iter().flat_map(|d| (0..d.number_of_pages).map(|nth| d.physical_start + nth * PAGE));
    for page in pages {
        let at = directories + (page >> 21) * 8;
        let mut table = arch::mmio::read::<u64>(at);
        if table & LARGE != 0 {
            if free == SMALL_TABLES as u64 {
                // What lies that far apart stays visible.
                break;
            }
            table = os.small_tables + free * PAGE | PRESENT | WRITABLE;
            free += 1;
            let first = page & !0x1f_ffff;
            for nth in 0..512 {
                arch::mmio::write((table & !(PAGE - 1)) + nth * 8, first + nth * PAGE | PRESENT | WRITABLE);
            }
            arch::mmio::write(at, table);
        }
        arch::mmio::write((table & !(PAGE - 1)) + (page >> 12 & 0x1ff) * 8, 0u64);
    }
    // SAFETY: nothing that the OS uses lies there. The TLB forgets.
    unsafe { arch::set_cr3(os.tables) };
}

/// # Safety
/// The memory is nobody's.
unsafe fn fill(start: u64, qwords: u64) {
    // SAFETY: the caller's promise. INT3 in every byte.
    unsafe {
        core::arch::asm!("rep stosq", inout("rdi") start => _, inout("rcx") qwords => _,
            in("rax") 0xcccc_cccc_cccc_cccc_u64, options(nostack, preserves_flags));
    }
}
