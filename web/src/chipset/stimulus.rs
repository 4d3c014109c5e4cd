//! What a reader can do, and how: touches of the board, commands for the OS, time that goes by. What the
//! OS has to write for it is worked out from the registers as they stand.

use crate::bench::Deed;
use protocol::chipset::{ChipsetView, Register};
use trace::{Input, SmiSource};

#[derive(Clone, Debug, PartialEq)]
pub enum Stimulus {
    /// The power button, pressed and let go.
    Press,
    /// Held for four seconds.
    Hold,
    Thermal(bool),
    Intruder(bool),
    Pin(u8, bool),
    /// The RTC's, at the next second.
    Alarm,
    /// The TCO timer runs out.
    Watchdog,
    Periodic,
    /// The OS writes this value to APM_CNT.
    Software(u8),
    /// A second goes by.
    Second,
    /// A command of the reader's own, or a bit that was pressed.
    Say(String),
}

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;
/// One tick of TCO_TMR.
const TCO_TICK: u64 = 600 * MS;
/// A little more than what is waited for.
const MARGIN: u64 = 10 * MS;
/// RTC: the alarm's registers, "don't care" in them, and register B (MC146818 data sheet).
const ALARM: [u8; 3] = [1, 3, 5];
const ANY: u8 = 0xc0;
const REGISTER_B: u8 = 0x0b;
const ALARM_EVERY_SECOND: u8 = 0x22;

pub fn register<'a>(view: &'a ChipsetView, name: &str) -> Option<&'a Register> {
    view.registers.iter().find(|register| register.name == name)
}

pub fn value(view: &ChipsetView, name: &str) -> u64 {
    register(view, name).map_or(0, |register| register.value)
}

pub fn field(view: &ChipsetView, name: &str, field: &str) -> u64 {
    let fields = register(view, name).map(|register| register.fields.as_slice()).unwrap_or_default();
    fields.iter().find(|other| other.name == field).map_or(0, |field| field.value)
}

impl Stimulus {
    pub fn id(&self) -> &'static str {
        match self {
            Stimulus::Press => "press",
            Stimulus::Hold => "hold",
            Stimulus::Thermal(_) => "thermal",
            Stimulus::Intruder(_) => "intruder",
            Stimulus::Pin(..) => "gpio",
            Stimulus::Alarm => "alarm",
            Stimulus::Watchdog => "watchdog",
            Stimulus::Periodic => "periodic",
            Stimulus::Software(_) => "software",
            Stimulus::Second => "second",
            Stimulus::Say(_) => "say",
        }
    }

    /// A hand at the board: it has done its work at once.
    pub fn is_touch(&self) -> bool {
        matches!(
            self,
            Stimulus::Press | Stimulus::Hold | Stimulus::Thermal(_) | Stimulus::Intruder(_) | Stimulus::Pin(..)
        )
    }

    /// The source that is waited for.
    pub fn source(&self) -> Option<SmiSource> {
        match self {
            Stimulus::Alarm => Some(SmiSource::Pm1),
            Stimulus::Watchdog => Some(SmiSource::Tco),
            Stimulus::Periodic => Some(SmiSource::Periodic),
            _ => None,
        }
    }

    /// What is done, in its order.
    pub fn deeds(&self, view: &ChipsetView) -> Vec<Deed> {
        let touch = |input, wait| Deed::Touch(Some(input), wait);
        match self {
            Stimulus::Press => {
                vec![touch(Input::PowerButton(true), 100 * MS), touch(Input::PowerButton(false), 0)]
            }
            Stimulus::Hold => {
                vec![touch(Input::PowerButton(true), 4 * SECOND + MARGIN), touch(Input::PowerButton(false), 0)]
            }
            Stimulus::Thermal(hot) => vec![touch(Input::Thermal(*hot), 0)],
            Stimulus::Intruder(open) => vec![touch(Input::Intruder(*open), 0)],
            Stimulus::Pin(pin, high) => vec![touch(Input::Gpio { pin: *pin, high: *high }, 0)],
            Stimulus::Alarm => alarm(),
            Stimulus::Watchdog => watchdog(view),
            Stimulus::Periodic => periodic(view),
            Stimulus::Software(value) => vec![Deed::Say(format!("smi {value:x}"))],
            Stimulus::Second => vec![Deed::Touch(None, SECOND)],
            Stimulus::Say(text) => vec![Deed::Say(text.clone())],
        }
    }
}

