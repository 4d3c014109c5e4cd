//! The ICH9's SPI controller, by hardware sequencing, and what protects its flash. ICH9 datasheet
//! 316972, "Serial Peripheral Interface (SPI)", "BIOS_CNTL"; SMM_BWP as later chipsets have it.

use crate::{BLE_ALONE, CLOSE_WRITES, Failure, LOCK, OPEN_WRITES, PCD, PROTECT_NVRAM, wait};
use base::arch::{in16, in32, mmio, out16, out32};
use base::chipset::{lpc, pm};
use base::info;
use base::nvram::{OEM_BLOCK, VOLUME};

/// In the LPC bridge's configuration space.
const BIOS_CNTL: u8 = 0xdc;
const RCBA: u8 = 0xf0;
const BIOSWE: u8 = 1 << 0;
const BLE: u8 = 1 << 1;
const SMM_BWP: u8 = 1 << 5;

/// Chipset registers, at our choice.
const CHIPSET: u64 = 0xfed1_c000;
const GCS: u64 = CHIPSET + 0x3410;
const BILD: u32 = 1;

const SPIBAR: u64 = CHIPSET + 0x3800;
const HSFS: u64 = SPIBAR + 0x04;
const HSFC: u64 = SPIBAR + 0x06;
const FADDR: u64 = SPIBAR + 0x08;
const FDATA: u64 = SPIBAR + 0x10;
/// The BIOS region.
const FREG1: u64 = SPIBAR + 0x58;
const PR0: u64 = SPIBAR + 0x74;
const LVSCC: u64 = SPIBAR + 0xc4;
const UVSCC: u64 = SPIBAR + 0xc8;

const FDONE: u16 = 1 << 0;
const FCERR: u16 = 1 << 1;
const AEL: u16 = 1 << 2;
const SCIP: u16 = 1 << 5;
const FDV: u16 = 1 << 14;
const FLOCKDN: u16 = 1 << 15;
const FGO: u16 = 1;
const WRITE: u16 = 2 << 1;
const ERASE: u16 = 3 << 1;
/// FDATA.
const MOST_BYTES: u64 = 64;
/// Erases 4 KiB by opcode 20h, programs 64 bytes at once.
const CAPABILITIES: u32 = 0x20 << 8 | 1 << 2 | 1;
const VCL: u32 = 1 << 23;
const WPE: u32 = 1 << 31;

const CONFIG_ADDRESS: u16 = 0xcf8;
const TCO1_STS: u16 = pm::BASE + 0x64;
const BIOSWR: u16 = 1 << 8;
const TCO_STS: u32 = 1 << 13;
/// SMI_EN: a TCO event, such as BIOSWR, raises an SMI.
const TCO_EN: u32 = 1 << 13;
const TCO1_CNT: u16 = pm::BASE + 0x68;
const TCO_LOCK: u16 = 1 << 12;
const NMI_NOW: u16 = 1 << 8;
const FOUR_GIB: u64 = 1 << 32;

pub struct Spi {
    /// Where the BIOS region, whose end is mapped at 4 GiB, ends in the part.
    end: u64,
}

/// Whoever the SMI interrupted may be about to use the data port.
fn with_config<T>(work: impl FnOnce() -> T) -> T {
    let address = in32(CONFIG_ADDRESS);
    let done = work();
    out32(CONFIG_ADDRESS, address);
    done
}

impl Spi {
    pub fn find() -> Option<Spi> {
        with_config(|| lpc::FUNCTION.write32(RCBA, CHIPSET as u32 | 1));
        let status: u16 = mmio::read(HSFS);
        if status & FDV == 0 || status == 0xffff {
            return None;
        }
        mmio::write(LVSCC, CAPABILITIES);
        mmio::write(UVSCC, CAPABILITIES);
        let limit = mmio::read::<u32>(FREG1) >> 16 & 0x1fff;
        Some(Spi { end: (u64::from(limit) + 1) << 12 })
    }

    /// Where a mapped address lies in the part.
    fn linear(&self, address: u64) -> u32 {
        (self.end - (FOUR_GIB - address)) as u32
    }

