//! SmmSwDispatch2: hands a software SMI to the driver that registered its value. It also ends every
//! SMI towards the chipset, unless SmmChildDispatcher is there, which looks at all sources before.
//! PI 1.8 Vol. 4, "MM Software Dispatch Protocol".
//!
//! The answer is the custom of this firmware: EFI_NOT_FOUND or the handler's status in the RAX of the
//! processor that wrote APM_CNT.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use base::arch::{ASKS, in8, in16, in32, out32};
use base::chipset::{APM_CNT, APM_DATA, end_of_smi, pm};
use base::smm::{
    IoInfo, SmiHandler, SmiHandlerProfile, SmmCpu, SmmSwDispatch2, SwContext, SwRegisterContext, WARN_SOURCE_QUIESCED,
    register,
};
use base::{Global, Guid, Handle, Status, debug, protocol, record, smst};
use core::ffi::c_void;
use pi::pcd;

base::smm_entry!(main);

const MAXIMUM: usize = 0xff;
const ANY: usize = usize::MAX;
const KIND: Guid = protocol::SMM_SW_DISPATCH2;

#[derive(Clone, Copy)]
struct Child {
    id: usize,
    value: usize,
    handler: SmiHandler,
}

/// 0: a value that is taken is registered again; the first driver gets it.
#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<1> = pcd::Block::new([("PcdUniqueSwSmiValues", 1)]);

static CHILDREN: Global<Vec<Child>> = Global::new(Vec::new());
static LAST: Global<usize> = Global::new(0);
/// The chipset sets SMI_STS.APM_STS; QEMU never does: there the command alone tells.
static TELLS: Global<bool> = Global::new(false);
static CPU: Global<*mut SmmCpu> = Global::new(core::ptr::null_mut());
static PROTOCOL: Global<SmmSwDispatch2> =
    Global::new(SmmSwDispatch2 { register: register_child, unregister, maximum_sw_value: MAXIMUM });

fn main() -> Result<(), Status> {
    *CPU.get() = smst::locate(&protocol::SMM_CPU)?;
    // This runs in a software SMI: the IPL's.
    *TELLS.get() = in32(pm::SMI_STS) & pm::APM_STS != 0;
    smst::handle_smi(on_smi, None)?;
    smst::install(&protocol::SMM_SW_DISPATCH2, PROTOCOL.as_ptr()).map(drop)
}

fn is_free(value: usize) -> bool {
    CHILDREN.get().iter().all(|child| child.value != value)
}

extern "efiapi" fn register_child(
    _: *const SmmSwDispatch2,
    handler: SmiHandler,
    context: *mut SwRegisterContext,
    handle: *mut Handle,
) -> Status {
    if context.is_null() || handle.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: the caller's variables.
    let (context, handle) = unsafe { (&mut *context, &mut *handle) };
    if context.sw_smi_input_value == ANY {
        match (1..=MAXIMUM).find(|value| is_free(*value)) {
            Some(value) => context.sw_smi_input_value = value,
            None => return Status::OUT_OF_RESOURCES,
        }
    }
    let value = context.sw_smi_input_value;
    if !(1..=MAXIMUM).contains(&value) || PCD.get(0) != 0 && !is_free(value) {
        return Status::INVALID_PARAMETER;
    }
    *LAST.get() += 1;
    CHILDREN.get().push(Child { id: *LAST.get(), value, handler });
    *handle = *LAST.get() as Handle;
    record::write(&record::HandlerRegistered {
        kind: KIND,
        value: (value as u64).into(),
        function: (handler as usize as u64).into(),
    });
    if let Some(profile) = profile() {
        let context = (&raw const *context).cast();
        // SAFETY: the core's protocol. A profile without this handler does no harm.
        let _ = unsafe { ((*profile).register)(profile, &KIND, handler, 0, context, size_of::<SwRegisterContext>()) };
    }
    Status::SUCCESS
}

/// DEBUG: the core's list of who handles what.
fn profile() -> Option<*mut SmiHandlerProfile> {
    base::DEBUG.then(|| smst::locate(&protocol::SMI_HANDLER_PROFILE).ok()).flatten()
}

