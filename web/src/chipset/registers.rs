//! The registers as bit-fields: number, name, lock, value. A field that can be written is a button: the OS
//! writes it. What the last step has changed is marked.

use super::stimulus::{Stimulus, register};
use super::view::Act;
use super::write::{command, next, place};
use crate::format::{decimal, hex};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use protocol::chipset::{ChipsetView, Register, RegisterField};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct Props {
    pub view: Option<Rc<ChipsetView>>,
    /// Before the last step.
    pub before: Option<Rc<ChipsetView>>,
    /// It is a moment of the timeline.
    pub timeline: bool,
    /// Of the general-purpose pins, this one's fields are shown.
    pub pin: u8,
    pub ready: bool,
    pub act: Callback<Act>,
    pub lang: Lang,
}

type Group = (fn(Lang) -> &'static str, &'static [&'static str]);

const GROUPS: [Group; 6] = [
    (t::group_smi, &["SMI_EN", "SMI_STS", "GEN_PMCON_1"]),
    (t::group_pm, &["PM1_STS", "PM1_EN", "PM1_CNT", "GPE0_STS", "GPE0_EN"]),
    (t::group_gpio, &["GPI_ROUT", "ALT_GP_SMI_EN", "ALT_GP_SMI_STS", "GP_LVL", "GPI_INV"]),
    (t::group_tco, &["TCO1_STS", "TCO2_STS", "TCO1_CNT", "TCO2_CNT", "TCO_TMR", "TCO_RLD"]),
    (t::group_smram, &["SMRAM", "ESMRAMC", "TSEGMB"]),
    (t::group_spi, &["BIOS_CNTL", "HSFS", "HSFC", "PR0", "PR1", "PR2", "PR3", "PR4", "FRAP"]),
];

/// Of devices that this board doesn't have, or that no source here needs; shown when they aren't 0.
const ASIDE: [&str; 17] = [
    "USB",
    "MCSMI",
    "DEVMON",
    "SERIRQ",
    "SMBUS",
    "PCI",
    "HOT_PLUG",
    "RI_",
    "BATLOW",
    "PME",
    "SMB",
    "TCOSCI",
    "BM_",
    "DMI",
    "CPUSLP",
    "PWRBTN_LVL",
    "RSVD",
];

#[component]
pub fn Registers(props: &Props) -> Html {
    let Props { view, timeline, lang: l, .. } = props;
    let l = *l;
    let open = use_state_eq(|| None::<String>);
    let Some(view) = view else { return html! { <p class="none">{ t::content_loading(l) }</p> } };
    let toggle = |name: String| {
        let open = open.clone();
        move |_: MouseEvent| open.set((open.as_ref() != Some(&name)).then(|| name.clone()))
    };
    let row = |name: &&str| {
        let register = register(view, name)?;
        let is_open = open.as_deref() == Some(*name);
        Some(shown(props, view, register, is_open, toggle((*name).to_owned())))
    };
    html! {
        <>
            <div class="ph">
                <h2>{ t::panel_registers(l) }</h2><small>{ t::registers_at(l, &decimal(view.time)) }</small><span class="sp"></span>
                if *timeline {
                    <button type="button" class="btn sm" data-act="now" onclick={props.act.reform(|_: MouseEvent| Act::Now)}>{ t::registers_now(l) }</button>
                }
            </div>
            <p class="rhint">{ t::registers_hint(l) }</p>
            { for GROUPS.iter().map(|(title, names)| html! {
                <div class="rgrp"><h3>{ title(l) }</h3>{ for names.iter().filter_map(row) }</div>
            }) }
        </>
    }
}

fn shown(
    props: &Props,
    view: &ChipsetView,
    register: &Register,
    open: bool,
    toggle: impl Fn(MouseEvent) + 'static,
) -> Html {
    let before = props.before.as_ref().and_then(|before| self::register(before, &register.name));
    let changed = |field: &RegisterField| {
        let old = before.and_then(|before| before.fields.iter().find(|other| other.low == field.low));
        old.is_some_and(|old| old.value != field.value)
    };
    let visible = |field: &&RegisterField| open || field.value != 0 || changed(field) || counts(field, props.pin);
    let digits = usize::from(register.size) * 2;
    let write = (!props.timeline).then(|| props.act.reform(|command| Act::Try(Stimulus::Say(command))));
    html! {
        <div class="reg" key={register.name.clone()} data-reg={register.name.clone()}>
            <button type="button" class="regh" aria-expanded={open.to_string()} onclick={toggle}>
                <b>{ register.name.clone() }</b><small>{ place(register) }</small><span class="sp"></span><code>{ hex(register.value, digits) }</code>
            </button>
            <div class="bits">{ for register.fields.iter().filter(visible).map(|field| {
                bit(view, register, field, changed(field), write.as_ref(), props.ready, props.lang)
            }) }</div>
            if open { { details(register, props.lang) } }
        </div>
    }
}

/// Worth its place though it is 0.
fn counts(field: &RegisterField, pin: u8) -> bool {
    let name = &field.name;
    let of_pin = name.strip_prefix("GPIO").or_else(|| name.strip_prefix("GPI"));
    let number = of_pin.and_then(|rest| rest.split('_').next()).and_then(|number| number.parse::<u8>().ok());
    match number {
        Some(number) => number == pin,
        None => !ASIDE.iter().any(|word| name.contains(word)),
    }
}

/// `write` takes the command by which the OS writes the field.
pub fn bit(
    view: &ChipsetView,
    register: &Register,
    field: &RegisterField,
    changed: bool,
    write: Option<&Callback<String>>,
    ready: bool,
    l: Lang,
) -> Html {
    let number = match field.width {
        1 => field.low.to_string(),
        width => format!("{}:{}", field.low + width - 1, field.low),
    };
    let value = if field.width <= 2 { field.value.to_string() } else { format!("{:X}", field.value) };
    let mut state = vec![format!("{}.{} = {value}", register.name, field.name), field.access.short().to_owned()];
    state.extend(field.locked_by.iter().map(|lock| t::locked_by(l, lock)));
    state.extend(changed.then(|| t::bit_changed(l).to_owned()));
    let state = state.join(", ");
    let inside = html! {
        <><i>{ number }</i><span>{ field.name.clone() }</span>{ for field.locked_by.as_ref().map(|_| icon(Icon::Lock)) }<b>{ value }</b></>
    };
    let class = classes!(
        "bit",
        (field.value != 0).then_some("on"),
        field.locked_by.is_some().then_some("lk"),
        changed.then_some("new")
    );
    let id = format!("{}.{}", register.name, field.name);
    let Some((to, write)) = next(field).zip(write) else {
        return html! { <span {class} role="img" aria-label={state.clone()} title={state} data-bit={id}>{ inside }</span> };
    };
    let command = command(view, register, field, to);
    let label = t::bit_write(l, &command, &state);
    let write = write.reform(move |_: MouseEvent| command.clone());
    html! {
        <button type="button" {class} data-bit={id} title={label.clone()} aria-disabled={(!ready).to_string()} onclick={write}>
            { inside }<span class="sr">{ label }</span>
        </button>
    }
}

/// All fields, what a write does to each, who holds it; and where the datasheet has it.
fn details(register: &Register, l: Lang) -> Html {
    let row = |field: &RegisterField| {
        let bits = match field.width {
            1 => field.low.to_string(),
            width => format!("{}:{}", field.low + width - 1, field.low),
        };
        html! {
            <tr><td>{ bits }</td><td>{ field.name.clone() }</td><td>{ format!("{:X}", field.value) }</td><td>{ field.access.short() }</td>
            <td>{ field.locked_by.clone().unwrap_or_default() }</td></tr>
        }
    };
    html! {
        <div class="regd">
            <div class="scroll" tabindex="0" role="region" aria-label={register.name.clone()}>
                <table><thead><tr><th>{ t::col_bit(l) }</th><th>{ t::col_name(l) }</th><th>{ t::col_value(l) }</th><th>{ t::col_access(l) }</th><th>{ t::col_lock(l) }</th></tr></thead>
                <tbody>{ for register.fields.iter().map(row) }</tbody></table>
            </div>
            <p>{ t::reset_value(l, &hex(register.reset, usize::from(register.size) * 2)) }{ " · " }{ register.source.clone() }</p>
        </div>
    }
}
