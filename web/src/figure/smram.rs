//! The first bytes of the SMI handler: as the OS reads them before and after the lock, and as the
//! processor in SMM does. All read from the machine.

use crate::format::hex_short;
use crate::i18n::{Lang, t};
use protocol::{Opened, Smram};
use yew::prelude::*;

pub fn smram_view(opened: Option<&Opened>, l: Lang) -> Html {
    let Some(smram) = opened.map(|o| &o.smram) else { return html! { <div class="smr"></div> } };
    let rows = views(smram, l);
    html! {
        <div class="smr">
            <h3>{ t::smram_title(l, &hex_short(smram.addr)) }</h3>
            <dl class="hexes">{ for rows.into_iter().map(|(name, role, bytes)| html! {
                <><dt>{ name }</dt>
                <dd data-role={role} data-view={name} class={classes!("by", closed(bytes).then_some("hatch"))}>
                    { for bytes.iter().take(8).map(|b| html! { <i>{ format!("{b:02X}") }</i> }) }
                </dd></>
            }) }</dl>
            if smram.after.is_none() {
                <p class="none">{ t::smram_open(l) }</p>
            }
        </div>
    }
}

/// All ones: nobody answered.
fn closed(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| *b == 0xff)
}

fn views(smram: &Smram, l: Lang) -> Vec<(&'static str, &'static str, &[u8])> {
    let inside = (t::smram_inside(l), "smm", &smram.now.smm[..]);
    match (&smram.before, &smram.after) {
        (Some(before), Some(after)) => {
            vec![(t::smram_before(l), "os", &before.os[..]), (t::smram_after(l), "os", &after.os[..]), inside]
        }
        _ => vec![(t::smram_now(l), "os", &smram.now.os[..]), inside],
    }
}