    pub fn program(&self, address: u64, bytes: &[u8]) -> Result<(), Failure> {
        with_writes_open(|| {
            let (mut at, mut rest) = (address, bytes);
            while !rest.is_empty() {
                // No cycle goes over the end of a page of the part.
                let size = (MOST_BYTES - at % MOST_BYTES).min(rest.len() as u64);
                let (piece, behind) = rest.split_at(size as usize);
                // An erased stretch needs no cycle.
                if piece.iter().any(|byte| *byte != 0xff) {
                    self.program_piece(at, piece)?;
                }
                (at, rest) = (at + size, behind);
            }
            Ok(())
        })
    }

    fn program_piece(&self, at: u64, piece: &[u8]) -> Result<(), Failure> {
        for (register, word) in (FDATA..).step_by(4).zip(piece.chunks(4)) {
            let mut bytes = [0xff; 4];
            bytes[..word.len()].copy_from_slice(word);
            mmio::write(register, u32::from_le_bytes(bytes));
        }
        self.cycle(WRITE | (piece.len() as u16 - 1) << 8, at)
    }

    pub fn erase(&self, address: u64) -> Result<(), Failure> {
        with_writes_open(|| self.cycle(ERASE, address))
    }

    fn cycle(&self, control: u16, address: u64) -> Result<(), Failure> {
        mmio::write(HSFS, FDONE | FCERR | AEL);
        mmio::write(FADDR, self.linear(address));
        mmio::write(HSFC, control | FGO);
        let over = |status: &u16| status & FCERR != 0 || status & (FDONE | SCIP) == FDONE;
        let status = wait(|| Some(mmio::read::<u16>(HSFS)).filter(over))?;
        mmio::write(HSFS, FDONE | FCERR | AEL);
        if status & FCERR != 0 { Err(Failure::Protected) } else { Ok(()) }
    }

    /// Code can't be written until the next reset; the rest only in SMM, with all processors in it.
    pub fn lock(&self) {
        let first = if PCD.get(PROTECT_NVRAM) != 0 { VOLUME.start } else { OEM_BLOCK.end };
        let limit = (self.end as u32 >> 12) - 1;
        let old = PCD.get(LOCK) == BLE_ALONE;
        if !old {
            mmio::write(PR0, self.linear(first) >> 12 | limit << 16 | WPE);
        }
        mmio::write(LVSCC, CAPABILITIES | VCL);
        mmio::write(HSFS, FLOCKDN);
        mmio::write(GCS, mmio::read::<u32>(GCS) | BILD);
        if in32(pm::SMI_EN) & TCO_EN != 0 {
            // The SMI that answers BIOSWE stays on.
            out16(TCO1_CNT, in16(TCO1_CNT) & !NMI_NOW | TCO_LOCK);
        }
        with_config(|| {
            let control = lpc::FUNCTION.read8(BIOS_CNTL) & !BIOSWE | if old { 0 } else { SMM_BWP };
            // BLE locks SMM_BWP: not both at once.
            lpc::FUNCTION.write8(BIOS_CNTL, control);
            lpc::FUNCTION.write8(BIOS_CNTL, control | BLE);
            let (control, status) = (lpc::FUNCTION.read8(BIOS_CNTL), mmio::read::<u16>(HSFS));
            info!("SpiFlash: locked: BIOS_CNTL = 0x{:02X}, HSFS = 0x{:04X}", control, status);
        });
    }
}

/// BIOSWE is set for no longer than the work takes.
fn with_writes_open(work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let before = with_config(|| lpc::FUNCTION.read8(BIOS_CNTL));
    if PCD.get(OPEN_WRITES) != 0 {
        with_config(|| lpc::FUNCTION.write8(BIOS_CNTL, before | BIOSWE));
    }
    let done = work();
    if PCD.get(CLOSE_WRITES) != 0 {
        with_config(|| lpc::FUNCTION.write8(BIOS_CNTL, before & !BIOSWE));
    }
    if before & BLE != 0 {
        // That was us: no further SMI for it.
        out16(TCO1_STS, BIOSWR);
        out32(pm::SMI_STS, TCO_STS);
    }
    done
}
