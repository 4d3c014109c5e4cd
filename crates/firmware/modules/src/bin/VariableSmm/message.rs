//! The handler of messages: EDK II's SmmVariableHandler(). What the message asks is copied into SMRAM
//! before it is looked at. The status goes into the message's header; the handler itself always succeeds.

use crate::set::{Request, set_variable};
use crate::{MOST_PAYLOAD, PCD, RECLAIM, VARIABLES, check, read};
use alloc::vec::Vec;
use base::variable::{
    Access, HEADER, Header, Info, MAX_AUTH_VARIABLE_SIZE, Name, Named, PAYLOAD, RuntimeCache, function,
};
use base::{Global, Guid, Handle, Status, chipset, error, info, protocol, record, smst, status};
use core::ffi::c_void;
use core::ops::Range;

static SMRAM: Global<Range<u64>> = Global::new(0..0);
static COPY: Global<Vec<u8>> = Global::new(Vec::new());

pub fn register() -> Result<(), Status> {
    *SMRAM.get() = chipset::tseg();
    *COPY.get() = alloc::vec![0; PAYLOAD];
    smst::handle_smi(on_message, Some(&protocol::SMM_VARIABLE)).map(drop)
}

fn is_outside(start: u64, size: usize) -> bool {
    let smram = SMRAM.get();
    start.checked_add(size as u64).is_some_and(|end| end <= smram.start || start >= smram.end)
}

