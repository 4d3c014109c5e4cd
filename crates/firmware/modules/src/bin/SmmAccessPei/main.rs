//! Reserves SMRAM: turns TSEG on, still open, and describes it to DXE in a HOB.
#![no_std]
#![no_main]

use base::chipset::{mch, tseg};
use base::hob::GuidExtension;
use base::pei::{HEADER, Services};
use base::post::{self, post};
use base::smm::{CACHEABLE, SMRAM_CLOSED, SmramDescriptor, SmramHob};
use base::{Status, arch, debug, hob, protocol};
use pi::pcd;

base::peim_entry!(main);

/// TSEG's size, and what of it PEI keeps to itself (a platform with S3 resume does).
#[used]
#[unsafe(link_section = ".data")]
static PCD: pcd::Block<2> = pcd::Block::new([("PcdQ35TsegMbytes", 1), ("PcdSmramKeptKbytes", 0)]);
const TSEG_MBYTES: usize = 0;
const KEPT_KBYTES: usize = 1;

#[repr(C)]
struct Hob {
    extension: GuidExtension,
    smram: SmramHob,
}

fn main(services: &mut Services) -> Result<(), Status> {
    post(post::CPU_SMM);
    let Some(region) = reserve() else {
        // Without SMRAM the platform is open: stop here, with 36h on the display.
        debug!("SmmAccessPei: SMRAM can't be reserved");
        arch::stop()
    };
    let extension = GuidExtension { header: HEADER, name: protocol::SMM_MEMORY_HOB };
    let smram = SmramHob { regions: 1, reserved: 0, region: [region] };
    services.add_hob(hob::GUID_EXTENSION, Hob { extension, smram })
}

/// TSEG_SZ knows three sizes, and PlatformPei has left room for TSEG below TOLUD.
fn reserve() -> Option<SmramDescriptor> {
    let size = match PCD.get(TSEG_MBYTES) {
        1 => 0,
        2 => 1 << 1,
        8 => 2 << 1,
        _ => return None,
    };
    let esmramc = mch::FUNCTION.read8(mch::ESMRAMC);
    mch::FUNCTION.write8(mch::ESMRAMC, esmramc & !mch::TSEG_SZ_MASK | size);
    let (range, top) = (tseg(), u64::from(mch::FUNCTION.read16(mch::TOLUD)) << 16);
    let start = range.start + (u64::from(PCD.get(KEPT_KBYTES)) << 10);
    if range.end > top || start > range.end {
        return None;
    }
    debug!("SMRAM found at 0x{:X} - 0x{:X}", start, range.end - 1);
    Some(SmramDescriptor {
        physical_start: start,
        cpu_start: start,
        physical_size: range.end - start,
        region_state: SMRAM_CLOSED | CACHEABLE,
    })
}
