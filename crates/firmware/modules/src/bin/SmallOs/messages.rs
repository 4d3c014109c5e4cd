//! The shell's commands that send what only firmware sends, and only while it boots: a lock, a policy, an end to
//! a write. SMM answers each in the message.

use crate::commands::{Wrong, communicate};
use crate::loader::OS;
use crate::variables::{name, vendor};
use base::names::Name;
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader};
use base::variable::{
    HEADER, Header, Named, POLICY_REVISION, POLICY_SIGNATURE, POLICY_VERSION, PolicyEntry, PolicyMessage, function,
    lock, policy_command,
};
use base::{Guid, Status, protocol, say};
use core::mem::offset_of;
use core::str::SplitAsciiWhitespace;

pub const HELP: [&str; 3] = [
    "lockvar NAME [VENDOR]    lock it, as firmware may before EndOfDxe",
    "varpolicy NAME [VENDOR]  the same by a variable policy",
    "ftwabort                 end FTW's last write",
];

const POLICY: usize = size_of::<PolicyMessage>();
const ENTRY: usize = size_of::<PolicyEntry>();

/// None: no command of ours.
pub fn run(command: &str, words: &mut SplitAsciiWhitespace) -> Option<Result<(), Wrong>> {
    Some(match command {
        "lockvar" | "varpolicy" => of_variable(command, words),
        "ftwabort" => {
            say!("ftwabort: {}", Name(ftw_abort()));
            Ok(())
        }
        _ => return None,
    })
}

/// Into the message, in the memory that the firmware keeps for it.
fn put<T>(at: usize, value: T) {
    // SAFETY: there is room for every message of this file.
    unsafe { (place(at) as *mut T).write_unaligned(value) };
}

fn place(at: usize) -> usize {
    OS.get().buffer as usize + COMMUNICATE_HEADER + at
}

/// Sends so many bytes; the status stands at `result` of the answer.
fn send(guid: Guid, length: usize, result: usize) -> Status {
    let buffer = OS.get().buffer;
    // SAFETY: as above.
    unsafe { (buffer as *mut CommunicateHeader).write_unaligned(CommunicateHeader { guid, length }) };
    match communicate(buffer, length) {
        // SAFETY: in the message.
        Status::SUCCESS => unsafe { (place(result) as *const Status).read_unaligned() },
        status => status,
    }
}

fn of_variable(command: &str, words: &mut SplitAsciiWhitespace) -> Result<(), Wrong> {
    let (text, name) = name(words)?;
    let (name_size, namespace) = (2 * (text.len() + 1), vendor(words)?);
    let status = if command == "lockvar" {
        put(0, Header { function: function::LOCK_VARIABLE, return_status: 0 });
        put(HEADER, Named { guid: namespace, name_size });
        put(HEADER + Named::NAME, name);
        send(protocol::SMM_VARIABLE, HEADER + Named::NAME + name_size, offset_of!(Header, return_status))
    } else {
        let (signature, revision) = (POLICY_SIGNATURE, POLICY_REVISION);
        put(0, PolicyMessage { signature, revision, command: policy_command::REGISTER, result: 0 });
        let entry = PolicyEntry {
            version: POLICY_VERSION,
            size: (ENTRY + name_size) as u16,
            offset_to_name: ENTRY as u16,
            namespace,
            min_size: 0,
            max_size: u32::MAX,
            must_have: 0,
            cant_have: 0,
            lock: lock::LOCK_NOW,
            padding: [0; 3],
        };
        put(POLICY, entry);
        put(POLICY + ENTRY, name);
        send(protocol::VAR_CHECK_POLICY, POLICY + ENTRY + name_size, offset_of!(PolicyMessage, result))
    };
    say!("{} {}: {}", command, text, Name(status));
    Ok(())
}

fn ftw_abort() -> Status {
    /// EDK II's number of the function; FTW's header is built as VariableSmm's.
    const ABORT: usize = 5;
    put(0, Header { function: ABORT, return_status: 0 });
    send(protocol::SMM_FAULT_TOLERANT_WRITE, HEADER, offset_of!(Header, return_status))
}
