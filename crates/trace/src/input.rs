//! What can be done to a board from outside, beside typing.

use serde::{Deserialize, Serialize};

/// One touch: a level that changes, or power that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Input {
    /// PWRBTN#: true while the button is held.
    PowerButton(bool),
    /// THRM#: true while the thermal sensor calls.
    Thermal(bool),
    /// General-purpose input 0 to 15, high or low.
    Gpio { pin: u8, high: bool },
    /// INTRUDER#: true while the case is open.
    Intruder(bool),
    /// The RTC's coin cell: false when it is empty.
    Battery(bool),
    /// Somebody pulls the plug and puts it back: flash is left in the middle of what it did.
    PowerCut,
    /// The SMI# frame of SERIRQ: true while a device on the LPC bus, an embedded controller say, asks for an
    /// SMI.
    SerirqSmi(bool),
}
