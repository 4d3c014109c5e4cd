//! Variable policies: what a variable must be like, and when it is locked. Rules, statuses and messages are
//! those of EDK II's VariablePolicyLib and VarCheckPolicyLib.

use crate::set::Request;
use crate::{PCD, POLICY, VARIABLES};
use alloc::vec::Vec;
use base::variable::{
    POLICY_REVISION, POLICY_SIGNATURE, POLICY_VERSION, PolicyDump, PolicyEntry, PolicyMessage, lock,
    policy_command as command, policy_entry,
};
use base::{Global, Guid, Handle, Status, info, protocol, setup, smst, status, variable};
use core::ffi::c_void;
use core::mem::offset_of;
use pi::layout::variable::attribute::{
    APPEND_WRITE, AUTHENTICATED_WRITE_ACCESS, HARDWARE_ERROR_RECORD, TIME_BASED_AUTHENTICATED_WRITE_ACCESS,
};

const ENTRY: usize = size_of::<PolicyEntry>();
const MESSAGE: usize = size_of::<PolicyMessage>();
const DUMP: usize = size_of::<PolicyDump>();
/// `VARIABLE_LOCK_ON_VAR_STATE_POLICY`: namespace, value, padding; the other variable's name follows.
const STATE: usize = 18;
const MOST: usize = 0x400;

struct Policy {
    entry: PolicyEntry,
    /// All of it, the entry itself included, as it was registered.
    bytes: Vec<u8>,
}

struct Policies {
    all: Vec<Policy>,
    disabled: bool,
    locked: bool,
}

static POLICIES: Global<Policies> = Global::new(Policies { all: Vec::new(), disabled: false, locked: false });

/// NV, BS, RT, and nothing else that is stored.
const PLAIN: u32 = 7;
const NO_OTHERS: u32 = HARDWARE_ERROR_RECORD | AUTHENTICATED_WRITE_ACCESS | TIME_BASED_AUTHENTICATED_WRITE_ACCESS;
/// The count of updates is for SMM drivers to write.
const FIRMWARE_UPDATE: &[u16] = &setup::utf16::<15>("FirmwareUpdate");

pub fn init() -> Result<(), Status> {
    let attributes = (PLAIN, NO_OTHERS);
    register(&policy_entry(variable::PLATFORM, FIRMWARE_UPDATE, (1, 64), attributes, lock::LOCK_NOW))?;
    smst::handle_smi(on_message, Some(&protocol::VAR_CHECK_POLICY)).map(drop)
}

pub fn lock_interface() {
    POLICIES.get().locked = true;
}

/// The status goes into the message; the handler itself always succeeds.
extern "efiapi" fn on_message(_: Handle, _: *const c_void, buffer: *mut c_void, size: *mut usize) -> Status {
    if buffer.is_null() || size.is_null() {
        return Status::SUCCESS;
    }
    // SAFETY: the core's variable.
    let size = unsafe { *size };
    if !(MESSAGE..=MOST).contains(&size) {
        base::error!("VarCheckPolicyLibMmiHandler: Invalid comm buffer size! {}", size);
        return Status::SUCCESS;
    }
    let mut copy = [0; MOST];
    let copy = &mut copy[..size];
    // SAFETY: the SMM core has looked where the message lies; from here on only the copy is believed.
    let message = unsafe {
        copy.as_mut_ptr().copy_from(buffer.cast(), size);
        copy.as_ptr().cast::<PolicyMessage>().read_unaligned()
    };
    if message.signature != POLICY_SIGNATURE || message.revision != POLICY_REVISION {
        return Status::SUCCESS;
    }
    let done = match message.command {
        command::DISABLE => disable(),
        command::REGISTER => register(&copy[MESSAGE..]),
        command::LOCK => lock_by_request(),
        command::IS_ENABLED => is_enabled(buffer.wrapping_byte_add(MESSAGE).cast(), size - MESSAGE),
        command::DUMP => {
            let done = dump(&mut copy[MESSAGE..]);
            // SAFETY: no more than was there.
            unsafe {
                buffer.wrapping_byte_add(MESSAGE).cast::<u8>().copy_from(copy[MESSAGE..].as_ptr(), size - MESSAGE)
            };
            done
        }
        _ => Err(Status::UNSUPPORTED),
    };
    let result = buffer.wrapping_byte_add(offset_of!(PolicyMessage, result)).cast::<usize>();
    // SAFETY: in the message's header.
    unsafe { result.write_unaligned(status(done).as_usize()) };
    Status::SUCCESS
}

