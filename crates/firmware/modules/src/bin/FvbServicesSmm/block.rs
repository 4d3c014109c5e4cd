//! The volume NVRAM and the OEM block, by blocks.

use crate::{DEVICE, Failure, NV_BASE, PCD, tell};
use base::flash::{Fvb, LIST_END};
use base::nvram::{BLOCK, OEM_BLOCK, VOLUME, mapped};
use base::{Global, Status, error, record};
use core::ops::Range;
use core::ptr::null_mut;
use pi::layout::fv;

const fn protocol() -> Fvb {
    Fvb {
        get_attributes,
        set_attributes,
        get_physical_address,
        get_block_size,
        read,
        write,
        erase_blocks,
        parent_handle: null_mut(),
    }
}

pub static NVRAM: Global<Fvb> = Global::new(protocol());
pub static OEM: Global<Fvb> = Global::new(protocol());

/// Where the blocks of this instance are mapped.
fn region(this: *const Fvb) -> Range<u64> {
    if core::ptr::eq(this, OEM.as_ptr()) {
        return OEM_BLOCK;
    }
    let start = PCD.get(NV_BASE).into();
    start..start + (VOLUME.end - VOLUME.start)
}

fn blocks(this: *const Fvb) -> u64 {
    let Range { start, end } = region(this);
    (end - start) / BLOCK as u64
}

fn put<T>(at: *mut T, value: T) -> Status {
    if at.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variable.
    unsafe { at.write(value) };
    Status::SUCCESS
}

/// What can be done with a volume, as NVRAM's header has it.
extern "efiapi" fn get_attributes(_: *const Fvb, attributes: *mut u32) -> Status {
    // SAFETY: nobody writes now.
    let header = unsafe { mapped(VOLUME.start..VOLUME.start + fv::HEADER_SIZE as u64) };
    let at = fv::SIGNATURE_OFFSET + fv::SIGNATURE.len();
    put(attributes, u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]))
}

extern "efiapi" fn set_attributes(_: *const Fvb, _: *mut u32) -> Status {
    Status::UNSUPPORTED
}

extern "efiapi" fn get_physical_address(this: *const Fvb, address: *mut u64) -> Status {
    put(address, region(this).start)
}

extern "efiapi" fn get_block_size(this: *const Fvb, lba: u64, size: *mut usize, count: *mut usize) -> Status {
    if lba >= blocks(this) || size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    put(size, BLOCK);
    put(count, (blocks(this) - lba) as usize)
}

/// Where an access begins, and how many bytes of it lie in the block.
fn place(this: *const Fvb, lba: u64, offset: usize, size: *mut usize) -> Result<(u64, usize), Status> {
    if lba >= blocks(this) || offset >= BLOCK || size.is_null() {
        return Err(Status::INVALID_PARAMETER);
    }
    // SAFETY: the caller's variable.
    let asked = unsafe { &mut *size };
    *asked = (*asked).min(BLOCK - offset);
    Ok((region(this).start + lba * BLOCK as u64 + offset as u64, *asked))
}

extern "efiapi" fn read(this: *const Fvb, lba: u64, offset: usize, size: *mut usize, buffer: *mut u8) -> Status {
    let (address, size) = match place(this, lba, offset, size) {
        Ok(place) if !buffer.is_null() => place,
        Ok(_) => return Status::INVALID_PARAMETER,
        Err(status) => return status,
    };
    // SAFETY: the caller's buffer; nobody writes now.
    unsafe { buffer.copy_from(mapped(address..address + size as u64).as_ptr(), size) };
    Status::SUCCESS
}

extern "efiapi" fn write(this: *const Fvb, lba: u64, offset: usize, size: *mut usize, buffer: *mut u8) -> Status {
    // SAFETY: null or the caller's variable.
    let asked = if size.is_null() { 0 } else { unsafe { *size } };
    let (address, size) = match place(this, lba, offset, size) {
        Ok(place) if !buffer.is_null() => place,
        Ok(_) => return Status::INVALID_PARAMETER,
        Err(status) => return status,
    };
    if size < asked {
        return Status::BAD_BUFFER_SIZE;
    }
    // SAFETY: the caller's buffer.
    let bytes = unsafe { core::slice::from_raw_parts(buffer, size) };
    let Some(device) = DEVICE.get() else { return Status::DEVICE_ERROR };
    let done = device.program(address, bytes).and_then(|()| {
        // SAFETY: the write is done.
        let now = unsafe { mapped(address..address + size as u64) };
        let programmed = now.iter().zip(bytes).all(|(now, byte)| now & !byte == 0);
        if programmed { Ok(()) } else { Err(Failure::Differs) }
    });
    end(record::flash::PROGRAM, "WriteBlock", address, size, done)
}

extern "efiapi" fn erase_blocks(this: *const Fvb, first: u64, count: usize, list_end: u64) -> Status {
    if first.checked_add(count as u64).is_none_or(|end| end > blocks(this)) || list_end != LIST_END {
        return Status::INVALID_PARAMETER;
    }
    let Some(device) = DEVICE.get() else { return Status::DEVICE_ERROR };
    for lba in first..first + count as u64 {
        let address = region(this).start + lba * BLOCK as u64;
        let done = device.erase(address).and_then(|()| {
            // SAFETY: the erase is done.
            let now = unsafe { mapped(address..address + BLOCK as u64) };
            if now.iter().all(|byte| *byte == 0xff) { Ok(()) } else { Err(Failure::Differs) }
        });
        let status = end(record::flash::ERASE, "EraseBlock", address, BLOCK, done);
        if status != Status::SUCCESS {
            return status;
        }
    }
    Status::SUCCESS
}

fn end(operation: u8, name: &str, address: u64, size: usize, done: Result<(), Failure>) -> Status {
    let status = match done {
        Ok(()) => Status::SUCCESS,
        Err(failure) => {
            error!("SpiFlash: {} failed: {}", name, failure.text());
            failure.status()
        }
    };
    tell(operation, address, size, status);
    status
}
