//! The platform's PEIM: finds memory, tells PEI and DXE about it, and about the main firmware volume.
#![no_std]
#![no_main]

use base::arch::{in16, out16};
use base::chipset::{cmos, low_memory, lpc, mch, pm, write_cmos};
use base::pei::{HEADER, Services};
use base::post::{self, post};
use base::{Guid, Status, check, debug, efi, hob, protocol, s3, volume};

base::peim_entry!(main);

/// As image.rs of the image's builder lays it out.
const MAIN_VOLUME: u64 = 0xfff1_1000;
const ONE_MIB: u64 = 0x10_0000;
const CONVENTIONAL_END: u64 = 0xa_0000;
/// Conventional memory that the SEC, PEI and SMBASE relocation use: the IVT, 38000h, the temporary RAM.
const LOW_RESERVED: u64 = 0x1000;
/// What a resume from S3 overwrites, so that no OS may have it: page tables, temporary RAM. (SMBASE
/// relocation puts back what it overwrites.)
const RESUME_MEMORY: (u64, u64) = (0x6_0000, 0x2_0000);
/// CMOS RAM, shutdown status: QEMU writes this when it goes to S3, and forgets SLP_TYP.
const SHUTDOWN_STATUS: u8 = 0x0f;
const QEMU_S3: u8 = 0xfe;
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
    lpc::FUNCTION.write32(lpc::PMBASE, u32::from(pm::BASE) | 1);
    lpc::FUNCTION.write8(lpc::ACPI_CNTL, lpc::ACPI_EN);
    if wakes_from_s3() {
        // The OS has the memory. HOBs stay where they are.
        debug!("PlatformPei: BOOT_ON_S3_RESUME");
        *services.boot_mode() = s3::BOOT_ON_S3_RESUME;
        return check((services.install_ppi)(services, &protocol::MEMORY_DISCOVERED_PPI, core::ptr::null()));
    }
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
    let (base, length) = RESUME_MEMORY;
    let (header, name, kind) = (HEADER, Guid::ZERO, efi::ACPI_MEMORY_NVS);
    let kept = hob::MemoryAllocation { header, name, base, length, kind, reserved: 0 };
    services.add_hob(hob::MEMORY_ALLOCATION, kept)?;
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

/// Only once: SLP_TYP and QEMU's mark outlive a reset. WAK_STS is the OS's to clear.
fn wakes_from_s3() -> bool {
    let (woke, control) = (in16(pm::PM1_STS) & pm::WAK_STS != 0, in16(pm::PM1_CNT));
    let marked = cmos(SHUTDOWN_STATUS) == QEMU_S3;
    out16(pm::PM1_CNT, control & !pm::SLP_TYP);
    write_cmos(SHUTDOWN_STATUS, 0);
    woke && (control & pm::SLP_TYP == s3::SLP_TYP << pm::SLP_TYP_SHIFT || marked)
}
