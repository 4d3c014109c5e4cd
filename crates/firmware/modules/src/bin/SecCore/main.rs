//! SEC: the first Rust code, in place in flash. It has a stack in temporary RAM and nothing else; it
//! looks for the PEI core and goes there.
//!
//! Temporary RAM is DRAM: neither board needs memory training. On silicon it would be cache-as-RAM.
#![no_std]
#![no_main]

use base::{arch, debug, pe, record, volume};
use pi::layout::{ffs, section};

type PeiCore = extern "efiapi" fn(boot_volume: u64) -> !;

#[unsafe(no_mangle)]
extern "efiapi" fn efi_main(boot_volume: u64) -> ! {
    record::phase(record::phase::SEC);
    match pei_core(boot_volume) {
        Some(entry) => entry(boot_volume),
        None => {
            debug!("SEC: there is no PEI core in the boot firmware volume");
            arch::stop()
        }
    }
}

/// Images in the boot volume were moved to their place in flash when the image was built.
fn pei_core(boot_volume: u64) -> Option<PeiCore> {
    let volume = volume::at(boot_volume)?;
    let entry_of = |kind| {
        let file = volume::files(volume).find(|file| file.kind() == kind)?;
        let image = volume::section(&file, section::kind::PE32)?;
        let base = image.as_ptr() as u64;
        let entry = base + pe::Image::parse(image).ok()?.entry() as u64;
        record::loaded(file.name(), base, image.len(), entry);
        Some(entry)
    };
    // For the trace: where we are ourselves.
    let _ = entry_of(ffs::kind::SECURITY_CORE);
    let entry = entry_of(ffs::kind::PEI_CORE)?;
    // SAFETY: the address of the PEI core's entry point, which has this type.
    Some(unsafe { core::mem::transmute::<u64, PeiCore>(entry) })
}