fn out(port: u64, value: u64) -> Deed {
    Deed::Say(format!("out {port:x} {value:x}"))
}

fn pmbase(view: &ChipsetView) -> u64 {
    value(view, "PMBASE") & 0xff80
}

/// An alarm that comes every second; one is waited for, then it is switched off again.
fn alarm() -> Vec<Deed> {
    let rtc = |index: u8, value: u8| [out(0x70, index.into()), out(0x71, value.into())];
    let set = ALARM.into_iter().flat_map(|index| rtc(index, ANY)).chain(rtc(REGISTER_B, ALARM_EVERY_SECOND));
    let mut deeds: Vec<Deed> = set.collect();
    deeds.push(Deed::Touch(None, SECOND + MARGIN));
    deeds
}

/// Let go if it is halted, loaded anew, and left alone for its time.
fn watchdog(view: &ChipsetView) -> Vec<Deed> {
    const HALT: u64 = 0x800;
    const KEPT: u64 = 0x0200;
    let (base, count) = (pmbase(view), value(view, "TCO1_CNT"));
    let halted = (count & HALT != 0).then(|| out(base + 0x69, (count & KEPT) >> 8));
    let wait = Deed::Touch(None, value(view, "TCO_TMR") * TCO_TICK + MARGIN);
    halted.into_iter().chain([out(base + 0x60, 1), wait]).collect()
}

/// Switched on if it is off, and left alone for its time.
fn periodic(view: &ChipsetView) -> Vec<Deed> {
    /// Of SMI_EN's second byte: what is stored there, and PERIODIC_EN.
    const STORED: u64 = 0x68;
    const PERIODIC_EN: u64 = 0x40;
    let enables = value(view, "SMI_EN") >> 8 & STORED;
    let off = (enables & PERIODIC_EN == 0).then(|| out(pmbase(view) + 0x31, enables | PERIODIC_EN));
    let period = (64 >> field(view, "GEN_PMCON_1", "PER_SMI_SEL")) * SECOND;
    off.into_iter().chain([Deed::Touch(None, period + MARGIN)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::chipset::{Access, RegisterField};

    fn view(values: &[(&str, u64)]) -> ChipsetView {
        let register = |(name, value): &(&str, u64)| {
            let field = RegisterField {
                name: "PER_SMI_SEL".into(),
                low: 0,
                width: 2,
                value: value & 3,
                access: Access::ReadWrite,
                locked_by: None,
            };
            let (name, block, source) = ((*name).to_owned(), "PM".to_owned(), String::new());
            Register { block, at: 0, size: 4, name, value: *value, reset: 0, source, fields: vec![field] }
        };
        ChipsetView { time: 0, registers: values.iter().map(register).collect(), smi: None }
    }

    #[test]
    fn the_watchdog_is_let_go_and_waited_for() {
        let halted = view(&[("PMBASE", 0x601), ("TCO1_CNT", 0x1a00), ("TCO_TMR", 4)]);
        let deeds = Stimulus::Watchdog.deeds(&halted);
        assert_eq!(deeds[..2], [Deed::Say("out 669 2".into()), Deed::Say("out 660 1".into())]);
        assert_eq!(deeds[2], Deed::Touch(None, 2_410_000_000));
        let running = view(&[("PMBASE", 0x601), ("TCO1_CNT", 0), ("TCO_TMR", 4)]);
        assert_eq!(Stimulus::Watchdog.deeds(&running).len(), 2);
    }

    #[test]
    fn the_periodic_timer_is_switched_on_beside_what_else_is_enabled() {
        let off = view(&[("PMBASE", 0x601), ("SMI_EN", 0x2023), ("GEN_PMCON_1", 3)]);
        let deeds = Stimulus::Periodic.deeds(&off);
        assert_eq!(deeds, [Deed::Say("out 631 60".into()), Deed::Touch(None, 8_010_000_000)]);
        let on = view(&[("PMBASE", 0x601), ("SMI_EN", 0x4000), ("GEN_PMCON_1", 0)]);
        assert_eq!(Stimulus::Periodic.deeds(&on), [Deed::Touch(None, 64_010_000_000)]);
    }
}
