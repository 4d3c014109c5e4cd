//! SetVariable(): UEFI 2.10, 8.2; each status as EDK II answers.

use crate::store::{FORMAT, detached};
use crate::{PCD, RECLAIM, VARIABLES, auth, check, error_flag};
use alloc::vec::Vec;
use base::names::Text;
use base::nvram::STORE_SIZE as SIZE;
use base::variable::{MAX_AUTH_VARIABLE_SIZE, MAX_VARIABLE_SIZE, MAX_VOLATILE_VARIABLE_SIZE, Name};
use base::{Guid, Status, efi, error, info, smm, status};
use core::ffi::c_void;
use pi::layout::variable::attribute::{
    APPEND_WRITE, AUTHENTICATED_WRITE_ACCESS, BOOTSERVICE_ACCESS, HARDWARE_ERROR_RECORD, NON_VOLATILE, RUNTIME_ACCESS,
    TIME_BASED_AUTHENTICATED_WRITE_ACCESS,
};
use pi::variable::{Auth, Contents};

/// Of the store, the OS doesn't get this much: PcdBoottimeReservedNvVariableSpaceSize.
const BOOT_RESERVE: usize = 0x400;
/// Room for hardware error records, which nobody else gets: PcdHwErrStorageSize.
const HARDWARE_ERRORS: usize = 0x200;
/// `gEfiHardwareErrorVariableGuid`
const HARDWARE_ERROR: Guid = Guid::new("414E6BDD-E47B-47CC-B244-BB61020CF516");
const ACCESS: u32 = BOOTSERVICE_ACCESS | RUNTIME_ACCESS;
const AUTHENTICATED: u32 = AUTHENTICATED_WRITE_ACCESS | TIME_BASED_AUTHENTICATED_WRITE_ACCESS;
const KNOWN: u32 = NON_VOLATILE | ACCESS | HARDWARE_ERROR_RECORD | AUTHENTICATED | APPEND_WRITE;

#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub vendor: Guid,
    /// With its NUL.
    pub name: &'a [u8],
    pub attributes: u32,
    pub data: &'a [u8],
    /// From an SMM driver.
    pub trusted: bool,
}

impl Request<'_> {
    pub fn has(&self, bit: u32) -> bool {
        self.attributes & bit != 0
    }

    /// No data (and nothing to append), or no access.
    pub fn deletes(&self) -> bool {
        self.data.is_empty() && !self.has(APPEND_WRITE) || !self.has(ACCESS)
    }
}

pub fn set_variable(request: &Request<'_>) -> Result<(), Status> {
    check_attributes(request.attributes)?;
    if request.name.len() <= 2 || request.has(HARDWARE_ERROR_RECORD) && !is_error_record(request) {
        return Err(Status::INVALID_PARAMETER);
    }
    let signed = request.has(TIME_BASED_AUTHENTICATED_WRITE_ACCESS);
    let data = if signed { auth::payload(request.data)? } else { request.data };
    check_size(request, data.len())?;
    check::may_set(&Request { data, ..*request })?;
    if signed {
        auth::verify()?;
    }
    update(&Request { data, ..*request })
}

/// `HwErrRec####`: UEFI 2.10, 8.2.4.2.
fn is_error_record(request: &Request<'_>) -> bool {
    let name: Vec<char> = Name(request.name).ascii().collect();
    let number = name.strip_prefix(&['H', 'w', 'E', 'r', 'r', 'R', 'e', 'c']);
    let is_number = |number: &[char]| number.len() == 4 && number.iter().all(char::is_ascii_hexdigit);
    request.vendor == HARDWARE_ERROR && number.is_some_and(is_number)
}

/// What is kept for others than who asks.
fn kept_from(request: &Request<'_>) -> usize {
    let variables = VARIABLES.get();
    let for_errors = HARDWARE_ERRORS.saturating_sub(variables.error_records());
    match variables.free() {
        Some((_, free)) if request.has(HARDWARE_ERROR_RECORD) => free.saturating_sub(for_errors),
        _ if variables.at_runtime && !error_flag::is(request) => BOOT_RESERVE + for_errors,
        _ => for_errors,
    }
}

