//! The flash as SMM has it: `EFI_SMM_FIRMWARE_VOLUME_BLOCK_PROTOCOL` for the volume NVRAM and the
//! OEM block, on whichever part the board has, and the locks of the flash at SmmReadyToLock.
//!
//! Its words are the article's: `SpiFlash: WriteBlock failed: write protection enabled`.
#![no_std]
#![no_main]

mod block;
mod cfi;
mod spi;

use base::flash::Fvb;
use base::nvram::VOLUME;
use base::{Global, Guid, Handle, Status, error, info, log, protocol, record, smst};
use cfi::Cfi;
use core::ffi::c_void;
use pi::pcd;
use spi::Spi;

base::smm_entry!(main);

#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<7> = pcd::Block::new([
    ("PcdFlashOpenWrites", 1),
    ("PcdFlashCloseWrites", 1),
    ("PcdFlashWaitLimit", 1_000_000),
    ("PcdFlashLock", 1),
    ("PcdFlashProtectNvram", 0),
    ("PcdDebugPrintErrorLevel", log::ALL),
    ("PcdFlashNvStorageBase", VOLUME.start as u32),
]);
const OPEN_WRITES: usize = 0;
const CLOSE_WRITES: usize = 1;
/// Polls until an operation counts as failed; on `ich9` a poll takes a microsecond. 0: never.
const WAIT_LIMIT: usize = 2;
/// 0: nothing is locked; 2: BLE alone, as before there was SMM_BWP.
pub const LOCK: usize = 3;
pub const BLE_ALONE: u32 = 2;
/// The protected range covers the variables, too.
const PROTECT_NVRAM: usize = 4;
const ERROR_LEVEL: usize = 5;
/// Where NVRAM is said to be: EDK II's PcdFlashNvStorageVariableBase.
pub const NV_BASE: usize = 6;

/// Why the flash isn't as it was to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Protected,
    TimeOut,
    Differs,
}

impl Failure {
    pub fn text(self) -> &'static str {
        match self {
            Failure::Protected => "write protection enabled",
            Failure::TimeOut => "time-out",
            Failure::Differs => "the flash is not as written",
        }
    }

    pub fn status(self) -> Status {
        match self {
            Failure::Protected => Status::WRITE_PROTECTED,
            Failure::TimeOut => Status::TIMEOUT,
            Failure::Differs => Status::DEVICE_ERROR,
        }
    }
}

/// The part; addresses are those of its mapping below 4 GiB.
pub enum Device {
    Spi(Spi),
    Cfi(Cfi),
}

impl Device {
    fn find() -> Option<Device> {
        Spi::find().map(Device::Spi).or_else(|| Cfi::find().map(Device::Cfi))
    }

    fn name(&self) -> &'static str {
        match self {
            Device::Spi(_) => "SPI controller",
            Device::Cfi(_) => "parallel flash",
        }
    }

    pub fn program(&self, address: u64, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Device::Spi(spi) => spi.program(address, bytes),
            Device::Cfi(cfi) => cfi.program(address, bytes),
        }
    }

    pub fn erase(&self, address: u64) -> Result<(), Failure> {
        match self {
            Device::Spi(spi) => spi.erase(address),
            Device::Cfi(cfi) => cfi.erase(address),
        }
    }
}

pub static DEVICE: Global<Option<Device>> = Global::new(None);

fn main() -> Result<(), Status> {
    log::set_level(PCD.get(ERROR_LEVEL));
    *DEVICE.get() = Device::find();
    let Some(device) = DEVICE.get() else {
        error!("SpiFlash: no flash that can be written");
        return Err(Status::UNSUPPORTED);
    };
    info!("SpiFlash: device: {}", device.name());
    smst::on_protocol(&protocol::SMM_READY_TO_LOCK, on_ready_to_lock)?;
    // NVRAM first: who asks for any gets that.
    smst::install::<Fvb>(&protocol::SMM_FIRMWARE_VOLUME_BLOCK, block::NVRAM.as_ptr())?;
    smst::install::<Fvb>(&protocol::SMM_FIRMWARE_VOLUME_BLOCK, block::OEM.as_ptr()).map(drop)
}

/// Nobody but SMM writes flash from now on, and nobody at all its code.
extern "efiapi" fn on_ready_to_lock(_: *const Guid, _: *mut c_void, _: Handle) -> Status {
    if PCD.get(LOCK) == 0 {
        return Status::SUCCESS;
    }
    if let Some(Device::Spi(spi)) = DEVICE.get() {
        spi.lock();
    }
    tell(record::flash::LOCK, 0, 0, Status::SUCCESS);
    Status::SUCCESS
}

/// The operation's record.
pub fn tell(operation: u8, address: u64, size: usize, status: Status) {
    record::write(&record::FlashOperation {
        operation,
        reserved: [0; 3],
        size: (size as u32).into(),
        address: address.into(),
        status: (status.as_usize() as u64).into(),
    });
}

/// Polls until `done` says so.
pub fn wait<T>(mut done: impl FnMut() -> Option<T>) -> Result<T, Failure> {
    let mut left = PCD.get(WAIT_LIMIT);
    loop {
        if let Some(done) = done() {
            return Ok(done);
        }
        base::arch::pause();
        left = left.wrapping_sub(1);
        if left == 0 {
            return Err(Failure::TimeOut);
        }
    }
}
