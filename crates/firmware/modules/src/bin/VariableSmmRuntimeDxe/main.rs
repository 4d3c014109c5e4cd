//! Variables, the part outside SMM: the runtime services of everybody, which end in a message to
//! VariableSmm or, for reading, in the copies of its stores. EDK II's VariableSmmRuntimeDxe; `VariableSmm:`
//! lines are the article's.
#![no_std]
#![no_main]

mod cache;
mod call;
mod events;
mod policy;
mod services;

use base::protocol;
use base::variable::{VariableLock, VariablePolicy};
use base::{Global, Handle, Status, dxe, efi};
use pi::pcd;

base::dxe_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<3> = pcd::Block::new([
    ("PcdVariableRuntimeCache", 1),
    ("PcdConvertPointers", 1),
    ("PcdCommBufferType", efi::RUNTIME_SERVICES_DATA),
]);
const RUNTIME_CACHE: usize = 0;
const CONVERT_POINTERS: usize = 1;
/// `EFI_MEMORY_TYPE` of the message's buffer.
const BUFFER_TYPE: usize = 2;

static LOCK: Global<VariableLock> = Global::new(VariableLock { request_to_lock: services::request_to_lock });

static POLICY: Global<VariablePolicy> = Global::new(policy::PROTOCOL);

fn main(_: Handle) -> Result<(), Status> {
    events::register()?;
    dxe::install(&protocol::VARIABLE_POLICY, POLICY.as_ptr())?;
    dxe::install(&protocol::VARIABLE_LOCK, LOCK.as_ptr()).map(drop)
}
