//! SmmAccess2: opens, closes and locks TSEG. MCH datasheet, "SMRAM" and "ESMRAMC".
//!
//! As OVMF does it: TSEG is open while T_EN is clear, as then it is plain DRAM.
#![no_std]
#![no_main]

use base::chipset::mch::{self, D_CLS, D_LCK, D_OPEN, ESMRAMC, FUNCTION, G_SMRAME, SMRAMC, T_EN};
use base::hob::List;
use base::post::{self, post};
use base::smm::{SMRAM_CLOSED, SMRAM_LOCKED, SMRAM_OPEN, SmmAccess2, SmramDescriptor, SmramHob};
use base::{Global, Handle, Status, arch, debug, dxe, protocol};
use pi::pcd;

base::dxe_entry!(main);

static ACCESS: Global<SmmAccess2> =
    Global::new(SmmAccess2 { open, close, lock, get_capabilities, lock_state: false, open_state: true });
/// 0: lock() forgets D_LCK.
#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<1> = pcd::Block::new([("PcdLockSmram", 1)]);

static REGION: Global<Option<SmramDescriptor>> = Global::new(None);

fn main(_: Handle) -> Result<(), Status> {
    post(post::NB_DXE_SMM);
    let hobs = dxe::configuration_table(&protocol::HOB_LIST).ok_or(Status::NOT_FOUND)?;
    let Some(hob) = List(hobs as u64).extension(&protocol::SMM_MEMORY_HOB) else {
        // PEI has reserved none. Going on without SMM would leave the platform open: stop here, with
        // 6Ah on the display.
        debug!("SMM Core: SMRAM not found");
        arch::stop()
    };
    // SAFETY: SmmAccessPei made it.
    *REGION.get() = Some(unsafe { hob.cast::<SmramHob>().read_unaligned() }.region[0]);
    FUNCTION.write8(SMRAMC, FUNCTION.read8(SMRAMC) | G_SMRAME);
    dxe::install(&protocol::SMM_ACCESS2, ACCESS.as_ptr()).map(drop)
}

fn set_t_en(on: bool) {
    let esmramc = FUNCTION.read8(ESMRAMC);
    FUNCTION.write8(mch::ESMRAMC, if on { esmramc | T_EN } else { esmramc & !T_EN });
}

/// What the registers say, not what we have written.
fn update() {
    let access = ACCESS.get();
    access.lock_state = FUNCTION.read8(SMRAMC) & D_LCK != 0;
    access.open_state = FUNCTION.read8(ESMRAMC) & T_EN == 0;
}

extern "efiapi" fn open(_: *mut SmmAccess2) -> Status {
    set_t_en(false);
    update();
    if ACCESS.get().open_state { Status::SUCCESS } else { Status::DEVICE_ERROR }
}

extern "efiapi" fn close(_: *mut SmmAccess2) -> Status {
    set_t_en(true);
    update();
    if ACCESS.get().open_state { Status::DEVICE_ERROR } else { Status::SUCCESS }
}

extern "efiapi" fn lock(_: *mut SmmAccess2) -> Status {
    if ACCESS.get().open_state {
        return Status::DEVICE_ERROR;
    }
    let lock = if PCD.get(0) != 0 { D_LCK } else { 0 };
    FUNCTION.write8(SMRAMC, FUNCTION.read8(SMRAMC) & !(D_OPEN | D_CLS) | G_SMRAME | lock);
    update();
    if lock == 0 {
        return Status::SUCCESS;
    }
    if ACCESS.get().lock_state { Status::SUCCESS } else { Status::DEVICE_ERROR }
}

extern "efiapi" fn get_capabilities(_: *const SmmAccess2, size: *mut usize, map: *mut SmramDescriptor) -> Status {
    let (Some(mut region), false) = (*REGION.get(), size.is_null()) else { return Status::INVALID_PARAMETER };
    let access = ACCESS.get();
    region.region_state &= !(SMRAM_OPEN | SMRAM_CLOSED | SMRAM_LOCKED);
    region.region_state |= if access.open_state { SMRAM_OPEN } else { SMRAM_CLOSED };
    region.region_state |= if access.lock_state { SMRAM_LOCKED } else { 0 };
    // SAFETY: the caller's variables; `map` has `size` bytes.
    unsafe {
        let given = core::mem::replace(&mut *size, size_of::<SmramDescriptor>());
        if given < *size || map.is_null() {
            return Status::BUFFER_TOO_SMALL;
        }
        map.write(region);
    }
    Status::SUCCESS
}
