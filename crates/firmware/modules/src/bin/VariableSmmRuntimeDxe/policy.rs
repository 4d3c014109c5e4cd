//! `EDKII_VARIABLE_POLICY_PROTOCOL`: each call is a message to VariableSmm, which keeps the policies. Boot services
//! only.

use crate::call;
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader};
use base::variable::{
    POLICY_REVISION, POLICY_SIGNATURE, PolicyDump, PolicyEntry, PolicyMessage, VariablePolicy,
    policy_command as command,
};
use base::{Status, protocol};

pub const PROTOCOL: VariablePolicy = VariablePolicy { revision: 0x1_0000, disable, is_enabled, register, dump, lock };

/// The answer, and what stands behind the header then.
fn ask(command: u32, data: &[u8]) -> (Status, &'static [u8]) {
    let call = call::CALL.get();
    if call.buffer.is_null() {
        return (Status::NOT_READY, &[]);
    }
    let length = size_of::<PolicyMessage>() + data.len();
    let mut size = COMMUNICATE_HEADER + length;
    if data.len() > base::variable::PAYLOAD / 2 {
        return (Status::INVALID_PARAMETER, &[]);
    }
    let message = PolicyMessage { signature: POLICY_SIGNATURE, revision: POLICY_REVISION, command, result: 0 };
    // SAFETY: the driver's buffer, which is larger; nobody else uses it now.
    unsafe {
        let header = CommunicateHeader { guid: protocol::VAR_CHECK_POLICY, length };
        call.buffer.cast::<CommunicateHeader>().write_unaligned(header);
        let at = call.buffer.add(COMMUNICATE_HEADER);
        at.cast::<PolicyMessage>().write_unaligned(message);
        let behind = at.add(size_of::<PolicyMessage>());
        behind.copy_from(data.as_ptr(), data.len());
        let communication = call.communication;
        let status = ((*communication).communicate)(communication, call.buffer.cast(), &mut size);
        if status != Status::SUCCESS {
            return (status, &[]);
        }
        let answer = at.cast::<PolicyMessage>().read_unaligned();
        (Status::from_usize(answer.result), core::slice::from_raw_parts(behind, data.len()))
    }
}

extern "efiapi" fn disable() -> Status {
    ask(command::DISABLE, &[]).0
}

extern "efiapi" fn is_enabled(state: *mut bool) -> Status {
    if state.is_null() {
        return Status::INVALID_PARAMETER;
    }
    let (status, answer) = ask(command::IS_ENABLED, &[0]);
    if let Some(enabled) = answer.first() {
        // SAFETY: the caller's variable.
        unsafe { *state = *enabled != 0 };
    }
    status
}

extern "efiapi" fn register(entry: *const PolicyEntry) -> Status {
    if entry.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's entry, and as many bytes as it says.
    let bytes =
        unsafe { core::slice::from_raw_parts(entry.cast::<u8>(), (&raw const (*entry).size).read_unaligned().into()) };
    ask(command::REGISTER, bytes).0
}

const DUMP: usize = size_of::<PolicyDump>();
/// Of a message with a page of entries in it.
const PAGE: usize = 0x200;

/// What SMM says of a page, and the entries in it.
fn page(page_requested: u32) -> Result<(PolicyDump, &'static [u8]), Status> {
    let mut request = [0; PAGE];
    request[..4].copy_from_slice(&page_requested.to_le_bytes());
    let (status, answer) = ask(command::DUMP, &request);
    let (head, entries) = answer.split_at_checked(DUMP).ok_or(status)?;
    base::check(status)?;
    // SAFETY: as long; plain numbers.
    let dump = unsafe { head.as_ptr().cast::<PolicyDump>().read_unaligned() };
    let entries = entries.get(..dump.page_size as usize);
    // Only page 0 is empty.
    let entries = entries.filter(|entries| page_requested == 0 || !entries.is_empty());
    Ok((dump, entries.ok_or(Status::DEVICE_ERROR)?))
}

/// As GetVariable(): too little room, and the size is told.
extern "efiapi" fn dump(policy: *mut u8, size: *mut u32) -> Status {
    // SAFETY: the caller's variable, if there is one.
    let Some(size) = (unsafe { size.as_mut() }) else { return Status::INVALID_PARAMETER };
    if policy.is_null() && *size != 0 {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: so many bytes of the caller's.
    let room =
        if policy.is_null() { &mut [][..] } else { unsafe { core::slice::from_raw_parts_mut(policy, *size as usize) } };
    base::status(dump_into(room, size))
}

fn dump_into(room: &mut [u8], size: &mut u32) -> Result<(), Status> {
    *size = page(0)?.0.total_size;
    let mut rest = room.get_mut(..*size as usize).ok_or(Status::BUFFER_TOO_SMALL)?;
    for number in 1.. {
        if rest.is_empty() {
            break;
        }
        let (_, entries) = page(number)?;
        let (here, behind) = rest.split_at_mut_checked(entries.len()).ok_or(Status::DEVICE_ERROR)?;
        here.copy_from_slice(entries);
        rest = behind;
    }
    Ok(())
}

extern "efiapi" fn lock() -> Status {
    ask(command::LOCK, &[]).0
}
