//! The platform's PEIM: finds memory, tells PEI and DXE about it, and about the main firmware volume.
#![no_std]
#![no_main]

use base::chipset::{low_memory, mch};
use base::pei::{HEADER, Services};
use base::post::{self, post};
use base::{Guid, Status, check, debug, hob, protocol, volume};

base::peim_entry!(main);

/// As image.rs of the image's builder lays it out.
const MAIN_VOLUME: u64 = 0xfff1_1000;
const ONE_MIB: u64 = 0x10_0000;
const CONVENTIONAL_END: u64 = 0xa_0000;
/// Conventional memory that the SEC, PEI and SMBASE relocation use: the IVT, 38000h, the temporary RAM.
const LOW_RESERVED: u64 = 0x1000;
/// TSEG: TSEG_SZ = 00.
const TSEG: u64 = ONE_MIB;

fn main(services: &mut Services) -> Result<(), Status> {
    let top = low_memory();
    let Some(length) = top.checked_sub(ONE_MIB + TSEG) else {
        debug!("PlatformPei: low memory ends at 0x{:X}, no room for TSEG", top);
        return Err(Status::OUT_OF_RESOURCES);
    };
    let tseg = top - TSEG;
    debug!("PlatformPei: low memory ends at 0x{:X}, TSEG 0x{:X} - 0x{:X}", top, tseg, top - 1);
    program_host_bridge(top, tseg);
    let memory = |kind, start, end| hob::Resource {
        header: HEADER,
        owner: Guid::ZERO,
        kind,
        attributes: hob::TESTED_MEMORY,
        start,
        length: end - start,
    };
    check((services.install_memory)(services, ONE_MIB, length))?;
    post(post::MEMORY_INSTALLED);
    services.add_hob(hob::RESOURCE, memory(hob::SYSTEM_MEMORY, LOW_RESERVED, CONVENTIONAL_END))?;
    services.add_hob(hob::RESOURCE, memory(hob::SYSTEM_MEMORY, ONE_MIB, tseg))?;
    services.add_hob(hob::RESOURCE, memory(hob::MEMORY_RESERVED, tseg, top))?;
    let length = volume::at(MAIN_VOLUME).ok_or(Status::NOT_FOUND)?.bytes().len() as u64;
    services.add_hob(hob::FV, hob::FirmwareVolume { header: HEADER, base: MAIN_VOLUME, length })?;
    check((services.install_ppi)(services, &protocol::MEMORY_DISCOVERED_PPI, core::ptr::null()))
}

/// The host bridge's own idea of the memory map: no graphics memory, TSEG below the top.
fn program_host_bridge(top: u64, tseg: u64) {
    mch::FUNCTION.write16(mch::TOLUD, (top >> 16) as u16);
    mch::FUNCTION.write32(mch::GBSM, top as u32);
    mch::FUNCTION.write32(mch::BGSM, top as u32);
    mch::FUNCTION.write32(mch::TSEGMB, tseg as u32);
}