fn is_enabled(answer: *mut bool, room: usize) -> Result<(), Status> {
    if room == 0 {
        return Err(Status::INVALID_PARAMETER);
    }
    // SAFETY: behind the header, in the message.
    unsafe { answer.write(!POLICIES.get().disabled) };
    Ok(())
}

/// Page 0 tells the size, those behind it have the entries, as much of them as there is room in the message. EDK II
/// keeps a copy from page to page; here nobody can register in between once the interface is locked.
fn dump(message: &mut [u8]) -> Result<(), Status> {
    let (head, room) = message.split_at_mut_checked(DUMP).ok_or(Status::INVALID_PARAMETER)?;
    let at = head.as_mut_ptr().cast::<PolicyDump>();
    // SAFETY: as long; plain numbers.
    let page = unsafe { at.read_unaligned() }.page_requested as usize;
    let mut all = Vec::new();
    for policy in &POLICIES.get().all {
        all.extend_from_slice(&policy.bytes);
    }
    let start = page.saturating_sub(1).saturating_mul(room.len());
    let rest = all.get(start..).unwrap_or_default();
    let mut size = 0;
    if page != 0 {
        if rest.is_empty() {
            return Err(Status::INVALID_PARAMETER);
        }
        for (to, from) in room.iter_mut().zip(rest) {
            *to = *from;
            size += 1;
        }
    }
    let answer = PolicyDump {
        page_requested: page as u32,
        total_size: all.len() as u32,
        page_size: size as u32,
        has_more: (size < rest.len()).into(),
    };
    // SAFETY: as above.
    unsafe { at.write_unaligned(answer) };
    Ok(())
}

fn disable() -> Result<(), Status> {
    let policies = POLICIES.get();
    match () {
        () if policies.disabled => Err(Status::ALREADY_STARTED),
        () if policies.locked => Err(Status::WRITE_PROTECTED),
        () => {
            policies.disabled = true;
            Ok(())
        }
    }
}

fn lock_by_request() -> Result<(), Status> {
    if POLICIES.get().locked {
        return Err(Status::WRITE_PROTECTED);
    }
    lock_interface();
    Ok(())
}

pub fn register(bytes: &[u8]) -> Result<(), Status> {
    let policies = POLICIES.get();
    if policies.locked {
        return Err(Status::WRITE_PROTECTED);
    }
    let policy = parse(bytes).ok_or(Status::INVALID_PARAMETER)?;
    let same = |other: &Policy| other.entry.namespace == policy.entry.namespace && other.name() == policy.name();
    if policies.all.iter().any(same) {
        return Err(Status::ALREADY_STARTED);
    }
    policies.all.push(policy);
    Ok(())
}

/// A name with its NUL, and nothing behind it.
fn is_name(bytes: &[u8]) -> bool {
    let (units, rest) = bytes.as_chunks::<2>();
    rest.is_empty() && units.len() > 1 && units.iter().position(|unit| *unit == [0, 0]) == Some(units.len() - 1)
}