extern "efiapi" fn unregister(_: *const SmmSwDispatch2, handle: Handle) -> Status {
    let Some(at) = CHILDREN.get().iter().position(|child| child.id == handle as usize) else {
        return Status::INVALID_PARAMETER;
    };
    let child = CHILDREN.get().remove(at);
    if let Some(profile) = profile() {
        let context = SwRegisterContext { sw_smi_input_value: child.value };
        let (context, size) = ((&raw const context).cast(), size_of::<SwRegisterContext>());
        // SAFETY: as above.
        let _ = unsafe { ((*profile).unregister)(profile, &KIND, child.handler, context, size) };
    }
    Status::SUCCESS
}

/// A root handler.
extern "efiapi" fn on_smi(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    let told = in32(pm::SMI_STS) & pm::APM_STS != 0;
    // The chipset tells nothing: software may have raised it.
    let untold = !*TELLS.get() && !is_tco();
    if told || untold {
        let count = smst::get().number_of_cpus;
        let mut written = false;
        for cpu in 0..count {
            if let Some(value) = written_by(cpu, untold) {
                written = true;
                command(Some(cpu), value);
            }
        }
        if !written {
            command((count == 1).then_some(0), in8(APM_CNT));
        }
    }
    if smst::locate::<()>(&protocol::SMM_ICHN_DISPATCH2).is_ok() {
        out32(pm::SMI_STS, pm::APM_STS);
    } else {
        end_of_smi();
    }
    WARN_SOURCE_QUIESCED
}

/// The other source that QEMU has: a time-out, software's, or BIOSWR.
fn is_tco() -> bool {
    in16(pm::TCO1_STS) & (1 << 8 | 1 << 3 | 1 << 1) != 0
}

/// What this processor has just written to APM_CNT: its save state knows, where it has I/O information. If
/// none has, then whoever asks for an answer.
fn written_by(cpu: usize, asking: bool) -> Option<u8> {
    let (protocol, mut io) = (*CPU.get(), IoInfo { data: 0, port: 0, width: 0, kind: 0 });
    let (size, to) = (size_of::<IoInfo>(), (&raw mut io).cast());
    // SAFETY: the CPU driver's protocol, a buffer of the right size.
    let status = unsafe { ((*protocol).read_save_state)(protocol, size, register::IO, cpu, to) };
    if status == Status::SUCCESS && io.port == APM_CNT && io.kind & IoInfo::OUTPUT != 0 {
        // A string instruction's data are in memory: APM_CNT has them.
        if io.kind != IoInfo::OUTPUT {
            return Some(in8(APM_CNT));
        }
        // A word goes to APM_DATA, too.
        let value = io.data as u8;
        if value != 0 {
            debug!("SmmSwDispatch: I/O information: port 0x{:X}, data 0x{:X}, type {}", io.port, io.data, io.kind);
        }
        return Some(value);
    }
    let mut rax = 0u64;
    // SAFETY: as above.
    let status = unsafe { ((*protocol).read_save_state)(protocol, 8, register::RAX, cpu, (&raw mut rax).cast()) };
    (asking && status == Status::SUCCESS && rax & !0xff == ASKS).then(|| in8(APM_CNT))
}

/// Command 0 is the IPL's own.
fn command(cpu: Option<usize>, value: u8) {
    if value != 0 {
        let status = dispatch(cpu.unwrap_or(smst::get().currently_executing_cpu), value.into());
        if let Some(cpu) = cpu {
            answer(cpu, status);
        }
    }
}

fn dispatch(cpu_index: usize, value: usize) -> Status {
    let Some(child) = CHILDREN.get().iter().find(|child| child.value == value).copied() else {
        debug!("No handler for SMI value 0x{:x}", value);
        return Status::NOT_FOUND;
    };
    let context = SwRegisterContext { sw_smi_input_value: value };
    let mut sw = SwContext { cpu_index, command_port: value as u8, data_port: in8(APM_DATA) };
    let mut size = size_of::<SwContext>();
    let context = (&raw const context).cast();
    let status = (child.handler)(child.id as Handle, context, (&raw mut sw).cast(), &mut size);
    record::write(&record::SmiDispatched {
        kind: KIND,
        value: (value as u64).into(),
        function: (child.handler as usize as u64).into(),
        status: (status.as_usize() as u64).into(),
    });
    status
}

fn answer(cpu: usize, status: Status) {
    let (protocol, rax) = (*CPU.get(), status.as_usize() as u64);
    // SAFETY: the CPU driver's protocol.
    let written = unsafe { ((*protocol).write_save_state)(protocol, 8, register::RAX, cpu, (&raw const rax).cast()) };
    base::debug_assert!(written == Status::SUCCESS);
}
