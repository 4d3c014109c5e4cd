//! The variable store record by record, each down to its bytes, and FTW's queue.

use super::store::{COPY_BITS, Came, Copy, Nv, Queued, Record, STATE_BITS, WRITE_BITS, came, is_reached};
use super::view::Act;
use crate::format::{decimal, hex, hex_byte};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use yew::prelude::*;

pub struct Shown<'a> {
    pub nv: &'a Nv,
    pub bytes: &'a [u8],
    /// Before the last step.
    pub before: Option<&'a [u8]>,
    /// Address of the volume.
    pub base: u64,
    /// The record whose bytes are shown.
    pub open: Option<usize>,
}

pub fn records(shown: &Shown<'_>, act: &Callback<Act>, l: Lang) -> Html {
    let nv = shown.nv;
    if let Some(why) = &nv.broken {
        return html! { <p class="fault pad" role="alert">{ icon(Icon::Warn) }<span>{ t::store_broken(l) }{ " " }<code>{ why.clone() }</code></span></p> };
    }
    let room = nv.store.end.saturating_sub(nv.free);
    html! {
        <>
            <p class="rhint">{ t::store_sum(l, &decimal(nv.records.len() as u64), &decimal(room as u64), &decimal(nv.records.iter().filter(|one| one.in_force).count() as u64)) }</p>
            <ol class="recs" aria-label={t::panel_store(l)}>{ for nv.records.iter().map(|record| one(shown, record, act, l)) }</ol>
            if nv.records.is_empty() { <p class="none">{ t::store_empty(l) }</p> }
            if let Some(why) = &nv.fault {
                <p class="fault pad">{ icon(Icon::Warn) }<span>{ t::store_fault(l) }{ " " }<code>{ why.clone() }</code></span></p>
            }
            { queue(shown, l) }
        </>
    }
}

fn changed(shown: &Shown<'_>, from: usize, to: usize) -> bool {
    let now = shown.bytes.get(from..to);
    shown.before.is_some_and(|before| before.get(from..to) != now)
}

fn state(state: u8, l: Lang) -> (&'static str, &'static str) {
    match came(state) {
        Came::InForce => ("ok", t::state_added(l)),
        Came::InTransition => ("smm", t::state_transition(l)),
        Came::Deleted => ("hw", t::state_deleted(l)),
        Came::HeaderOnly => ("fault", t::state_header(l)),
        Came::Begun => ("fault", t::state_begun(l)),
        Came::Unknown => ("fault", t::state_unknown(l)),
    }
}

fn one(shown: &Shown<'_>, record: &Record, act: &Callback<Act>, l: Lang) -> Html {
    let open = shown.open == Some(record.at);
    let end = record.fields.last().map_or(record.at, |(_, range)| range.end);
    let (role, word) = state(record.state, l);
    let toggle = {
        let to = (!open).then_some(record.at);
        act.reform(move |_: MouseEvent| Act::Open(to))
    };
    let name = if record.name.is_empty() { t::store_nameless(l).to_owned() } else { record.name.clone() };
    let class = classes!("rec", (!record.in_force).then_some("dead"), changed(shown, record.at, end).then_some("new"));
    html! {
        <li {class} key={record.at} data-name={record.name.clone()} data-state={format!("{:02x}", record.state)}>
            <button type="button" class="rec-h" aria-expanded={open.to_string()} onclick={toggle}>
                <code>{ hex(shown.base + record.at as u64, 8) }</code>
                <b>{ name }</b><small>{ record.vendor.clone() }</small>
                <span class="sp"></span>
                <span class="atr">{ record.attributes.clone() }</span><span class="siz">{ t::bytes(l, &decimal(record.size as u64)) }</span>
                <span class="chip" data-role={role}>{ format!("{} {word}", hex_byte(record.state)) }</span>
            </button>
            if open { { bytes(shown, record, l) } }
        </li>
    }
}

