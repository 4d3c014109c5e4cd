//! `EDKII_VARIABLE_POLICY_PROTOCOL`: each call is a message to VariableSmm, which keeps the policies. Boot services
//! only.

use crate::call;
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader};
use base::variable::{
    POLICY_REVISION, POLICY_SIGNATURE, PolicyEntry, PolicyMessage, VariablePolicy, policy_command as command,
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

extern "efiapi" fn dump(_: *mut u8, _: *mut u32) -> Status {
    Status::UNSUPPORTED
}

extern "efiapi" fn lock() -> Status {
    ask(command::LOCK, &[]).0
}
