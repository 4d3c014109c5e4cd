//! Variables, the part outside SMM: the runtime services of everybody, which end in a message to
//! VariableSmm or, for reading, in the copies of its stores. EDK II's VariableSmmRuntimeDxe; `VariableSmm:`
//! lines are the article's.
#![no_std]
#![no_main]

mod cache;
mod call;
mod events;
mod services;

use base::protocol;
use base::variable::VariableLock;
use base::{Global, Handle, Status, dxe};
use pi::pcd;

base::dxe_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<2> = pcd::Block::new([("PcdVariableRuntimeCache", 1), ("PcdConvertPointers", 1)]);
const RUNTIME_CACHE: usize = 0;
const CONVERT_POINTERS: usize = 1;

static LOCK: Global<VariableLock> = Global::new(VariableLock { request_to_lock: services::request_to_lock });

fn main(_: Handle) -> Result<(), Status> {
    events::register()?;
    dxe::install(&protocol::VARIABLE_LOCK, LOCK.as_ptr()).map(drop)
}
