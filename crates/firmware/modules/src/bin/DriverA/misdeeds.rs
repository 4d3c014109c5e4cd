//! What a handler must not do, each by a PCD word that is 0 in the image as it is built.

use base::arch::{in32, mmio, out8};
use base::chipset::{APM_CNT, pm};
use base::smm::{SmmCpu, WARN_SOURCE_QUIESCED, register};
use base::{Global, Handle, Status, arch, dxe, protocol, smst};
use core::ffi::c_void;
use core::ptr::null_mut;
use pi::pcd;

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<4> = pcd::Block::new([
    ("PcdUseBootServices", 0),
    ("PcdWaitForNestedSmi", 0),
    ("PcdTrustRbx", 0),
    ("PcdUnregisterInside", 0),
]);
const USE_BOOT_SERVICES: usize = 0;
const WAIT_FOR_NESTED_SMI: usize = 1;
const TRUST_RBX: usize = 2;
const UNREGISTER_INSIDE: usize = 3;

const OTHER_COMMAND: u8 = 0x42;
const ANSWER: u32 = 0x5afe_c0de;

static ROOT: Global<Handle> = Global::new(null_mut());

pub fn prepare() -> Result<(), Status> {
    if PCD.get(UNREGISTER_INSIDE) != 0 {
        *ROOT.get() = smst::handle_smi(once, None)?;
    }
    Ok(())
}

/// A root handler that has enough after the first SMI 42h.
extern "efiapi" fn once(_: Handle, _: *const c_void, _: *mut c_void, _: *mut usize) -> Status {
    if arch::in8(APM_CNT) == OTHER_COMMAND {
        let _ = (smst::get().smi_handler_unregister)(*ROOT.get());
    }
    WARN_SOURCE_QUIESCED
}

pub fn commit(cpu: usize) {
    if PCD.get(USE_BOOT_SERVICES) != 0 {
        // They were there in POST.
        let _ = dxe::locate::<()>(&protocol::SMM_ACCESS2);
    }
    if PCD.get(WAIT_FOR_NESTED_SMI) != 0 {
        // It stays pending until RSM.
        out8(APM_CNT, OTHER_COMMAND);
        while in32(pm::SMI_STS) & pm::APM_STS != 0 {
            arch::pause();
        }
    }
    if PCD.get(TRUST_RBX) != 0 {
        answer_at_rbx(cpu);
    }
}

/// Where the caller says, whatever lies there.
fn answer_at_rbx(cpu: usize) {
    let Ok(protocol) = smst::locate::<SmmCpu>(&protocol::SMM_CPU) else { return };
    let mut rbx = 0u64;
    // SAFETY: the CPU driver's protocol.
    let read = unsafe { ((*protocol).read_save_state)(protocol, 8, register::RBX, cpu, (&raw mut rbx).cast()) };
    if read == Status::SUCCESS {
        mmio::write(rbx, ANSWER);
    }
}