fn check_attributes(attributes: u32) -> Result<(), Status> {
    let deprecated = attributes & AUTHENTICATED_WRITE_ACCESS != 0;
    let wrong = if deprecated { Status::UNSUPPORTED } else { Status::INVALID_PARAMETER };
    let storage = attributes & !APPEND_WRITE;
    if attributes & !KNOWN != 0 {
        Err(Status::INVALID_PARAMETER)
    } else if attributes & ACCESS == RUNTIME_ACCESS || storage & !AUTHENTICATED_WRITE_ACCESS == NON_VOLATILE {
        Err(wrong)
    } else if deprecated {
        Err(Status::UNSUPPORTED)
    } else if attributes & HARDWARE_ERROR_RECORD != 0 && attributes & NON_VOLATILE == 0 {
        Err(Status::INVALID_PARAMETER)
    } else {
        Ok(())
    }
}

fn check_size(request: &Request<'_>, data: usize) -> Result<(), Status> {
    let (most, kind) = if request.has(AUTHENTICATED) {
        (MAX_AUTH_VARIABLE_SIZE, "MaxAuthVariableSize")
    } else if request.has(NON_VOLATILE) || !request.has(ACCESS) {
        (MAX_VARIABLE_SIZE, "MaxVariableSize")
    } else {
        (MAX_VOLATILE_VARIABLE_SIZE, "MaxVolatileVariableSize")
    };
    let (name, header) = (request.name.len(), FORMAT.header_size());
    if name.checked_add(data).is_none_or(|size| size > most - header) {
        let Request { vendor, .. } = request;
        error!("VariableServiceSetVariable: Failed to set variable '{}' with Guid {}", Name(request.name), vendor);
        error!(
            "NameSize(0x{:x}) + PayloadSize(0x{:x}) > {}(0x{:x}) - HeaderSize(0x{:x})",
            name, data, kind, most, header
        );
        return Err(Status::INVALID_PARAMETER);
    }
    Ok(())
}

/// A variable that is there.
struct Old {
    volatile: bool,
    attributes: u32,
    data: Vec<u8>,
    lookup: pi::variable::Lookup<'static>,
}

fn find(request: &Request<'_>) -> Option<Old> {
    let (store, found) = VARIABLES.get().stores().find(&request.vendor, request.name)?;
    let Contents { attributes, data, .. } = found.current.contents;
    Some(Old { volatile: store == 0, attributes, data: data.to_vec(), lookup: detached(&found) })
}

fn update(request: &Request<'_>) -> Result<(), Status> {
    let variables = VARIABLES.get();
    let old = find(request);
    let in_flash = old.as_ref().map_or(request.has(NON_VOLATILE), |old| !old.volatile);
    if in_flash && !variables.writable() {
        let status = smm::NOT_AVAILABLE_YET;
        error!("Update NV variable before EFI_VARIABLE_WRITE_ARCH_PROTOCOL ready - {}", Text(status));
        return Err(status);
    }
    match old {
        Some(old) => change(request, &old),
        None => create(request),
    }
}

fn change(request: &Request<'_>, old: &Old) -> Result<(), Status> {
    let runtime = VARIABLES.get().at_runtime;
    if runtime && (old.volatile || old.attributes & RUNTIME_ACCESS == 0) {
        return Err(Status::WRITE_PROTECTED);
    }
    if old.attributes & AUTHENTICATED != 0 && !request.has(TIME_BASED_AUTHENTICATED_WRITE_ACCESS) {
        return Err(Status::WRITE_PROTECTED);
    }
    let attributes = request.attributes & !APPEND_WRITE;
    if request.attributes != 0 && attributes != old.attributes {
        info!(
            "[Variable]: Rewritten a preexisting variable(0x{:08x}) with different attributes(0x{:08x})",
            old.attributes, attributes
        );
        return Err(Status::INVALID_PARAMETER);
    }
    if request.deletes() {
        return VARIABLES.get().delete(old.volatile, &old.lookup);
    }
    let joined;
    let data = if request.has(APPEND_WRITE) {
        joined = [&old.data[..], request.data].concat();
        check_size(request, joined.len())?;
        &joined[..]
    } else {
        request.data
    };
    if data == old.data {
        return Ok(());
    }
    write(request, attributes, data, Some(old))
}