fn parse(bytes: &[u8]) -> Option<Policy> {
    // SAFETY: long enough; plain numbers.
    let entry = unsafe { bytes.get(..ENTRY)?.as_ptr().cast::<PolicyEntry>().read_unaligned() };
    let (start, whole) = (usize::from(entry.offset_to_name), bytes.get(..entry.size.into())?);
    let name = whole.get(start..)?;
    let policy = Policy { entry, bytes: whole.to_vec() };
    let placed = match entry.lock {
        lock::LOCK_ON_VAR_STATE => policy.state().is_some_and(|(_, name, _)| is_name(name)),
        _ => start == ENTRY,
    };
    let good = placed
        && entry.version == POLICY_VERSION
        && entry.min_size <= entry.max_size
        && entry.must_have & entry.cant_have == 0
        && entry.lock <= lock::LOCK_ON_VAR_STATE
        && (name.is_empty() || is_name(name));
    good.then_some(policy)
}

impl Policy {
    /// With its NUL; empty: all names.
    fn name(&self) -> &[u8] {
        self.bytes.get(usize::from(self.entry.offset_to_name)..).unwrap_or_default()
    }

    /// LOCK_ON_VAR_STATE: the other variable's namespace, name and value.
    fn state(&self) -> Option<(Guid, &[u8], u8)> {
        let state = self.bytes.get(ENTRY..self.entry.offset_to_name.into())?;
        Some((Guid(*state.first_chunk()?), state.get(STATE..)?, state[16]))
    }

    /// None: another variable's. Else how many letters are wild: `#` stands for a hexadecimal digit.
    fn matches(&self, vendor: &Guid, name: &[u8]) -> Option<usize> {
        if self.entry.namespace != *vendor {
            return None;
        }
        let mine = self.name();
        if mine.is_empty() {
            return Some(usize::MAX);
        }
        let pairs = || mine.as_chunks::<2>().0.iter().zip(name.as_chunks::<2>().0);
        let is_wild =
            |ours: &[u8; 2], theirs: &[u8; 2]| *ours == [b'#', 0] && theirs[1] == 0 && theirs[0].is_ascii_hexdigit();
        let fits = mine.len() == name.len() && pairs().all(|(ours, theirs)| ours == theirs || is_wild(ours, theirs));
        fits.then(|| pairs().filter(|(ours, theirs)| ours != theirs).count())
    }
}

/// The one that fits best.
fn of(request: &Request<'_>) -> Option<&'static Policy> {
    let policies = POLICIES.get();
    if policies.disabled || PCD.get(POLICY) == 0 {
        return None;
    }
    let fitting = policies.all.iter().filter_map(|one| Some((one.matches(&request.vendor, request.name)?, one)));
    fitting.min_by_key(|(wild, _)| *wild).map(|(_, one)| one)
}

pub fn locks(request: &Request<'_>) -> bool {
    let Some(policy) = of(request) else { return false };
    let stores = VARIABLES.get().stores();
    match policy.entry.lock {
        lock::LOCK_NOW => true,
        lock::LOCK_ON_CREATE => stores.get(&request.vendor, request.name).is_some(),
        lock::LOCK_ON_VAR_STATE => policy
            .state()
            .is_some_and(|(vendor, name, value)| stores.get(&vendor, name).is_some_and(|found| found.data == [value])),
        _ => false,
    }
}

/// Size and attributes, before any lock; nothing is asked of what is deleted by its size. A limit of 0 is none.
pub fn validate(request: &Request<'_>) -> Result<(), Status> {
    let (attributes, size) = (request.attributes, request.data.len());
    let deletes = size == 0 && !request.has(APPEND_WRITE);
    let Some(Policy { entry, .. }) = of(request).filter(|_| !deletes) else { return Ok(()) };
    let (least, most) = (entry.min_size, entry.max_size);
    if size < least as usize || most != 0 && size > most as usize {
        info!("ValidateSetVariable - Bad Size. 0x{:X} <> 0x{:X}-0x{:X}", size, least, most);
        return Err(Status::INVALID_PARAMETER);
    }
    if attributes & entry.must_have != entry.must_have || attributes & entry.cant_have != 0 {
        let (must, cant) = (entry.must_have, entry.cant_have);
        info!("ValidateSetVariable - Bad Attributes. 0x{:X} <> 0x{:X}:0x{:X}", attributes, must, cant);
        return Err(Status::INVALID_PARAMETER);
    }
    Ok(())
}
