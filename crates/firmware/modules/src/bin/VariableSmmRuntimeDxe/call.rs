//! One message to VariableSmm, as EDK II sends it: the buffer starts as zeros, so its status as
//! EFI_SUCCESS, and what comes back in it is the answer, whatever Communicate() says.

use crate::{BUFFER_TYPE, PCD};
use base::names::Name;
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader, SmmCommunication};
use base::variable::{HEADER, Header, PAYLOAD, function};
use base::{Global, Status, check, debug, dxe, protocol};
use core::ptr::null_mut;

const START: usize = COMMUNICATE_HEADER + HEADER;

pub struct Call {
    pub communication: *mut SmmCommunication,
    /// Where we see the buffer; it is passed by its physical address.
    pub buffer: *mut u8,
    physical: *mut u8,
}

pub static CALL: Global<Call> =
    Global::new(Call { communication: null_mut(), buffer: null_mut(), physical: null_mut() });

pub fn init() -> Result<(), Status> {
    let call = CALL.get();
    call.communication = dxe::locate(&protocol::SMM_COMMUNICATION)?;
    let mut buffer = null_mut();
    // SAFETY: the service's types.
    check(unsafe { (dxe::boot_services().allocate_pool)(PCD.get(BUFFER_TYPE), START + PAYLOAD, &mut buffer) })?;
    call.buffer = buffer.cast();
    call.physical = call.buffer;
    Ok(())
}

/// The message's payload, to be filled in.
pub fn message(function: usize) -> &'static mut [u8] {
    let buffer = CALL.get().buffer;
    // SAFETY: the buffer is as large as that, and nobody else uses it now.
    unsafe {
        buffer.write_bytes(0, START + PAYLOAD);
        let data = buffer.add(COMMUNICATE_HEADER);
        data.cast::<Header>().write_unaligned(Header { function, return_status: 0 });
        core::slice::from_raw_parts_mut(data.add(HEADER), PAYLOAD)
    }
}

/// Sends it with `payload` bytes.
pub fn send(payload: usize) -> Status {
    let Call { communication, buffer, physical } = *CALL.get();
    let mut size = START + payload;
    // SAFETY: the buffer, and the IPL's protocol.
    unsafe {
        let header = CommunicateHeader { guid: protocol::SMM_VARIABLE, length: HEADER + payload };
        buffer.cast::<CommunicateHeader>().write_unaligned(header);
        let data = buffer.add(COMMUNICATE_HEADER).cast::<Header>();
        let function = (&raw const (*data).function).read_volatile();
        debug!("VariableSmm: Communicate called, command = {}", function::name(function));
        debug!("VariableSmm: Waiting for SMM...");
        let status = ((*communication).communicate)(communication, physical.cast(), &mut size);
        if status.is_error() {
            debug!("ASSERT_EFI_ERROR (Status = {})", base::names::Text(status));
        }
        base::debug_assert!(!status.is_error());
        let answer = Status::from_usize((&raw const (*data).return_status).read_volatile());
        debug!("VariableSmm: SMM returned {}", Name(answer));
        answer
    }
}

/// A message without contents.
pub fn tell(function: usize) {
    message(function);
    // Nobody waits for an answer.
    let _ = send(0);
}
