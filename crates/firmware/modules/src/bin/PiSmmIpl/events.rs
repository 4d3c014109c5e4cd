//! What the IPL does when something happens in DXE: SMM drivers are dispatched, SMM hears of the
//! milestones, SMRAM is locked.

use crate::communicate::communicate;
use crate::{CONTROL, PRIVATE, access};
use base::names::Text;
use base::protocol::{self, Runtime};
use base::record::{self, lock};
use base::smm::{COMMUNICATE_HEADER, CommunicateHeader, DISPATCH_RESTART, SmmConfiguration};
use base::{Global, Guid, Status, debug, dxe, efi};
use core::ffi::c_void;
use core::ptr::{null, null_mut};
use pi::pcd;

/// A message with one byte of data, in memory that the SMM core accepts.
#[repr(C)]
struct Message {
    header: CommunicateHeader,
    data: [u8; 8],
}

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<1> = pcd::Block::new([("PcdLockAtReadyToBoot", 1)]);
const LOCK_AT_READY_TO_BOOT: usize = 0;

static MESSAGE: Global<*mut Message> = Global::new(null_mut());
static LOCKED: Global<bool> = Global::new(false);
static END_OF_DXE: Global<bool> = Global::new(false);
static GONE_VIRTUAL: Global<bool> = Global::new(false);
static EVENTS: Global<[efi::Event; 3]> = Global::new([null_mut(); 3]);

pub fn gone_virtual() -> bool {
    *GONE_VIRTUAL.get()
}

pub fn register() -> Result<(), Status> {
    let mut message = null_mut();
    // SAFETY: the service's types.
    let allocate = dxe::boot_services().allocate_pool;
    // SAFETY: as above.
    base::check(unsafe { allocate(efi::RUNTIME_SERVICES_DATA, size_of::<Message>(), &mut message) })?;
    *MESSAGE.get() = message.cast();
    // It comes while a callback, the dispatch of SMM drivers, runs.
    dxe::on_protocol_at(efi::TPL_NOTIFY, &protocol::SMM_CONFIGURATION, on_configuration)?;
    dxe::on_protocol(&protocol::DXE_SMM_READY_TO_LOCK, on_ready_to_lock)?;
    *EVENTS.get() = [
        dxe::on_group(&protocol::DXE_DISPATCH_EVENT, on_dispatch)?,
        dxe::on_group(&protocol::END_OF_DXE_EVENT, on_end_of_dxe)?,
        dxe::on_group(&protocol::READY_TO_BOOT_EVENT, on_ready_to_boot)?,
    ];
    let runtime = dxe::locate::<Runtime>(&protocol::RUNTIME_ARCH)?;
    // SAFETY: RuntimeDxe installed it.
    base::check(unsafe { ((*runtime).register_event)(runtime, on_virtual_addresses, null_mut()) })
}

/// Sends the GUID with one byte; returns the status and the byte that came back.
fn tell(guid: &Guid) -> (Status, u8) {
    let message = *MESSAGE.get();
    let mut size = COMMUNICATE_HEADER + 1;
    // SAFETY: `register` allocated it.
    unsafe {
        message.write(Message { header: CommunicateHeader { guid: *guid, length: 1 }, data: [0; 8] });
        let status = communicate(null(), message.cast(), &mut size);
        (status, (&raw const (*message).data[0]).read_volatile())
    }
}

/// The CPU driver is there: from now on SMM is entered by SMIs.
extern "efiapi" fn on_configuration(_: efi::Event, _: *mut c_void) {
    let Ok(configuration) = dxe::locate::<SmmConfiguration>(&protocol::SMM_CONFIGURATION) else { return };
    let private = PRIVATE.get();
    let Some(entry) = private.smm_entry_point else { return };
    // SAFETY: PiSmmCpuDxeSmm installed it.
    let status = unsafe { ((*configuration).register_smm_entry)(configuration, entry) };
    if status == Status::SUCCESS {
        private.smm_entry_point_registered = true;
        debug!("SMM IPL registered SMM Entry Point address 0x{:X}", entry as usize);
    } else {
        debug!("SMM IPL: the SMM entry point can't be registered: {}", Text(status));
    }
}

/// After each round of the DXE dispatcher.
extern "efiapi" fn on_dispatch(event: efi::Event, _: *mut c_void) {
    if let (Status::SUCCESS, DISPATCH_RESTART) = tell(&protocol::DXE_DISPATCH_EVENT) {
        // Drivers after the CPU driver start in SMM.
        if access().open_state {
            let _ = (access().close)(access());
            debug!("SMM IPL closed SMRAM window");
        }
        // Again, behind the notifications that an SMM driver has left: one may be the lock.
        // SAFETY: the service's types.
        let _ = unsafe { (dxe::boot_services().signal_event)(event) };
    }
}

extern "efiapi" fn on_end_of_dxe(_: efi::Event, _: *mut c_void) {
    *END_OF_DXE.get() = true;
    record::write(&record::ReadyToLock { step: lock::END_OF_DXE });
    tell(&protocol::END_OF_DXE_EVENT);
}

extern "efiapi" fn on_ready_to_lock(_: efi::Event, _: *mut c_void) {
    if dxe::locate::<()>(&protocol::DXE_SMM_READY_TO_LOCK).is_ok() {
        if !*END_OF_DXE.get() {
            debug!("EndOfDxe Event must be signaled before DxeSmmReadyToLock Protocol installation!");
        }
        record::write(&record::ReadyToLock { step: lock::DXE_SMM_READY_TO_LOCK });
        ready_to_lock();
    }
}

/// The last chance.
extern "efiapi" fn on_ready_to_boot(_: efi::Event, _: *mut c_void) {
    if !*LOCKED.get() && PCD.get(LOCK_AT_READY_TO_BOOT) != 0 {
        debug!("SMM IPL!  DXE SMM Ready To Lock Protocol not installed before Ready To Boot signal");
        ready_to_lock();
    }
}

fn ready_to_lock() {
    if core::mem::replace(LOCKED.get(), true) {
        return;
    }
    let _ = (access().close)(access());
    let status = (access().lock)(access());
    debug!("SMM IPL locked SMRAM window");
    if status != Status::SUCCESS {
        debug!("SMM IPL: SMRAM isn't locked: {}", Text(status));
    }
    record::write(&record::ReadyToLock { step: lock::SMRAM_LOCKED });
    for event in *EVENTS.get() {
        // SAFETY: the service's types; `register` made the events.
        let _ = unsafe { (dxe::boot_services().close_event)(event) };
    }
    tell(&protocol::DXE_SMM_READY_TO_LOCK);
}

extern "efiapi" fn on_virtual_addresses(_: efi::Event, _: *mut c_void) {
    *GONE_VIRTUAL.get() = true;
    let convert = |pointer: *mut *mut c_void| {
        // SAFETY: the runtime services are there until they move themselves, after this.
        let convert = unsafe { (*dxe::system_table().runtime_services).convert_pointer };
        // SAFETY: a pointer of ours.
        let _ = unsafe { convert(0, pointer) };
    };
    convert(CONTROL.as_ptr().cast());
    convert(MESSAGE.as_ptr().cast());
}
