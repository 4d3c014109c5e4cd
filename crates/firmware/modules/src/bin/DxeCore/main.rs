//! DXE core: boot services, and the dispatcher that loads all the drivers. PI 1.8 Vol. 2, UEFI 2.10.
//!
//! Not here: device paths and drivers of the UEFI driver model, GCD services, images
//! from other places than firmware volumes.
#![no_std]
#![no_main]

extern crate alloc;

mod dispatcher;
mod event;
mod hand;
mod image;
mod memory;
mod misc;
mod tables;
mod timer;

use base::hob::List;
use base::post::{self, post};
use base::protocol::{self, Bds};
use base::{arch, debug, record};

#[unsafe(no_mangle)]
extern "efiapi" fn efi_main(hobs: u64) -> ! {
    post(post::DXE_CORE);
    record::phase(record::phase::DXE);
    timer::init();
    let hobs = List(hobs);
    memory::init(hobs);
    debug!("HOBLIST address in DXE = 0x{:X}", hobs.0);
    tables::init(hobs);
    dispatcher::discover(hobs);
    dispatcher::run();
    dispatcher::tell_not_dispatched();
    let missing = dispatcher::missing_architectural_protocols();
    for name in missing.clone() {
        debug!("\n{} Arch Protocol not present!!", name);
    }
    if missing.count() != 0 {
        post(post::NO_ARCH_PROTOCOL);
        arch::stop();
    }
    let bds = hand::find(&protocol::BDS_ARCH).expect("it is one of the architectural protocols").cast::<Bds>();
    // SAFETY: BdsDxe installed it.
    unsafe { ((*bds).entry)(bds) };
    debug!("DXE: BDS came back");
    arch::stop()
}