fn create(request: &Request<'_>) -> Result<(), Status> {
    if request.deletes() {
        return Err(Status::NOT_FOUND);
    }
    if VARIABLES.get().at_runtime && !(request.has(RUNTIME_ACCESS) && request.has(NON_VOLATILE)) {
        return Err(Status::INVALID_PARAMETER);
    }
    // Nothing to append to nothing.
    if request.data.is_empty() {
        return Ok(());
    }
    write(request, request.attributes & !APPEND_WRITE, request.data, None)
}

fn write(request: &Request<'_>, attributes: u32, data: &[u8], old: Option<&Old>) -> Result<(), Status> {
    let Request { vendor, name, .. } = *request;
    let new = Contents { attributes, auth: Auth::default(), vendor, name, data };
    let variables = VARIABLES.get();
    let volatile = attributes & NON_VOLATILE == 0;
    let runtime = variables.at_runtime;
    let reserved = if volatile { 0 } else { kept_from(request) };
    let lookup = old.map(|old| &old.lookup);
    if !volatile {
        info!("SmmVar: Writing to NVRAM...");
    }
    match variables.free_of(volatile) {
        Some((end, free)) if FORMAT.size(&new) + reserved <= free => variables.put(volatile, end, lookup, &new),
        _ if volatile => variables.reclaim_volatile(&new),
        // The OS doesn't wait for erases.
        _ if error_flag::is(request) => Err(Status::OUT_OF_RESOURCES),
        free if runtime || PCD.get(RECLAIM) == 0 => Err(out_of_space(&new, free.map_or(0, |(_, free)| free))),
        free => match variables.reclaim(Some(&new)) {
            Err(Status::OUT_OF_RESOURCES) => Err(out_of_space(&new, free.map_or(0, |(_, free)| free))),
            done => done,
        },
    }
}

/// Both kinds of space are one here.
fn out_of_space(new: &Contents<'_>, free: usize) -> Status {
    let Contents { vendor, attributes, name, .. } = new;
    let size = FORMAT.size(new);
    info!(
        "RecordVarErrorFlag (0x{:02X}) {}:{} - 0x{:08X} - 0x{:x}",
        error_flag::SYSTEM,
        Name(name),
        vendor,
        attributes,
        size
    );
    error_flag::record(error_flag::SYSTEM);
    let (space, used) = (SIZE - HARDWARE_ERRORS - BOOT_RESERVE, SIZE - free);
    info!("CommonRuntimeVariableSpace = 0x{:x} - CommonVariableTotalSize = 0x{:x}", space, used);
    error!("UpdateVariable failed: Out of flash space");
    Status::OUT_OF_RESOURCES
}

/// `EFI_SMM_VARIABLE_PROTOCOL`: for SMM drivers.
pub unsafe extern "efiapi" fn smm_set_variable(
    name: *mut u16,
    vendor: *mut efi::Guid,
    attributes: u32,
    size: usize,
    data: *mut c_void,
) -> Status {
    if name.is_null() || vendor.is_null() || size != 0 && data.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller, a driver in SMRAM, passes a name, a GUID and so many bytes.
    let (name, vendor, data) = unsafe {
        let data = if size == 0 { &[][..] } else { core::slice::from_raw_parts(data.cast::<u8>(), size) };
        (base::variable::name_at(name), *vendor.cast::<Guid>(), data)
    };
    status(set_variable(&Request { vendor, name, attributes, data, trusted: true }))
}
