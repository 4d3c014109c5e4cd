//! Firmware update from the OS: software SMI 60h, with the physical address of a request in RBX, puts new
//! contents into the OEM block of the flash. How often, an SMM driver may write into the variable
//! FirmwareUpdate, which nobody else may.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use base::flash::Fvb;
use base::flash_update::{COMMAND, MOST, Request};
use base::nvram::{BLOCK, OEM_BLOCK, mapped};
use base::protocol::CommunicationRegionTable;
use base::setup::utf16;
use base::smm::{SmmCpu, SmmSwDispatch2, SwContext, SwRegisterContext, register};
use base::variable::{PLATFORM, SmmVariable};
use base::{Global, Handle, Status, check, debug, dxe, protocol, smst, status};
use core::ffi::c_void;
use core::ops::Range;
use core::ptr::null_mut;
use pi::pcd;

base::smm_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<3> =
    pcd::Block::new([("PcdFlashUpdateWrites", 1), ("PcdFlashUpdateChecksBuffer", 1), ("PcdFlashUpdateReadsOnce", 1)]);
/// 0: says EFI_SUCCESS and writes nothing.
const WRITES: usize = 0;
/// 0: takes any address that RBX has.
const CHECKS_BUFFER: usize = 1;
/// 0: the request's size is read again when it has been checked.
const READS_ONCE: usize = 2;

/// Where a request may lie.
static REGION: Global<Range<u64>> = Global::new(0..0);
static FLASH: Global<*const Fvb> = Global::new(core::ptr::null());
static CPU: Global<*const SmmCpu> = Global::new(core::ptr::null());

const COUNTER: &[u16] = &utf16::<15>("FirmwareUpdate");

fn main() -> Result<(), Status> {
    // Without it, every request is refused.
    if let Some(table) = dxe::configuration_table(&protocol::COMMUNICATION_REGION_TABLE) {
        // SAFETY: SmmCommunicationBufferDxe installed it.
        let region = unsafe { (*table.cast::<CommunicationRegionTable>()).region };
        *REGION.get() = region.physical_start..region.physical_start + region.number_of_pages * base::pages::PAGE;
    }
    *FLASH.get() = oem_block()?;
    *CPU.get() = smst::locate(&protocol::SMM_CPU)?;
    let dispatch = smst::locate::<SmmSwDispatch2>(&protocol::SMM_SW_DISPATCH2)?;
    let (mut context, mut handle) = (SwRegisterContext { sw_smi_input_value: COMMAND.into() }, null_mut());
    // SAFETY: the dispatcher's protocol.
    check(unsafe { ((*dispatch).register)(dispatch, on_update, &mut context, &mut handle) })
}

/// The protocol of the volume that begins there.
fn oem_block() -> Result<*const Fvb, Status> {
    let mut handles: [Handle; 4] = [null_mut(); 4];
    let mut size = size_of_val(&handles);
    let (by_protocol, guid) = (base::efi::BY_PROTOCOL, &protocol::SMM_FIRMWARE_VOLUME_BLOCK);
    check((smst::get().locate_handle)(by_protocol, guid, null_mut(), &mut size, handles.as_mut_ptr()))?;
    let volumes = handles[..size / size_of::<Handle>()].iter().filter_map(|handle| {
        let mut fvb = null_mut();
        check((smst::get().handle_protocol)(*handle, guid, &mut fvb)).ok().map(|()| fvb.cast::<Fvb>().cast_const())
    });
    let starts_there = |fvb: &*const Fvb| {
        let mut address = 0;
        // SAFETY: the flash driver's protocol.
        let _ = unsafe { ((**fvb).get_physical_address)(*fvb, &mut address) };
        address == OEM_BLOCK.start
    };
    volumes.into_iter().find(starts_there).ok_or(Status::NOT_FOUND)
}

extern "efiapi" fn on_update(_: Handle, _: *const c_void, context: *mut c_void, _: *mut usize) -> Status {
    // SAFETY: the dispatcher's structure.
    let cpu = unsafe { (*context.cast::<SwContext>()).cpu_index };
    let done = request(cpu).and_then(|data| update(&data));
    debug!("FlashUpdate: {}", base::names::Text(status(done)));
    status(done)
}

/// The request's data, copied into SMRAM before anything of it is believed.
fn request(index: usize) -> Result<Vec<u8>, Status> {
    let (cpu, mut address) = (*CPU.get(), 0u64);
    // SAFETY: the CPU driver's protocol, a buffer of 8 bytes.
    check(unsafe { ((*cpu).read_save_state)(cpu, 8, register::RBX, index, (&raw mut address).cast()) })?;
    check_range(address, size_of::<Request>())?;
    // SAFETY: in the region for communication, where nothing but messages is.
    let read = || unsafe { (&raw const (*(address as *const Request)).size).read_volatile() } as usize;
    let size = read();
    if size == 0 || size > MOST {
        return Err(Status::BAD_BUFFER_SIZE);
    }
    let data = address + size_of::<Request>() as u64;
    check_range(data, size)?;
    let mut copy = alloc::vec![0; size];
    let size = if PCD.get(READS_ONCE) != 0 { size } else { read() };
    // SAFETY: as above.
    unsafe { copy.as_mut_ptr().copy_from(data as *const u8, size) };
    Ok(copy)
}

fn check_range(start: u64, size: usize) -> Result<(), Status> {
    let region = REGION.get();
    let inside = start >= region.start && start.checked_add(size as u64).is_some_and(|end| end <= region.end);
    if inside || PCD.get(CHECKS_BUFFER) == 0 { Ok(()) } else { Err(Status::SECURITY_VIOLATION) }
}

fn update(data: &[u8]) -> Result<(), Status> {
    debug!("FlashUpdate: {} bytes into the OEM block", data.len());
    if PCD.get(WRITES) == 0 {
        return Ok(());
    }
    // SAFETY: the flash driver's protocol.
    let flash = unsafe { &**FLASH.get() };
    flash.erase(0, BLOCK)?;
    flash.program(0, data)?;
    // SAFETY: nobody writes now.
    if unsafe { mapped(OEM_BLOCK) }[..data.len()] != *data {
        return Err(Status::DEVICE_ERROR);
    }
    count()
}

/// One more update.
fn count() -> Result<(), Status> {
    let variables = smst::locate::<SmmVariable>(&protocol::SMM_VARIABLE)?;
    let (name, mut vendor) = (COUNTER.as_ptr().cast_mut(), PLATFORM);
    let (mut count, mut size) = (0u32, size_of::<u32>());
    let vendor = (&raw mut vendor).cast();
    // SAFETY: the variable driver's protocol.
    unsafe {
        // None yet: it stays 0.
        let _ = ((*variables).get_variable)(name, vendor, null_mut(), &mut size, (&raw mut count).cast());
        count = count.wrapping_add(1);
        check(((*variables).set_variable)(name, vendor, 7, size_of::<u32>(), (&raw mut count).cast()))
    }
}
