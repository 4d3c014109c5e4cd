//! Sentences of the page of SMI sources.

use super::stimulus::Stimulus;
use crate::format::hex_byte;
use crate::i18n::{Lang, t};
use protocol::Rest;
use protocol::chipset::{Gate, Held};

pub fn stimulus(stimulus: &Stimulus, l: Lang) -> String {
    match stimulus {
        Stimulus::Press => t::did_press(l).into(),
        Stimulus::Hold => t::did_hold(l).into(),
        Stimulus::Thermal(true) => t::touch_hot(l).into(),
        Stimulus::Thermal(false) => t::touch_cool(l).into(),
        Stimulus::Intruder(true) => t::touch_open(l).into(),
        Stimulus::Intruder(false) => t::touch_closed(l).into(),
        Stimulus::Pin(pin, high) => t::touch_pin(l, if *high { "1" } else { "0" }, &pin.to_string()),
        Stimulus::Alarm => t::did_alarm(l).into(),
        Stimulus::Watchdog => t::did_watchdog(l).into(),
        Stimulus::Periodic => t::did_periodic(l).into(),
        Stimulus::Software(value) => format!("out B2h, {}", hex_byte(*value)),
        Stimulus::Second => t::did_second(l).into(),
        Stimulus::Say(text) => format!("> {text}"),
    }
}

pub fn rest(rest: Rest, l: Lang) -> String {
    match rest {
        Rest::Os => t::rest_os(l).into(),
        Rest::Storm => t::rest_storm(l).into(),
        Rest::Off(slp_typ) => t::rest_off(l, &crate::words::sleep_state(slp_typ)),
        Rest::Dead => t::rest_dead(l).into(),
        Rest::Busy => t::rest_busy(l).into(),
    }
}

/// Why this gate, shut, holds the cause back.
pub fn held(gate: &Gate, l: Lang) -> String {
    let bit = format!("{}.{}", gate.reg, gate.field);
    let (is, needed) = (gate.value.to_string(), gate.needed.to_string());
    match gate.what {
        Held::Disabled => t::held_disabled(l, &bit),
        Held::NoEvent => t::held_no_event(l, &bit),
        Held::RoutedElsewhere => t::held_routed(l, &bit, &is, &needed),
        Held::GoesToSci => t::held_sci(l, &bit),
        Held::AllDisabled => t::held_all(l, &bit),
        Held::NoEos => t::held_eos(l, &bit),
    }
}
