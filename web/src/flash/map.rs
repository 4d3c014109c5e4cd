//! The flash from its first byte to the reset vector: what lies where, and who protects it, to scale and in rows.

use super::store::Nv;
use crate::format::{decimal, hex};
use crate::i18n::{Lang, t};
use crate::icons::{Icon, icon};
use crate::operations::{address, guard, guards};
use crate::placed::Placed;
use pi::layout::fv::NV_DATA;
use protocol::{FlashView, Stretch};
use trace::FlashGuard;
use yew::prelude::*;

struct Piece {
    from: u32,
    len: u32,
    name: String,
    inside: bool,
}

const KIB: u32 = 1 << 10;

/// Descriptor, what the window shows, and in it the volumes and what lies between.
fn pieces(view: &FlashView, nv: Option<&Nv>, l: Lang) -> Vec<Piece> {
    let piece =
        |from: u32, end: u32, name: &str, inside| Piece { from, len: end - from, name: name.to_owned(), inside };
    let mut all = Vec::new();
    let mut at = view.window;
    if at > 0 {
        let descriptor = 4 * KIB;
        all.push(piece(0, descriptor, t::piece_descriptor(l), false));
        all.push(piece(descriptor, at, t::piece_unused(l), false));
    }
    let mut behind_nvram = false;
    for (from, len, kind) in view.volumes.iter().filter(|(from, ..)| *from >= view.window) {
        if at < *from {
            all.push(piece(at, *from, if behind_nvram { t::piece_oem(l) } else { t::piece_free(l) }, false));
        }
        behind_nvram = *kind == NV_DATA.0;
        all.push(piece(*from, from + len, if behind_nvram { t::piece_nvram(l) } else { t::piece_volume(l) }, false));
        if let Some(nv) = nv.filter(|nv| behind_nvram && nv.broken.is_none()) {
            let place = |range: &std::ops::Range<usize>| (from + range.start as u32, from + range.end as u32);
            let inner = [
                (Some(&nv.store), t::piece_store(l)),
                (nv.work.as_ref(), t::piece_work(l)),
                (Some(&nv.spare), t::piece_spare(l)),
            ];
            all.extend(inner.into_iter().filter_map(|(range, name)| {
                let (from, end) = place(range.filter(|range| !range.is_empty())?);
                Some(piece(from, end, name, true))
            }));
        }
        at = from + len;
    }
    if at < view.size {
        all.push(piece(at, view.size, t::piece_vtf(l), false));
    }
    all
}

pub fn map(view: &FlashView, nv: Option<&Nv>, l: Lang) -> Html {
    let pieces = pieces(view, nv, l);
    html! {
        <>
            { scale(view, &pieces, l) }
            <table class="fmap">
                <thead><tr><th>{ t::col_place(l) }</th><th>{ t::col_what(l) }</th><th>{ t::col_os_writes(l) }</th><th>{ t::col_smm_writes(l) }</th></tr></thead>
                <tbody>{ for pieces.iter().map(|piece| row(view, piece, l)) }</tbody>
            </table>
        </>
    }
}

fn row(view: &FlashView, piece: &Piece, l: Lang) -> Html {
    let end = piece.from + piece.len;
    let over = |one: &&Stretch| one.from < end && one.from + one.len > piece.from;
    let stretches: Vec<&Stretch> = view.stretches.iter().filter(over).collect();
    let all = |of: fn(&Stretch) -> &Vec<FlashGuard>| {
        let mut all: Vec<FlashGuard> = stretches.iter().flat_map(|one| of(one).clone()).collect();
        all.sort();
        all.dedup();
        all
    };
    let part = stretches.len() > 1 && !piece.inside;
    html! {
        <tr class={classes!(piece.inside.then_some("in"))} data-piece={address(view.size, piece.from)}>
            <td><code>{ address(view.size, piece.from) }</code></td>
            <td><b>{ piece.name.clone() }</b><small>{ t::kib(l, &decimal((piece.len / KIB).into())) }</small></td>
            <td>{ verdict(&all(|one| &one.os), part, l) }</td>
            <td>{ verdict(&all(|one| &one.smm), part, l) }</td>
        </tr>
    }
}

/// Open, or who refuses.
fn verdict(by: &[FlashGuard], part: bool, l: Lang) -> Html {
    if by.is_empty() {
        return html! { <span class="open">{ icon(Icon::Check) }{ t::flash_open(l) }</span> };
    }
    html! { <span class="shut">{ icon(Icon::Lock) }{ guards(by, l) }if part { <small>{ t::flash_part(l) }</small> }</span> }
}

/// The window to scale, with a lane for each world.
fn scale(view: &FlashView, pieces: &[Piece], l: Lang) -> Html {
    let whole = f64::from((view.size - view.window).max(1));
    let place = |from: u32, len: u32| {
        let from = from.max(view.window);
        (f64::from(from - view.window) * 100.0 / whole, f64::from(len) * 100.0 / whole)
    };
    let there = |from: u32, len: u32| from + len > view.window;
    let block = |piece: &Piece| {
        let (left, width) = place(piece.from, piece.len);
        html! { <Placed class="blk" {left} width={Some(width)}><span>{ piece.name.clone() }</span></Placed> }
    };
    let lane = |name: &'static str, of: fn(&Stretch) -> &Vec<FlashGuard>| {
        let bar = |one: &Stretch| {
            let from = one.from.max(view.window);
            let (left, width) = place(from, one.from + one.len - from);
            let by = of(one);
            let class = classes!("bar", if by.is_empty() { "op" } else { "sh" });
            let text = by.first().map_or_else(String::new, |one| guard(*one));
            html! { <Placed {class} {left} width={Some(width)}><span>{ text }</span></Placed> }
        };
        let stretches = view.stretches.iter().filter(|one| there(one.from, one.len));
        html! { <div class="lane"><b>{ name }</b><div class="track">{ for stretches.map(bar) }</div></div> }
    };
    let blocks = pieces.iter().filter(|piece| !piece.inside && there(piece.from, piece.len));
    let from = hex((1 << 32) - u64::from(view.size - view.window), 8);
    html! {
        <div class="scale" aria-hidden="true">
            <div class="lane"><b></b><div class="track">{ for blocks.map(block) }</div></div>
            { lane(t::lane_os_writes(l), |one| &one.os) }
            { lane(t::lane_smm_writes(l), |one| &one.smm) }
            <div class="lane ends"><b></b><div><code>{ from }</code><code>{ "FFFFFFFFh" }</code></div></div>
        </div>
    }
}
