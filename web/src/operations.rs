//! What the serial flash did and refused, the last first: work, place, who asked, what came of it.

use crate::bench::Told;
use crate::format::{decimal, fixed, hex};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use trace::{Event, FlashGuard, FlashWork, Kind};
use yew::prelude::*;

const FOUR_GIB: u64 = 1 << 32;

/// Where a place of the part is mapped; `size`: of the part.
pub fn address(size: u32, at: u32) -> String {
    hex(FOUR_GIB - u64::from(size) + u64::from(at), 8)
}

/// `PR0.WPE = 1`.
pub fn guard(guard: FlashGuard) -> String {
    let (bit, value) = guard.bit();
    match guard {
        FlashGuard::NoRegion | FlashGuard::Bbar => bit,
        FlashGuard::BlockProtect => format!("{bit} ≠ 0"),
        _ => format!("{bit} = {value}"),
    }
}

/// Why it refuses.
pub fn guard_says(guard: FlashGuard, l: Lang) -> &'static str {
    match guard {
        FlashGuard::ProtectedRange(_) => t::guard_range(l),
        FlashGuard::Region(_) => t::guard_region(l),
        FlashGuard::NoRegion => t::guard_no_region(l),
        FlashGuard::Bioswe => t::guard_bioswe(l),
        FlashGuard::SmmBwp => t::guard_smm_bwp(l),
        FlashGuard::Bbar => t::guard_bbar(l),
        FlashGuard::NoDescriptor => t::guard_no_descriptor(l),
        FlashGuard::Busy => t::guard_busy(l),
        FlashGuard::BlockProtect => t::guard_block_protect(l),
        FlashGuard::Wel => t::guard_wel(l),
        FlashGuard::Flockdn | FlashGuard::Vcl => t::guard_flockdn(l),
    }
}

pub fn guards(all: &[FlashGuard], l: Lang) -> Html {
    all.iter().map(|one| html! { <code class="grd" title={guard_says(*one, l)}>{ guard(*one) }</code> }).collect()
}

fn work(work: FlashWork, l: Lang) -> &'static str {
    match work {
        FlashWork::Read => t::work_read(l),
        FlashWork::Program => t::work_program(l),
        FlashWork::Erase => t::work_erase(l),
        FlashWork::Status => t::work_status(l),
        FlashWork::Register => t::work_register(l),
    }
}

/// `size`: of the part; at most `most` of them, from machine time `from` on.
pub fn operations(told: &Told, size: u32, from: u64, most: usize, l: Lang) -> Html {
    let events: Vec<&Event> = told.flash.iter().filter(|event| event.time >= from).collect();
    let row = |event: &&Event| operation(event, told, size, l);
    let more = events.len().saturating_sub(most);
    html! {
        <>
            <ol class="fops" aria-label={t::panel_operations(l)}>{ for events.iter().rev().take(most).map(row) }</ol>
            if events.is_empty() { <p class="none">{ t::operations_none(l) }</p> }
            if more > 0 { <p class="none">{ t::operations_more(l, &decimal(more as u64)) }</p> }
        </>
    }
}

fn operation(event: &Event, told: &Told, size: u32, l: Lang) -> Html {
    let (kind, at, len, smm) = match &event.kind {
        Kind::Flash { work, at, len, smm, .. } | Kind::FlashRefused { work, at, len, smm, .. } => {
            (*work, *at, *len, *smm)
        }
        _ => return Html::default(),
    };
    let place = if kind == FlashWork::Register { format!("SPIBAR+{}", hex(at.into(), 2)) } else { address(size, at) };
    let (result, came) = match &event.kind {
        Kind::FlashRefused { by, .. } => ("refused", refused(by, l)),
        Kind::Flash { until, .. } if told.cuts.iter().any(|cut| (event.time..*until).contains(cut)) => (
            "cut",
            html! { <span class="chip" data-role="fault">{ icon(Icon::Warn) }<span>{ t::came_cut(l) }</span></span> },
        ),
        Kind::Flash { until, .. } => ("done", html! { <small>{ lasted(until - event.time) }</small> }),
        _ => return Html::default(),
    };
    html! {
        <li data-work={format!("{kind:?}").to_lowercase()} data-result={result}>
            <span class="chip" data-role={if smm { "smm" } else { "os" }}>{ if smm { "SMM" } else { "OS" } }</span>
            <b>{ work(kind, l) }</b><code>{ place }</code><span>{ t::bytes(l, &decimal(len.into())) }</span>
            <span class="sp"></span>{ came }<small class="t">{ format!("t = {} ns", decimal(event.time)) }</small>
        </li>
    }
}

fn refused(by: &[FlashGuard], l: Lang) -> Html {
    html! {
        <><span class="chip" data-role="fault">{ icon(Icon::Lock) }<span>{ t::came_refused(l) }</span></span>{ guards(by, l) }
        <span class="says">{ for by.first().map(|one| guard_says(*one, l)) }</span></>
    }
}

/// `0.19 ms`.
fn lasted(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..100_000 => format!("{} µs", fixed(nanoseconds as f64 / 1e3, 1)),
        _ => format!("{} ms", fixed(nanoseconds as f64 / 1e6, 2)),
    }
}