extern "efiapi" fn on_message(_: Handle, _: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status {
    if buffer.is_null() || size.is_null() {
        return Status::SUCCESS;
    }
    // SAFETY: the core's variable.
    let size = unsafe { *size };
    if size < HEADER {
        error!("SmmVariableHandler: SMM communication buffer size invalid!");
        return Status::SUCCESS;
    }
    let payload = size - HEADER;
    if payload > PAYLOAD.min(PCD.get(MOST_PAYLOAD) as usize) {
        error!("SmmVariableHandler: SMM communication buffer payload size invalid!");
        return Status::SUCCESS;
    }
    if !is_outside(buffer as u64, size) {
        error!("SmmVariableHandler: SMM communication buffer in SMRAM or overflow!");
        return Status::SUCCESS;
    }
    let (header, data) = (buffer.cast::<Header>(), buffer.wrapping_byte_add(HEADER).cast::<u8>());
    let copy = &mut COPY.get()[..payload];
    // SAFETY: outside SMRAM, as long as checked; read once.
    let function = unsafe {
        copy.as_mut_ptr().copy_from(data, payload);
        (&raw const (*header).function).read_volatile()
    };
    info!("SmmVar: Handler entered, GUID = {}", protocol::SMM_VARIABLE);
    let (done, answered) = serve(function, copy);
    info!("SmmVar: Done");
    let result = status(done);
    if function <= function::QUERY_VARIABLE_INFO {
        let status = (result.as_usize() as u64).into();
        record::write(&record::VariableStatus { function: (function as u32).into(), reserved: 0.into(), status });
    }
    // SAFETY: as above; no more than was there.
    unsafe {
        data.copy_from(copy.as_ptr(), answered.min(payload));
        (&raw mut (*header).return_status).write_volatile(result.as_usize());
    }
    Status::SUCCESS
}

/// What a structure at the start of the message says, and where its name is.
fn fields<T: Copy>(copy: &[u8]) -> Result<T, Status> {
    if copy.len() < size_of::<T>() {
        return Err(Status::ACCESS_DENIED);
    }
    // SAFETY: long enough; the structures are plain numbers.
    Ok(unsafe { copy.as_ptr().cast::<T>().read_unaligned() })
}

fn put<T: Copy>(copy: &mut [u8], value: T) {
    if copy.len() >= size_of::<T>() {
        // SAFETY: as above.
        unsafe { copy.as_mut_ptr().cast::<T>().write_unaligned(value) };
    }
}

/// The name at `start`, `size` bytes long. A length that lies, or no NUL: EFI_ACCESS_DENIED.
fn name(copy: &[u8], start: usize, size: usize) -> Result<&[u8], Status> {
    let name = copy.get(start..).and_then(|rest| rest.get(..size)).ok_or(Status::ACCESS_DENIED)?;
    let ends = size >= 2 && size.is_multiple_of(2) && name.ends_with(&[0, 0]);
    // Only up to the first NUL, as a C string.
    let nul = name.chunks_exact(2).position(|unit| unit == [0, 0]).filter(|_| ends).ok_or(Status::ACCESS_DENIED)?;
    Ok(&name[..2 * nul + 2])
}

/// The status, and how many bytes of the message are answered.
fn serve(function: usize, copy: &mut [u8]) -> (Result<(), Status>, usize) {
    match function {
        function::GET_VARIABLE => get(copy),
        function::GET_NEXT_VARIABLE_NAME => next(copy),
        function::SET_VARIABLE => (set(copy), 0),
        function::QUERY_VARIABLE_INFO => query(copy),
        function::READY_TO_BOOT => (ready_to_boot(), 0),
        function::EXIT_BOOT_SERVICE => {
            VARIABLES.get().at_runtime = true;
            (Ok(()), 0)
        }
        function::LOCK_VARIABLE => (lock(copy), 0),
        function::INIT_RUNTIME_CACHE => (init_runtime_cache(copy), 0),
        _ => (Err(Status::UNSUPPORTED), 0),
    }
}

fn tell(function: usize, vendor: Guid, name: &[u8], attributes: u32, size: usize) {
    let mut text = [0; 32];
    for (at, letter) in text.iter_mut().zip(Name(name).ascii()) {
        *at = letter as u8;
    }
    record::write(&record::VariableRequest {
        vendor,
        function: (function as u32).into(),
        attributes: attributes.into(),
        data_size: (size as u64).into(),
        name: text,
    });
}

fn get(copy: &mut [u8]) -> (Result<(), Status>, usize) {
    let mut found = || {
        let access: Access = fields(copy)?;
        let Access { guid, data_size, name_size, .. } = access;
        let data = Access::NAME.checked_add(name_size).ok_or(Status::ACCESS_DENIED)?;
        if data.checked_add(data_size).is_none_or(|end| end > copy.len()) {
            error!("GetVariable: Data size exceed communication buffer size limit!");
            return Err(Status::ACCESS_DENIED);
        }
        let name = name(copy, Access::NAME, name_size)?;
        tell(function::GET_VARIABLE, guid, name, 0, data_size);
        info!("SmmVar: GetVariable '{}', size = {}", Name(name), data_size);
        let found = VARIABLES.get().stores().get(&guid, name).ok_or(Status::NOT_FOUND)?;
        let answer = Access { data_size: found.data.len(), attributes: found.attributes, ..access };
        let fits = found.data.len() <= data_size;
        put(copy, answer);
        if !fits {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        copy[data..data + found.data.len()].copy_from_slice(found.data);
        Ok(data + found.data.len())
    };
    match found() {
        Ok(size) => (Ok(()), size),
        Err(status @ Status::BUFFER_TOO_SMALL) => (Err(status), size_of::<Access>()),
        Err(status) => (Err(status), 0),
    }
}

fn next(copy: &mut [u8]) -> (Result<(), Status>, usize) {
    let mut found = || {
        let Named { guid, name_size } = fields(copy)?;
        // The buffer for the answer, with a name in it.
        let buffer = copy.get(Named::NAME..).and_then(|rest| rest.get(..name_size)).ok_or(Status::ACCESS_DENIED)?;
        let nul = buffer.chunks_exact(2).position(|unit| unit == [0, 0]).ok_or(Status::ACCESS_DENIED)?;
        let name = &buffer[..2 * nul + 2];
        tell(function::GET_NEXT_VARIABLE_NAME, guid, name, 0, name_size);
        let next = VARIABLES.get().stores().next(&guid, name)?;
        let size = next.name.len();
        put(copy, Named { guid: next.vendor, name_size: size });
        if size > name_size {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        copy[Named::NAME..Named::NAME + size].copy_from_slice(next.name);
        Ok(Named::NAME + size)
    };
    match found() {
        Ok(size) => (Ok(()), size),
        Err(status @ Status::BUFFER_TOO_SMALL) => (Err(status), Named::NAME),
        Err(status) => (Err(status), 0),
    }
}

fn set(copy: &[u8]) -> Result<(), Status> {
    let Access { guid: vendor, data_size, name_size, attributes } = fields(copy)?;
    let data = Access::NAME.checked_add(name_size).ok_or(Status::ACCESS_DENIED)?;
    let data = copy.get(data..).and_then(|rest| rest.get(..data_size));
    let Some(data) = data else {
        error!("SetVariable: Data size exceed communication buffer size limit!");
        return Err(Status::ACCESS_DENIED);
    };
    let name = name(copy, Access::NAME, name_size)?;
    tell(function::SET_VARIABLE, vendor, name, attributes, data_size);
    info!("SmmVar: SetVariable '{}', size = {}", Name(name), data_size);
    set_variable(&Request { vendor, name, attributes, data, trusted: false })
}

fn query(copy: &mut [u8]) -> (Result<(), Status>, usize) {
    let done = fields::<Info>(copy).and_then(|asked| {
        tell(function::QUERY_VARIABLE_INFO, Guid::ZERO, &[], asked.attributes, 0);
        read::query(asked.attributes).map(|info| put(copy, info))
    });
    let size = if done.is_ok() { size_of::<Info>() } else { 0 };
    (done, size)
}

/// Room for the OS, which can't have any made: ReclaimForOS().
fn ready_to_boot() -> Result<(), Status> {
    let variables = VARIABLES.get();
    let little = variables.free().is_none_or(|(_, free)| free < MAX_AUTH_VARIABLE_SIZE);
    if little && variables.writable() && !variables.at_runtime && PCD.get(RECLAIM) != 0 {
        return variables.reclaim(None);
    }
    Ok(())
}

fn lock(copy: &[u8]) -> Result<(), Status> {
    let Named { guid, name_size } = fields(copy)?;
    check::lock(guid, name(copy, Named::NAME, name_size)?)
}

/// Only a driver of the boot may say where.
fn init_runtime_cache(copy: &[u8]) -> Result<(), Status> {
    let cache: RuntimeCache = fields(copy)?;
    let outside =
        is_outside(cache.non_volatile, cache.non_volatile_size) && is_outside(cache.volatile, cache.volatile_size);
    if VARIABLES.get().end_of_dxe || !outside {
        return Err(Status::ACCESS_DENIED);
    }
    if cache.non_volatile_size < base::nvram::STORE_SIZE || cache.volatile_size < base::variable::VOLATILE_STORE_SIZE {
        return Err(Status::BUFFER_TOO_SMALL);
    }
    VARIABLES.get().share(cache);
    Ok(())
}
