//! The PEI dispatcher: the a-priori file's PEIMs run first, then every PEIM whose DEPEX is true, until
//! none is left that can.

use crate::{Core, ppi};
use base::log::P;
use base::names::Text;
use base::pei::PeimEntry;
use base::{Guid, Status, debug, pe, record, volume};
use pi::depex::Dialect;
use pi::layout::{ffs, section};
use pi::view::{File, Volume};

/// PEIMs that the dispatcher can keep in mind: one bit each.
const MOST: usize = 32;

pub fn run(core: &mut Core, boot_volume: u64) {
    let Some(boot_volume) = volume::at(boot_volume) else {
        debug!("PEI: the boot firmware volume is damaged");
        return;
    };
    let mut done = 0u32;
    for name in apriori(boot_volume).chunks_exact(16) {
        let named = |(index, peim): &(usize, File)| peim.name().0 == *name && done & 1 << index == 0;
        if let Some((index, peim)) = peims(boot_volume).find(named) {
            debug!("Evaluate PEI DEPEX for FFS({})", peim.name());
            debug!("  RESULT = TRUE (Apriori)");
            record::apriori(peim.name(), record::dispatcher::PEI);
            done |= 1 << index;
            start(core, &peim);
        }
    }
    for round in 1.. {
        let before = done;
        for (index, peim) in peims(boot_volume) {
            if done & 1 << index == 0 && is_ready(core, &peim, round) {
                done |= 1 << index;
                start(core, &peim);
            }
        }
        if done == before {
            return;
        }
    }
}

fn peims(volume: Volume<'static>) -> impl Iterator<Item = (usize, File<'static>)> {
    volume::files(volume).filter(|file| file.kind() == ffs::kind::PEIM).enumerate().take(MOST)
}

/// The GUIDs of PEIMs whose DEPEX doesn't count: PI 1.8 Vol. 1, "PEI A Priori File".
fn apriori(volume: Volume<'static>) -> &'static [u8] {
    let mut files = volume::files(volume);
    let file = files.find(|file| file.kind() == ffs::kind::FREEFORM && file.name() == ffs::APRIORI_PEI);
    file.and_then(|file| volume::section(&file, section::kind::RAW)).unwrap_or_default()
}

/// A PEIM without DEPEX runs at once.
fn is_ready(core: &mut Core, peim: &File, round: u32) -> bool {
    debug!("Evaluate PEI DEPEX for FFS({})", peim.name());
    let Some(depex) = volume::section(peim, section::kind::PEI_DEPEX) else {
        debug!("  RESULT = TRUE (No DEPEX)");
        return true;
    };
    let present = |guid: &Guid| {
        let mut ppi = core::ptr::null();
        ppi::locate(&mut core.services, guid, &mut ppi) == Status::SUCCESS
    };
    let verdict = base::depex::evaluate(depex, Dialect::Pei, present);
    record::depex(peim.name(), record::dispatcher::PEI, round, verdict);
    verdict.is_ready()
}

fn start(core: &mut Core, peim: &File) {
    let Some(image) = volume::section(peim, section::kind::PE32) else { return };
    let Ok(parsed) = pe::Image::parse(image) else { return };
    let base = image.as_ptr() as u64;
    let entry = base + parsed.entry() as u64;
    debug!("Loading PEIM {}", peim.name());
    debug!("Loading PEIM at 0x{} EntryPoint=0x{} {}.efi", P(base), P(entry), volume::UiName(peim));
    record::loaded(peim.name(), base, image.len(), entry);
    // SAFETY: the image lies where it was linked for; PEIMs' entry points have this type.
    let entry = unsafe { core::mem::transmute::<u64, PeimEntry>(entry) };
    let status = entry(&mut core.services);
    record::dispatched(peim.name(), status);
    if status != Status::SUCCESS {
        debug!("PEI: {} returned {}", volume::UiName(peim), Text(status));
    }
}
