//! The buttons: one row for each source of an SMI, with the status bit that hears of it.

use super::steps::Step;
use super::stimulus::Stimulus;
use super::view::Act;
use crate::format::hex_byte;
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::Rest;
use protocol::chipset::ChipsetView;
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub now: Option<Rc<ChipsetView>>,
    pub steps: Vec<Step>,
    pub pin: u8,
    pub ready: bool,
    pub rest: Rest,
    pub act: Callback<Act>,
    pub lang: Lang,
}

const PINS: u8 = 16;
/// The value that stands in the field at first: driver B's.
const VALUE: &str = "42";

#[component]
pub fn Sources(props: &Props) -> Html {
    let Props { pin, lang: l, .. } = props;
    let (pin, l) = (*pin, *l);
    let value = use_state_eq(|| VALUE.to_owned());
    let byte = u8::from_str_radix(value.trim(), 16).ok();
    let typed = {
        let value = value.clone();
        move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                value.set(input.value());
            }
        }
    };
    let choose = props.act.reform(|event: Event| {
        let pin = event.target_dyn_into::<HtmlSelectElement>().and_then(|select| select.value().parse().ok());
        Act::Pin(pin.unwrap_or_default())
    });
    let (hot, open, high) = (levels(props, hot), levels(props, open), levels(props, |s| level_of(s, pin)));
    let button = |stimulus: Stimulus, name: &str| push(props, stimulus, name, false);
    let toggle = |on: bool, stimulus: Stimulus, name: &str| push(props, stimulus, name, on);
    let pins =
        (0..PINS).map(|n| html! { <option value={n.to_string()} selected={n == pin}>{ format!("GPIO{n}") }</option> });
    html! {
        <>
            <div class="ph"><h2>{ t::panel_sources(l) }</h2></div>
            <dl class="srcl">
                { row(t::source_button(l), "PM1_STS.PWRBTN_STS", html! { <>
                    { button(Stimulus::Press, t::do_press(l)) }{ button(Stimulus::Hold, t::do_hold(l)) }
                </> }) }
                { row(t::source_thermal(l), "GPE0_STS.THRM_STS", toggle(hot, Stimulus::Thermal(!hot), t::do_thermal(l))) }
                { row(t::source_gpio(l), &format!("ALT_GP_SMI_STS.GPI{pin}_SMI_STS"), html! { <>
                    <select aria-label={t::gpio_pin(l)} onchange={choose}>{ for pins }</select>
                    { toggle(high, Stimulus::Pin(pin, !high), t::do_pin(l)) }
                </> }) }
                { row(t::source_intruder(l), "TCO2_STS.INTRD_DET", toggle(open, Stimulus::Intruder(!open), t::do_intruder(l))) }
                { row(t::source_alarm(l), "PM1_STS.RTC_STS", button(Stimulus::Alarm, t::do_alarm(l))) }
                { row(t::source_watchdog(l), "TCO1_STS.TIMEOUT", button(Stimulus::Watchdog, t::do_watchdog(l))) }
                { row(t::source_periodic(l), "SMI_STS.PERIODIC_STS", button(Stimulus::Periodic, t::do_periodic(l))) }
                { row(t::source_software(l), "SMI_STS.APM_STS", html! { <>
                    <input class="mono" type="text" inputmode="text" maxlength="2" value={(*value).clone()} aria-label={t::command_hex(l)}
                        aria-invalid={byte.is_none().to_string()} autocomplete="off" spellcheck="false" oninput={typed} />
                    { software(props, byte) }
                </> }) }
                { row(t::source_time(l), "", button(Stimulus::Second, t::do_second(l))) }
            </dl>
        </>
    }
}

/// A source, and the bit that hears of it, if there is one.
fn row(name: &str, bit: &str, controls: Html) -> Html {
    let (register, field) = bit.split_once('.').unwrap_or((bit, ""));
    let dot = if field.is_empty() { "" } else { "." };
    let bit =
        (!bit.is_empty()).then(|| html! { <code>{ register.to_owned() }{ dot }<wbr/>{ field.to_owned() }</code> });
    html! { <div><dt>{ name.to_owned() }{ for bit }</dt><dd>{ controls }</dd></div> }
}

/// A machine that is off hears its button, and whoever works at it from outside.
fn heard(props: &Props, stimulus: &Stimulus) -> bool {
    let by_hand = !matches!(
        stimulus,
        Stimulus::Alarm | Stimulus::Watchdog | Stimulus::Periodic | Stimulus::Software(_) | Stimulus::Say(_)
    );
    props.ready && (by_hand || props.rest == Rest::Os)
}

fn push(props: &Props, stimulus: Stimulus, name: &str, on: bool) -> Html {
    let level = matches!(stimulus, Stimulus::Thermal(_) | Stimulus::Intruder(_) | Stimulus::Pin(..));
    let off = !heard(props, &stimulus);
    let id = stimulus.id();
    html! {
        <button type="button" class={classes!("btn", "sm", on.then_some("on"))} data-try={id} aria-disabled={off.to_string()}
            aria-pressed={level.then(|| on.to_string())} onclick={props.act.reform(move |_: MouseEvent| Act::Try(stimulus.clone()))}>
            { name.to_owned() }
        </button>
    }
}

fn software(props: &Props, byte: Option<u8>) -> Html {
    let Some(byte) = byte else {
        return html! { <span class="fault">{ icon(Icon::Warn) }{ t::command_invalid(props.lang) }</span> };
    };
    push(props, Stimulus::Software(byte), &format!("out B2h, {}", hex_byte(byte)), false)
}

/// What the last step that says anything about a level left it at; all are low when the machine starts.
fn levels(props: &Props, of: impl Fn(&Stimulus) -> Option<bool>) -> bool {
    props.steps.iter().rev().find_map(|step| of(&step.stimulus)).unwrap_or_default()
}

fn hot(stimulus: &Stimulus) -> Option<bool> {
    if let Stimulus::Thermal(hot) = stimulus { Some(*hot) } else { None }
}

fn open(stimulus: &Stimulus) -> Option<bool> {
    if let Stimulus::Intruder(open) = stimulus { Some(*open) } else { None }
}

fn level_of(stimulus: &Stimulus, pin: u8) -> Option<bool> {
    match stimulus {
        Stimulus::Pin(other, high) if *other == pin => Some(*high),
        _ => None,
    }
}