/// Field by field.
fn bytes(shown: &Shown<'_>, record: &Record, l: Lang) -> Html {
    let field = |(name, range): &(&'static str, std::ops::Range<usize>)| {
        let raw = shown.bytes.get(range.clone()).unwrap_or_default();
        let byte = |(nth, byte): (usize, &u8)| {
            let at = range.start + nth;
            html! { <i class={classes!(changed(shown, at, at + 1).then_some("chg"))}>{ format!("{byte:02X}") }</i> }
        };
        html! {
            <tr data-field={*name}>
                <td>{ hex((range.start - record.at) as u64, 2) }</td><th scope="row">{ *name }</th>
                <td class="by">{ for raw.iter().enumerate().map(byte) }</td>
                <td>{ meaning(name, raw, record) }</td>
            </tr>
        }
    };
    html! {
        <div class="recd">
            { bits(record.state, &STATE_BITS, l) }
            <div class="scroll" tabindex="0" role="region" aria-label={t::store_bytes(l)}><table><tbody>{ for record.fields.iter().map(field) }</tbody></table></div>
        </div>
    }
}

fn meaning(name: &str, raw: &[u8], record: &Record) -> String {
    match name {
        "Attributes" => record.attributes.clone(),
        "VendorGuid" => record.vendor.clone(),
        "Name" => record.name.clone(),
        "Data" if raw.iter().all(|byte| (0x20..0x7f).contains(byte)) => {
            format!("“{}”", String::from_utf8_lossy(raw))
        }
        "NameSize" | "DataSize" => {
            raw.first_chunk().map_or_else(String::new, |size| u32::from_le_bytes(*size).to_string())
        }
        _ => String::new(),
    }
}

/// Bits of a state, each reached when it is 0.
fn bits(state: u8, all: &'static [(&'static str, u8)], l: Lang) -> Html {
    let bit = |(name, bit): &(&'static str, u8)| {
        let there = is_reached(state, *bit);
        let said = if there { t::state_reached(l) } else { t::state_not_yet(l) };
        html! {
            <span class={classes!("bit", there.then_some("on"))} title={said}>
                <i>{ bit.trailing_zeros() }</i><span>{ *name }</span><b>{ u8::from(!there) }</b><span class="sr">{ said }</span>
            </span>
        }
    };
    html! { <div class="bits">{ for all.iter().map(bit) }</div> }
}

fn queue(shown: &Shown<'_>, l: Lang) -> Html {
    let nv = shown.nv;
    let writes = match &nv.ftw {
        Ok(writes) if writes.is_empty() => html! { <p class="none">{ t::ftw_none(l) }</p> },
        Ok(writes) => html! { <ol class="recs ftw">{ for writes.iter().map(|write| queued(shown, write, l)) }</ol> },
        Err(why) => html! { <p class="none">{ t::ftw_broken(l) }{ " " }<code>{ why.clone() }</code></p> },
    };
    let used = shown.bytes.get(nv.spare.clone()).is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0xff));
    html! {
        <section class="ftwp" aria-label={t::ftw_title(l)}>
            <h3>{ t::ftw_title(l) }</h3>
            { writes }
            <p class="none">{ if used { t::ftw_spare_used(l) } else { t::ftw_spare_erased(l) } }</p>
        </section>
    }
}

fn queued(shown: &Shown<'_>, write: &Queued, l: Lang) -> Html {
    let copy = |copy: &Copy| {
        let to = hex(shown.base + copy.lba * 0x1000 + copy.offset, 8);
        html! { <li><span>{ t::ftw_copy(l, &decimal(copy.length), &to) }</span>{ bits(copy.state, &COPY_BITS, l) }</li> }
    };
    html! {
        <li class="rec" data-ftw={format!("{:02x}", write.write)}>
            <div class="rec-h"><code>{ hex(shown.base + write.at as u64, 8) }</code>{ bits(write.write, &WRITE_BITS, l) }</div>
            <ul>{ for write.records.iter().map(copy) }</ul>
        </li>
    }
}
