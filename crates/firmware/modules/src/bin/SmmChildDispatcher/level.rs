//! Sources that are levels: general-purpose inputs and THRM#. As long as one lasts its status comes back, SMI
//! after SMI. So what counts as active is turned over at each SMI: the next one comes when the level has
//! gone. INTRUDER# can't be turned: it is told once.

use crate::source::Source;
use base::arch::{in8, in32, out8, out32};
use base::chipset::{gpio, lpc, pci, pm};
use base::dispatch2::ichn;
use base::protocol;

const TO_SMI: u32 = 1;

fn pin(source: &Source) -> Option<u64> {
    (source.kind == protocol::SMM_GPI_DISPATCH2).then_some(source.key)
}

/// A pin goes to SMI.
pub fn route(source: &Source) {
    let Some(pin) = pin(source) else { return };
    pci::preserved(|| {
        let others = lpc::FUNCTION.read32(lpc::GPI_ROUT) & !(3 << (2 * pin));
        lpc::FUNCTION.write32(lpc::GPI_ROUT, others | TO_SMI << (2 * pin));
    });
}

pub fn turn(source: &Source) {
    if let Some(pin) = pin(source) {
        let inverted = in32(gpio::GPI_INV);
        if (in32(gpio::GP_LVL) ^ inverted) >> pin & 1 != 0 {
            out32(gpio::GPI_INV, inverted ^ 1 << pin);
        }
    } else if source.is_ichn(ichn::THRM_STS) {
        out8(pm::GPE_CNTL, in8(pm::GPE_CNTL) ^ pm::THRM_POL);
    } else if source.is_ichn(ichn::INTRUDER_DETECT) {
        source.switch_off();
    }
}
