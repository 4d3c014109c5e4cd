//! Reserves SMRAM: turns TSEG on, still open, and describes it to DXE in a HOB.
#![no_std]
#![no_main]

use base::chipset::{mch, tseg};
use base::hob::GuidExtension;
use base::pei::{HEADER, Services};
use base::post::{self, post};
use base::smm::{CACHEABLE, SMRAM_CLOSED, SmramDescriptor, SmramHob};
use base::{Status, debug, hob, protocol};

base::peim_entry!(main);

#[repr(C)]
struct Hob {
    extension: GuidExtension,
    smram: SmramHob,
}

fn main(services: &mut Services) -> Result<(), Status> {
    post(post::CPU_SMM);
    let esmramc = mch::FUNCTION.read8(mch::ESMRAMC);
    mch::FUNCTION.write8(mch::ESMRAMC, esmramc & !mch::TSEG_SZ_MASK);
    let range = tseg();
    let region = SmramDescriptor {
        physical_start: range.start,
        cpu_start: range.start,
        physical_size: range.end - range.start,
        region_state: SMRAM_CLOSED | CACHEABLE,
    };
    debug!("SMRAM found at 0x{:X} - 0x{:X}", range.start, range.end - 1);
    let extension = GuidExtension { header: HEADER, name: protocol::SMM_MEMORY_HOB };
    let smram = SmramHob { regions: 1, reserved: 0, region: [region] };
    services.add_hob(hob::GUID_EXTENSION, Hob { extension, smram })
}
