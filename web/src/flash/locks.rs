//! What protects the flash: BIOS_CNTL, the controller's locks and ranges, the part's own bits.

use crate::chipset::{bit, register};
use crate::format::{hex, hex_byte};
use crate::i18n::{Lang, t};
use protocol::FlashView;
use protocol::chipset::{ChipsetView, Register, RegisterField};
use yew::prelude::*;

/// A register, and the fields that are shown though they are 0.
const SHOWN: [(&str, &[&str]); 9] = [
    ("BIOS_CNTL", &["BIOSWE", "BLE", "SMM_BWP"]),
    ("HSFS", &["FLOCKDN", "FCERR", "AEL"]),
    ("PR0", &["WPE"]),
    ("PR1", &["WPE"]),
    ("PR2", &["WPE"]),
    ("PR3", &["WPE"]),
    ("PR4", &["WPE"]),
    ("FRAP", &[]),
    ("GCS", &["BILD"]),
];
const UNIT: u64 = 12;

pub fn locks(
    chips: &ChipsetView,
    before: Option<&ChipsetView>,
    flash: &FlashView,
    write: &Callback<String>,
    ready: bool,
    l: Lang,
) -> Html {
    let row = |(name, fields): &(&'static str, &[&str])| {
        let register = register(chips, name)?;
        let old = |field: &RegisterField| {
            let before = before.and_then(|before| self::register(before, name));
            before.and_then(|before| before.fields.iter().find(|other| other.low == field.low)).map(|field| field.value)
        };
        let changed = |field: &RegisterField| old(field).is_some_and(|old| old != field.value);
        let shown = register.fields.iter().filter(|field| {
            !field.name.contains("RSVD")
                && (field.value != 0 || changed(field) || fields.contains(&field.name.as_str()))
        });
        Some(html! {
            <div class="reg" data-reg={*name}>
                <div class="regh"><b>{ *name }</b><small>{ range(register) }</small><span class="sp"></span><code>{ hex(register.value, usize::from(register.size) * 2) }</code></div>
                <div class="bits">{ for shown.map(|field| bit(chips, register, field, changed(field), Some(write), ready, l)) }</div>
            </div>
        })
    };
    let (bp, tb) = (flash.status >> 2 & 7, flash.status >> 5 & 1);
    html! {
        <>
            { for SHOWN.iter().filter_map(row) }
            <div class="reg" data-reg="status">
                <div class="regh"><b>{ t::part_status(l) }</b><small>{ "RDSR" }</small><span class="sp"></span><code>{ hex_byte(flash.status) }</code></div>
                <div class="bits">
                    <span class={classes!("bit", (bp != 0).then_some("on"))}><i>{ "4:2" }</i><span>{ "BP2:0" }</span><b>{ bp }</b></span>
                    <span class={classes!("bit", (tb != 0).then_some("on"))}><i>{ "5" }</i><span>{ "TB" }</span><b>{ tb }</b></span>
                </div>
            </div>
        </>
    }
}

/// What a protected range spans.
fn range(register: &Register) -> String {
    let field = |low: u8| register.fields.iter().find(|field| field.low == low).map(|field| field.value);
    let protects = register.name.starts_with("PR") && register.value >> 31 & 1 != 0;
    match (field(0), field(16)) {
        (Some(base), Some(limit)) if protects => {
            format!("{} – {}", hex(base << UNIT, 6), hex((limit << UNIT) + 0xfff, 6))
        }
        _ => String::new(),
    }
}
